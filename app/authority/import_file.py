"""The rows of a CSV, whatever its encoding and delimiter, each with the line that it starts on."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from textwrap import shorten
from typing import BinaryIO, NamedTuple

from app.areas.mapping import Unusable
from app.authority.import_mapping import ImportMapping

DELIMITERS = ",;\t|"
LARGEST_CELL = 1_000_000
LONGEST_TOLD = 500
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Row(NamedTuple):
    """One record: its first line in the file (the heading is on line 1) and its cells as they were read."""

    line: int
    cells: Sequence[str]


@dataclass
class Sheet:
    """An open file: its headings, its rows, and how many bytes have been read of how many."""

    headings: list[str]
    size: int
    _raw: BinaryIO
    _reader: Iterator[list[str]]
    unreadable: list[tuple[Row, str]]

    @property
    def done(self) -> int:
        """Bytes read so far."""
        return self._raw.tell()

    def rows(self) -> Iterator[Row]:
        """Every record that can be read; the others gather in `unreadable`. Blank lines are no rows."""
        while True:
            line = self._reader.line_num + 1  # type: ignore[attr-defined]
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                self.unreadable.append((Row(line, []), f"cannot be read as CSV: {error}"))
                continue
            if any(cell.strip() for cell in cells):
                yield Row(line, cells)

    def values(self, row: Row) -> dict[str, str]:
        """The cells by heading; what is missing at the end of a short row is empty."""
        padded = [*row.cells, *[""] * (len(self.headings) - len(row.cells))]
        return {name: cell.strip() for name, cell in zip(self.headings, padded, strict=False)}


@contextmanager
def open_sheet(path: Path, mapping: ImportMapping) -> Iterator[Sheet]:
    """Open a CSV, or Unusable with what to put into the mapping."""
    try:
        raw = path.open("rb")
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None
    with raw:
        encoding = mapping.encoding or _by_bom(raw.read(4)) or "utf-8"
        raw.seek(0)
        try:
            stream = TextIOWrapper(raw, encoding=encoding, newline="")
            delimiter = mapping.delimiter or _delimiter(stream.readline())
            stream.seek(0)
            csv.field_size_limit(LARGEST_CELL)
            reader = csv.reader(stream, delimiter=delimiter)
            headings = [name.strip().removeprefix("\ufeff") for name in next(reader, [])]
            _check_headings(path, headings, mapping)
            yield Sheet(headings, path.stat().st_size, raw, reader, [])
        except UnicodeError:
            raise Unusable(f"{path}: it is not in {encoding}; name its encoding in the mapping") from None
        except LookupError:
            raise Unusable(f"{path}: there is no encoding {encoding!r}") from None


def _by_bom(start: bytes) -> str:
    return next((encoding for bom, encoding in BOMS if start.startswith(bom)), "")


def _delimiter(heading: str) -> str:
    """Whichever of the usual ones stands most often in the heading."""
    return max(DELIMITERS, key=heading.count)


def _check_headings(path: Path, headings: list[str], mapping: ImportMapping) -> None:
    missing = sorted(mapping.named - set(headings))
    if missing:
        found = shorten(", ".join(headings), LONGEST_TOLD, placeholder=" …") or "none"
        raise Unusable(f"{path}: no column {', '.join(map(repr, missing))}; the file has {found}")
    twice = sorted({name for name in headings if headings.count(name) > 1} & mapping.named)
    if twice:
        raise Unusable(f"{path}: several columns are called {', '.join(map(repr, twice))}")
