"""What a person's own copy holds of their cases and claims, and what is erased when their account ends."""

import uuid
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, text

from app.cases.closing import Actor, cancel_case, close_case
from app.cases.life import SYSTEM, By, end_claim, locked_case, settle_case
from app.cases.models import Case, Claim
from app.core.db import db
from app.people.models import User

OWN_CASES = text(
    """
    SELECT c.code, c.status, g.slug AS category, c.urgency, c.description, c.contact_name, c.contact_phone,
           c.address, c.household_size, c.vulnerabilities, c.on_behalf, c.created_at,
           ST_X(c.position) AS lon, ST_Y(c.position) AS lat,
           (SELECT json_agg(json_build_object('item', n.item, 'quantity', n.quantity, 'unit', n.unit))
            FROM need n WHERE n.case_id = c.id) AS needs
    FROM "case" c JOIN category g ON g.id = c.category_id
    WHERE c.requester_id = :user_id ORDER BY c.created_at LIMIT 10000
    """
)
OWN_CLAIMS = text(
    """
    SELECT c.code, k.status, k.created_at, k.ended_at, k.extension_reason, k.end_reason
    FROM claim k JOIN "case" c ON c.id = k.case_id
    WHERE k.volunteer_id = :user_id ORDER BY k.created_at LIMIT 10000
    """
)
FORGET_REASONS = text(
    "UPDATE claim SET extension_reason = NULL, end_reason = NULL WHERE volunteer_id = :user_id"
)
ERASE = text(
    """
    UPDATE "case" SET contact_name = NULL, contact_phone = NULL, address = NULL, description = '',
           position = NULL, vulnerabilities = '{}', requester_id = NULL, idempotency_key = NULL,
           request_fingerprint = NULL, tracking_version = tracking_version + 1, erased_at = now()
    WHERE id = ANY(:ids)
    """
)


def add_cases_and_claims(user_id: uuid.UUID, bundle: dict[str, Any]) -> None:
    """Add the person's cases and claims to their own copy."""
    for name, query in (("cases", OWN_CASES), ("claims", OWN_CLAIMS)):
        bundle[name] = [dict(row._mapping) for row in db.session.execute(query, {"user_id": user_id})]


def forget_user(user_id: uuid.UUID) -> None:
    """End what the person has under way and erase the personal fields of their cases; figures stay."""
    user = db.session.get_one(User, user_id)
    for code in db.session.scalars(
        select(Case.code).join(Claim).where(Claim.volunteer_id == user_id, Claim.status == "live")
    ).all():
        _let_go(code, user_id)
    for case in db.session.scalars(select(Case).where(Case.requester_id == user_id)).all():
        if case.status in ("open", "claimed"):
            cancel_case(case.code, actor=Actor(user), why=_("Tài khoản đã xóa"))
        elif case.status == "delivered" and (locked := locked_case(case.code)):
            close_case(locked, SYSTEM, "auto_closed")
    db.session.flush()
    erase(list(db.session.scalars(select(Case.id).where(Case.requester_id == user_id))))
    db.session.execute(FORGET_REASONS, {"user_id": user_id})


def _let_go(code: str, user_id: uuid.UUID) -> None:
    case = locked_case(code)
    if case is None:
        return
    live = select(Claim).where(
        Claim.case_id == case.id, Claim.volunteer_id == user_id, Claim.status == "live"
    )
    for claim in db.session.scalars(live):
        end_claim(claim, "released")
    settle_case(case, By(user_id, "volunteer"), "released")


def erase(case_ids: list[uuid.UUID]) -> None:
    """Erase the personal fields of these cases; the tracking links to them end as well."""
    if case_ids:
        db.session.execute(ERASE, {"ids": case_ids})
        db.session.expire_all()
