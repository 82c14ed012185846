"""Rounds in the database and on their pages: saved, ticked, changed, forgotten, and nobody else's."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.cases.claiming import expire_leases, release_claim, take_case
from app.cases.closing import Actor, cancel_case
from app.cases.models import AccessRecord, Case, Claim
from app.cases.tracking import handover_code
from app.core.clock import now
from app.core.db import db, transaction
from app.core.geo import Point
from app.matching.round_forgetting import erase_old_rounds
from app.matching.round_models import Round, RoundStop
from app.matching.round_queries import stop_rows
from app.people.erasure import erase_account, personal_data
from app.web.qr import qr_of
from tests import make
from tests.geography import SAI_GON

HERE = {"lat": f"{SAI_GON.lat}", "lon": f"{SAI_GON.lon}", "vehicle": "motorbike"}


def east(metres: float) -> Point:
    return SAI_GON.moved(metres, 1.5708)


def taken(volunteer: Any, metres: float, **columns: Any) -> tuple[Case, Claim]:
    """A case east of the start, which this volunteer has taken."""
    case = make.make_case(at=east(metres), **columns)
    with transaction():
        claim = take_case(case.code, by=volunteer)
    return case, claim


def planned(browser: Any, **typed: str) -> str:
    """The address of the round that the form makes."""
    answer = browser.post("/me/round", data=HERE | typed)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def stops() -> list[RoundStop]:
    """The stops of the newest round in their order, what did not fit at the end."""
    newest = select(Round.id).order_by(Round.created_at.desc()).limit(1).scalar_subquery()
    query = select(RoundStop).where(RoundStop.round_id == newest).order_by(RoundStop.position.nulls_last())
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def tick(browser: Any, where: str, *chosen: RoundStop, **typed: str) -> Any:
    answer = browser.post(
        f"{where}/ticks",
        data={"stop": [str(stop.id) for stop in chosen], **typed},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    return answer.json["ticked"]


@pytest.fixture
def minh(client_for: Any, minh_volunteer: Any) -> Any:
    return client_for(minh_volunteer)


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


@pytest.mark.parametrize("who", ["hoa_volunteer", "lan_resident", "anh_official_w1", "admin"])
def test_nobody_else_learns_of_a_round_or_changes_it(
    minh: Any, minh_volunteer: Any, client_for: Any, who: str
) -> None:
    _case, claim = taken(minh_volunteer, 600)
    where = planned(minh)
    other = client_for(getattr(make, who)())
    stop = stops()[0].id
    assert other.get(where).status_code == 404
    assert other.get(f"{where}/print").status_code == 404
    for path in ("ticks", f"stops/{stop}/move", "again", "end"):
        answer = other.post(f"{where}/{path}", data={"stop": str(stop), "to": "down"})
        assert answer.status_code == 404, path
    assert db.session.get_one(Claim, claim.id).status == "live"
    assert db.session.scalars(select(Round.status)).one() == "active"


def test_a_stop_of_another_round_is_not_ticked_through_ones_own(
    minh: Any, minh_volunteer: Any, client_for: Any, hoa_volunteer: Any
) -> None:
    _case, claim = taken(minh_volunteer, 600)
    planned(minh)
    stop = stops()[0].id
    hoa = client_for(hoa_volunteer)
    taken(hoa_volunteer, 900)
    own = planned(hoa)
    assert hoa.post(f"{own}/ticks", data={"stop": str(stop)}).status_code == 404
    assert hoa.post(f"{own}/ticks", data={"stop": "x"}).status_code == 422
    assert db.session.get_one(Claim, claim.id).status == "live"


def test_looking_at_a_round_is_recorded_for_the_requester(minh: Any, minh_volunteer: Any) -> None:
    case, _claim = taken(minh_volunteer, 600)
    where = planned(minh)
    minh.get(where)
    minh.get(f"{where}/print")
    seen = db.session.scalars(select(AccessRecord).where(AccessRecord.case_id == case.id)).all()
    assert [(record.viewer_id, record.reason) for record in seen] == [(minh_volunteer.id, "claim")]


def test_paper_has_a_code_for_each_stop(minh: Any, minh_volunteer: Any) -> None:
    shop = make.make_supply_point(at=east(300), category_ids=[make.category().id])
    claims = [taken(minh_volunteer, metres)[1] for metres in (600, 900)]
    where = planned(minh, **{f"from.{claims[0].id}": str(shop.id)})
    paper = minh.get(f"{where}/print").text
    assert paper.count('class="qr"') == 3
    codes = db.session.scalars(select(Case.code))
    for opens in (f"/supplies/{shop.id}", *(f"/cases/{code}" for code in codes)):
        assert str(qr_of(f"http://localhost{opens}")) in paper
    # Whoever finds the paper opens the page that strangers see.
    assert "12/3 Nguyễn Trãi" not in minh.application.test_client().get(f"/cases/{claims[0].case.code}").text
    assert "12/3 Nguyễn Trãi" in paper


def test_ones_own_copy_holds_rounds_and_they_end_with_the_account(minh: Any, minh_volunteer: Any) -> None:
    case, _claim = taken(minh_volunteer, 600)
    planned(minh)
    copy = personal_data(minh_volunteer)
    assert copy["rounds"][0]["lat"] == pytest.approx(SAI_GON.lat)
    assert copy["rounds"][0]["stops"][0]["code"] == case.code
    with transaction():
        erase_account(minh_volunteer, make.PASSWORD)
    assert db.session.scalar(select(func.count()).select_from(Round)) == 0
    assert db.session.scalar(select(func.count()).select_from(RoundStop)) == 0


def test_old_rounds_are_forgotten_with_where_they_started(minh: Any, minh_volunteer: Any) -> None:
    taken(minh_volunteer, 600)
    planned(minh)
    assert erase_old_rounds() == 0
    with transaction():
        db.session.execute(update(Round).values(created_at=now() - timedelta(days=8)))
    assert erase_old_rounds() == 1
    assert db.session.scalar(select(func.count()).select_from(RoundStop)) == 0
    assert db.session.scalars(select(Claim.status)).one() == "live"
