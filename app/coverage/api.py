"""Coverage in the API: the public figures of wards."""

from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from flask_babel import gettext as _
from pydantic import BaseModel, Field

from app.core.errors import NotFound
from app.coverage.queries import measured_at, place_called, wards_shown
from app.coverage.rules import HELPER_CLASSES, LEVELS, RECENT_DAYS, WAITING_H
from app.people.guards import public, scope_required
from app.web.asked import Asked
from app.web.openapi import ANYBODY, problems

bp = APIBlueprint("coverage_api", __name__, url_prefix="/api/v1", tag="Coverage")

MOST_WARDS = 500


class CoverageQuery(Asked):
    """Where."""

    area: str | None = Field(None, description="Official code of a province or commune in force.")


class WardOut(BaseModel):
    """One ward."""

    code: str
    name: str
    province_code: str | None
    province: str | None
    level: str = Field(description="How far behind.", json_schema_extra={"enum": list(LEVELS)})
    open: int = Field(description="Open cases.")
    waiting: int = Field(description=f"Those of them that have waited more than {WAITING_H} hours.")
    counted_only: int = Field(description="Open cases of which only the number is public (medical advice).")
    unmet: float = Field(
        description="Of what is asked for now, or was in cases helped in the last"
        f" {RECENT_DAYS} days, the share that nobody has promised (0 to 1): the mean over cases of the mean"
        " over their needs."
    )
    helpers: str = Field(
        description="How many could come, coarsely.", json_schema_extra={"enum": list(HELPER_CLASSES)}
    )


class CoverageOut(BaseModel):
    """The wards, the most behind first; those where nobody asks and nobody was helped lately are left out."""

    measured_at: datetime | None = Field(description="When the figures were counted: every minute.")
    wards: list[WardOut]


@bp.get("/coverage")
@public
@bp.input(CoverageQuery, location="query", arg_name="asked")
@bp.output(CoverageOut)
@bp.doc(
    summary="How well help reaches each ward",
    operation_id="list_coverage",
    security=ANYBODY,
    responses=problems(404, 422),
)
def coverage(asked: CoverageQuery) -> Any:
    """The figures of the wards of an area, or of the 500 wards most behind everywhere."""
    scope_required("cases:read")
    place = place_called(asked.area) if asked.area else None
    if asked.area and place is None:
        raise NotFound(_("Không có địa bàn nào mang mã này."))
    wards = [
        {name: getattr(ward, name) for name in WardOut.model_fields} | {"unmet": round(ward.unmet, 2)}
        for ward in wards_shown(place, limit=MOST_WARDS)
    ]
    return {"measured_at": measured_at(), "wards": wards}
