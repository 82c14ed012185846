"""Batch assignment: propose a plan for an area, change its lines, apply it. Callers check the area first."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import Select, func, insert, select

from app.cases.claiming import take_case
from app.cases.models import Case
from app.cases.policies import is_official_of
from app.cases.views import facts_of, viewer_of
from app.core import audit
from app.core.clock import now
from app.core.db import db, new_id, transaction
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from app.core.events import publish
from app.core.states import Flow
from app.matching.models import Plan, PlanLine
from app.matching.pairs import Near, Nearby, open_cases_in, still_suits
from app.matching.planning import propose
from app.people.models import User

PLAN_LIFE = Flow({"draft": {"applying", "discarded"}, "applying": {"applied"}})
LARGEST_PLAN = 500
"""Cases in one plan: as many as a person can look through; the most pressing come first."""
WAITED_H = (0, 6, 24, 48)
"""How long the cases of a plan may be asked to have waited."""


def propose_plan(
    area_id: int,
    communes: Sequence[int],
    provinces: Sequence[int],
    *,
    by: User,
    most: int = LARGEST_PLAN,
    waited_h: int = 0,
) -> Plan:
    """Draft who should help whom among the open cases of these places that have waited so many hours."""
    if waited_h not in WAITED_H:
        raise Invalid(_("Chọn một khoảng thời gian trong danh sách."), field="waited_h")
    cases = open_cases_in(communes, provinces, most, waited_h=waited_h)
    plan = Plan(
        id=new_id(),
        area_id=area_id,
        created_by=by.id,
        open_cases=_count(communes, provinces, waited_h),
        waited_h=waited_h,
    )
    db.session.add(plan)
    db.session.flush()
    lines: list[dict[str, object]] = [
        {
            "plan_id": plan.id,
            "case_id": line.case.id,
            "position": position,
            "volunteer_id": line.volunteer_id,
            "supply_point_id": line.supply_point_id,
            "portions": line.case.portions,
            "metres": line.metres,
            "cost_min": line.cost_min,
            "chosen": line.volunteer_id is not None,
            "why_none": line.why_none,
        }
        for position, line in enumerate(propose(cases, Nearby()) if cases else [])
    ]
    if lines:
        db.session.execute(insert(PlanLine), lines)
    found = sum(1 for line in lines if line["chosen"])
    audit.record("plan_proposed", by.id, area_id=area_id, plan=str(plan.id), cases=len(lines), found=found)
    return plan


def _count(communes: Sequence[int], provinces: Sequence[int], waited_h: int) -> int:
    inside = Case.commune_id.in_(communes) | Case.province_id.in_(provinces)
    waited = Case.created_at <= now() - timedelta(hours=waited_h)
    counted = select(func.count()).select_from(Case).where(Case.status == "open", inside, waited)
    return db.session.scalar(counted) or 0


def candidates_of(line: PlanLine) -> list[Near]:
    """The nearest suitable helpers for the case of a line whom the rest of the plan leaves room and load."""
    rows = db.session.execute(
        select(PlanLine.volunteer_id, func.count(), func.sum(PlanLine.portions))
        .where(PlanLine.plan_id == line.plan_id, PlanLine.chosen, PlanLine.id != line.id)
        .group_by(PlanLine.volunteer_id)
    )
    planned = {user_id: (cases, portions) for user_id, cases, portions in rows}
    nearest: dict[uuid.UUID, Near] = {}
    for pair in sorted(Nearby().of([line.case_id]), key=lambda pair: pair.metres):
        cases, portions = planned.get(pair.user_id, (0, 0))
        if pair.held + cases < pair.capacity and portions + line.portions <= pair.space:
            nearest.setdefault(pair.user_id, pair)
    return list(nearest.values())


def change_line(line_id: uuid.UUID, *, plan_id: uuid.UUID, volunteer_id: uuid.UUID | None) -> PlanLine:
    """Give the case of a line to another candidate, or to nobody."""
    _locked(plan_id, "draft")
    line = line_of(plan_id, line_id)
    if volunteer_id is None:
        line.chosen = False
    else:
        chosen = [pair for pair in candidates_of(line) if pair.user_id == volunteer_id]
        if not chosen:
            raise Conflict(
                _("Người này không còn rảnh cho trường hợp này. Hãy chọn người khác."), slug="full"
            )
        line.volunteer_id, line.supply_point_id = volunteer_id, chosen[0].supply_point_id
        line.metres, line.cost_min = chosen[0].metres, None
        line.chosen, line.why_none = True, None
    db.session.flush()
    return line


def line_of(plan_id: uuid.UUID, line_id: uuid.UUID) -> PlanLine:
    """A line of a plan, or NotFound."""
    line = db.session.get(PlanLine, line_id)
    if line is None or line.plan_id != plan_id:
        raise NotFound(_("Không có dòng này trong bản phân công."))
    return line


def discard_plan(plan_id: uuid.UUID, *, by: User) -> None:
    """Put a draft away; nothing of it happens."""
    plan = _locked(plan_id, "draft")
    PLAN_LIFE.check(plan.status, "discarded")
    plan.status, plan.ended_at = "discarded", now()
    audit.record("plan_discarded", by.id, area_id=plan.area_id, plan=str(plan.id))


def apply_plan(plan_id: uuid.UUID, *, by: User) -> None:
    """Make every chosen line a claim of its volunteer, each in a transaction of its own.

    A line that is refused, because the case or the volunteer has changed meanwhile, says so and changes
    nothing; the others go on. Doing it twice, or again after a crash, takes up only what is not done yet.
    This action holds its transactions itself: locks on hundreds of people at once would make others wait, or
    deadlock with somebody who takes a case just now.
    """
    by_id = by.id
    with transaction():
        plan = _locked(plan_id, "draft", "applying", "applied")
        if plan.status == "draft":
            PLAN_LIFE.check(plan.status, "applying")
            plan.status = "applying"
        lines = list(db.session.scalars(_not_done(plan_id)))
    for line_id in lines:
        _apply(line_id, by_id)
    with transaction():
        plan = _locked(plan_id, "applying", "applied")
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


def _locked(plan_id: uuid.UUID, *statuses: str) -> Plan:
    plan = db.session.get(Plan, plan_id, with_for_update=True, populate_existing=True)
    if plan is None:
        raise NotFound(_("Không có bản phân công này."))
    if plan.status not in statuses:
        raise Conflict(_("Bản phân công này đã áp dụng hoặc đã bỏ, không sửa được nữa."), slug="plan-ended")
    return plan
