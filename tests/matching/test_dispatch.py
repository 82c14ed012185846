"""Dispatch: whom a case asks, what the answers do, and how it ends."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.cases.claiming import expire_leases, release_claim, take_case
from app.cases.closing import Actor, cancel_case, reopen_case
from app.cases.life import SYSTEM, record_event
from app.cases.models import Case
from app.core.clock import Hand, held_at
from app.core.db import db, transaction
from app.core.errors import Conflict, NotFound
from app.delivery.models import Message
from app.matching.dispatch import accept_ask, decline_ask, dispatch_due
from app.matching.dispatch_models import Ask, Dispatch
from app.matching.dispatch_telling import tell_dispatch
from app.people.models import User
from tests import make
from tests.geography import SAI_GON

NOON = datetime(2026, 3, 10, 5, 0, 5, tzinfo=UTC)
"""Noon in Hồ Chí Minh City."""


@pytest.fixture
def clock(app: Any) -> Iterator[Hand]:
    """The clock, held at noon."""
    with held_at(NOON) as hand:
        yield hand


@pytest.fixture
def settings(app: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The settings, to change one for a test."""
    changed = app.config["SETTINGS"].model_copy()
    monkeypatch.setitem(app.config, "SETTINGS", changed)
    return changed


def posted(**said: Any) -> Case:
    """A case that has just been posted."""
    case = make.make_case(created_at=NOON, **said)
    with transaction():
        record_event(case, SYSTEM, "posted")
    return case


def helpers(many: int, metres: float = 100.0, **said: Any) -> list[User]:
    """So many volunteers, each a little farther from Sài Gòn ward's middle than the one before."""
    return [
        make.volunteer(f"Người giúp {n}", f"+8491{int(metres):05}{n:02}", SAI_GON.moved(metres * (n + 1), 0.5),
                       **said)
        for n in range(many)
    ]  # fmt: skip


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


def test_a_case_asks_those_who_are_near_and_suit(clock: Hand) -> None:
    near, *_others = helpers(3)
    case = posted()
    assert dispatch_due() == 0, "its window is still open"
    clock.forward(timedelta(seconds=20))
    assert dispatch_due() == 1
    assert near.id in {ask.volunteer_id for ask in asks(case, "sent")}
    assert search(case).wave == 1
    assert dispatch_due() == 0


def test_who_accepts_takes_the_case_and_the_others_need_not_answer(clock: Hand) -> None:
    helpers(3)
    case = posted()
    wave(clock)
    first = asks(case)[0]
    with transaction():
        claim = accept_ask(first.id, by=db.session.get_one(User, first.volunteer_id))
    assert claim.case_id == case.id
    assert sorted(ask.status for ask in asks(case)) == ["accepted", "withdrawn", "withdrawn"]
    assert search(case).status == "enough"
