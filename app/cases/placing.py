"""Where a case belongs and where strangers see it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import text

from app.areas.queries import AreaRow, area_at, areas_with_codes
from app.cases.privacy import CANDIDATES, blurred_candidates
from app.core.db import db
from app.core.errors import Invalid
from app.core.geo import Point
from app.core.text import clean

FARTHEST_CORRECTION_M = 20_000
"""How far from the point a person may say that their ward lies: the embedded boundaries are approximate."""

INSIDE = text(
    """
    SELECT c.row
    FROM unnest(CAST(:rows AS int[]), CAST(:lons AS float8[]), CAST(:lats AS float8[]),
                CAST(:communes AS int[])) AS c(row, lon, lat, commune)
    JOIN area a ON a.id = c.commune AND ST_Covers(a.geom, ST_SetSRID(ST_MakePoint(c.lon, c.lat), 4326))
    """
)

IS_NEAR = text(
    """
    SELECT ST_DWithin(geom::geography, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography, :metres)
    FROM area WHERE id = :id
    """
)


class ToBlur(NamedTuple):
    """An exact place, whose it is, and the commune that the blurred place should stay in."""

    position: Point
    household: str
    commune_id: int | None


def commune_of(position: Point, chosen_code: str | None) -> AreaRow:
    """The commune that the case belongs to: the one the person chose, else the one around the point."""
    if chosen_code:
        return _chosen_commune(position, clean(chosen_code))
    found = area_at(position)
    if found is None:
        raise Invalid(
            _("Vị trí này nằm ngoài mọi địa bàn mà hệ thống biết. Hãy chọn lại trên bản đồ."),
            field="position",
            slug="outside-every-area",
        )
    return found


def _chosen_commune(position: Point, code: str) -> AreaRow:
    chosen = next(iter(areas_with_codes([code])), None)
    near = chosen is not None and db.session.scalar(
        IS_NEAR,
        {"lon": position.lon, "lat": position.lat, "metres": FARTHEST_CORRECTION_M, "id": chosen.id},
    )
    if chosen is None or not near:
        raise Invalid(
            _("Phường, xã đã chọn không ở gần vị trí này. Hãy chọn lại."),
            field="commune_code",
            slug="commune-too-far",
        )
    return chosen


def public_points(places: Sequence[ToBlur]) -> list[Point]:
    """For each place the first blurred candidate inside its commune, else simply the first candidate."""
    key = current_app.config["PRIVACY_KEY"]
    candidates = [list(blurred_candidates(place.position, place.household, key)) for place in places]
    chosen = [points[0] for points in candidates]
    waiting = [row for row, place in enumerate(places) if place.commune_id is not None]
    for number in range(CANDIDATES):
        if not waiting:
            break
        tried = {row: candidates[row][number] for row in waiting}
        inside = _rows_inside(tried, [places[row].commune_id for row in waiting])
        for row in inside:
            chosen[row] = tried[row]
        waiting = [row for row in waiting if row not in inside]
    return chosen


def _rows_inside(tried: Mapping[int, Point], communes: Sequence[int | None]) -> set[int]:
    """Which of the points lie inside their communes; one query for all of them."""
    found = db.session.scalars(
        INSIDE,
        {
            "rows": list(tried),
            "lons": [point.lon for point in tried.values()],
            "lats": [point.lat for point in tried.values()],
            "communes": list(communes),
        },
    )
    return set(found)
