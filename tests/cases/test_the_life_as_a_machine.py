"""Any order of claims, releases, deliveries and answers keeps the books of a case right (on real PostGIS)."""

import uuid
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from app.cases.claiming import deliver_claim, extend_claim, release_claim, take_case
from app.cases.closing import Actor, cancel_case, confirm_case, reopen_case
from app.cases.models import Case, CaseEvent, Claim
from app.cases.rules import CLAIM_LIFE, LIFE, Quantities, status_from
from app.core.db import db, transaction
from app.core.errors import Conflict, Invalid, NotFound
from tests import make

REFUSED = (Conflict, Invalid, NotFound)


class LifeOfACase(RuleBasedStateMachine):
    """Two volunteers and a requester press buttons in any order."""

    def __init__(self) -> None:
        super().__init__()
        made = make.make_case((("Gạo", 3, "kg"), ("Sữa", 2, "hộp")))
        self.code, self.case_id = made.code, made.id
        self.helpers = (make.minh_volunteer(), make.hoa_volunteer())

    def case(self) -> Case:
        return db.session.get_one(Case, self.case_id, populate_existing=True)

    def claims(self) -> list[Claim]:
        return list(db.session.query(Claim).filter_by(case_id=self.case_id))

    def live_claim(self, who: int) -> uuid.UUID:
        mine = [c.id for c in self.claims() if c.volunteer_id == self.helpers[who].id]
        return mine[-1] if mine else uuid.uuid4()

    @rule(who=st.integers(0, 1), rice=st.integers(0, 4), milk=st.integers(0, 3), everything=st.booleans())
    def take(self, who: int, rice: int, milk: int, everything: bool) -> None:
        needs = dict(zip([n.id for n in self.case().needs], map(Decimal, (rice, milk)), strict=True))
        wanted = None if everything else {key: many for key, many in needs.items() if many}
        with suppress(*REFUSED), transaction():
            take_case(self.code, by=self.helpers[who], needs=wanted)

    @rule(who=st.integers(0, 1))
    def release(self, who: int) -> None:
        with suppress(*REFUSED), transaction():
            release_claim(self.live_claim(who), by=self.helpers[who])

    @rule(who=st.integers(0, 1))
    def extend(self, who: int) -> None:
        with suppress(*REFUSED), transaction():
            extend_claim(self.live_claim(who), by=self.helpers[who], why="Kẹt xe")

    @rule(who=st.integers(0, 1))
    def deliver(self, who: int) -> None:
        with suppress(*REFUSED), transaction():
            deliver_claim(self.live_claim(who), by=self.helpers[who])

    @rule(answer=st.sampled_from((confirm_case, reopen_case, cancel_case)))
    def requester_answers(self, answer: Any) -> None:
        with suppress(*REFUSED), transaction():
            answer(self.code, actor=Actor(tracks=True))

    @invariant()
    def the_books_are_right(self) -> None:
        case, claims = self.case(), self.claims()
        for need in case.needs:
            promised = sum(
                line.quantity
                for claim in claims
                if claim.status in ("live", "delivered", "confirmed")
                for line in claim.lines
                if line.need_id == need.id
            )
            assert need.pledged == promised
            assert 0 <= need.delivered <= need.pledged <= need.quantity

    @invariant()
    def the_status_follows_from_the_needs(self) -> None:
        case = self.case()
        lines = [Quantities(n.quantity, n.pledged, n.delivered) for n in case.needs]
        if case.status in ("open", "claimed", "delivered"):
            assert case.status == status_from(lines)
        else:
            assert not any(claim.status == "live" for claim in self.claims())

    @invariant()
    def nobody_has_two_live_claims_here(self) -> None:
        live = [claim.volunteer_id for claim in self.claims() if claim.status == "live"]
        assert len(live) == len(set(live))

    @invariant()
    def the_history_only_makes_moves_of_the_table(self) -> None:
        events = db.session.query(CaseEvent).filter_by(case_id=self.case_id)
        moves = {
            (e.from_status, e.to_status) for e in events if e.from_status and e.from_status != e.to_status
        }
        assert all(LIFE.allows(*move) for move in moves)
        assert {claim.status for claim in self.claims()} <= CLAIM_LIFE.statuses


@pytest.mark.slow
def test_any_order_of_buttons_keeps_the_books_right(app: Any) -> None:
    run_state_machine_as_test(
        LifeOfACase,
        settings=settings(
            max_examples=25,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
