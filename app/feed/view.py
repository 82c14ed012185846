"""What the feed page shows and from where it is ordered: all of it stands in the page's address."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.config import Settings
from app.core.errors import Invalid
from app.core.geo import Point
from app.feed.filters import Filter
from app.feed.rules import PAGE_STATUSES
from app.feed.suggesting import After

SORTS = ("suggested", "nearest")
STEP_DIGITS = 3
"""Of a degree: about 110 m."""
EXACT_FROM_ZOOM = 16.0
DEFAULT_ZOOM = 12.0
ZOOMS = {"province": 10.0, "commune": 14.0, "gps": 14.0}


@dataclass(frozen=True)
class Look:
    """Where the map looks."""

    lat: float
    lon: float
    zoom: float

    @property
    def point(self) -> Point:
        """The middle of the map."""
        return Point(self.lon, self.lat)

    def written(self) -> str:
        """As it stands in the address."""
        return f"{self.lat:.5f},{self.lon:.5f},{self.zoom:.1f}"


@dataclass(frozen=True)
class View:
    """One view of the page. `place`: what the order starts from, "gps", "area" or "map" (its middle)."""

    asked: Filter
    place: str
    look: Look
    looked: bool
    """Whether the address says where the map looks."""
    sort: str = ""
    """The order that the person chose, one of SORTS; empty: none."""
    after: After | None = None
    """Where the page of suggestions before this one ended."""

    @classmethod
    def from_args(cls, args: MultiDict[str, str], settings: Settings) -> "View":
        """The view that an address asks for, or Invalid with a message for each field."""
        given = args.copy()
        look = _look(args.get("at", ""))
        chosen = bool(args.get("near", "").strip())
        if not chosen:
            start = look or Look(settings.default_lat, settings.default_lon, DEFAULT_ZOOM)
            given["near"] = f"{start.lat:.6f},{start.lon:.6f}"
        asked = replace(Filter.from_args(given, statuses=PAGE_STATUSES), by_group=True)
        place = "gps" if chosen else "map"
        if asked.area and asked.area.point and not chosen:
            point = asked.area.point
            asked, place = replace(asked, near=Point(round(point.lon, 6), round(point.lat, 6))), "area"
        assert asked.near is not None
        zoom = ZOOMS[asked.area.level if place == "area" and asked.area else "gps"]
        if place == "map":
            zoom = DEFAULT_ZOOM
            asked = _in_step(asked, look)
        assert asked.near is not None
        look_here = look or Look(asked.near.lat, asked.near.lon, zoom)
        return cls(asked, place, look_here, look is not None, *order_in(args))

    @property
    def suggested(self) -> "View":
        """The same in the order of what suits this person; their own place is never in an address."""
        return replace(self, sort="suggested", after=None)

    @property
    def nearest(self) -> "View":
        """The same in the plain order."""
        return replace(self, sort="nearest", after=None)

    @property
    def anchored(self) -> bool:
        """Whether the place from which it is ordered stays when the map moves."""
        return self.place == "gps" or bool(self.asked.radius_m and self.sort != "suggested")

    def following(self, after: After) -> str:
        """The address of the next page of suggestions."""
        return replace(self, sort="suggested", after=after).path()

    def path(self, **changes: Any) -> str:
        """The address of this view, or of the same with something changed, on its first page."""
        asked = self.asked.but(**changes)
        anchored = replace(self, asked=asked).anchored
        said = replace(asked, near=asked.near if anchored else None)
        pairs = said.pairs(paging=True, usual=PAGE_STATUSES)
        if self.sort:
            pairs.append(("sort", self.sort))
        if self.after and not changes:
            pairs.append(("after", self.after.written()))
        if self.looked:
            pairs.append(("at", self.look.written()))
        return "/?" + urlencode(pairs, safe=",") if pairs else "/"

    def without(self, *names: str) -> str:
        """The address of this view without some of its filters."""
        empty = Filter(statuses=PAGE_STATUSES)
        changed = replace(self, place="map") if "near" in names else self
        return changed.path(**{name: getattr(empty, name) for name in names if name != "near"})

    def to_area(self, code: str) -> str:
        """The address of this view in another area, with the map looking there."""
        said = self.asked.but(area=None, radius_m=None, near=None)
        pairs = [*said.pairs(usual=PAGE_STATUSES), ("area", code)]
        return "/?" + urlencode(pairs, safe=",")

    @property
    def narrowed(self) -> bool:
        """Whether some filter is on."""
        asked = self.asked
        chosen = asked.categories or asked.urgencies or asked.q or asked.radius_m or asked.area or asked.bbox
        return bool(chosen) or asked.statuses != PAGE_STATUSES


def _in_step(asked: Filter, look: Look | None) -> Filter:
    """The middle of a map that shows a quarter is nobody's place: some steps beside it serve as well.

    So people who look at the same streets ask the same question, and one answer serves them all.
    """
    assert asked.near is not None
    if asked.radius_m or (look and look.zoom >= EXACT_FROM_ZOOM):
        return asked
    near = Point(round(asked.near.lon, STEP_DIGITS), round(asked.near.lat, STEP_DIGITS))
    return replace(asked, near=near)


def order_in(args: MultiDict[str, str]) -> tuple[str, After | None]:
    """The order that was chosen and the place in it, or Invalid."""
    sort, given = args.get("sort", "").strip(), args.get("after", "").strip()
    if sort and sort not in SORTS:
        message = _("Thứ tự phải là một trong: %(choices)s.", choices=", ".join(SORTS))
        raise Invalid(message, field="sort", slug="invalid-filter")
    after = After.read(given) if given else None
    if given and after is None:
        message = _("Dấu trang không dùng được nữa, hãy xem lại từ đầu danh sách.")
        raise Invalid(message, field="after", slug="invalid-filter")
    return sort, after


def _look(given: str) -> Look | None:
    if not given.strip():
        return None
    try:
        lat, lon, zoom = (float(part) for part in given.split(","))
    except ValueError:
        lat = lon = zoom = float("nan")
    if not (abs(lat) <= 90 and abs(lon) <= 180 and 0 <= zoom <= 24):
        message = _("Chỗ nhìn của bản đồ phải là vĩ độ, kinh độ, độ phóng, ví dụ 10.7769,106.7009,13.")
        raise Invalid(message, field="at", slug="invalid-filter")
    return Look(lat, lon, zoom)
