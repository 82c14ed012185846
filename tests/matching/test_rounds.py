"""Rounds: planned, changed by hand, planned anew."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.cases.models import Claim
from app.core.clock import now
from app.core.db import db
from app.matching.round_models import Round
from tests import make
from tests.matching.rounds import HERE, east, planned, stops, taken, tick


def test_two_claims_make_an_ordered_round(minh: Any, minh_volunteer: Any) -> None:
    far, _claim = taken(minh_volunteer, 2000)
    near, _claim = taken(minh_volunteer, 800)
    assert "/me/round" in minh.get("/me/claims").text
    where = planned(minh)
    rows = stops()
    assert [row.position for row in rows] == [1, 2]
    assert [db.session.get_one(Claim, row.claim_id).case_id for row in rows] == [near.id, far.id]
    assert rows[0].planned_at < rows[1].planned_at
    text = minh.get(where).text
    assert text.index(near.code) < text.index(far.code)
    assert "12/3 Nguyễn Trãi" in text
    assert "geo:" in text
    assert minh.get("/me/round").headers["Location"] == where


def test_a_single_claim_is_no_round_yet(minh: Any, minh_volunteer: Any) -> None:
    taken(minh_volunteer, 500)
    assert "/me/round" not in minh.get("/me/claims").text


def test_goods_are_fetched_where_they_are_before_they_are_handed_over(minh: Any, minh_volunteer: Any) -> None:
    shop = make.make_supply_point(at=east(1500), category_ids=[make.category().id])
    _case, one = taken(minh_volunteer, 700)
    _case, other = taken(minh_volunteer, 300)
    form = minh.get("/me/round/new").text
    assert str(shop.id) in form
    planned(minh, **{f"from.{one.id}": str(shop.id), f"from.{other.id}": "have"})
    assert [(row.kind, row.claim_id) for row in stops()] == [
        ("dropoff", other.id), ("pickup", one.id), ("dropoff", one.id),
    ]  # fmt: skip
    assert stops()[1].supply_point_id == shop.id


def test_what_was_bought_together_is_one_stop_with_one_tick(minh: Any, minh_volunteer: Any) -> None:
    shop = make.make_supply_point(at=east(500), category_ids=[make.category().id])
    claims = [taken(minh_volunteer, metres)[1] for metres in (800, 1100)]
    where = planned(minh, **{f"from.{claim.id}": str(shop.id) for claim in claims})
    text = minh.get(where).text
    assert text.count("Lấy hàng: Tạp hóa Chị Chi") == 1
    assert [t["outcome"] for t in tick(minh, where, *stops()[:2])] == ["done", "done"]
    assert "Còn 2 điểm" in minh.get(where).text


def test_what_does_not_fit_before_the_curfew_is_listed(minh: Any, minh_volunteer: Any) -> None:
    here, _claim = taken(minh_volunteer, 200)
    far, _claim = taken(minh_volunteer, 8000)
    in_half_an_hour = (now() + timedelta(hours=7, minutes=25)).strftime("%H:%M")
    where = planned(minh, latest=in_half_an_hour)
    placed, left = stops()
    assert (left.left_out, left.position) == ("too_far", None)
    text = minh.get(where).text
    assert text.index("Chưa xếp được vào chuyến") < text.index(far.code)
    assert "phải xong trước" in text
    assert placed.claim_id != left.claim_id
    assert here.code in text


def test_a_time_that_was_typed_is_that_time(minh: Any, minh_volunteer: Any) -> None:
    taken(minh_volunteer, 200)
    where = planned(minh, latest="22:00")
    assert "phải xong trước 22:00" in " ".join(minh.get(where).text.split())
    ends = db.session.scalars(select(Round.ends_at)).one()
    assert (ends.minute, ends.second) == (0, 0)


def test_a_stop_moves_up_and_down_but_not_before_its_goods(minh: Any, minh_volunteer: Any) -> None:
    shop = make.make_supply_point(at=east(300), category_ids=[make.category().id])
    _case, fetched = taken(minh_volunteer, 600)
    _case, carried = taken(minh_volunteer, 900)
    where = planned(minh, **{f"from.{fetched.id}": str(shop.id)})
    first, second, third = stops()
    assert minh.post(f"{where}/stops/{third.id}/move", data={"to": "up"}).status_code == 303
    assert [row.id for row in stops()] == [first.id, third.id, second.id]
    times = [row.planned_at for row in stops()]
    assert times == sorted(times)
    minh.post(f"{where}/stops/{second.id}/move", data={"to": "up"})
    refused = minh.post(f"{where}/stops/{second.id}/move", data={"to": "up"})
    assert refused.status_code == 409
    assert "Phải lấy hàng trước" in refused.text
    assert [row.id for row in stops()] == [first.id, second.id, third.id]
    assert minh.post(f"{where}/stops/{first.id}/move", data={"to": "up"}).status_code == 303
    assert carried.id == third.claim_id


def test_too_much_at_once_is_refused_by_hand_as_well(minh: Any, minh_volunteer: Any) -> None:
    shop = make.make_supply_point(at=east(300), category_ids=[make.category().id])
    claims = [taken(minh_volunteer, metres, household_size=8)[1] for metres in (600, 900)]
    typed = {f"from.{claim.id}": str(shop.id) for claim in claims}
    where = planned(minh, load_limit="2", **typed)
    assert [row.kind for row in stops()] == ["pickup", "dropoff", "pickup", "dropoff"]
    refused = minh.post(f"{where}/stops/{stops()[2].id}/move", data={"to": "up"})
    assert refused.status_code == 409
    assert "4 phần" in refused.text


def test_planned_anew_from_where_somebody_stands(minh: Any, minh_volunteer: Any) -> None:
    claims = [taken(minh_volunteer, metres)[1] for metres in (500, 1000, 1500)]
    where = planned(minh)
    tick(minh, where, stops()[0])
    names = {row.claim_id: row.id for row in stops()}
    far_end = east(2000)
    answer = minh.post(f"{where}/again", data={"lat": far_end.lat, "lon": far_end.lon})
    assert answer.status_code == 303
    assert [row.claim_id for row in stops()] == [claims[0].id, claims[2].id, claims[1].id]
    assert stops()[0].done_at is not None
    assert {row.claim_id: row.id for row in stops()} == names
    minh.post(f"{where}/again")
    assert [row.claim_id for row in stops()] == [claim.id for claim in claims]


def test_what_was_fetched_is_on_board_when_planned_anew(minh: Any, minh_volunteer: Any) -> None:
    shop = make.make_supply_point(at=east(300), category_ids=[make.category().id])
    _case, claim = taken(minh_volunteer, 600)
    where = planned(minh, **{f"from.{claim.id}": str(shop.id)})
    tick(minh, where, stops()[0])
    minh.post(f"{where}/again")
    assert [(row.kind, row.done_at is not None) for row in stops()] == [("pickup", True), ("dropoff", False)]


def test_a_new_round_ends_the_one_before_and_leaves_out_what_is_for_later(
    minh: Any, minh_volunteer: Any
) -> None:
    _case, one = taken(minh_volunteer, 500)
    _case, other = taken(minh_volunteer, 900)
    first = planned(minh)
    planned(minh, **{f"from.{one.id}": "later"})
    assert [row.claim_id for row in stops()] == [other.id]
    assert sorted(db.session.scalars(select(Round.status))) == ["active", "ended"]
    assert minh.get(first).status_code == 200


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"lat": "", "lon": ""}, "xuất phát từ đâu"),
        ({"vehicle": "rocket"}, "phương tiện"),
        ({"load_limit": "0"}, "phần"),
        ({"latest": "25:00"}, "18:00"),
        ({"lat": "95", "lon": "1e9"}, "xuất phát từ đâu"),
    ],
)
def test_what_makes_no_sense_is_said_beside_the_form(
    minh: Any, minh_volunteer: Any, typed: dict[str, str], field: str
) -> None:
    taken(minh_volunteer, 500)
    answer = minh.post("/me/round", data=HERE | typed)
    assert answer.status_code == 422
    assert field in answer.text
    assert db.session.scalar(select(func.count()).select_from(Round)) == 0


def test_a_closed_counter_and_strange_claims_are_refused_or_passed_over(
    minh: Any, minh_volunteer: Any
) -> None:
    closed = make.make_supply_point(at=east(300), category_ids=[make.category().id], active=False)
    _case, claim = taken(minh_volunteer, 600)
    answer = minh.post("/me/round", data=HERE | {f"from.{claim.id}": str(closed.id)})
    assert answer.status_code == 422
    assert "đã đóng" in answer.text
    planned(minh, **{"from.none": "have", f"from.{closed.id}": "later"})


def test_nothing_taken_says_what_to_do(minh: Any) -> None:
    assert "Bạn chưa nhận giúp ai" in minh.get("/me/round/new").text
    assert minh.post("/me/round", data=HERE).status_code == 422


def test_medical_advice_weighs_nothing_and_is_fetched_nowhere(client_for: Any, dr_tam_medic: Any) -> None:
    make.make_supply_point(at=east(300), category_ids=[make.category("medical_advice").id])
    browser = client_for(dr_tam_medic)
    taken(dr_tam_medic, 600, category_slug="medical_advice")
    assert "Đi giúp, không chở gì" in browser.get("/me/round/new").text
    planned(browser)
    assert [row.load for row in stops()] == [0]


def test_a_supplier_fetches_at_their_own_shop(client_for: Any, chi_supplier: Any) -> None:
    shop = make.make_supply_point(chi_supplier, at=east(100), category_ids=[make.category().id])
    _case, claim = taken(chi_supplier, 900)
    browser = client_for(chi_supplier)
    form = browser.get("/me/round/new").text
    assert str(shop.id) in form
    assert f'value="{east(100).lat:.6f}"' in form
    planned(browser, **{f"from.{claim.id}": str(shop.id)})
    assert [row.kind for row in stops()] == ["pickup", "dropoff"]
