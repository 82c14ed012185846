"""Areas in the API: search by name, and the unit around a point."""

from typing import Any

from apiflask import APIBlueprint
from flask_babel import gettext as _
from pydantic import BaseModel, Field

from app.areas.queries import AreaRow, area_at, search_areas
from app.core.errors import Invalid, NotFound
from app.core.geo import Point
from app.people.guards import public
from app.web.asked import Asked
from app.web.openapi import problems

bp = APIBlueprint("areas_api", __name__, url_prefix="/api/v1", tag="Areas")

MOST_FOUND = 20
LONGEST_QUESTION = 200


class UnitOut(BaseModel):
    """An administrative unit; `boundary` says whether its outline is official or an approximation."""

    code: str
    level: str
    name: str
    full_name: str
    kind: str
    province_code: str | None
    province: str | None
    boundary: str
    formerly: str | None = Field(None, description="The former unit whose name matched.")


class UnitsOut(BaseModel):
    """What was found, best first."""

    areas: list[UnitOut]


class SearchQuery(Asked):
    """A name, with or without diacritics; today's or a former one."""

    q: str = Field(examples=["ben thanh"], json_schema_extra={"minLength": 1, "maxLength": LONGEST_QUESTION})


class PlaceQuery(Asked):
    """A place in degrees (WGS 84)."""

    lat: float = Field(examples=[10.7769], json_schema_extra={"minimum": -90, "maximum": 90})
    lon: float = Field(examples=[106.7009], json_schema_extra={"minimum": -180, "maximum": 180})


def unit_out(area: AreaRow, formerly: str | None = None) -> dict[str, Any]:
    """`UnitOut` of an area."""
    return {
        "code": area.code,
        "level": area.level,
        "name": area.name,
        "full_name": area.full_name,
        "kind": area.kind,
        "province_code": area.province_code,
        "province": area.province,
        "boundary": "approximate" if area.approximate else "official",
        "formerly": formerly,
    }


@bp.get("/areas")
@public
@bp.input(SearchQuery, location="query", arg_name="asked")
@bp.output(UnitsOut)
@bp.doc(summary="Areas by name", operation_id="search_areas", responses=problems(422))
def search(asked: SearchQuery) -> Any:
    """Exact accents come first; units share names, so the province stands beside each."""
    if len(asked.q) > LONGEST_QUESTION:
        raise Invalid(_("Tối đa %(most)s ký tự.", most=LONGEST_QUESTION), field="q")
    return {"areas": [unit_out(found.area, found.formerly) for found in search_areas(asked.q, MOST_FOUND)]}


@bp.get("/areas/at")
@public
@bp.input(PlaceQuery, location="query", arg_name="place")
@bp.output(UnitOut)
@bp.doc(summary="The area around a place", operation_id="area_at", responses=problems(404, 422))
def at(place: PlaceQuery) -> Any:
    """The smallest unit in force there. Where its boundary is approximate, let the person confirm it."""
    area = area_at(Point.checked(place.lon, place.lat, field="lat"))
    if area is None:
        raise NotFound(_("Vị trí này nằm ngoài mọi địa bàn."), slug="outside-every-area")
    return unit_out(area)
