"""Dispatch: whom a case asks, what the answers do, and how it ends."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import NullPool, create_engine, select, text

from app.areas.queries import area_by_id
from app.cases.bulk import BulkCase, add_cases
from app.cases.claiming import expire_leases, release_claim, take_case
from app.cases.closing import Actor, cancel_case, reopen_case, verify_case
from app.cases.life import SYSTEM, record_event
from app.cases.models import Case
from app.cases.posting import CaseRequest, NeedLine
from app.core.clock import Hand, held_at
from app.core.db import db, transaction
from app.core.errors import Conflict, NotFound
from app.delivery.models import Message
from app.emergencies.models import Emergency
from app.matching.dispatch import accept_ask, decline_ask, dispatch_due
from app.matching.dispatch_models import Ask, Dispatch
from app.matching.dispatch_queries import AGAIN, history_begins
from app.matching.dispatch_telling import tell_dispatch
from app.people.models import User
from tests import make
from tests.geography import SAI_GON

JOBS = text("SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'matching.dispatch'")
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


def yes(ask: Ask) -> None:
    with transaction():
        accept_ask(ask.id, by=db.session.get_one(User, ask.volunteer_id))


def no(ask: Ask) -> None:
    with transaction():
        decline_ask(ask.id, by=db.session.get_one(User, ask.volunteer_id))


def who(case: Case, *statuses: str) -> set[uuid.UUID]:
    """Who was asked about the case."""
    return {ask.volunteer_id for ask in asks(case, *statuses)}


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


def test_the_cap_of_asks_ends_a_search(clock: Hand, settings: Any) -> None:
    settings.asks_per_case = 5
    helpers(9)
    case = posted()
    for _wave in range(3):
        wave(clock)
    assert len(asks(case)) == 5
    assert search(case).status == "nobody_found"


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


def test_after_some_hours_without_anybody_it_is_tried_again(clock: Hand) -> None:
    case = posted()
    wave(clock, 1)
    assert search(case).status == "nobody_found"
    helpers(1)
    wave(clock, 60)
    assert not asks(case)
    wave(clock, 60 * 5)
    assert asks(case, "sent")
    assert db.session.query(Dispatch).count() == 2


def test_searches_of_long_ago_are_read_no_more(clock: Hand) -> None:
    make.emergency()
    case = posted()
    add = "INSERT INTO dispatch (id, case_id, status, next_at, started_at, ended_at, told_at)"
    with transaction():
        db.session.execute(
            text(
                f"{add} SELECT gen_random_uuid(), :case_id, 'nobody_found', at, at, at, at"
                " FROM (SELECT CAST(:noon AS timestamptz) - n * interval '1 day' AS at"
                "       FROM generate_series(20, 3000) n) past"
            ),
            {"case_id": case.id, "noon": NOON},
        )
    db.session.execute(text("ANALYZE dispatch"))
    known = {"since": history_begins(NOON), "before": NOON, "limit": 500}
    [[plan]] = db.session.execute(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {AGAIN.text}"), known).tuples()
    [looked] = [node for node in nodes(plan[0]["Plan"]) if node.get("Alias") == "d"]
    assert looked["Actual Rows"] + looked.get("Rows Removed by Filter", 0) == 0


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node of a plan with everything below it."""
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def test_an_emergency_that_is_over_asks_nobody(clock: Hand) -> None:
    helpers(1)
    case = posted()
    with transaction():
        db.session.get_one(Emergency, case.emergency_id).ends_at = NOON + timedelta(seconds=30)
    wave(clock, 1)
    assert search(case).status == "stopped"
    assert not asks(case)


def test_loading_many_cases_at_once_starts_no_search(clock: Hand) -> None:
    helpers(1)
    line = NeedLine("Gạo", Decimal(1), "kg")
    said = CaseRequest("essentials", [line], SAI_GON, source="import", source_id="1")
    with transaction():
        add_cases([BulkCase(said, make.category(), area_by_id(make.area_at(SAI_GON).id), None, NOON)])
    assert db.session.query(Dispatch).count() == 0


def test_a_vouched_for_case_that_found_nobody_is_not_started_over(clock: Hand, anh_official_w1: User) -> None:
    case = posted()
    wave(clock, 1)
    with transaction():
        verify_case(case.code, by=anh_official_w1)
    assert db.session.query(Dispatch).count() == 1


def test_it_can_be_switched_off(clock: Hand, settings: Any) -> None:
    settings.dispatch = False
    posted()
    assert db.session.query(Dispatch).count() == 0


def test_a_new_case_puts_its_job_into_the_same_transaction(clock: Hand) -> None:
    with pytest.raises(RuntimeError), transaction():
        record_event(make.make_case(), SYSTEM, "posted")
        raise RuntimeError
    count = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'matching.dispatch'")
    assert db.session.scalar(count) == 0
    posted()
    assert db.session.scalar(count) == 1


def test_what_somebody_else_holds_is_left_for_the_next_call(clock: Hand, worker_database: Any) -> None:
    helpers(1)
    case, other = posted(), posted()
    clock.forward(timedelta(minutes=1))
    with create_engine(worker_database.url, poolclass=NullPool).begin() as taker:
        # Should the planner wait after all, the database ends this, and the test fails instead of hanging.
        taker.execute(text("SET idle_in_transaction_session_timeout = '5s'"))
        taker.execute(text('SELECT FROM "case" WHERE id = :id FOR UPDATE'), {"id": case.id})
        dispatch_due()
        assert asks(other)
        assert not asks(case)
    dispatch_due()
    assert asks(case)


def test_officials_see_whom_the_search_found_nobody_for(
    clock: Hand, client_for: Any, anh_official_w1: User
) -> None:
    helpers(1, categories=("grocery_run",))
    waiting, nobody = posted(category_slug="grocery_run"), posted()
    official = client_for(anh_official_w1)
    wave(clock, 1)
    assert search(nobody).status == "nobody_found"
    listed = official.get("/authority/?search=nobody_found").text
    assert nobody.code in listed
    assert waiting.code not in listed
    asked = official.get("/authority/?search=waiting").text
    assert waiting.code in asked
    assert nobody.code not in asked
    assert "Không tìm được người" in official.get(f"/authority/cases/{nobody.code}").text
    assert "Đã hỏi 1 tình nguyện viên gần đó" in official.get(f"/authority/cases/{waiting.code}").text
    clock.forward(timedelta(hours=7))
    dispatch_due()
    assert nobody.code in official.get("/authority/?search=nobody_found").text, "tried again, not found yet"
