"""From the request to the end, as the people in it live it."""

from decimal import Decimal
from typing import Any

import pytest

from app.cases.claiming import deliver_claim, extend_claim, release_claim, take_case
from app.cases.closing import Actor, cancel_case, confirm_case, reopen_case
from app.cases.models import Case, Claim
from app.cases.posting import CaseRequest, NeedLine, post_case
from app.core.db import db, transaction
from app.core.errors import Conflict, Invalid, NotAllowed
from app.core.geo import Point
from tests import make
from tests.geography import SAI_GON

RICE_AND_MILK = (NeedLine("Gạo", Decimal(10), "kg"), NeedLine("Sữa", Decimal(4), "hộp"))


def request(**said: Any) -> CaseRequest:
    known = {
        "category": "essentials",
        "needs": RICE_AND_MILK,
        "position": SAI_GON,
        "contact_name": "Cô Năm",
        "contact_phone": "0912 345 678",
        "address": "12/3 Nguyễn Trãi",
    }
    return CaseRequest(**(known | said))


@pytest.fixture
def case(app: Any) -> Case:
    make.emergency()
    with transaction():
        return post_case(request(), by=make.lan_resident()).case


def test_a_request_becomes_an_open_case_in_its_ward(case: Case) -> None:
    assert case.status == "open"
    assert case.commune_id == make.area_at(SAI_GON).id
    assert case.code.startswith("HCM-")
    assert case.contact_phone == "+84912345678"


def test_the_same_key_makes_one_case_and_another_request_under_it_is_refused(app: Any) -> None:
    make.emergency()
    with transaction():
        first = post_case(request(), by=None, idempotency_key="k1")
        again = post_case(request(), by=None, idempotency_key="k1")
    assert first.created
    assert not again.created
    assert again.case.id == first.case.id
    with pytest.raises(Invalid) as refusal:
        post_case(request(address="khác"), by=None, idempotency_key="k1")
    assert refusal.value.slug == "idempotency-key-reused"


@pytest.mark.parametrize(
    ("said", "field", "slug"),
    [
        ({"position": Point(0.0, 0.0)}, "position", "outside-every-area"),
        ({"category": "moon_landing"}, "category", "invalid"),
        ({"description": "a" * 1001}, "description", "invalid"),
        ({"contact_phone": "12"}, "contact_phone", "invalid"),
        ({"needs": ()}, "needs", "invalid"),
        ({"needs": (NeedLine("Gạo", Decimal("NaN"), "kg"),)}, "needs.0.quantity", "invalid"),
        ({"household_size": 0}, "household_size", "invalid"),
    ],
)
def test_what_does_not_hold_is_said_beside_its_field(app: Any, said: Any, field: str, slug: str) -> None:
    make.emergency()
    with pytest.raises(Invalid) as refusal:
        post_case(request(**said), by=None)
    assert list(refusal.value.errors) == [field]
    assert refusal.value.slug == slug


