"""XLSX with typed columns: text stays text, dates are dates, nothing is ever a formula."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

import xlsxwriter

from app.authority.columns import Sheet, local
from app.authority.rules import is_formula

LONGEST_CELL = 32_767
MOST_ROWS = 1_048_575
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "default_date_format": "dd/mm/yyyy hh:mm",
}


class XlsxExporter:
    """Writes one sheet with a frozen heading and a filter. Rows go to a temporary file as they come."""

    suffix = "xlsx"
    mimetype = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    flows = False
    most_rows: int | None = MOST_ROWS

    def __init__(self, sheet: Sheet, title: str) -> None:
        self.sheet = sheet
        self.title = title[:31]

    def write(self, batches: Iterable[Sequence[Any]], out: BinaryIO) -> Iterator[int]:
        """Write all rows; yields how many are in after each batch. `out` holds the file only at the end."""
        with xlsxwriter.Workbook(out, OPTIONS) as book:
            page = book.add_worksheet(self.title)
            page.freeze_panes(1, 1)
            for number, width in enumerate(self.sheet.widths):
                page.set_column(number, number, width)
            page.write_row(0, 0, self.sheet.headings, book.add_format({"bold": True, "bg_color": "#E5F3EB"}))
            writers = self._writers(book, page)
            row = 0
            for batch in batches:
                for record in batch:
                    row += 1
                    for number, value in enumerate(self.sheet.values(record)):
                        if value is not None and value != "":
                            writers[number](row, number, value)
                yield len(batch)
            page.autofilter(0, 0, row, len(self.sheet.headings) - 1)
        yield 0

    def _writers(self, book: Any, page: Any) -> list[Any]:
        moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        degrees = book.add_format({"num_format": "0.000000"})
        # The mark that makes a spreadsheet keep the cell a text when somebody edits it.
        kept_text = book.add_format({"quote_prefix": True})

        def text(row: int, number: int, value: str) -> None:
            style = kept_text if is_formula(value) else None
            page.write_string(row, number, value[:LONGEST_CELL], style)

        kinds = {
            "moment": lambda row, number, value: page.write_datetime(row, number, local(value), moment),
            "degrees": lambda row, number, value: page.write_number(row, number, value, degrees),
            "integer": page.write_number,
            "bool": text if self.sheet.for_people else page.write_boolean,
        }
        return [kinds.get(kind, text) for kind in self.sheet.kinds]
