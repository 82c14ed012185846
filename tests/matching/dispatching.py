"""What tests of dispatch have in common: a case that was just posted, helpers near it, waves and answers."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, text

from app.cases.life import SYSTEM, record_event
from app.cases.models import Case
from app.core.clock import Hand
from app.core.db import db, transaction
from app.matching.dispatch import accept_ask, decline_ask, dispatch_due
from app.matching.dispatch_models import Ask, Dispatch
from app.people.models import User
from tests import make
from tests.geography import SAI_GON

JOBS = text("SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'matching.dispatch'")
NOON = datetime(2026, 3, 10, 5, 0, 5, tzinfo=UTC)
"""Noon in Hồ Chí Minh City."""


def posted(**said: Any) -> Case:
    """A case that has just been posted."""
    case = make.make_case(created_at=NOON, **said)
    with transaction():
        record_event(case, SYSTEM, "posted")
    return case


def helpers(many: int, nearest: float = 100.0, **said: Any) -> list[User]:
    """So many volunteers around Sài Gòn ward's middle, each 100 m farther than the one before."""
    places = [SAI_GON.moved(nearest + 100 * n, 0.5) for n in range(many)]
    return [
        make.volunteer(f"Người giúp {n}", f"+8491{int(nearest):05}{n:02}", place, **said)
        for n, place in enumerate(places)
    ]


def asks(case: Case, *statuses: str) -> list[Ask]:
    """The asks about a case, in some statuses or in any."""
    db.session.expire_all()
    found = db.session.scalars(select(Ask).where(Ask.case_id == case.id).order_by(Ask.sent_at, Ask.id)).all()
    return [ask for ask in found if not statuses or ask.status in statuses]


def search(case: Case) -> Dispatch:
    """The last dispatch of the case."""
    db.session.expire_all()
    latest = select(Dispatch).where(Dispatch.case_id == case.id).order_by(Dispatch.started_at.desc())
    return db.session.scalars(latest).first()


def wave(clock: Hand, minutes: float = 21) -> None:
    """Let the answers of a wave run out, and send the next."""
    clock.forward(timedelta(minutes=minutes))
    dispatch_due()


def yes(ask: Ask) -> None:
    with transaction():
        accept_ask(ask.id, by=db.session.get_one(User, ask.volunteer_id))


def no(ask: Ask) -> None:
    with transaction():
        decline_ask(ask.id, by=db.session.get_one(User, ask.volunteer_id))


def who(case: Case, *statuses: str) -> set[uuid.UUID]:
    """Who was asked about the case."""
    return {ask.volunteer_id for ask in asks(case, *statuses)}
