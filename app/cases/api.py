"""Cases and claims in the API."""

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from apiflask import APIBlueprint
from flask import request
from flask_babel import gettext as _
from pydantic import BaseModel, ValidationError

from app.areas.queries import area_by_id
from app.cases.alternatives import with_alternatives
from app.cases.claiming import deliver_claim, extend_claim, release_claim, take_case
from app.cases.closing import Actor, cancel_case, claim_key, confirm_case, reopen_case, still_needed
from app.cases.handover import hand_over
from app.cases.models import Case, Claim
from app.cases.posting import code_as_typed, post_case
from app.cases.queries import case_by_code, case_view
from app.cases.tracking import tracking_path, tracks
from app.cases.views import viewer_of
from app.cases.wire import (
    CaseIn,
    CaseOut,
    ClaimIn,
    ClaimOut,
    CodeIn,
    NeedWanted,
    PostedOut,
    StatusOut,
    WhyIn,
    case_out,
    claim_out,
)
from app.core.db import transaction
from app.core.errors import Invalid
from app.people.guards import public, scope_required, signed_in, signed_in_user, this_user
from app.web.limits import POSTS, limiter
from app.web.openapi import ANYBODY, REQUESTER, SESSION_OR_TOKEN, optional_body, problems
from app.web.pages import public_url

bp = APIBlueprint("cases_api", __name__, url_prefix="/api/v1", tag="Cases")

BodyModel = TypeVar("BodyModel", bound=BaseModel)

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "Any unguessable text, new for each case. The same key again gives the same answer.",
}


def body_as(model: type[BodyModel]) -> BodyModel:
    """The request's JSON body as `model`; no body at all is an empty one."""
    given = request.get_json(force=True) if request.get_data(cache=True) else {}
    try:
        return model.model_validate(given)
    except ValidationError as wrong:
        errors: dict[str, list[str]] = {}
        for error in wrong.errors():
            errors.setdefault(".".join(str(part) for part in error["loc"]) or "body", []).append(error["msg"])
        raise Invalid(_("Một vài chỗ cần sửa lại."), errors=errors) from None


@bp.post("/cases")
@public
@limiter.limit(POSTS)
@bp.input(CaseIn, arg_name="said")
@bp.output(PostedOut, status_code=201)
@bp.doc(
    summary="Post a case",
    operation_id="post_case",
    security=ANYBODY,
    extensions={"parameters": [IDEMPOTENCY_KEY]},
    responses=problems(409, 422),
)
def create(said: CaseIn) -> Any:
    """Ask for help, with or without an account."""
    scope_required("cases:write")
    user = this_user()
    with transaction():
        case = post_case(
            said.as_request(), by=user, idempotency_key=request.headers.get("Idempotency-Key")
        ).case
        answer = _posted(case)
    return answer, 201, {"Location": public_url(f"/api/v1/cases/{answer['code']}")}


def _posted(case: Case) -> dict[str, Any]:
    """The answer to a post: the same however often, and whenever, it is asked for."""
    area = area_by_id(case.commune_id) if case.commune_id else None
    return {
        "code": case.code,
        "status": "open",
        "tracking_url": public_url(tracking_path(case)),
        "area": {
            "code": area.code if area else None,
            "name": area.full_name if area else None,
            "province": area.province if area else None,
        },
    }


@bp.get("/cases/<code>")
@public
@bp.output(CaseOut)
@bp.doc(
    summary="One case",
    operation_id="get_case",
    security=[{}, *REQUESTER],
    responses=problems(401, 404),
)
def show(code: str) -> Any:
    """What this caller may see of the case; `contact` only for those it concerns."""
    scope_required("cases:read")
    code = code_as_typed(code)
    case = case_by_code(code)
    with transaction():
        viewer = viewer_of(this_user(), tracks=tracks(case, request.headers.get("X-Tracking-Token")))
        return case_out(case_view(code, viewer))


@bp.post("/cases/<code>/claims")
@signed_in
@bp.output(ClaimOut, status_code=201)
@bp.doc(
    summary="Take a case",
    operation_id="take_case",
    security=SESSION_OR_TOKEN,
    responses=problems(401, 403, 404, 409, 422),
    extensions=optional_body(ClaimIn),
)
def claim(code: str) -> Any:
    """Promise what is left, or parts of it. Too late: 409 with the nearest other cases in `alternatives`."""
    scope_required("claims:write")
    said = body_as(ClaimIn)
    user = signed_in_user()
    needs = None if said.needs is None else _promised(said.needs)
    with with_alternatives(code_as_typed(code), user), transaction():
        taken = take_case(code_as_typed(code), by=user, needs=needs)
        return claim_out(taken)


def _promised(said: list[NeedWanted]) -> dict[uuid.UUID, Decimal]:
    promised = {_need_key(need.id): Decimal(str(need.quantity)) for need in said}
    if len(promised) < len(said):
        raise Invalid(_("Mỗi món chỉ được nêu một lần."), field="needs", slug="repeated-need")
    return promised


