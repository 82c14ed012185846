"""Dispatch: what yes, no and silence do."""

from datetime import timedelta

import pytest

from app.cases.claiming import expire_leases, release_claim, take_case
from app.cases.closing import Actor, cancel_case, reopen_case
from app.core.clock import Hand
from app.core.db import db, transaction
from app.core.errors import Conflict, NotFound
from app.delivery.models import Message
from app.matching.dispatch import accept_ask, decline_ask, dispatch_due
from app.matching.dispatch_models import Dispatch
from app.matching.dispatch_telling import tell_dispatch
from app.people.models import User
from tests import make
from tests.matching.dispatching import asks, helpers, no, posted, search, wave, who, yes


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


def test_when_all_have_said_no_the_next_wave_does_not_wait(clock: Hand) -> None:
    helpers(4)
    farther = {user.id for user in helpers(4, 1800)}
    case = posted(urgency="urgent")
    wave(clock, 1)
    for ask in asks(case, "sent"):
        no(ask)
    assert dispatch_due() == 1
    assert who(case, "sent") == farther


def test_who_said_no_or_gave_it_back_is_not_asked_again(clock: Hand) -> None:
    minh, hoa, third = helpers(3)
    case = posted()
    wave(clock, 1)
    first = {ask.volunteer_id: ask for ask in asks(case)}
    no(first[minh.id])
    with transaction():
        claim = accept_ask(first[hoa.id].id, by=hoa)
    with transaction():
        release_claim(claim.id, by=hoa)
    wave(clock)
    assert who(case, "sent") == {third.id}
    assert [d.status for d in db.session.query(Dispatch).order_by(Dispatch.started_at)] == [
        "enough",
        "waiting",
    ]


def test_a_lapsed_claim_and_a_reopened_case_are_searched_for_again(clock: Hand) -> None:
    lan = make.lan_resident()
    minh, _hoa = helpers(2)
    case = posted(requester=lan)
    with transaction():
        take_case(case.code, by=minh)
    assert search(case).status == "enough"
    clock.forward(timedelta(hours=5))
    with transaction():
        assert expire_leases(case.code) == 1
    assert search(case).status == "waiting"
    with transaction():
        cancel_case(case.code, actor=Actor(lan))
    assert search(case).status == "stopped"
    clock.forward(timedelta(minutes=1))
    with transaction():
        reopen_case(case.code, actor=Actor(lan))
    assert search(case).status == "waiting"
    assert db.session.query(Dispatch).count() == 3


def test_part_of_it_taken_the_rest_is_still_searched_for(clock: Hand) -> None:
    minh, hoa = helpers(2)
    case = posted()
    wave(clock, 1)
    with transaction():
        take_case(case.code, by=minh, needs={case.needs[0].id: case.needs[0].quantity})
    assert search(case).status == "waiting"
    assert who(case, "accepted") == {minh.id}
    assert who(case, "sent") == {hoa.id}
    yes(asks(case, "sent")[0])
    assert search(case).status == "enough"


def test_a_late_yes_and_second_thoughts_are_welcome_while_it_is_open(clock: Hand) -> None:
    helpers(2)
    first, second = posted(), posted()
    wave(clock, 1)
    wave(clock)
    late, declined = asks(first)[0], asks(second)[0]
    assert late.status == "expired"
    no(declined)
    yes(declined)
    yes(late)
    assert {asks(first, "accepted")[0].id, asks(second, "accepted")[0].id} == {late.id, declined.id}
    with pytest.raises(Conflict):
        no(late)


def test_whoever_is_too_late_hears_it_and_changes_nothing(clock: Hand) -> None:
    helpers(2)
    case = posted()
    wave(clock, 1)
    first, second = asks(case)
    yes(first)
    with pytest.raises(Conflict, match="Vừa có người nhận giúp"):
        yes(second)
    assert [ask.status for ask in asks(case)] == ["accepted", "withdrawn"]
    no(second)
    assert asks(case)[1].status == "withdrawn"


def test_an_ask_belongs_to_one_person(clock: Hand, hoa_volunteer: User) -> None:
    helpers(1, categories=("essentials",))
    case = posted()
    wave(clock, 1)
    [ask] = [a for a in asks(case) if a.volunteer_id != hoa_volunteer.id]
    for answer in (accept_ask, decline_ask):
        with pytest.raises(NotFound), transaction():
            answer(ask.id, by=hoa_volunteer)


def test_those_who_are_asked_are_told_once_and_nobody_about_what_is_over(clock: Hand) -> None:
    minh, hoa = helpers(2)
    case, over = posted(), posted(urgency="life_threatening")
    wave(clock, 1)
    with transaction():
        take_case(over.code, by=minh)
    tell_dispatch()
    tell_dispatch()
    told = db.session.query(Message).filter_by(purpose="asked_to_help").all()
    assert sorted(m.to_user_id for m in told) == sorted([minh.id, hoa.id])
    assert all(case.code in m.body and "/me/asks" in m.body for m in told)
    assert "Nguyễn Trãi" not in told[0].body + told[0].subject


def test_an_ask_that_ran_out_while_the_worker_was_away_wakes_nobody(clock: Hand) -> None:
    helpers(1)
    case = posted()
    wave(clock, 1)
    assert len(asks(case, "sent")) == 1
    clock.forward(timedelta(hours=10))
    tell_dispatch()
    assert db.session.query(Message).filter_by(purpose="asked_to_help").count() == 0
