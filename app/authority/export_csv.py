"""CSV (RFC 4180) as Excel opens it right: UTF-8 with BOM, CRLF, harmless cells."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

from app.authority.columns import Kind, Sheet, local
from app.authority.rules import LOCAL, harmless

BOM = "\ufeff"


class CsvExporter:
    """Writes CSV with commas; with semicolons, and then decimal commas, for an Excel set to Vietnamese."""

    suffix = "csv"
    mimetype = "text/csv"
    flows = True
    most_rows: int | None = None

    def __init__(self, sheet: Sheet, separator: str = ",") -> None:
        self.sheet = sheet
        self.separator = separator

    def write(self, batches: Iterable[Sequence[Any]], out: BinaryIO) -> Iterator[int]:
        """Write all rows; yields how many were written whenever `out` holds something worth sending."""
        page = io.StringIO(BOM, newline="")
        page.seek(0, io.SEEK_END)
        writer = csv.writer(page, delimiter=self.separator, lineterminator="\r\n")
        writer.writerow([harmless(word, separator=self.separator) for word in self.sheet.headings])
        for batch in batches:
            writer.writerows(map(self._cells, batch))
            _turn(page, out)
            yield len(batch)
        _turn(page, out)
        yield 0

    def _cells(self, row: Any) -> list[Any]:
        return [
            self._cell(kind, value)
            for kind, value in zip(self.sheet.kinds, self.sheet.values(row), strict=True)
        ]

    def _cell(self, kind: Kind, value: Any) -> Any:
        if value is None or value == "":
            return ""
        if isinstance(value, str):
            return harmless(value, separator=self.separator)
        if kind == "moment":
            return f"{local(value):%Y-%m-%d %H:%M:%S}" if self.sheet.for_people else iso(value)
        if kind == "bool":
            return "true" if value else "false"
        written = f"{value:.6f}" if kind == "degrees" else str(value)
        return written.replace(".", ",") if self.separator == ";" else written


def iso(moment: Any) -> str:
    """ISO 8601 with the zone of the place, to the second."""
    return str(moment.astimezone(LOCAL).isoformat(timespec="seconds"))


def _turn(page: io.StringIO, out: BinaryIO) -> None:
    out.write(page.getvalue().encode("utf-8"))
    page.seek(0)
    page.truncate()
