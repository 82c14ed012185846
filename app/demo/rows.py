"""A played history as rows of the tables."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Executable, bindparam, select, update
from sqlalchemy.sql.dml import Update

from app.cases.models import Case, Need
from app.core.db import db, new_id
from app.demo.histories import History, NeedPlayed

Row = TypeVar("Row")


def chunks(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    """The rows in portions."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def execute_many(statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
    """Run the statement for all rows at once; for none, not at all."""
    if rows:
        db.session.connection().execute(statement, rows)


def needs_of(case_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[NeedPlayed]]:
    """The needs of the cases, untouched, in their order."""
    found = defaultdict(list)
    query = (
        select(Need.case_id, Need.id, Need.quantity)
        .where(Need.case_id.in_(case_ids))
        .order_by(Need.case_id, Need.position)
    )
    for case_id, need_id, quantity in db.session.execute(query):
        found[case_id].append(NeedPlayed(need_id, quantity))
    return found


def update_cases() -> Update:
    """What a history changes of its case."""
    return (
        update(Case)
        .where(Case.id == bindparam("key"))
        .values(
            status=bindparam("now_status"),
            status_at=bindparam("now_since"),
            asked_at=bindparam("now_asked"),
            verified_at=bindparam("when_verified"),
            verified_by=bindparam("who_verified"),
        )
    )


def case_values(history: History) -> dict[str, Any]:
    """The values for `update_cases`."""
    return {
        "key": history.case_id,
        "now_status": history.status,
        "now_since": history.status_at or history.posted_at,
        "now_asked": history.asked_at,
        "when_verified": history.verified_at,
        "who_verified": history.verified_by,
    }


def update_needs() -> Update:
    """What a history changes of a need."""
    return (
        update(Need)
        .where(Need.id == bindparam("key"))
        .values(pledged=bindparam("now_pledged"), delivered=bindparam("now_delivered"))
    )


def need_values(need: NeedPlayed) -> dict[str, Any]:
    """The values for `update_needs`."""
    return {"key": need.id, "now_pledged": need.pledged, "now_delivered": need.delivered}


def event_rows(history: History) -> list[dict[str, Any]]:
    """The lines of the case's history after its first."""
    return [
        {
            "id": new_id(),
            "at": event.at,
            "case_id": history.case_id,
            "actor_id": event.actor_id,
            "actor_kind": event.actor_kind,
            "action": event.action,
            "from_status": event.from_status,
            "to_status": event.to_status,
            "why": event.why,
            "details": event.details,
        }
        for event in history.events
    ]


def access_rows(history: History) -> list[dict[str, Any]]:
    """Who was shown contact and place: everybody who took the case, and the official who vouched for it."""
    seen = [(claim.volunteer_id, claim.created_at, "claim") for claim in history.claims]
    if history.verified_at and history.verified_by:
        seen.append((history.verified_by, history.verified_at - timedelta(minutes=1), "official"))
    return [
        {"id": new_id(), "case_id": history.case_id, "viewer_id": viewer, "at": at, "reason": reason}
        for viewer, at, reason in seen
    ]
