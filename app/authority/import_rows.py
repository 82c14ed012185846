"""From one row of a report to requests for help, or why not. Plain values; nothing from the database."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from app.authority.import_mapping import ImportMapping, Values
from app.cases.checking import (
    LARGEST_HOUSEHOLD,
    LONGEST_ITEM,
    LONGEST_UNIT,
    MOST_NEEDS,
    CaseRequest,
    NeedLine,
    check_request,
)
from app.core.clock import now
from app.core.errors import Invalid
from app.core.geo import Point
from app.core.text import clean, phone_e164

AHEAD = timedelta(days=1)
REPORT_COLUMNS = ("line", "outcome", "reason")
"""What a report file has beside the columns of its source: no part of a row, so it can be imported itself."""


class Refused(Exception):
    """This row cannot become a case; the message says why."""


@dataclass(frozen=True)
class Draft:
    """A checked request, when it was made, and what had to be left out or changed."""

    request: CaseRequest
    created_at: datetime
    notes: tuple[str, ...]


def drafts_of(cells: Mapping[str, str], mapping: ImportMapping) -> list[Draft]:
    """One draft for each of our categories in the row, or Refused.

    A cell with several categories becomes several cases where they lead to different ones of ours.
    """
    read = _Reader(cells, mapping)
    place, made = read.place(), read.moment()
    by_category = read.categories()
    base = CaseRequest(
        category="",
        needs=(),
        position=place,
        description=clean(read.cell("description")),
        address=clean(read.cell("address")),
        contact_name=clean(read.cell("contact_name")),
        contact_phone=read.phone(),
        household_size=read.household(),
        vulnerabilities=read.vulnerabilities(),
        urgency=read.urgency(),
        source="import",
    )
    items = read.items()
    drafts = []
    for number, (category, named) in enumerate(by_category.items()):
        lines = read.lines(items if items and number == 0 else named)
        key = read.key if number == 0 else f"{read.key}#{category}"
        request = replace(base, category=category, needs=lines, source_id=key, description=read.said(base))
        drafts.append(Draft(_checked(request), made, tuple(dict.fromkeys(read.notes))))
    return drafts


def _checked(request: CaseRequest) -> CaseRequest:
    try:
        return check_request(request, contact_needed=False)
    except Invalid as wrong:
        reasons = [f"{field}: {' '.join(texts)}" for field, texts in wrong.errors.items()]
        raise Refused("; ".join(reasons) or str(wrong.message)) from None


class _Reader:
    """Reads the cells of one row as the mapping says; gathers notes about what it could not keep in place."""

    def __init__(self, cells: Mapping[str, str], mapping: ImportMapping) -> None:
        self.cells = cells
        self.mapping = mapping
        self.notes: list[str] = []
        self.aside: list[str] = []

    def cell(self, name: str) -> str:
        """What stands in the column that the mapping names for this."""
        return self.cells.get(getattr(self.mapping.columns, name), "")

    @property
    def key(self) -> str:
        """The same for the same row in every import: the source's own id, else a hash of the row."""
        own = clean(self.cell("id")) if self.mapping.columns.id else ""
        if self.mapping.columns.id and not own:
            raise Refused(f"no id in column {self.mapping.columns.id!r}")
        if not own:
            said = sorted((name, cell) for name, cell in self.cells.items() if name not in REPORT_COLUMNS)
            whole = "\x1f".join(f"{name}={cell}" for name, cell in said)
            own = "row-" + hashlib.sha256(whole.encode()).hexdigest()[:20]
        return f"{self.mapping.source}:{own}"

    def place(self) -> Point:
        """The coordinates, or Refused."""
        lat, lon = self.cell("lat"), self.cell("lon")
        if self.mapping.columns.position:
            lat, _comma, lon = self.cell("position").partition(";" if self.mapping.decimal == "," else ",")
        if not lat.strip() or not lon.strip():
            raise Refused("no coordinates")
        try:
            return Point.checked(self._number(lon), self._number(lat))
        except (ValueError, Invalid):
            raise Refused(f"these are no coordinates: {lat.strip()!r}, {lon.strip()!r}") from None

    def moment(self) -> datetime:
        """When it was reported; now, when the file does not say."""
        written = self.cell("time")
        if not written:
            return now()
        moment = self._moment(written)
        if moment > now() + AHEAD:
            raise Refused(f"the time {written!r} lies in the future")
        return moment

    def _moment(self, written: str) -> datetime:
        for form in self.mapping.time.formats:
            try:
                if form == "unix":
                    return datetime.fromtimestamp(float(written), UTC)
                found = (
                    datetime.fromisoformat(written) if form == "iso" else datetime.strptime(written, form)  # noqa: DTZ007
                )
            except (ValueError, OverflowError, OSError):
                continue
            local = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(self.mapping.time.zone))
            if local.year > 1900:
                return local.astimezone(UTC)
        raise Refused(f"the time {written!r} is written in none of the forms of the mapping")

    def categories(self) -> dict[str, list[str]]:
        """Our categories of the row with their own words for them, or Refused."""
        table = self.mapping.category
        words = _split(self.cell("category"), table.separator)
        if not words:
            if not table.default:
                raise Refused("no category")
            return {table.default: []}
        found: dict[str, list[str]] = {}
        for word in words:
            ours = _ours(word, table)
            if ours is None:
                raise Refused(f"the category {word!r} is not in the mapping")
            if ours:
                found.setdefault(ours, []).append(word)
        if not found:
            raise Refused(f"the mapping leaves out every category of the row: {self.cell('category')!r}")
        return found

    def items(self) -> list[str]:
        """What is asked for, when a column of its own says so."""
        return _split(self.cell("item"), self.mapping.needs.separator)

    def lines(self, items: Sequence[str]) -> list[NeedLine]:
        """Needs with quantity and unit; an item that is too long is cut and kept whole in the description."""
        quantity = self.quantity()
        unit = clean(self.cell("unit")) or self.mapping.needs.default_unit
        if len(unit) > LONGEST_UNIT:
            self._set_aside(f"unit: {unit}")
            unit = ""
        if beyond := items[MOST_NEEDS:]:
            self._set_aside("also needed: " + ", ".join(beyond))
        return [NeedLine(self._item(item), quantity, unit) for item in items[:MOST_NEEDS] or [""]]

    def _item(self, item: str) -> str:
        item = clean(item) or self.mapping.needs.default_item
        if not item:
            raise Refused("nothing says what is needed")
        if len(item) > LONGEST_ITEM:
            self._set_aside(item)
            return item[: LONGEST_ITEM - 1].rstrip() + "…"
        return item

    def quantity(self) -> Decimal:
        """How much; the mapping's default when the cell is empty or no number above zero."""
        written, default = self.cell("quantity"), Decimal(str(self.mapping.needs.default_quantity))
        if not written:
            return default
        try:
            found = Decimal(self._plain(written))
        except InvalidOperation:
            found = Decimal(0)
        if found.is_finite() and found > 0:
            return found
        if written.strip("0.,"):
            self._set_aside(f"quantity: {written}")
        return default

    def household(self) -> int:
        """How many people; 1 when the cell is empty or holds no such number."""
        written = self.cell("household_size")
        if not written:
            return 1
        digits = "".join(ch for ch in written.split(".")[0] if ch.isdigit())
        if digits and 1 <= int(digits) <= LARGEST_HOUSEHOLD:
            return int(digits)
        self._set_aside(f"people: {written}")
        return 1

    def phone(self) -> str:
        """The number in E.164; one that cannot be dialled is kept in the description."""
        written = clean(self.cell("contact_phone"))
        if not written:
            return ""
        try:
            return phone_e164(written, region=self.mapping.phone_region)
        except Invalid:
            self._set_aside(f"phone: {written}")
            return ""

    def urgency(self) -> str:
        """How urgent it is, by the mapping; normal when it says nothing."""
        written = self.cell("urgency")
        return (written and _ours(written, self.mapping.urgency)) or self.mapping.urgency.default or "normal"

    def vulnerabilities(self) -> tuple[str, ...]:
        """Who is in the household, by the mapping."""
        table = self.mapping.vulnerabilities
        found = (_ours(word, table) for word in _split(self.cell("vulnerabilities"), table.separator))
        return tuple(dict.fromkeys(word for word in found if word))

    def said(self, base: CaseRequest) -> str:
        """The description with everything that found no place elsewhere."""
        return "\n".join(part for part in (base.description, *dict.fromkeys(self.aside)) if part)

    def _set_aside(self, what: str) -> None:
        self.aside.append(what)
        self.notes.append(f"kept in the description: {what}")

    def _number(self, written: str) -> float:
        return float(self._plain(written))

    def _plain(self, written: str) -> str:
        written = written.strip().replace(" ", "")
        return written.replace(".", "").replace(",", ".") if self.mapping.decimal == "," else written


def _split(cell: str, separator: str) -> list[str]:
    parts = cell.split(separator) if separator else [cell]
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _ours(word: str, table: Values) -> str | None:
    """Our value for theirs, without regard to case; the default for what is not listed; None without one."""
    known = {theirs.casefold(): ours for theirs, ours in table.values.items()}
    if word.casefold() in known:
        return known[word.casefold()]
    return table.default or None
