"""Any order of asking, answering, taking, giving back and waiting keeps every promise (on real PostGIS)."""

import uuid
from contextlib import suppress
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select, text

from app.cases.claiming import deliver_claim, expire_leases, release_claim, take_case
from app.cases.closing import Actor, cancel_case, reopen_case
from app.cases.life import SYSTEM, record_event
from app.cases.models import Case, Claim
from app.core.clock import held_at
from app.core.db import db, transaction
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.matching.dispatch import accept_ask, decline_ask, dispatch_due
from app.matching.dispatch_models import Ask
from app.people.models import User
from tests import make
from tests.geography import SAI_GON
from tests.matching.dispatching import NOON

REFUSED = (Conflict, Invalid, NotAllowed, NotFound)
PER_HOUR, MOST_CASES = 3, 6
NUMBERS = st.integers(0, 30)

OVERBOOKED = "SELECT count(*) FROM need WHERE pledged > quantity OR delivered > pledged"
LAYMEN = """
SELECT count(*) FROM ask a JOIN "case" c ON c.id = a.case_id JOIN category k ON k.id = c.category_id
WHERE k.medic_only AND NOT EXISTS (
    SELECT FROM user_role WHERE user_id = a.volunteer_id AND role = 'medic' AND verified_at IS NOT NULL)
"""
BUSIEST_HOUR = """
SELECT coalesce(max((SELECT count(*) FROM ask b WHERE b.volunteer_id = a.volunteer_id
    AND b.sent_at > a.sent_at - interval '1 hour' AND b.sent_at <= a.sent_at)), 0) FROM ask a
"""
RUNNING_TWICE = """
SELECT count(*) FROM (
    SELECT FROM dispatch WHERE status = 'waiting' GROUP BY case_id HAVING count(*) > 1) AS twice
"""
ASKED_TWICE = "SELECT count(*) - count(DISTINCT (dispatch_id, volunteer_id)) FROM ask"
LIVE_ABOUT_WHAT_IS_TAKEN = """
SELECT count(*) FROM ask a JOIN "case" c ON c.id = a.case_id WHERE a.status = 'sent' AND c.status <> 'open'
"""
SEARCH_FOR_WHAT_IS_TAKEN = """
SELECT count(*) FROM dispatch d JOIN "case" c ON c.id = d.case_id
WHERE d.status = 'waiting' AND c.status <> 'open'
"""
ASKED_ABOUT_THEIR_OWN = """
SELECT count(*) FROM ask a JOIN "case" c ON c.id = a.case_id WHERE c.requester_id = a.volunteer_id
"""
ASKED_AGAIN = """
SELECT count(*) FROM ask no JOIN ask again USING (case_id, volunteer_id)
WHERE no.status = 'declined' AND again.sent_at > no.answered_at
"""
FULL = """
SELECT count(*) FROM ask a JOIN volunteer v ON v.user_id = a.volunteer_id
WHERE a.id = ANY(:new)
  AND (SELECT count(*) FROM claim WHERE volunteer_id = v.user_id AND status = 'live') >= v.capacity
"""
NEVER = (OVERBOOKED, LAYMEN, RUNNING_TWICE, ASKED_TWICE, LIVE_ABOUT_WHAT_IS_TAKEN, SEARCH_FOR_WHAT_IS_TAKEN,
         ASKED_ABOUT_THEIR_OWN, ASKED_AGAIN)  # fmt: skip