def _need_key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Invalid(_("Không có món này trong trường hợp."), field="needs", slug="unknown-need") from None


def _answer_claim(claim_id: str, act: Callable[[uuid.UUID], Claim]) -> Any:
    scope_required("claims:write")
    with transaction():
        return claim_out(act(claim_key(claim_id)))


CLAIM_DOC: dict[str, Any] = {
    "security": SESSION_OR_TOKEN,
    "responses": problems(401, 403, 404, 409, 422),
}
WHY_BODY = optional_body(WhyIn)


@bp.post("/claims/<claim_id>/release")
@signed_in
@bp.output(ClaimOut)
@bp.doc(summary="Give a claim back", operation_id="release_claim", extensions=WHY_BODY, **CLAIM_DOC)
def release(claim_id: str) -> Any:
    """What was promised is open for others again."""
    why = body_as(WhyIn).why
    return _answer_claim(claim_id, lambda key: release_claim(key, by=signed_in_user(), why=why))


@bp.post("/claims/<claim_id>/extend")
@signed_in
@bp.output(ClaimOut)
@bp.doc(summary="Extend a claim, once", operation_id="extend_claim", extensions=WHY_BODY, **CLAIM_DOC)
def extend(claim_id: str) -> Any:
    """Lengthen the lease; needs a reason in `why`."""
    why = body_as(WhyIn).why
    return _answer_claim(claim_id, lambda key: extend_claim(key, by=signed_in_user(), why=why))


@bp.post("/claims/<claim_id>/hand-over")
@signed_in
@bp.input(CodeIn, arg_name="said")
@bp.output(ClaimOut)
@bp.doc(
    summary="Deliver, proved by the requester's hand-over code",
    operation_id="hand_over_claim",
    security=SESSION_OR_TOKEN,
    responses=problems(401, 403, 404, 409, 422, 429),
)
def prove(claim_id: str, said: CodeIn) -> Any:
    """Closes the case when nothing else of it is open or under way. Wrong codes are few: then 429."""
    scope_required("claims:write")
    with transaction():
        handed = hand_over(claim_key(claim_id), by=signed_in_user(), code=said.code)
        answer = claim_out(handed.claim)
    if handed.refusal is not None:
        raise handed.refusal
    return answer


@bp.post("/claims/<claim_id>/deliver")
@signed_in
@bp.output(ClaimOut)
@bp.doc(summary="Say that it was delivered", operation_id="deliver_claim", **CLAIM_DOC)
def deliver(claim_id: str) -> Any:
    """The requester is asked to confirm."""
    return _answer_claim(claim_id, lambda key: deliver_claim(key, by=signed_in_user()))


def _answer_case(code: str, act: Callable[[str, Actor], Case]) -> Any:
    """Let the requester, known by account or by tracking secret, act on their case."""
    scope_required("cases:write")
    code = code_as_typed(code)
    with transaction():
        secret = request.headers.get("X-Tracking-Token")
        actor = Actor(this_user(), tracks=tracks(case_by_code(code), secret))
        case = act(code, actor)
        return {"code": case.code, "status": case.status}


CASE_DOC: dict[str, Any] = {"security": REQUESTER, "responses": problems(401, 403, 404, 409, 422)}


@bp.post("/cases/<code>/confirm")
@public
@bp.output(StatusOut)
@bp.doc(summary="It arrived", operation_id="confirm_case", **CASE_DOC)
def confirm(code: str) -> Any:
    """The requester closes the case."""
    return _answer_case(code, lambda key, actor: confirm_case(key, actor=actor))


@bp.post("/cases/<code>/reopen")
@public
@bp.output(StatusOut)
@bp.doc(
    summary="It did not arrive, or help is needed again",
    operation_id="reopen_case",
    extensions=WHY_BODY,
    **CASE_DOC,
)
def reopen(code: str) -> Any:
    """The requester opens the case again."""
    why = body_as(WhyIn).why
    return _answer_case(code, lambda key, actor: reopen_case(key, actor=actor, why=why))


@bp.post("/cases/<code>/cancel")
@public
@bp.output(StatusOut)
@bp.doc(summary="No longer needed", operation_id="cancel_case", extensions=WHY_BODY, **CASE_DOC)
def cancel(code: str) -> Any:
    """The requester takes the case off the map."""
    why = body_as(WhyIn).why
    return _answer_case(code, lambda key, actor: cancel_case(key, actor=actor, why=why))


@bp.post("/cases/<code>/still-needed")
@public
@bp.output(StatusOut)
@bp.doc(summary="Still waiting for help", operation_id="keep_case", **CASE_DOC)
def keep(code: str) -> Any:
    """The requester answers whether help is still needed: the case stays on the map."""
    return _answer_case(code, lambda key, actor: still_needed(key, actor=actor))
