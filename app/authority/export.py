"""One export from the question to the last byte: rows through a server-side cursor, accesses and audit noted.

The formats are plug-ins with one verb, `write(batches, out)`, which yields whenever a batch is in `out`; so
memory holds one batch, whatever the number of rows.
"""

import contextlib
import tempfile
import time
import uuid
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from flask import Flask
from flask_babel import gettext as _
from sqlalchemy import Engine

from app.authority.access import record_exports
from app.authority.columns import HEADINGS, Heading, local, sheet_for
from app.authority.export_csv import CsvExporter
from app.authority.export_geojson import GeojsonExporter
from app.authority.export_xlsx import XlsxExporter
from app.authority.filters import CaseFilter
from app.authority.jurisdiction import Jurisdiction
from app.authority.queries import count_cases, open_rows
from app.core import audit
from app.core.clock import now
from app.core.db import new_id, read_engine, transaction
from app.core.errors import Invalid, NotFound
from app.emergencies.queries import all_categories

BEGUN, ENDED = "cases.export_begun", "cases.export"
SEPARATORS = {"comma": ",", "semicolon": ";"}
MIMETYPES = {kind.suffix: kind.mimetype for kind in (CsvExporter, XlsxExporter, GeojsonExporter)}
CHUNK = 256 * 1024
LONGEST_REST_S = 1.0
MOST_AT_ONCE = 3
"""Files that one process sends at a time: each holds one of its few connections to the database."""


class Exporter(Protocol):
    """A format. `flows`: what is in `out` can be sent at once; else `out` is whole only at the end."""

    suffix: str
    mimetype: str
    flows: bool
    most_rows: int | None

    def write(self, batches: Iterable[Sequence[Any]], out: BinaryIO) -> Iterator[int]:
        """Write all rows of `queries.ROWS`; yield the number of rows after each batch."""


@dataclass(frozen=True)
class Order:
    """Who exports what in which form; everything that the stream needs after the request is over."""

    exporter: Exporter
    asked: CaseFilter
    within: Jurisdiction
    by: uuid.UUID
    via: str
    id: uuid.UUID

    @property
    def filename(self) -> str:
        """A name for the file: what, where, when."""
        where = "-".join(unit.code for unit in self.within.roots[:3])
        return f"la-lanh-{where}-{local(now()):%Y%m%d-%H%M}.{self.exporter.suffix}"


def exporter_for(suffix: str, heading: str, separator: str = "comma") -> Exporter:
    """The plug-in of a format, with headings as keys (for programs) or words in a language."""
    if heading not in HEADINGS:
        raise Invalid(_("Tiêu đề cột là key, vi hoặc en."), field="headings")
    if separator not in SEPARATORS:
        raise Invalid(_("Dấu ngăn cột là comma hoặc semicolon."), field="separator")
    names = {category.slug: (category.name_vi, category.name_en) for category in all_categories()}
    chosen: Heading = "key" if suffix == "geojson" else heading
    sheet = sheet_for(chosen, names)
    if suffix == "csv":
        return CsvExporter(sheet, SEPARATORS[separator])
    if suffix == "xlsx":
        return XlsxExporter(sheet, title="cases" if heading == "key" else _("Trường hợp"))
    if suffix == "geojson":
        return GeojsonExporter(sheet)
    raise NotFound(_("Không có định dạng này."))


def place_order(
    exporter: Exporter, asked: CaseFilter, within: Jurisdiction, *, by: uuid.UUID, via: str, limit: int
) -> Order:
    """Check what is asked for and leave its first audit line, in the caller's transaction."""
    if asked.area:
        within = within.narrowed(asked.area)
    most = min(limit, exporter.most_rows or limit)
    count = count_cases(asked, within)
    if count > most:
        raise Invalid(
            _(
                "Quá nhiều: %(n)s trường hợp, mỗi lần tối đa %(most)s. Hãy thu hẹp bộ lọc.",
                n=count,
                most=most,
            ),
            field="format",
            slug="too-many-rows",
        )
    order = Order(exporter, asked, within, by, via, new_id())
    _note(order, BEGUN, rows=count)
    return order


def stream(order: Order, app: Flask, engine: Engine, limit: int) -> Iterator[bytes]:
    """The bytes of the file. Works after the request has ended, in contexts of its own."""
    _leaving.add(order.id)
    try:
        with contextlib.closing(pieces(order, app, engine, limit)) as counted:
            for piece, _rows in counted:
                yield piece
    finally:
        _leaving.discard(order.id)


_leaving: set[uuid.UUID] = set()
"""The orders whose files this process is sending."""


def many_leave() -> bool:
    """Whether this process sends so many files already that the next had better be made by the worker."""
    return len(_leaving) >= MOST_AT_ONCE


def pieces(
    order: Order, app: Flask, engine: Engine, limit: int, *, calmly: bool = False
) -> Generator[tuple[bytes, int]]:
    """The file in pieces, each with the number of rows that leave with it; `calmly` takes twice the time.

    Whatever ends it, also a client that hangs up, the audit log learns how many rows had been sent.
    """
    sent, whole = 0, False
    try:
        with open_rows(engine, order.asked, order.within, limit) as batches:
            noted = _noted(_calm(batches) if calmly else batches, order, app)
            made = _flowing(order.exporter, noted) if order.exporter.flows else _filed(order.exporter, noted)
            for piece, rows in made:
                sent += rows
                yield piece, rows
        whole = True
    finally:
        with app.app_context(), transaction():
            _note(order, ENDED, rows=sent, complete=whole)


def begin(order: Order, app: Flask, limit: int) -> Iterator[bytes]:
    """The stream of an order, bound to the read engine of this application."""
    return stream(order, app, read_engine(), limit)


def _calm(batches: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """The same batches with as much rest as work: whoever waits for a page goes first."""
    began = time.monotonic()
    for batch in batches:
        yield batch
        time.sleep(min(time.monotonic() - began, LONGEST_REST_S))
        began = time.monotonic()


def _noted(batches: Iterable[Sequence[Any]], order: Order, app: Flask) -> Iterator[Sequence[Any]]:
    """The same batches, each put on record, and committed, before anything of it leaves."""
    for batch in batches:
        with app.app_context(), transaction():
            record_exports((row.id for row in batch), order.by)
        yield batch


class Outbox:
    """Holds what an exporter wrote until it is sent."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        """Keep a piece."""
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        """Everything kept so far, once."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _flowing(exporter: Exporter, batches: Iterator[Sequence[Any]]) -> Iterator[tuple[bytes, int]]:
    out = Outbox()
    for rows in exporter.write(batches, out):  # type: ignore[arg-type]
        yield out.taken(), rows


def _filed(exporter: Exporter, batches: Iterator[Sequence[Any]]) -> Iterator[tuple[bytes, int]]:
    with tempfile.TemporaryFile() as file:
        written = 0
        for rows in exporter.write(batches, file):
            written += rows
            yield b"", 0  # nothing leaves yet; others are answered in between
        file.seek(0)
        while piece := file.read(CHUNK):
            # From the first byte on all rows count as gone: who knows what a cut-off file still shows.
            yield piece, written
            written = 0


def _note(order: Order, action: str, **more: Any) -> None:
    roots = [unit.id for unit in order.within.roots]
    audit.record(
        action,
        order.by,
        area_id=roots[0] if len(roots) == 1 else None,
        export=str(order.id),
        area_ids=roots,
        format=order.exporter.suffix,
        filter=order.asked.described(),
        via=order.via,
        **more,
    )
