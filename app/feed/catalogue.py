"""Categories and areas that filters name, kept for half a minute: reading the feed asks the database once."""

import time
from typing import NamedTuple

from flask import current_app
from sqlalchemy import text

from app.core.db import read_engine
from app.core.geo import Point
from app.web.i18n import locale_name

KEPT_S = 30.0
MOST_AREAS = 4000

CATEGORIES = text(
    "SELECT id, slug, name_vi, name_en, icon, on_map, medic_only FROM category"
    " ORDER BY position, id LIMIT 200"
)

AREA = text(
    """
    SELECT a.id, a.code, a.level, a.full_name, up.full_name AS within,
           ST_X(a.label_point) AS lon, ST_Y(a.label_point) AS lat
    FROM area a LEFT JOIN area up ON up.id = a.parent_id
    WHERE a.code = :code AND a.level IN ('province', 'commune') AND a.valid_to IS NULL
    ORDER BY a.level DESC, a.id
    LIMIT 1
    """
)


class CategoryFacts(NamedTuple):
    """A category as the feed needs it; `on_map` false: strangers may only count its cases."""

    id: int
    slug: str
    name_vi: str
    name_en: str
    icon: str
    on_map: bool
    medic_only: bool

    @property
    def name(self) -> str:
        """The name in the language of the page."""
        return self.name_en if locale_name() == "en" else self.name_vi


class AreaFacts(NamedTuple):
    """An area in force that the feed can be narrowed to."""

    id: int
    code: str
    level: str
    full_name: str
    within: str | None
    point: Point | None

    @property
    def label(self) -> str:
        """How it is shown to people: "Phường Tân Sơn, Thành phố Hồ Chí Minh"."""
        return f"{self.full_name}, {self.within}" if self.within else self.full_name


class _Kept:
    """What one application remembers."""

    def __init__(self) -> None:
        self.categories: dict[str, CategoryFacts] = {}
        self.read_at = float("-inf")
        self.areas: dict[str, tuple[float, AreaFacts]] = {}


def _kept() -> _Kept:
    kept: _Kept = current_app.extensions.setdefault("lalanh_feed_catalogue", _Kept())
    return kept


def categories() -> dict[str, CategoryFacts]:
    """Every category by its slug, in the order in which people see them."""
    kept = _kept()
    if time.monotonic() - kept.read_at > KEPT_S:
        with read_engine().connect() as connection:
            kept.categories = {row.slug: CategoryFacts(*row) for row in connection.execute(CATEGORIES)}
        kept.read_at = time.monotonic()
    return kept.categories


def category(slug: str) -> CategoryFacts | None:
    """The category called `slug`; one that was added a moment ago is looked up again."""
    kept = _kept()
    if slug not in categories() and time.monotonic() - kept.read_at > 1:
        kept.read_at = float("-inf")
    return categories().get(slug)


def area(code: str) -> AreaFacts | None:
    """The province or commune in force with this official code."""
    kept = _kept()
    read_at, known = kept.areas.get(code, (float("-inf"), None))
    if known is not None and time.monotonic() - read_at < KEPT_S:
        return known
    with read_engine().connect() as connection:
        row = connection.execute(AREA, {"code": code}).one_or_none()
    if row is None:
        return None
    point = Point(row.lon, row.lat) if row.lon is not None else None
    found = AreaFacts(row.id, row.code, row.level, row.full_name, row.within, point)
    if len(kept.areas) >= MOST_AREAS:
        kept.areas.clear()
    kept.areas[code] = (time.monotonic(), found)
    return found


def forget() -> None:
    """Read everything anew at the next question (after an administrator changed it, and between tests)."""
    current_app.extensions.pop("lalanh_feed_catalogue", None)
