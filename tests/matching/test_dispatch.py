"""Dispatch: whom a case asks, and when."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.cases.claiming import take_case
from app.core.clock import Hand
from app.core.db import db, transaction
from app.delivery.models import Message
from app.matching.dispatch import dispatch_due
from app.matching.dispatch_models import Ask
from app.matching.dispatch_telling import tell_dispatch
from app.people.models import User
from tests import make
from tests.geography import SAI_GON
from tests.matching.dispatching import JOBS, NOON, asks, helpers, no, posted, search, wave, who


def test_a_case_asks_those_who_are_near_and_suit(clock: Hand) -> None:
    near, *_others = helpers(3)
    case = posted()
    assert dispatch_due() == 0, "its window is still open"
    clock.forward(timedelta(seconds=20))
    assert dispatch_due() == 1
    assert near.id in {ask.volunteer_id for ask in asks(case, "sent")}
    assert search(case).wave == 1
    assert dispatch_due() == 0


def test_who_is_asked_leads_nobody_to_the_door(clock: Hand, settings: Any) -> None:
    """Accounts are free: a ring of them around a case must not show which of them lives nearest to it."""
    settings.asks_per_wave = 1
    case = posted()
    pin = SAI_GON.moved(200, 0.785)
    near_the_pin = make.volunteer("Gần chấm", "+84912000001", pin.moved(20, 1))
    make.volunteer("Gần nhà", "+84912000002", SAI_GON.moved(20, 1))
    wave(clock, 1)
    assert [ask.volunteer_id for ask in asks(case)] == [near_the_pin.id]


def test_danger_to_life_waits_for_no_window_and_no_morning(clock: Hand) -> None:
    helpers(2)
    clock.forward(timedelta(hours=12))
    calm, grave = posted(), posted(urgency="life_threatening")
    assert dispatch_due() == 1
    assert asks(grave, "sent")
    wave(clock)
    assert not asks(calm), "it is past midnight"
    clock.forward(timedelta(hours=6, minutes=10))
    dispatch_due()
    assert asks(calm, "sent")


def test_where_a_life_is_in_danger_the_next_wave_does_not_wait_for_the_clock_of_the_worker(
    clock: Hand,
) -> None:
    helpers(1)
    posted()
    posted(urgency="life_threatening")
    before = set(db.session.scalars(JOBS))
    dispatch_due()
    [due_at] = set(db.session.scalars(JOBS)) - before
    assert due_at == NOON + timedelta(minutes=3)


def test_a_search_that_begins_at_night_is_for_the_morning(clock: Hand) -> None:
    clock.forward(timedelta(hours=12))
    case = posted()
    local = search(case).next_at.astimezone(ZoneInfo("Asia/Ho_Chi_Minh"))
    assert (local.day, local.hour, local.minute) == (11, 6, 30)


def test_each_wave_looks_farther_and_the_last_ends_with_the_officials(
    clock: Hand, settings: Any, anh_official_w1: User, ba_official_w2: User, chu_province_official: User
) -> None:
    settings.dispatch_patience_hours = 0
    near = {user.id for user in helpers(4)}
    far = {user.id for user in helpers(4, 1800)}
    case = posted(urgency="urgent")
    wave(clock, 1)
    assert who(case) == near
    assert search(case).ring == pytest.approx(1 / 3)
    wave(clock)
    assert who(case, "sent") == far
    assert who(case, "expired") == near
    wave(clock)
    assert search(case).status == "nobody_found"
    assert search(case).wave == 2
    tell_dispatch()
    told = [m.to_user_id for m in db.session.query(Message).filter_by(purpose="nobody_found")]
    assert sorted(told) == sorted([anh_official_w1.id, chu_province_official.id])
    tell_dispatch()
    assert db.session.query(Message).filter_by(purpose="nobody_found").count() == 2


def test_where_nobody_lives_near_far_ones_are_asked_once_the_search_was_patient(clock: Hand) -> None:
    far = make.volunteer("Người ở xa", "+84910099001", SAI_GON.moved(4000, 0.5), radius_m=9000)
    calm, urgent = posted(), posted(urgency="urgent")
    wave(clock)
    assert asks(calm) == []
    assert who(urgent) == {far.id}
    assert search(calm).status == "waiting", "the officials are told only when everybody was asked"
    wave(clock, 120)
    assert who(calm) == {far.id}


def test_far_ones_are_spared_for_good_where_neighbours_were_asked(clock: Hand) -> None:
    [neighbour] = helpers(1)
    make.volunteer("Người ở xa", "+84910099001", SAI_GON.moved(4000, 0.5), radius_m=9000)
    case = posted()
    wave(clock)
    no(asks(case)[0])
    for _hour in range(4):
        wave(clock, 60)
    assert who(case) == {neighbour.id}
    assert search(case).status == "nobody_found"
    grave = posted(urgency="life_threatening")
    wave(clock, 1)
    assert len(who(grave)) == 2, "where a life is in danger nobody is spared"


def test_the_longer_a_case_waits_the_farther_away_people_are_asked(clock: Hand) -> None:
    [neighbour] = helpers(1)
    far = make.volunteer("Người ở xa", "+84910099001", SAI_GON.moved(3000, 0.5), radius_m=9000)
    case = posted()
    wave(clock)
    assert who(case) == {neighbour.id}
    for _hour in range(24):
        wave(clock, 60)
    assert who(case) == {neighbour.id, far.id}


def test_only_for_a_life_people_are_asked_farther_than_they_said(clock: Hand) -> None:
    there = make.volunteer("Xa", "+84910000001", SAI_GON.moved(3000, 1), radius_m=2000)
    calm, grave = posted(), posted(urgency="life_threatening")
    wave(clock, 1)
    assert who(grave) == {there.id}
    assert search(calm).status == "nobody_found"


def test_a_medical_case_asks_verified_medics_alone(clock: Hand, dr_tam_medic: User) -> None:
    helpers(3)
    waiting = make.volunteer(
        "Chưa xác minh", "+84910000002", SAI_GON, "medic", categories=("medical_advice",)
    )
    with transaction():
        for role in waiting.roles:
            role.verified_at = None
    case = posted(category_slug="medical_advice")
    wave(clock, 1)
    assert who(case) == {dr_tam_medic.id}


def test_who_is_full_away_gone_or_the_requester_is_not_asked(clock: Hand) -> None:
    full, _away = helpers(1, capacity=1), helpers(1, 200, available=False)
    gone = make.volunteer("Đã nghỉ", "+84910000003", SAI_GON)
    own = make.volunteer("Chính họ", "+84910000004", SAI_GON)
    with transaction():
        take_case(make.make_case().code, by=full[0])
        db.session.get_one(User, gone.id).deactivated_at = NOON
    case = posted(requester=own)
    wave(clock, 1)
    assert not asks(case)
    assert search(case).status == "waiting", "there is somebody, only busy now"
    wave(clock, 121)
    assert search(case).status == "nobody_found"


def test_nobody_is_asked_more_than_so_often_an_hour(clock: Hand, settings: Any) -> None:
    settings.asks_per_hour = 2
    minh = make.volunteer("Minh", "+84910000005", SAI_GON, capacity=5)
    for _number in range(4):
        posted()
    wave(clock, 1)
    assert db.session.query(Ask).filter_by(volunteer_id=minh.id).count() == 2
    wave(clock, 20)
    assert db.session.query(Ask).count() == 2
    wave(clock, 45)
    assert db.session.query(Ask).count() == 4


def test_cases_of_one_window_share_helpers_rightly(clock: Hand, settings: Any) -> None:
    settings.asks_per_hour = 1
    settings.dispatch_patience_hours = 0
    [only] = helpers(1, capacity=1)
    between = make.volunteer("Giữa", "+84910000006", SAI_GON.moved(50, 3.6), capacity=1)
    reaches_both = posted(at=SAI_GON.moved(20, 3.6))
    reaches_one = posted(at=SAI_GON.moved(5030, 3.6))
    wave(clock, 1)
    assert who(reaches_one) == {between.id}, "it has nobody else"
    assert who(reaches_both) == {only.id}
