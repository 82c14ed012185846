"""One case as somebody may see it, and what happened to it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.areas.queries import area_by_id
from app.cases.access_records import MOST_LISTED, record_access
from app.cases.models import Case, CaseEvent, Claim, Need
from app.cases.policies import (
    Viewer,
    is_claimant,
    is_official_of,
    is_requester,
    may_answer,
    may_read_text,
    may_see,
    may_see_contact,
    may_see_place,
    may_take,
    may_verify,
)
from app.cases.rules import GROUPS
from app.cases.tracking import handover_code
from app.cases.views import facts_of
from app.core.db import db
from app.core.errors import NotFound
from app.core.geo import Point
from app.core.text import mask_private
from app.emergencies.models import Category
from app.people.models import User


@dataclass(frozen=True)
class NeedView:
    """One line of a case, as it is shown."""

    id: uuid.UUID
    item: str
    quantity: float
    unit: str
    pledged: float
    delivered: float
    left: float


@dataclass(frozen=True)
class ClaimView:
    """One claim on a case, for its requester and its officials."""

    id: uuid.UUID
    volunteer_name: str
    volunteer_phone: str | None
    status: str
    created_at: datetime
    lease_until: datetime
    mine: bool
    extended: bool
    lines: Sequence[tuple[str, float, str]]


@dataclass(frozen=True)
class PrivatePart:
    """What only the requester, the helper on the way and the area's officials see."""

    contact_name: str | None
    contact_phone: str | None
    address: str | None
    point: Point | None
    description: str
    vulnerabilities: Sequence[str]
    on_behalf: bool


@dataclass(frozen=True)
class CaseView:
    """A case as one person may see it."""

    code: str
    status: str
    group: str | None
    category: Category
    urgency: str
    title: str
    household_size: int
    ward: str | None
    ward_code: str | None
    province: str | None
    created_at: datetime
    status_at: datetime
    verified: bool
    is_demo: bool
    point: Point | None
    needs: Sequence[NeedView]
    private: PrivatePart | None
    claims: Sequence[ClaimView]
    mine: bool
    my_claim: ClaimView | None
    can_take: bool
    can_answer: bool
    can_verify: bool
    something_delivered: bool
    handover_code: str | None
    """For the requester to read out at the door, while something may still be brought."""
    case: Case = field(repr=False)


def case_by_code(code: str) -> Case:
    """The case called `code`, or NotFound."""
    case = db.session.scalar(select(Case).where(Case.code == code.upper()))
    if case is None:
        raise NotFound(_("Không có trường hợp nào mang mã này."))
    return case


def case_view(code: str, viewer: Viewer) -> CaseView:
    """The case with exactly what this viewer may see; being shown the contact is recorded."""
    case = case_by_code(code)
    facts = facts_of(case)
    if not may_see(viewer, facts):
        raise NotFound(_("Trường hợp này đã kết thúc. Cảm ơn bạn đã quan tâm."), slug="case-ended")
    contact = may_see_contact(viewer, facts)
    if contact and not is_requester(viewer, facts):
        record_access(case.id, viewer.user_id, "claim" if is_claimant(viewer, facts) else "official")
    place = may_see_place(viewer, facts)
    ward = area_by_id(case.commune_id) if case.commune_id else None
    claims = _claims_of(case, viewer) if contact else []
    return CaseView(
        code=case.code,
        status=case.status,
        group=GROUPS.get(case.status),
        category=db.session.get_one(Category, case.category_id),
        urgency=case.urgency,
        title=case.needs_text if place else "",
        household_size=case.household_size,
        ward=ward.full_name if ward else None,
        ward_code=ward.code if ward else None,
        province=ward.province if ward else None,
        created_at=case.created_at,
        status_at=case.status_at,
        verified=case.verified_at is not None,
        is_demo=case.is_demo,
        point=_point(case.id, "public_position") if place else None,
        needs=[_need_view(need, plain=contact) for need in case.needs] if place else [],
        private=_private_part(case, may_read_text(viewer, facts)) if contact else None,
        claims=claims if is_requester(viewer, facts) or is_official_of(viewer, facts) else [],
        mine=is_requester(viewer, facts),
        my_claim=next((claim for claim in claims if claim.mine and claim.status == "live"), None),
        can_take=case.status == "open" and may_take(viewer, facts) and not is_claimant(viewer, facts),
        can_answer=may_answer(viewer, facts),
        can_verify=may_verify(viewer, facts),
        something_delivered=any(need.delivered > 0 for need in case.needs),
        handover_code=_handover_code(case) if is_requester(viewer, facts) else None,
        case=case,
    )


def _handover_code(case: Case) -> str | None:
    return handover_code(case) if case.status in ("open", "claimed") else None


def _point(case_id: uuid.UUID, column: str) -> Point | None:
    place = getattr(Case, column)
    row = db.session.execute(select(func.ST_X(place), func.ST_Y(place)).where(Case.id == case_id)).one()
    return Point(row[0], row[1]) if row[0] is not None else None


def _need_view(need: Need, *, plain: bool) -> NeedView:
    return NeedView(
        id=need.id,
        item=need.item if plain else mask_private(need.item),
        quantity=float(need.quantity),
        unit=need.unit if plain else mask_private(need.unit),
        pledged=float(need.pledged),
        delivered=float(need.delivered),
        left=float(need.left),
    )


def _private_part(case: Case, with_text: bool) -> PrivatePart:
    return PrivatePart(
        contact_name=case.contact_name,
        contact_phone=case.contact_phone,
        address=case.address,
        point=_point(case.id, "position"),
        description=case.description if with_text else "",
        vulnerabilities=case.vulnerabilities,
        on_behalf=case.on_behalf,
    )


def _claims_of(case: Case, viewer: Viewer) -> list[ClaimView]:
    rows = db.session.execute(
        select(Claim, User.name, User.phone)
        .join(User, User.id == Claim.volunteer_id)
        .where(Claim.case_id == case.id)
        .order_by(Claim.created_at.desc())
        .limit(MOST_LISTED)
    )
    return [
        ClaimView(
            id=claim.id,
            volunteer_name=name,
            volunteer_phone=phone if claim.status in ("live", "delivered") else None,
            status=claim.status,
            created_at=claim.created_at,
            lease_until=claim.lease_until,
            mine=claim.volunteer_id == viewer.user_id,
            extended=claim.extended_at is not None,
            lines=[(line.need.item, float(line.quantity), line.need.unit) for line in claim.lines],
        )
        for claim, name, phone in rows
    ]


def timeline(case_id: uuid.UUID) -> Sequence[CaseEvent]:
    """What happened to the case, oldest first."""
    query = select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.at, CaseEvent.id)
    return db.session.scalars(query.limit(MOST_LISTED)).all()
