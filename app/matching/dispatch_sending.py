"""Sends the waves that are due. State is in the database alone; see dispatch.py for the locks.

`dispatch_due` may be called at any moment, by several processes at once and again after a crash: one plans at
a time, rows that somebody else holds are left for the next call, and a wave is written with its asks in one
transaction or not at all.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import insert, text

from app.config import Settings
from app.core.clock import now
from app.core.db import db, new_id, transaction
from app.core.jobs import defer, jobs
from app.matching.dispatch_models import Ask
from app.matching.dispatch_planning import Wave, plan_waves
from app.matching.dispatch_queries import Due, due_dispatches, to_try_again, with_somebody
from app.matching.dispatch_telling import tell_soon
from app.matching.waves import LIFE_THREATENING, Quiet, answer_within, how_it_ended, still_waits, wakes_at

BATCH = 500
PLANNER = 7_003_001
"""The advisory lock of whoever plans: two at once would both find the same volunteer free."""

START = text(
    """
    INSERT INTO dispatch (id, case_id, next_at, started_at) VALUES (:id, :case_id, :next_at, :at)
    ON CONFLICT (case_id) WHERE status = 'waiting' DO NOTHING RETURNING id
    """
)
END_ASKS = text(
    """
    UPDATE ask SET status = 'expired' WHERE id IN (
        SELECT id FROM ask WHERE status = 'sent' AND deadline <= :at
        ORDER BY deadline LIMIT :limit FOR UPDATE SKIP LOCKED)
    """
)
LOCK_DUE = text(
    """
    SELECT d.id, c.status FROM dispatch d JOIN "case" c ON c.id = d.case_id
    WHERE d.id = ANY(CAST(:ids AS uuid[])) AND d.status = 'waiting' AND d.next_at <= :at
    FOR UPDATE OF d SKIP LOCKED FOR KEY SHARE OF c SKIP LOCKED
    """
)
LOCK_HELPERS = text(
    'SELECT id FROM "user" WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR KEY SHARE SKIP LOCKED'
)
MOVE = text("UPDATE dispatch SET next_at = :next_at WHERE id = :id")
SENT = text("UPDATE dispatch SET wave = wave + 1, ring = :ring, next_at = :next_at WHERE id = :id")
END = text("UPDATE dispatch SET status = :status, ended_at = :at WHERE id = :id")


def here() -> Settings:
    """The settings of this installation."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def quiet_here() -> Quiet:
    """The quiet hours of this installation."""
    settings = here()
    return Quiet(settings.quiet_from, settings.quiet_until, current_app.config["BABEL_DEFAULT_TIMEZONE"])


def insert_dispatch(case_id: uuid.UUID, at: datetime, next_at: datetime) -> bool:
    """Begin a search, unless one is under way."""
    known = {"id": new_id(), "case_id": case_id, "next_at": next_at, "at": at}
    return db.session.execute(START, known).first() is not None


def dispatch_due(limit: int = BATCH) -> int:
    """End the asks whose time is over and send the next wave of every due dispatch, `limit` at most.

    All of them are planned together. Returns how many were looked at; holds its own transaction.
    """
    with transaction():
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PLANNER})
        at = now()
        db.session.execute(END_ASKS, {"at": at, "limit": limit * 20})
        _try_again(at, limit)
        due = due_dispatches(at, limit)
        quiet = quiet_here()
        waking = {one.id: wakes_at(at, one.urgency, quiet) for one in due}
        waves = plan_waves([one for one in due if one.status == "open" and waking[one.id] <= at], at)
        _write(due, {wave.due.id: wave for wave in waves}, waking, at)
        if any(wave.helpers and wave.due.urgency == LIFE_THREATENING for wave in waves):
            # The clock looks once a minute: too seldom for who has three to answer.
            defer(dispatch_soon, at=at + answer_within(LIFE_THREATENING, here().ask_minutes_of))
        tell_soon()
    return len(due)


def _try_again(at: datetime, limit: int) -> None:
    """Search once more for open cases for which nobody was found some hours ago."""
    hours = here().dispatch_again_hours
    if hours and here().dispatch:
        for case_id, urgency in to_try_again(at - timedelta(hours=hours), limit):
            insert_dispatch(case_id, at, wakes_at(at, urgency, quiet_here()))


def _write(
    due: Sequence[Due], waves: dict[uuid.UUID, Wave], waking: dict[uuid.UUID, datetime], at: datetime
) -> None:
    """Write down what was planned, for those dispatches that are still as they were."""
    mine = _locked([one.id for one in due], at)
    helpers = _locked_helpers(choice.helper for wave in waves.values() for choice in wave.helpers)
    nobody_free = [one for one in due if one.id in waves and not waves[one.id].helpers]
    busy = with_somebody(nobody_free)
    asks: list[dict[str, Any]] = []
    for one in due:
        if one.id not in mine:
            continue
        if one.status == "over" or mine[one.id] != "open":
            _end(one, how_it_ended("over" if one.status == "over" else mine[one.id]), at)
        elif waking[one.id] > at:
            db.session.execute(MOVE, {"id": one.id, "next_at": waking[one.id]})
        elif one.id in waves:
            asks += _send(waves[one.id], helpers, one.id in busy, at)
    if asks:
        db.session.execute(insert(Ask), asks)


def _locked(ids: Sequence[uuid.UUID], at: datetime) -> dict[uuid.UUID, str]:
    """Those of the dispatches that are ours until the end of the transaction, with the status of the case."""
    rows = db.session.execute(LOCK_DUE, {"ids": [str(key) for key in ids], "at": at})
    return dict(rows.tuples().all())


def _locked_helpers(ids: Iterable[Any]) -> set[uuid.UUID]:
    """Those who are not just taking a case."""
    return set(db.session.scalars(LOCK_HELPERS, {"ids": sorted({str(key) for key in ids})}))


def _send(wave: Wave, helpers: set[uuid.UUID], busy: bool, at: datetime) -> list[dict[str, Any]]:
    """Write down the wave, or that there is nobody to ask; its asks, for all to be inserted together."""
    due, settings = wave.due, here()
    deadline = at + answer_within(due.urgency, settings.ask_minutes_of)
    asked = [choice.helper for choice in wave.helpers if choice.helper in helpers]
    if asked:
        db.session.execute(SENT, {"id": due.id, "ring": wave.ring, "next_at": deadline})
    elif wave.helpers:
        pass  # All of them are just taking some case: the next call looks again.
    elif (
        busy
        and due.asked < settings.asks_per_case
        and still_waits(due.urgency, due.started_at, at, settings.dispatch_patience_hours)
    ):
        db.session.execute(MOVE, {"id": due.id, "next_at": deadline})
    else:
        _end(due, "nobody_found", at)
    return [
        {
            "id": new_id(),
            "dispatch_id": due.id,
            "case_id": due.case_id,
            "volunteer_id": helper,
            "wave": due.wave + 1,
            "sent_at": at,
            "deadline": deadline,
        }
        for helper in asked
    ]


def _end(due: Due, status: str, at: datetime) -> None:
    db.session.execute(END, {"id": due.id, "status": status, "at": at})


@jobs.task(name="matching.dispatch")
def dispatch_soon() -> None:
    """Send what is due."""
    while dispatch_due() == BATCH:
        pass
