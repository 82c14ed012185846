"""The one module that sets the status of a case or a claim; every change leaves its event beside it."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.cases.models import Case, CaseEvent, Claim
from app.cases.rules import CLAIM_LIFE, LIFE, Quantities, status_from
from app.core.clock import now
from app.core.db import db
from app.core.events import publish
from app.core.text import mask_private


@dataclass(frozen=True)
class By:
    """Who did something: a person with an account, somebody with the tracking link, or the system."""

    user_id: uuid.UUID | None
    kind: str


SYSTEM = By(None, "system")


def record_event(
    case: Case,
    by: By,
    action: str,
    *,
    from_status: str | None = None,
    why: str = "",
    **details: Any,
) -> None:
    """Append one event to the case's history and tell whoever listens.

    The history cannot be changed and outlives the personal fields: phone numbers and addresses in `why` are
    masked before they get there.
    """
    db.session.add(
        CaseEvent(
            case_id=case.id,
            actor_id=by.user_id,
            actor_kind=by.kind,
            action=action,
            from_status=from_status,
            to_status=case.status,
            why=mask_private(why),
            details=details,
        )
    )
    db.session.flush()
    publish("case_changed", case=case, action=action)


def move_case(case: Case, target: str, by: By, action: str, *, why: str = "", **details: Any) -> None:
    """Give the case another status; Conflict when the table of moves does not hold it."""
    before = case.status
    if target != before:
        LIFE.check(before, target)
        case.status = target
        case.status_at = now()
        case.asked_at = None
    record_event(case, by, action, from_status=before, why=why, **details)


def settle_case(case: Case, by: By, action: str, *, why: str = "", **details: Any) -> None:
    """Give the case the status that follows from its needs."""
    lines = [Quantities(n.quantity, n.pledged, n.delivered) for n in case.needs]
    move_case(case, status_from(lines), by, action, why=why, **details)


def end_claim(claim: Claim, target: str, *, why: str = "") -> None:
    """Give the claim another status and move its quantities: a promise kept counts, a broken one goes back.

    The caller holds the lock of the case.
    """
    before = claim.status
    CLAIM_LIFE.check(before, target)
    claim.status = target
    claim.ended_at = now()
    claim.end_reason = why or None
    for line in claim.lines:
        if target == "delivered":
            line.need.delivered += line.quantity
        elif target in {"released", "expired"}:
            line.need.pledged -= line.quantity
        elif target == "failed":
            line.need.delivered -= line.quantity
            line.need.pledged -= line.quantity
    db.session.flush()


def locked_case(code: str) -> Case | None:
    """The case, with its row locked until the transaction ends."""
    return db.session.scalar(
        select(Case)
        .where(Case.code == code)
        .with_for_update(of=Case)
        .execution_options(populate_existing=True)
    )


def claims_with(case: Case, *statuses: str) -> list[Claim]:
    """The claims of the case that are in one of the statuses."""
    return list(
        db.session.scalars(
            select(Claim)
            .where(Claim.case_id == case.id, Claim.status.in_(statuses))
            .order_by(Claim.created_at)
            .limit(1000)
        )
    )
