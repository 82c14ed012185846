"""Rounds on the way: ticks, also late ones, and what ends meanwhile."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.cases.claiming import expire_leases, release_claim, take_case
from app.cases.closing import Actor, cancel_case
from app.cases.models import Case, Claim
from app.cases.tracking import handover_code
from app.core.clock import now
from app.core.db import db, transaction
from app.matching.round_models import Round
from app.matching.round_queries import stop_rows
from tests import make
from tests.matching.rounds import east, planned, stops, taken, tick


def test_handing_over_delivers_the_claim_and_the_last_tick_ends_the_round(
    minh: Any, minh_volunteer: Any
) -> None:
    claims = [taken(minh_volunteer, metres)[1] for metres in (300, 900)]
    where = planned(minh)
    tick(minh, where, stops()[0])
    assert db.session.get_one(Claim, claims[0].id).status == "delivered"
    assert minh.post(f"{where}/ticks", data={"stop": str(stops()[1].id)}).status_code == 303
    assert db.session.get_one(Claim, claims[1].id).status == "delivered"
    assert db.session.scalars(select(Round.status)).one() == "ended"
    assert "Xong chuyến rồi" in minh.get(where).text


def test_the_same_tick_twice_is_one_tick(minh: Any, minh_volunteer: Any) -> None:
    taken(minh_volunteer, 300)
    where = planned(minh)
    at = (now() + timedelta(seconds=-1)).isoformat()
    first = tick(minh, where, stops()[0], at=at)
    done_at = stops()[0].done_at
    assert tick(minh, where, stops()[0], at=now().isoformat(), offline="1") == first
    assert stops()[0].done_at == done_at
    assert db.session.scalar(select(func.count()).select_from(Claim)) == 1


def test_a_tick_keeps_its_own_moment_within_the_round(minh: Any, minh_volunteer: Any) -> None:
    taken(minh_volunteer, 300)
    where = planned(minh)
    with transaction():
        db.session.execute(update(Round).values(created_at=now() - timedelta(hours=2)))
    an_hour_ago = now() - timedelta(hours=1)
    tick(minh, where, stops()[0], at=an_hour_ago.isoformat(), offline="1")
    assert stops()[0].done_at == an_hour_ago


@pytest.mark.parametrize("said", ["2001-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
def test_a_tick_from_another_time_counts_as_of_now_or_the_start(
    minh: Any, minh_volunteer: Any, said: str
) -> None:
    taken(minh_volunteer, 300)
    where = planned(minh)
    tick(minh, where, stops()[0], at=said)
    assert abs(stops()[0].done_at - now()) < timedelta(minutes=1)


def test_the_code_read_at_the_door_proves_the_delivery(minh: Any, minh_volunteer: Any) -> None:
    case, claim = taken(minh_volunteer, 300)
    where = planned(minh)
    right = handover_code(case)
    wrong = "0000" if right != "0000" else "1111"
    [refused] = tick(minh, where, stops()[0], code=wrong)
    assert refused["outcome"] == "refused"
    assert db.session.get_one(Claim, claim.id, populate_existing=True).status == "live"
    page = minh.post(f"{where}/ticks", data={"stop": str(stops()[0].id), "code": wrong})
    assert page.status_code == 422
    assert "Mã chưa đúng" in page.text
    assert tick(minh, where, stops()[0], code=right)[0]["outcome"] == "done"
    assert db.session.get_one(Case, case.id, populate_existing=True).status == "closed"


def test_a_wrong_code_that_was_typed_offline_is_still_a_delivery(minh: Any, minh_volunteer: Any) -> None:
    case, claim = taken(minh_volunteer, 300)
    where = planned(minh)
    wrong = "0000" if handover_code(case) != "0000" else "1111"
    [done] = tick(minh, where, stops()[0], code=wrong, offline="1")
    assert done["outcome"] == "done"
    assert "chưa đúng" in done["words"]
    assert db.session.get_one(Claim, claim.id, populate_existing=True).status == "delivered"


def test_a_tick_for_a_claim_that_was_given_back_is_kept_and_told(minh: Any, minh_volunteer: Any) -> None:
    case, claim = taken(minh_volunteer, 300)
    taken(minh_volunteer, 600)
    where = planned(minh)
    with transaction():
        release_claim(claim.id, by=minh_volunteer)
    [late] = tick(minh, where, stops()[0], offline="1")
    assert late["outcome"] == "late"
    assert "đã kết thúc trước đó" in late["words"]
    assert stops()[0].done_at is not None
    assert db.session.get_one(Case, case.id).status == "open"
    assert tick(minh, where, stops()[0], offline="1")[0]["outcome"] == "late"


def test_help_that_arrived_after_the_promise_ran_out_counts_if_nobody_else_came(
    minh: Any, minh_volunteer: Any
) -> None:
    case, claim = taken(minh_volunteer, 300)
    where = planned(minh)
    with transaction():
        db.session.execute(update(Claim).values(lease_until=now() - timedelta(minutes=1)))
        assert expire_leases(case.code) == 1
    assert tick(minh, where, stops()[0], offline="1")[0]["outcome"] == "done"
    assert db.session.get_one(Case, case.id, populate_existing=True).status == "delivered"
    assert tick(minh, where, stops()[0], offline="1")[0]["outcome"] == "done"
    assert db.session.get_one(Claim, claim.id).status == "expired"


def test_a_case_that_ended_falls_out_with_its_home_and_number(
    minh: Any, minh_volunteer: Any, lan_resident: Any
) -> None:
    gone = make.make_case(at=east(300), requester=lan_resident, address="99 Ngõ Đã Hủy")
    with transaction():
        take_case(gone.code, by=minh_volunteer)
    taken(minh_volunteer, 900)
    where = planned(minh)
    assert "99 Ngõ Đã Hủy" in minh.get(where).text
    with transaction():
        cancel_case(gone.code, actor=Actor(lan_resident))
    text = minh.get(where).text
    assert "99 Ngõ Đã Hủy" not in text
    assert "Không còn trong chuyến" in text
    assert "Còn 1 điểm" in text
    paper = minh.get(f"{where}/print").text
    assert "99 Ngõ Đã Hủy" not in paper


def test_homes_and_numbers_leave_the_query_with_the_claim(
    minh: Any, minh_volunteer: Any, lan_resident: Any
) -> None:
    _case, given_back = taken(minh_volunteer, 300)
    _case, live = taken(minh_volunteer, 900)
    planned(minh)
    with transaction():
        release_claim(given_back.id, by=minh_volunteer)
        rows = {row.claim_id: row for row in stop_rows(stops()[0].round_id, minh_volunteer.id)}
    private = ("contact_name", "contact_phone", "address", "lon", "lat")
    assert [getattr(rows[given_back.id], name) for name in private] == [None] * 5
    assert None not in [getattr(rows[live.id], name) for name in private]


def test_what_was_delivered_from_its_own_page_is_ticked_here(minh: Any, minh_volunteer: Any) -> None:
    case, claim = taken(minh_volunteer, 300, address="5 Ngõ Riêng")
    taken(minh_volunteer, 900)
    where = planned(minh)
    minh.post(f"/cases/{case.code}/claims/{claim.id}/deliver")
    text = minh.get(where).text
    assert "Còn 1 điểm" in text
    assert "5 Ngõ Riêng" not in text
