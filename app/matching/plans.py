"""Batch assignment: propose a plan for an area, change its lines, apply it. Callers check the area first."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import func, insert, select

from app.cases.models import Case
from app.core import audit
from app.core.clock import now
from app.core.db import db, new_id
from app.core.errors import Conflict, Invalid, NotFound
from app.core.states import Flow
from app.matching.models import Plan, PlanLine
from app.matching.pairs import Near, Nearby, open_cases_in
from app.matching.planning import propose
from app.people.models import User

PLAN_LIFE = Flow({"draft": {"applying", "discarded"}, "applying": {"applied"}})
LARGEST_PLAN = 1_000
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
            "metres": line.about_m,
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
    locked_plan(plan_id, "draft")
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
        line.metres, line.cost_min = chosen[0].about_m, None
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
    plan = locked_plan(plan_id, "draft")
    PLAN_LIFE.check(plan.status, "discarded")
    plan.status, plan.ended_at = "discarded", now()
    audit.record("plan_discarded", by.id, area_id=plan.area_id, plan=str(plan.id))


def locked_plan(plan_id: uuid.UUID, *statuses: str) -> Plan:
    """The plan, locked, in one of these states; Conflict in another."""
    plan = db.session.get(Plan, plan_id, with_for_update=True, populate_existing=True)
    if plan is None:
        raise NotFound(_("Không có bản phân công này."))
    if plan.status not in statuses:
        raise Conflict(_("Bản phân công này đã áp dụng hoặc đã bỏ, không sửa được nữa."), slug="plan-ended")
    return plan
