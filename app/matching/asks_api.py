"""Asks in the API."""

import uuid
from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from flask_babel import gettext as _
from pydantic import BaseModel, Field

from app.cases.alternatives import with_alternatives
from app.cases.api import body_as
from app.cases.models import Case
from app.cases.wire import AreaOut, ClaimOut, WhyIn, claim_out
from app.core.db import db, transaction
from app.core.errors import NotFound
from app.matching.ask_queries import Asked, live_asks
from app.matching.dispatch import accept_ask, decline_ask, own_ask
from app.people.guards import scope_required, signed_in, signed_in_user
from app.web.openapi import SESSION_OR_TOKEN, optional_body, problems

bp = APIBlueprint("asks_api", __name__, url_prefix="/api/v1", tag="Asks")


class WantedOut(BaseModel):
    """One need of a case and how much of it is still open."""

    item: str
    quantity: float
    unit: str
    left: float


class AskOut(BaseModel):
    """One case that the caller is asked to help with. `distance_m` is from their own base, coarse."""

    id: str
    case: str
    category: str
    urgency: str
    household_size: int
    area: AreaOut
    distance_m: float | None
    reasons: list[str] = Field(description="Why they are asked, in words.")
    needs: list[WantedOut]
    sent_at: datetime
    deadline: datetime


class AsksOut(BaseModel):
    """What the caller is asked now."""

    asks: list[AskOut]


class AnswerOut(BaseModel):
    """Where the ask stands now."""

    id: str
    status: str


@bp.get("/asks")
@signed_in
@bp.output(AsksOut)
@bp.doc(
    summary="Cases that I am asked to help with",
    operation_id="list_asks",
    security=SESSION_OR_TOKEN,
    responses=problems(401, 403),
)
def index() -> Any:
    """Those that wait for an answer, danger to life first."""
    scope_required("cases:read")
    return {"asks": [_out(asked) for asked in live_asks(signed_in_user())]}


def _out(asked: Asked) -> dict[str, Any]:
    case = asked.case
    return {
        "id": str(asked.id),
        "case": case["code"],
        "category": case["category"],
        "urgency": case["urgency"],
        "household_size": case["household_size"],
        "area": {"code": case["ward_code"], "name": case["ward"], "province": case["province"]},
        "distance_m": case["distance_m"],
        "reasons": case["why"],
        "needs": [
            {name: need[name] for name in ("item", "quantity", "unit", "left")} for need in case["needs"]
        ],
        "sent_at": case["sent_at"],
        "deadline": asked.deadline,
    }


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound(_("Không tìm thấy lời nhờ này.")) from None


@bp.post("/asks/<ask_id>/accept")
@signed_in
@bp.output(ClaimOut, status_code=201)
@bp.doc(
    summary="Say yes: take the case",
    operation_id="accept_ask",
    security=SESSION_OR_TOKEN,
    responses=problems(401, 403, 404, 409),
)
def accept(ask_id: str) -> Any:
    """Promise what is left. Too late: 409 with the nearest other cases in `alternatives`."""
    scope_required("claims:write")
    user, key = signed_in_user(), _key(ask_id)
    code = db.session.get_one(Case, own_ask(key, user).case_id).code
    with with_alternatives(code, user), transaction():
        return claim_out(accept_ask(key, by=user))


@bp.post("/asks/<ask_id>/decline")
@signed_in
@bp.output(AnswerOut)
@bp.doc(
    summary="Say no, this time",
    operation_id="decline_ask",
    security=SESSION_OR_TOKEN,
    responses=problems(401, 403, 404, 409, 422),
    extensions=optional_body(WhyIn),
)
def decline(ask_id: str) -> Any:
    """Others are asked; the caller is not asked about this case again."""
    scope_required("claims:write")
    why = body_as(WhyIn).why
    with transaction():
        ask = decline_ask(_key(ask_id), by=signed_in_user(), why=why)
        return {"id": str(ask.id), "status": ask.status}
