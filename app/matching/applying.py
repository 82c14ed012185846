"""Applying a plan: each line becomes a claim in a transaction of its own; a long plan is the worker's."""

import uuid

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from app.cases.claiming import take_case
from app.cases.models import Case
from app.cases.policies import is_official_of
from app.cases.views import facts_of, viewer_of
from app.core import audit
from app.core.clock import now
from app.core.db import db, transaction
from app.core.errors import Conflict, NotAllowed, NotFound, Refusal
from app.core.events import publish
from app.core.jobs import defer, jobs
from app.matching.models import Plan, PlanLine
from app.matching.pairs import still_suits
from app.matching.plans import PLAN_LIFE, locked_plan
from app.people.models import User

APPLIED_AT_ONCE = 20
"""Lines that are applied while the official waits; more are the worker's."""


def apply_soon(plan_id: uuid.UUID, *, by: User) -> bool:
    """Apply a short plan now, have a long one applied by the worker; whether it is done already."""
    lines = select(func.count()).where(
        PlanLine.plan_id == plan_id, PlanLine.chosen, PlanLine.outcome.is_(None)
    )
    if (db.session.scalar(lines) or 0) <= APPLIED_AT_ONCE:
        apply_plan(plan_id, by=by)
        return True
    with transaction():
        _begin(plan_id)
        defer(apply_later, lock=f"plan {plan_id}", plan_id=str(plan_id), by_id=str(by.id))
    return False


@jobs.task(name="matching.apply_plan", retry=3)
def apply_later(plan_id: str, by_id: str) -> None:
    """Go on where a killed worker stopped, if one was."""
    apply_plan(uuid.UUID(plan_id), by=db.session.get_one(User, uuid.UUID(by_id)))


def _begin(plan_id: uuid.UUID) -> Plan:
    plan = locked_plan(plan_id, "draft", "applying", "applied")
    if plan.status == "draft":
        PLAN_LIFE.check(plan.status, "applying")
        plan.status = "applying"
    return plan


def apply_plan(plan_id: uuid.UUID, *, by: User) -> None:
    """Make every chosen line a claim of its volunteer, each in a transaction of its own.

    A line that is refused, because the case or the volunteer has changed meanwhile, says so and changes
    nothing; the others go on. Doing it twice, or again after a crash, takes up only what is not done yet.
    This action holds its transactions itself: locks on hundreds of people at once would make others wait, or
    deadlock with somebody who takes a case just now.
    """
    by_id = by.id
    with transaction():
        _begin(plan_id)
        lines = list(db.session.scalars(_not_done(plan_id)))
    for line_id in lines:
        _apply(line_id, by_id)
    with transaction():
        plan = locked_plan(plan_id, "applying", "applied")
        if plan.status == "applying":
            plan.status, plan.ended_at = "applied", now()
            taken = select(func.count()).where(PlanLine.plan_id == plan_id, PlanLine.outcome == "taken")
            audit.record(
                "plan_applied",
                by_id,
                area_id=plan.area_id,
                plan=str(plan_id),
                taken=db.session.scalar(taken) or 0,
            )


def _not_done(plan_id: uuid.UUID) -> Select[tuple[uuid.UUID]]:
    return (
        select(PlanLine.id)
        .where(PlanLine.plan_id == plan_id, PlanLine.chosen, PlanLine.outcome.is_(None))
        .order_by(PlanLine.position)
    )


def _apply(line_id: uuid.UUID, by_id: uuid.UUID) -> None:
    """Take the case for the volunteer; a refusal is written down instead."""
    try:
        with transaction():
            line = db.session.get_one(PlanLine, line_id, with_for_update=True, populate_existing=True)
            if line.outcome is None:
                _take(line, db.session.get_one(User, by_id))
    except Refusal as refusal:
        with transaction():
            line = db.session.get_one(PlanLine, line_id, with_for_update=True, populate_existing=True)
            if line.outcome is None:
                line.outcome, line.outcome_words = refusal.slug, str(refusal.message)


def _take(line: PlanLine, by: User) -> None:
    case = db.session.get_one(Case, line.case_id)
    volunteer = db.session.get(User, line.volunteer_id) if line.volunteer_id else None
    if volunteer is None or not volunteer.is_active:
        raise NotFound(_("Tài khoản của người này không còn dùng được."), slug="volunteer-gone")
    if not is_official_of(viewer_of(by), facts_of(case)):
        raise NotAllowed(_("Trường hợp này không còn thuộc địa bàn của bạn."), slug="outside-jurisdiction")
    if case.status != "open":
        raise Conflict(_("Trường hợp này đã thay đổi từ lúc lập bản phân công."), slug="case-changed")
    # Two plans at once must not both find the same room.
    db.session.scalar(select(User.id).where(User.id == volunteer.id).with_for_update())
    most = current_app.config["SETTINGS"].claims_per_person
    if not still_suits(case.id, volunteer.id, line.supply_point_id, most_claims=most):
        raise Conflict(_("Người này không còn rảnh, hoặc không còn nhận việc này."), slug="volunteer-changed")
    claim = take_case(case.code, by=volunteer, assigned_by=by)
    line.outcome, line.claim_id = "taken", claim.id
    publish("case_assigned", case=case, claim=claim)
