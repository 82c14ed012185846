"""A filter as SQL. The list and the tiles are built from the same conditions, so they cannot disagree.

Statuses, `on_map` and category numbers are written as literals: a bound status in a generic plan would lose
the partial indexes. Everything that a person typed is bound.
"""

import math
import re
from typing import Any, NamedTuple

from app.core.geo import EARTH_RADIUS_M, Point
from app.feed.catalogue import CategoryFacts
from app.feed.filters import Filter
from app.feed.rules import GROUP_STATUSES, WEB_MERCATOR_EDGE

MERCATOR_RADIUS_M = 6_378_137.0
_LIKE = re.compile(r"([\\%_])")


class Branch(NamedTuple):
    """One index-ordered part of the feed. `rank`: its group's place when groups come one after the other."""

    rank: int
    where: str


class Terms(NamedTuple):
    """Conditions that hold for every branch, and the values they bind."""

    where: str
    bound: dict[str, Any]


def mercator(point: Point) -> tuple[float, float]:
    """x and y of the point in EPSG:3857, the poles cut off as on every web map."""
    lat = math.radians(max(-WEB_MERCATOR_EDGE, min(WEB_MERCATOR_EDGE, point.lat)))
    return MERCATOR_RADIUS_M * math.radians(point.lon), MERCATOR_RADIUS_M * math.asinh(math.tan(lat))


def stretch(point: Point, metres: float) -> float:
    """The most units of EPSG:3857 that a metre takes within `metres` of the point (1 / cos of latitude)."""
    farthest = abs(math.radians(point.lat)) + metres / EARTH_RADIUS_M
    return 1.01 / max(0.05, math.cos(min(farthest, math.pi / 2)))


def branches(
    asked: Filter, known: dict[str, CategoryFacts], *, medic: bool, per_category: bool = True
) -> list[Branch]:
    """The parts that make up the feed for this filter; none when nothing of it may be seen.

    Count-only categories are left out, but for what is open and the viewer is a verified `medic`.
    """
    chosen = [known[slug] for slug in asked.categories if slug in known] if asked.categories else None
    found: list[Branch] = []
    for place, (group, members) in enumerate(GROUP_STATUSES.items()):
        statuses = [status for status in members if status in asked.statuses]
        if not statuses:
            continue
        rank = place if asked.by_group else 0
        shown = _shown(group, statuses, chosen, per_category=per_category)
        found.extend(Branch(rank, where) for where in shown)
        if medic and group == "needs_help":
            hidden = [c for c in (chosen if chosen is not None else known.values()) if not c.on_map]
            found.extend(Branch(rank, f"c.status = 'open' AND {_is(c)}") for c in hidden)
    return found


def _shown(
    group: str, statuses: list[str], chosen: list[CategoryFacts] | None, *, per_category: bool
) -> list[str]:
    """Conditions on what everybody may see of one group, each matching one partial index."""
    whole = {
        "needs_help": "c.status = 'open' AND c.on_map",
        "taken": "c.status = 'claimed' AND c.on_map",
        "helped": "c.status IN ('delivered', 'closed') AND c.on_map",
    }[group]
    if group == "helped" and len(statuses) == 1:
        whole += f" AND c.status = '{statuses[0]}'"
    if chosen is None:
        return [whole]
    visible = [c for c in chosen if c.on_map]
    if not visible:
        return []
    if group == "needs_help" and per_category:
        return [f"{whole} AND {_is(c)}" for c in visible]
    return [f"{whole} AND c.category_id IN ({', '.join(str(c.id) for c in visible)})"]


def _is(category: CategoryFacts) -> str:
    # The cast matters: GiST compares smallint with smallint only.
    return f"c.category_id = {category.id}::smallint"


def terms(asked: Filter) -> Terms:
    """Everything else that the filter asks for."""
    said: list[str] = []
    bound: dict[str, Any] = {}
    if asked.area:
        column = "province_id" if asked.area.level == "province" else "commune_id"
        said.append(f"c.{column} = %(area_id)s")
        bound["area_id"] = asked.area.id
    if asked.urgencies:
        said.append("c.urgency = ANY(%(urgencies)s)")
        bound["urgencies"] = list(asked.urgencies)
    if asked.bbox:
        said.append(_in_box(asked, bound))
    if asked.near and asked.radius_m:
        said.append(_in_circle(asked.near, asked.radius_m, bound))
    for number, word in enumerate(asked.words):
        said.append(f"c.search_text LIKE '%%' || vi_fold(%(word{number})s) || '%%'")
        bound[f"word{number}"] = _LIKE.sub(r"\\\1", word)
    return Terms("".join(f" AND {condition}" for condition in said), bound)


# The exact part of a place stands in coalesce(…): the planner then takes it for half of the rows in the
# index's box. A bare comparison it takes for a few in a thousand, and sorts where it should walk the index.


def _in_box(asked: Filter, bound: dict[str, Any]) -> str:
    """By the index first (whose boxes are rounded outwards), then exactly."""
    assert asked.bbox is not None
    west, south = mercator(Point(asked.bbox.west, asked.bbox.south))
    east, north = mercator(Point(asked.bbox.east, asked.bbox.north))
    bound |= {"x1": west - 1, "y1": south - 1, "x2": east + 1, "y2": north + 1} | asked.bbox._asdict()
    return (
        "c.public_p3857 && ST_MakeEnvelope(%(x1)s, %(y1)s, %(x2)s, %(y2)s, 3857)"
        " AND coalesce(ST_X(c.public_position) BETWEEN %(west)s AND %(east)s"
        " AND ST_Y(c.public_position) BETWEEN %(south)s AND %(north)s, false)"
    )


def _in_circle(near: Point, radius_m: int, bound: dict[str, Any]) -> str:
    """By the index first, in the box around the stretched circle, then in metres on the sphere."""
    x, y = mercator(near)
    reach = radius_m * stretch(near, radius_m)
    bound |= {"cx1": x - reach, "cy1": y - reach, "cx2": x + reach, "cy2": y + reach}
    bound |= {"clon": near.lon, "clat": near.lat, "radius_m": radius_m}
    return (
        "c.public_p3857 && ST_MakeEnvelope(%(cx1)s, %(cy1)s, %(cx2)s, %(cy2)s, 3857)"
        " AND coalesce(ST_DistanceSphere(c.public_position,"
        " ST_SetSRID(ST_MakePoint(%(clon)s, %(clat)s), 4326)) <= %(radius_m)s, false)"
    )
