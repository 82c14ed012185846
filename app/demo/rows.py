"""A played history as rows of the tables."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Executable, select, text

from app.cases.models import Need
from app.core.db import db, new_id
from app.demo.histories import History, NeedPlayed

Row = TypeVar("Row")

UPDATE_CASES = """
UPDATE "case" c
SET status = v.status, status_at = v.since, asked_at = v.asked,
    verified_at = v.verified, verified_by = v.verifier
FROM unnest(
    CAST(:keys AS uuid[]), CAST(:statuses AS text[]), CAST(:since AS timestamptz[]),
    CAST(:asked AS timestamptz[]), CAST(:verified AS timestamptz[]), CAST(:verifiers AS uuid[])
) AS v(key, status, since, asked, verified, verifier)
WHERE c.id = v.key
"""
UPDATE_NEEDS = """
UPDATE need n SET pledged = v.pledged, delivered = v.delivered
FROM unnest(CAST(:keys AS uuid[]), CAST(:pledged AS numeric[]), CAST(:delivered AS numeric[]))
    AS v(key, pledged, delivered)
WHERE n.id = v.key
"""


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


def update_cases(histories: Sequence[History]) -> None:
    """Write what the histories changed of their cases, in one statement."""
    db.session.execute(
        text(UPDATE_CASES),
        {
            "keys": [str(history.case_id) for history in histories],
            "statuses": [history.status for history in histories],
            "since": [history.status_at or history.posted_at for history in histories],
            "asked": [history.asked_at for history in histories],
            "verified": [history.verified_at for history in histories],
            "verifiers": [str(history.verified_by or "") or None for history in histories],
        },
    )


def update_needs(needs: Sequence[NeedPlayed]) -> None:
    """Write how much of each need is promised and delivered, in one statement."""
    db.session.execute(
        text(UPDATE_NEEDS),
        {
            "keys": [str(need.id) for need in needs],
            "pledged": [need.pledged for need in needs],
            "delivered": [need.delivered for need in needs],
        },
    )


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
