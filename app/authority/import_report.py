"""What an import did, and the file that holds every row which needs a look."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.areas.mapping import Unusable
from app.authority.import_file import Row
from app.authority.import_rows import REPORT_COLUMNS


@dataclass
class ImportReport:
    """Numbers of rows, except `cases`: a row with several categories becomes several cases."""

    read: int = 0
    taken: int = 0
    noted: int = 0
    known: int = 0
    left_out: int = 0
    refused: int = 0
    cases: int = 0
    without_emergency: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def details(self) -> dict[str, Any]:
        """The numbers for the audit log."""
        names = ("read", "taken", "noted", "known", "left_out", "refused", "cases")
        return {name: getattr(self, name) for name in names}


class Findings:
    """Writes the report file: a CSV of line, outcome, reason and the row as it was."""

    def __init__(self, report: ImportReport, writer: Any, headings: Sequence[str]) -> None:
        self.report = report
        self._writer = writer
        # A report that is imported itself does not carry its own remarks on.
        self._dropped = {n for n, name in enumerate(headings) if name in REPORT_COLUMNS}
        self._write(*REPORT_COLUMNS, headings)

    def refuse(self, row: Row, why: str) -> None:
        """A row that became no case."""
        self.report.refused += 1
        self.report.reasons[why.split(":")[0].split("'")[0].strip()] += 1
        self._write(row.line, "refused", why, row.cells)

    def note(self, row: Row, notes: Sequence[str]) -> None:
        """A row that became a case, though not all of it found its place."""
        self.report.noted += 1
        self._write(row.line, "taken", "; ".join(notes), row.cells)

    def _write(self, line: object, outcome: str, reason: str, cells: Sequence[str]) -> None:
        kept = [cell for n, cell in enumerate(cells) if n not in self._dropped]
        self._writer.writerow([line, outcome, reason, *kept])


@contextmanager
def report_file(path: Path, headings: Sequence[str], report: ImportReport) -> Iterator[Findings]:
    """The report file, readable by its owner only; it opens in Excel like every CSV of ours."""
    try:
        path.touch(mode=0o600)
        file = path.open("w", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}; name another place with --report") from None
    with file:
        yield Findings(report, csv.writer(file, lineterminator="\r\n"), headings)
