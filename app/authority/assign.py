"""/authority/assign: batch assignment ("phân công") for officials, in their own areas."""

import uuid
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from flask_babel import gettext as _

from app.authority import wording
from app.authority.jurisdiction import Jurisdiction, jurisdiction_of
from app.core.db import db, transaction
from app.core.errors import NotFound
from app.matching.applying import apply_soon
from app.matching.models import Plan
from app.matching.plans import (
    LARGEST_PLAN,
    WAITED_H,
    candidates_of,
    change_line,
    discard_plan,
    line_of,
    propose_plan,
)
from app.matching.queries import (
    Reader,
    may_read,
    options,
    plan_counts,
    plan_line,
    plan_lines,
    plan_map,
    recent_plans,
)
from app.matching.wording import concerns
from app.people.guards import role_required, signed_in_user
from app.web.pages import page, wants_part

bp = Blueprint("assign", __name__, url_prefix="/authority/assign")


def frame(within: Jurisdiction) -> dict[str, Any]:
    """What every page here needs."""
    return {
        "within": within,
        "words": wording,
        "concerns": concerns,
        "largest": LARGEST_PLAN,
        "waits": WAITED_H,
    }


@bp.get("/")
@role_required("official")
def index() -> Response:
    """Choose an area and a time to plan for; the plans of before."""
    within = jurisdiction_of(signed_in_user())
    plans = recent_plans(within.ids, _reader(within))
    return page("authority/assign.html", plans=plans, **frame(within))


@bp.post("/")
@role_required("official")
def propose() -> Any:
    """Draft a plan for the chosen area and show it."""
    user = signed_in_user()
    within = jurisdiction_of(user)
    asked = within.narrowed(request.form["area"]) if request.form.get("area") else within
    with transaction():
        plan = propose_plan(
            asked.roots[0].id,
            asked.commune_ids,
            asked.province_ids,
            by=user,
            waited_h=request.form.get("waited_h", 0, type=int),
        )
        plan_id = plan.id
    return redirect(url_for(".show", plan_id=plan_id), 303)


@bp.get("/<uuid:plan_id>")
@role_required("official")
def show(plan_id: uuid.UUID) -> Response:
    """A draft to look through and change, or what came of it; htmx gets the next lines."""
    plan, within = _plan(plan_id)
    after = request.args.get("after", -1, type=int)
    lines, following = plan_lines(plan.id, after=after)
    return page(
        "authority/plan.html",
        "authority/_plan_rows.html" if after >= 0 else None,
        plan=plan,
        area=next(unit.name for unit in within.units if unit.id == plan.area_id),
        lines=lines,
        counts=plan_counts(plan.id),
        more_url=url_for(".show", plan_id=plan.id, after=following) if following is not None else "",
        **frame(within),
    )


@bp.get("/<uuid:plan_id>/map.json")
@role_required("official")
def drawn(plan_id: uuid.UUID) -> Response:
    """The lines of the plan for the map on its page."""
    plan, _within = _plan(plan_id)
    response = jsonify(plan_map(plan.id))
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.get("/<uuid:plan_id>/progress")
@role_required("official")
def progress(plan_id: uuid.UUID) -> Any:
    """How far the worker has come; when it has finished, htmx loads the page anew."""
    plan, within = _plan(plan_id)
    if not wants_part():
        return redirect(url_for(".show", plan_id=plan_id), 303)
    response = page("authority/_plan_progress.html", plan=plan, counts=plan_counts(plan.id), **frame(within))
    if plan.status != "applying":
        response.headers["HX-Refresh"] = "true"
    return response


@bp.get("/<uuid:plan_id>/lines/<uuid:line_id>")
@role_required("official")
def line(plan_id: uuid.UUID, line_id: uuid.UUID) -> Response:
    """Who else could be given this case."""
    plan, within = _plan(plan_id)
    found = options(candidates_of(line_of(plan.id, line_id)))
    row = plan_line(plan.id, line_id)
    return page("authority/plan_line.html", plan=plan, line=row, options=found, **frame(within))


@bp.post("/<uuid:plan_id>/lines/<uuid:line_id>")
@role_required("official")
def change(plan_id: uuid.UUID, line_id: uuid.UUID) -> Any:
    """Give the case to another volunteer, or to nobody; htmx gets the row anew."""
    plan, within = _plan(plan_id)
    with transaction():
        change_line(line_id, plan_id=plan.id, volunteer_id=_chosen())
    if wants_part():
        return page("authority/_plan_row.html", plan=plan, line=plan_line(plan_id, line_id), **frame(within))
    return redirect(url_for(".show", plan_id=plan_id, _anchor=f"line-{line_id}"), 303)


@bp.post("/<uuid:plan_id>/apply")
@role_required("official")
def apply(plan_id: uuid.UUID) -> Any:
    """Make the claims of the plan: a few at once, many by the worker."""
    plan, _within = _plan(plan_id)
    apply_soon(plan.id, by=signed_in_user())
    return redirect(url_for(".show", plan_id=plan_id), 303)


@bp.post("/<uuid:plan_id>/discard")
@role_required("official")
def discard(plan_id: uuid.UUID) -> Any:
    """Put a draft away."""
    plan, _within = _plan(plan_id)
    with transaction():
        discard_plan(plan.id, by=signed_in_user())
    flash(_("Đã bỏ bản phân công. Không có gì thay đổi."), "success")
    return redirect(url_for(".index"), 303)


def _plan(plan_id: uuid.UUID) -> tuple[Plan, Jurisdiction]:
    """A plan of the official's areas; those of others do not exist for them."""
    within = jurisdiction_of(signed_in_user())
    plan = db.session.get(Plan, plan_id)
    if plan is None or plan.area_id not in within.ids or not may_read(plan.id, _reader(within)):
        raise NotFound(_("Không có bản phân công này trong địa bàn của bạn."))
    return plan, within


def _reader(within: Jurisdiction) -> Reader:
    return Reader(signed_in_user().id, within.commune_ids, within.province_ids)


def _chosen() -> uuid.UUID | None:
    typed = request.form.get("volunteer", "")
    try:
        return uuid.UUID(typed) if typed else None
    except ValueError:
        raise NotFound(_("Không có người này trong danh sách.")) from None