def test_without_an_emergency_here_nothing_can_be_posted(app: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        post_case(request(), by=None)
    assert refusal.value.slug == "no-emergency-here"


def test_the_whole_way_to_closed(case: Case) -> None:
    minh = make.minh_volunteer()
    with transaction():
        claim = take_case(case.code, by=minh)
    assert case.status == "claimed"
    with transaction():
        deliver_claim(claim.id, by=minh)
    assert case.status == "delivered"
    with transaction():
        confirm_case(case.code, actor=Actor(make.lan_resident()))
    assert case.status == "closed"
    assert db.session.get_one(Claim, claim.id).status == "confirmed"


def test_two_volunteers_share_a_case_and_a_third_comes_too_late(case: Case) -> None:
    rice, milk = case.needs
    with transaction():
        take_case(case.code, by=make.minh_volunteer(), needs={rice.id: Decimal(4)})
    assert case.status == "open"
    with transaction():
        take_case(case.code, by=make.hoa_volunteer(), needs={rice.id: Decimal(6), milk.id: Decimal(4)})
    assert case.status == "claimed"
    with pytest.raises(Conflict) as refusal, transaction():
        take_case(case.code, by=make.dr_tam_medic())
    assert refusal.value.slug == "taken"


def test_more_than_is_left_cannot_be_promised(case: Case) -> None:
    with pytest.raises(Conflict), transaction():
        take_case(case.code, by=make.minh_volunteer(), needs={case.needs[0].id: Decimal(11)})


def test_released_goods_are_open_again(case: Case) -> None:
    minh = make.minh_volunteer()
    with transaction():
        claim = take_case(case.code, by=minh)
    with transaction():
        release_claim(claim.id, by=minh, why="Xe hỏng")
    assert case.status == "open"
    assert all(need.pledged == 0 for need in case.needs)


def test_a_lease_is_extended_once_and_with_a_reason(case: Case) -> None:
    minh = make.minh_volunteer()
    with transaction():
        claim = take_case(case.code, by=minh)
        before = claim.lease_until
    with pytest.raises(Invalid), transaction():
        extend_claim(claim.id, by=minh, why=" ")
    with transaction():
        extend_claim(claim.id, by=minh, why="Kẹt xe")
    assert claim.lease_until > before
    with pytest.raises(Conflict), transaction():
        extend_claim(claim.id, by=minh, why="Kẹt xe nữa")


def test_did_not_arrive_opens_the_case_again(case: Case) -> None:
    minh, lan = make.minh_volunteer(), make.lan_resident()
    with transaction():
        deliver_claim(take_case(case.code, by=minh).id, by=minh)
    with transaction():
        reopen_case(case.code, actor=Actor(lan), why="Chưa thấy ai tới")
    assert case.status == "open"
    assert all(need.pledged == need.delivered == 0 for need in case.needs)
    assert db.session.query(Claim).one().status == "failed"


def test_a_part_that_did_not_arrive_is_open_again_while_the_rest_is_still_on_its_way(case: Case) -> None:
    minh, hoa, lan = make.minh_volunteer(), make.hoa_volunteer(), make.lan_resident()
    rice = case.needs[0]
    with transaction():
        part = take_case(case.code, by=minh, needs={rice.id: Decimal(4)})
        deliver_claim(part.id, by=minh)
        coming = take_case(case.code, by=hoa)
    assert case.status == "claimed"
    with transaction():
        reopen_case(case.code, actor=Actor(lan), why="Chưa thấy ai tới")
    assert (part.status, coming.status, case.status) == ("failed", "live", "open")
    assert rice.left == 4
    with pytest.raises(Conflict), transaction():
        reopen_case(case.code, actor=Actor(lan))


def test_who_comes_too_late_is_told_what_has_become_of_the_case(case: Case) -> None:
    minh, hoa, lan = make.minh_volunteer(), make.hoa_volunteer(), make.lan_resident()
    with transaction():
        claim = take_case(case.code, by=minh)
    with pytest.raises(Conflict, match="Vừa có người nhận giúp"):
        take_case(case.code, by=hoa)
    with transaction():
        deliver_claim(claim.id, by=minh)
    with pytest.raises(Conflict, match="đã được giúp xong"):
        take_case(case.code, by=hoa)
    with transaction():
        cancel_case(reopen_case(case.code, actor=Actor(lan)).code, actor=Actor(lan))
    with pytest.raises(Conflict, match="không còn cần giúp") as late:
        take_case(case.code, by=hoa)
    assert late.value.slug == "ended"


def test_only_the_requester_may_answer_and_nobody_takes_their_own_case(case: Case) -> None:
    with pytest.raises(NotAllowed):
        cancel_case(case.code, actor=Actor(make.minh_volunteer()))
    with pytest.raises(NotAllowed):
        take_case(case.code, by=make.lan_resident())


def test_cancelling_lets_the_volunteer_go(case: Case) -> None:
    with transaction():
        claim = take_case(case.code, by=make.minh_volunteer())
    with transaction():
        cancel_case(case.code, actor=Actor(None, tracks=True), why="Đã có người cho")
    assert case.status == "cancelled"
    assert claim.status == "released"
