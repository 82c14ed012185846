"""Reads of the figures of wards. What leaves here about helpers is a coarse class, never a number."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text

from app.core.db import db, read_engine
from app.coverage.rules import Ward, helpers_class

PAGE = 50
HEARTBEAT = "coverage"

COLUMNS = "w.open, w.waiting, w.counted_only, w.asked, w.unmet, w.helpers, w.level"
FIGURES = "SELECT area_id, province_id, open, waiting, counted_only, asked, unmet, helpers FROM area_coverage"
MOST_BEHIND_FIRST = """
array_position(ARRAY['behind', 'slow', 'kept_up', 'none'], w.level), w.waiting DESC, w.open DESC,
a.folded, a.id
"""
WARDS = f"""
SELECT a.code, a.full_name AS name, p.code AS province_code, p.full_name AS province,
       ST_X(a.label_point) AS lon, ST_Y(a.label_point) AS lat, {COLUMNS}
FROM area_coverage w
JOIN area a ON a.id = w.area_id AND a.valid_to IS NULL
LEFT JOIN area p ON p.id = w.province_id
WHERE {{only}}
ORDER BY {MOST_BEHIND_FIRST}
LIMIT :limit OFFSET :offset
"""  # noqa: S608 - built from constants
EVERYWHERE = WARDS.format(only="true")
IN_AREA = WARDS.format(only=":area_id IN (w.province_id, w.area_id)")
IN_WARDS = WARDS.format(only="w.area_id = ANY(:ids) OR w.province_id = ANY(:ids)")

MEASURED_AT = text("SELECT at FROM heartbeat WHERE name = :name")
AREA = text(
    """
    SELECT id, code, level, full_name FROM area
    WHERE code = :code AND level IN ('province', 'commune') AND valid_to IS NULL
    ORDER BY level DESC, id LIMIT 1
    """
)
PROVINCES = text(
    """
    SELECT p.code, p.full_name FROM area p
    WHERE p.id IN (SELECT province_id FROM area_coverage) AND p.valid_to IS NULL
    ORDER BY p.folded, p.id
    """
)
ALERTS = text(
    """
    SELECT a.code, a.full_name AS name, t.at, t.open, t.waiting, t.unmet, t.told
    FROM coverage_alert t JOIN area a ON a.id = t.area_id LEFT JOIN area p ON p.id = a.parent_id
    WHERE t.at > now() - interval '48 hours' AND (a.id = ANY(:ids) OR p.id = ANY(:ids))
    ORDER BY t.at DESC, a.folded
    LIMIT 20
    """
)


class WardRow(NamedTuple):
    """A ward as it is shown."""

    code: str
    name: str
    province_code: str | None
    province: str | None
    lon: float | None
    lat: float | None
    open: int
    waiting: int
    counted_only: int
    asked: int
    unmet: float
    helpers: str
    """One of HELPER_CLASSES."""
    level: str

    @property
    def unmet_percent(self) -> int:
        """The unmet share in whole per cent."""
        return round(self.unmet * 100)


class Place(NamedTuple):
    """An area that the figures can be narrowed to."""

    id: int
    code: str
    level: str
    full_name: str


def wards_shown(area: Place | None = None, *, limit: int = PAGE, offset: int = 0) -> list[WardRow]:
    """The wards of a province, one ward, or all of them, the most behind first."""
    known = {"limit": limit, "offset": offset}
    with read_engine().connect() as connection:
        if area is None:
            return _rows(connection.execute(text(EVERYWHERE), known))
        return _rows(connection.execute(text(IN_AREA), known | {"area_id": area.id}))


def wards_of(ids: Sequence[int], *, limit: int = 500) -> list[WardRow]:
    """The wards of a jurisdiction: those with these ids, and all of those provinces."""
    return _rows(db.session.execute(text(IN_WARDS), {"ids": list(ids), "limit": limit, "offset": 0}))


def _rows(found: Any) -> list[WardRow]:
    return [WardRow(**(row._asdict() | {"helpers": helpers_class(row.helpers, row.open)})) for row in found]


def measured_at() -> datetime | None:
    """When the worker counted last; None before it ever did."""
    with read_engine().connect() as connection:
        at: datetime | None = connection.execute(MEASURED_AT, {"name": HEARTBEAT}).scalar()
    return at


def place_called(code: str) -> Place | None:
    """The province or ward in force with this code."""
    with read_engine().connect() as connection:
        row = connection.execute(AREA, {"code": code.replace("\x00", "")[:20]}).one_or_none()
    return Place(*row) if row else None


def provinces_shown() -> list[tuple[str, str]]:
    """Code and name of the provinces that have figures."""
    with read_engine().connect() as connection:
        return [(row.code, row.full_name) for row in connection.execute(PROVINCES)]


def figures() -> list[Ward]:
    """The figures of every ward, for the rules."""
    return [Ward(*row) for row in db.session.execute(text(FIGURES))]


def alerts_of(ids: Sequence[int]) -> Sequence[Any]:
    """What the officials of these areas were told in the last two days, newest first."""
    return db.session.execute(ALERTS, {"ids": list(ids)}).all()