class DispatchOfAQuarter(RuleBasedStateMachine):
    """Four helpers, one of them a medic, some cases, and a clock."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = held_at(NOON)
        self.hand = self.clock.__enter__()

    def teardown(self) -> None:
        self.clock.__exit__(None, None, None)

    @initialize()
    def a_quarter(self) -> None:
        with transaction():
            db.session.execute(text('TRUNCATE "case", "user", dispatch, procrastinate_jobs CASCADE'))
        db.session.expunge_all()
        make.emergency()
        kinds = ("essentials", "grocery_run")
        self.helpers = [
            make.volunteer("Gần", "+84920000001", SAI_GON, capacity=1),
            make.volunteer("Vừa", "+84920000002", SAI_GON.moved(300, 1), capacity=2),
            make.volunteer("Xa", "+84920000003", SAI_GON.moved(3500, 2), radius_m=2000, categories=kinds),
            make.volunteer("Bác sĩ", "+84920000004", SAI_GON.moved(100, 3), "medic",
                           categories=(*kinds, "medical_advice"), capacity=2),
        ]  # fmt: skip
        self.ids = [user.id for user in self.helpers]
        self.codes: list[str] = []
        for kind, own in (("essentials", False), ("medical_advice", False), ("grocery_run", True)):
            self.post(kind, "urgent", own, 0)
        dispatch_due()

    def user(self, number: int) -> User:
        return db.session.get_one(User, self.ids[number % len(self.ids)])

    def code(self, number: int) -> str:
        return self.codes[number % len(self.codes)] if self.codes else "HCM-NOBODY"

    @rule(
        kind=st.sampled_from(("essentials", "grocery_run", "medical_advice")),
        urgency=st.sampled_from(("normal", "urgent", "life_threatening")),
        own=st.booleans(),
        who=NUMBERS,
    )
    def post(self, kind: str, urgency: str, own: bool, who: int) -> None:
        if len(self.codes) == MOST_CASES:
            return
        case = make.make_case(
            (("Gạo", 3, "kg"), ("Sữa", 2, "hộp")),
            category_slug=kind,
            urgency=urgency,
            created_at=self.hand.at,
            requester=self.user(who) if own else None,
        )
        with transaction():
            record_event(case, SYSTEM, "posted")
        self.codes.append(case.code)

    @rule(minutes=st.sampled_from((0, 1, 11, 40)))
    def dispatch(self, minutes: int) -> None:
        self.hand.forward(timedelta(minutes=minutes))
        before = set(db.session.scalars(select(Ask.id)))
        dispatch_due()
        new = [key for key in db.session.scalars(select(Ask.id)) if key not in before]
        assert db.session.scalar(text(FULL), {"new": new}) == 0, "somebody who is full was asked"

    @rule(minutes=st.sampled_from((1, 35, 250, 400)))
    def leases_run_out(self, minutes: int) -> None:
        self.hand.forward(timedelta(minutes=minutes))
        for code in self.codes:
            with transaction():
                expire_leases(code)

    def an_ask(self, number: int) -> tuple[uuid.UUID, User] | None:
        asks = list(db.session.execute(select(Ask.id, Ask.volunteer_id).order_by(Ask.id)).tuples())
        if not asks:
            return None
        key, volunteer = asks[-1 - number % len(asks)]
        return key, db.session.get_one(User, volunteer)

    @rule(number=NUMBERS)
    def accept(self, number: int) -> None:
        if found := self.an_ask(number):
            with suppress(*REFUSED), transaction():
                accept_ask(found[0], by=found[1])

    @rule(number=NUMBERS)
    def decline(self, number: int) -> None:
        if found := self.an_ask(number):
            with suppress(*REFUSED), transaction():
                decline_ask(found[0], by=found[1])

    @rule(number=NUMBERS, who=NUMBERS, rice=st.integers(0, 3))
    def take_from_the_map(self, number: int, who: int, rice: int) -> None:
        case = db.session.scalar(select(Case).where(Case.code == self.code(number)))
        needs = {case.needs[0].id: Decimal(rice)} if case and rice else None
        with suppress(*REFUSED), transaction():
            take_case(self.code(number), by=self.user(who), needs=needs)

    def a_claim(self, number: int) -> Claim | None:
        live = db.session.scalars(select(Claim).where(Claim.status == "live").order_by(Claim.id)).all()
        return live[number % len(live)] if live else None

    @rule(number=NUMBERS, act=st.sampled_from((release_claim, deliver_claim)))
    def give_back_or_deliver(self, number: int, act: Any) -> None:
        if claim := self.a_claim(number):
            with suppress(*REFUSED), transaction():
                act(claim.id, by=db.session.get_one(User, claim.volunteer_id))

    @rule(number=NUMBERS, answer=st.sampled_from((cancel_case, reopen_case)))
    def the_requester_answers(self, number: int, answer: Any) -> None:
        with suppress(*REFUSED), transaction():
            answer(self.code(number), actor=Actor(tracks=True))

    @invariant()
    def what_must_never_be(self) -> None:
        for query in NEVER:
            assert db.session.scalar(text(query)) == 0, query
        assert db.session.scalar(text(BUSIEST_HOUR)) <= PER_HOUR
        db.session.rollback()


@pytest.mark.slow
def test_any_order_of_things_keeps_every_promise(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "asks_per_hour": PER_HOUR,
        "claims_per_person": 3,
        "dispatch_window_s": 0,
        "quiet_until": time(21, 30),
    }
    changed = app.config["SETTINGS"].model_copy(update=said)
    monkeypatch.setitem(app.config, "SETTINGS", changed)
    run_state_machine_as_test(
        DispatchOfAQuarter,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
