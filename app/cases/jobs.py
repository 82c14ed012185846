"""What time does to cases: leases run out, silence closes, the untouched expires, names are erased."""

from typing import Any

from flask import current_app
from sqlalchemy import text

from app.cases.announce import announce_many
from app.cases.claiming import expire_leases
from app.cases.closing import close_case, expire_case
from app.cases.forgetting import erase
from app.cases.life import SYSTEM, locked_case
from app.core.clock import now
from app.core.db import db, transaction
from app.core.events import publish
from app.core.jobs import jobs

BATCH = 500

LAPSED = """
SELECT DISTINCT c.code FROM claim k JOIN "case" c ON c.id = k.case_id
WHERE k.status = 'live' AND k.lease_until <= now() LIMIT :limit
"""
UNANSWERED = """
SELECT code FROM "case" WHERE status = 'delivered' AND status_at < now() - make_interval(hours => :hours)
ORDER BY status_at LIMIT :limit
"""
# Whatever happened to the case counts: a part that was promised, an official's word, "still needed".
UNTOUCHED = """
SELECT code FROM "case" c WHERE status = 'open' AND status_at < now() - make_interval(hours => :hours)
  AND NOT EXISTS (
      SELECT FROM case_event e WHERE e.case_id = c.id AND e.at >= now() - make_interval(hours => :hours)
  )
ORDER BY status_at LIMIT :limit
"""
UNASKED = UNTOUCHED.replace("status = 'open'", "status = 'open' AND asked_at IS NULL")
LONG_ENDED = """
SELECT id FROM "case"
WHERE erased_at IS NULL AND status NOT IN ('open', 'claimed', 'delivered')
  AND status_at < now() - make_interval(days => :days)
ORDER BY status_at LIMIT :limit FOR UPDATE SKIP LOCKED
"""


def _codes(query: str, **arguments: Any) -> list[str]:
    return list(db.session.scalars(text(query), {"limit": BATCH, **arguments}))


def end_lapsed_claims() -> int:
    """End every claim whose lease has run out; one transaction a case, so that none waits for another."""
    ended = 0
    for code in _codes(LAPSED):
        with transaction():
            ended += expire_leases(code)
    return ended


def close_unanswered() -> int:
    """Close what was delivered and heard no word from the requester."""
    hours = current_app.config["SETTINGS"].close_after_hours
    codes = _codes(UNANSWERED, hours=hours)
    for code in codes:
        with transaction():
            case = locked_case(code)
            if case is not None and case.status == "delivered":
                close_case(case, SYSTEM, "auto_closed")
                publish("case_auto_closed", case=case)
    return len(codes)


def ask_still_needed() -> int:
    """Ask once whether help is still needed, when nobody has touched the case for a day."""
    codes = _codes(UNASKED, hours=current_app.config["SETTINGS"].ask_after_hours)
    for code in codes:
        with transaction():
            case = locked_case(code)
            if case is not None and case.status == "open" and case.asked_at is None:
                case.asked_at = now()
                publish("case_waiting", case=case)
    return len(codes)


def expire_untouched() -> int:
    """Take off the map what nobody touched for a long time."""
    codes = _codes(UNTOUCHED, hours=current_app.config["SETTINGS"].expire_after_hours)
    for code in codes:
        with transaction():
            case = locked_case(code)
            if case is not None and case.status == "open":
                expire_case(case)
    return len(codes)


def erase_long_ended() -> int:
    """Erase the personal fields of cases that ended long ago; returns how many, at most BATCH."""
    with transaction():
        days = current_app.config["SETTINGS"].erase_after_days
        ids = list(db.session.scalars(text(LONG_ENDED), {"limit": BATCH, "days": days}))
        erase(ids)
    return len(ids)


@jobs.periodic(cron="* * * * *")
@jobs.task(name="cases.every_minute", queueing_lock="cases.every_minute")
def every_minute(timestamp: int) -> None:  # noqa: ARG001
    """Leases, silence and expiry."""
    end_lapsed_claims()
    close_unanswered()


@jobs.periodic(cron="*/15 * * * *")
@jobs.task(name="cases.every_quarter", queueing_lock="cases.every_quarter")
def every_quarter(timestamp: int) -> None:  # noqa: ARG001
    """Ask whether help is still needed; let go of what nobody answers for."""
    ask_still_needed()
    if expire_untouched():
        with transaction():
            announce_many()


@jobs.periodic(cron="17 3 * * *")
@jobs.task(name="cases.every_night", queueing_lock="cases.every_night")
def every_night(timestamp: int) -> None:  # noqa: ARG001
    """Make room for the events of the coming months; erase what need not be kept."""
    with transaction():
        db.session.execute(text("SELECT ensure_case_event_partitions(3)"))
    while erase_long_ended() == BATCH:
        pass
