"""One case on the web: who sees what, who can press what, and what a late one is told."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from app.cases.claiming import take_case
from app.cases.models import AccessRecord, Case, Claim
from app.cases.tracking import tracking_path
from app.core.clock import now
from app.core.db import db, transaction
from tests import make
from tests.geography import KHANH_HOI

SECRETS = ("Nguyễn Thị Lan", "0901 000 001", "+84901000001", "12/3 Nguyễn Trãi", "em bé sáu tháng")


@pytest.fixture
def case(app: Any) -> Case:
    return make.make_case()


@pytest.fixture
def follower(app: Any, case: Case) -> Any:
    """Somebody without an account who has opened the tracking link."""
    browser = app.test_client()
    browser.get(tracking_path(case))
    return browser


@pytest.fixture
def minh(client_for: Any, minh_volunteer: Any) -> Any:
    return client_for(minh_volunteer)


@pytest.fixture
def taken(case: Case, minh_volunteer: Any) -> Claim:
    with transaction():
        return take_case(case.code, by=minh_volunteer)


def status_of(case: Case) -> str:
    db.session.refresh(case)
    return case.status


def at(case: Case, claim: Claim, verb: str) -> str:
    return f"/cases/{case.code}/claims/{claim.id}/{verb}"


# Who sees what.


def test_a_stranger_sees_the_needs_and_nothing_private(client: Any, case: Case) -> None:
    page = client.get(f"/cases/{case.code}").text
    assert "Gạo, Sữa" in page
    assert "Phường Sài Gòn" in page
    assert f"/cases/{case.code}/take" in page
    for secret in SECRETS:
        assert secret not in page
    assert tracking_path(case) not in page


def test_a_code_typed_loosely_still_finds_the_case(client: Any, case: Case) -> None:
    assert client.get(f"/cases/{case.code.lower().replace('-', ' ')}").status_code == 200


def test_the_tracking_link_opens_everything_and_is_remembered(follower: Any, case: Case) -> None:
    page = follower.get(f"/cases/{case.code}").text
    assert "0901 000 001" in page
    assert "12/3 Nguyễn Trãi" in page
    assert tracking_path(case) in page
    assert "Không cần nữa" in page


def test_a_wrong_secret_opens_nothing(client: Any, case: Case) -> None:
    assert client.get(f"/t/{case.code}/{'0' * 32}").status_code == 404
    assert client.get("/t/HCM-AAAAAA/nothing").status_code == 404
    assert "0901 000 001" not in client.get(f"/cases/{case.code}").text


def test_a_borrowed_phone_forgets_the_case(follower: Any, case: Case) -> None:
    follower.post(f"/cases/{case.code}/forget")
    assert "0901 000 001" not in follower.get(f"/cases/{case.code}").text
    assert case.code not in follower.get("/me/cases").text


def test_the_result_page_is_for_whoever_posted(client: Any, case: Case) -> None:
    assert client.get(f"/cases/{case.code}/sent").status_code == 303


def test_a_medical_case_shows_strangers_neither_needs_nor_place(client: Any, dr_tam_medic: Any) -> None:
    case = make.make_case((("Tư vấn triệu chứng", 1, "lần"),), category_slug="medical_advice")
    page = client.get(f"/cases/{case.code}").text
    assert "Tư vấn triệu chứng" not in page
    assert "?at=" not in page
    assert "nhân viên y tế đã xác minh" in page


def test_looks_of_helpers_and_officials_are_shown_to_the_requester(
    follower: Any, case: Case, taken: Claim, minh: Any, client_for: Any, anh_official_w1: Any
) -> None:
    minh.get(f"/cases/{case.code}")
    client_for(anh_official_w1).get(f"/cases/{case.code}")
    assert len(db.session.scalars(select(AccessRecord)).all()) == 2
    page = follower.get(f"/cases/{case.code}").text
    assert "Trần Văn Minh, nhận giúp" in page
    assert "Võ Tuấn Anh, cán bộ địa bàn" in page


# Taking.


def test_a_stranger_who_wants_to_help_signs_in_first_and_comes_back(client: Any, case: Case) -> None:
    answer = client.get(f"/cases/{case.code}/take")
    assert answer.status_code == 303
    assert answer.location == f"/sign-in?next=/cases/{case.code}/take"


def test_the_take_page_says_what_is_promised(minh: Any, case: Case) -> None:
    page = minh.get(f"/cases/{case.code}/take").text
    assert "Tất cả còn thiếu" in page
    assert "Tôi nhận giúp" in page
    assert "còn 3 giờ 59 phút" in page or "còn 4 giờ" in page


def test_taking_all_shows_the_address_and_the_phone(minh: Any, case: Case) -> None:
    answer = minh.post(f"/cases/{case.code}/claims", data={"how": "all"})
    assert answer.status_code == 303
    page = minh.get(answer.location).text
    assert "12/3 Nguyễn Trãi" in page
    assert "tel:+84901000001" in page
    assert "geo:10.776900,106.700900" in page
    assert status_of(case) == "claimed"


def test_taking_a_part_leaves_the_rest(minh: Any, case: Case) -> None:
    rice, milk = case.needs
    minh.post(
        f"/cases/{case.code}/claims", data={"how": "part", f"need.{rice.id}": "2,5", f"need.{milk.id}": "0"}
    )
    assert status_of(case) == "open"
    assert float(case.needs[0].pledged) == 2.5
    assert float(case.needs[1].pledged) == 0


@pytest.mark.parametrize(
    ("typed", "status"),
    [({}, 422), ({"need.nothing": "1"}, 422), ({"need.{rice}": "-1"}, 422), ({"need.{rice}": "11"}, 409)],
)
def test_a_promise_that_does_not_hold_is_refused_kindly(
    minh: Any, case: Case, typed: dict[str, str], status: int
) -> None:
    said = {name.format(rice=case.needs[0].id): value for name, value in typed.items()}
    answer = minh.post(f"/cases/{case.code}/claims", data={"how": "part", **said})
    assert answer.status_code == status
    assert status_of(case) == "open"


def test_who_comes_too_late_sees_who_else_is_near(
    case: Case, taken: Claim, client_for: Any, hoa_volunteer: Any
) -> None:
    other = make.make_case((("Mì gói", 2, "thùng"),), at=KHANH_HOI)
    late = client_for(hoa_volunteer)
    for answer in (late.post(f"/cases/{case.code}/claims"), late.get(f"/cases/{case.code}/take")):
        assert answer.status_code == 409
        assert "Vừa có người nhận giúp" in answer.text
        assert other.code in answer.text
        assert "0901 000 001" not in answer.text


def test_a_resident_becomes_a_volunteer_in_one_tap(client_for: Any, chi_supplier: Any, case: Case) -> None:
    newcomer = client_for(make.person("Người mới", "+84901000077"))
    assert f"/cases/{case.code}/join" in newcomer.get(f"/cases/{case.code}/take").text
    answer = newcomer.post(f"/cases/{case.code}/join", follow_redirects=True)
    assert "Tôi nhận giúp" in answer.text
    assert newcomer.post(f"/cases/{case.code}/claims").status_code == 303


# What the volunteer then says.


def test_pressing_take_twice_says_that_it_is_ones_own(minh: Any, case: Case, taken: Claim) -> None:
    answer = minh.post(f"/cases/{case.code}/claims")
    assert answer.status_code == 409
    assert "Bạn đang nhận giúp trường hợp này rồi" in answer.text
    assert "Vừa có người nhận giúp" not in answer.text


def test_delivered_then_confirmed_closes_the_case(minh: Any, follower: Any, case: Case, taken: Claim) -> None:
    assert "Trần Văn Minh" in follower.get(f"/cases/{case.code}").text
    minh.post(at(case, taken, "deliver"))
    asked = follower.get(f"/cases/{case.code}").text
    assert "Bạn đã nhận được chưa?" in asked
    follower.post(f"/cases/{case.code}/confirm")
    assert status_of(case) == "closed"
    assert "12/3 Nguyễn Trãi" not in minh.get(f"/cases/{case.code}").text


def test_it_did_not_arrive_opens_the_case_again(minh: Any, follower: Any, case: Case, taken: Claim) -> None:
    minh.post(at(case, taken, "deliver"))
    follower.post(f"/cases/{case.code}/reopen", data={"why": "Chờ mãi không thấy"})
    assert status_of(case) == "open"
    assert "Chờ mãi không thấy" in follower.get(f"/cases/{case.code}").text


def test_extending_needs_a_reason_and_works_once(minh: Any, case: Case, taken: Claim) -> None:
    without = minh.post(at(case, taken, "extend"))
    assert without.status_code == 422
    assert "Cho biết lý do ngắn gọn" in without.text
    before = taken.lease_until
    minh.post(at(case, taken, "extend"), data={"why": "Kẹt xe"})
    db.session.refresh(taken)
    assert taken.lease_until > before
    assert minh.post(at(case, taken, "extend"), data={"why": "Lại kẹt"}).status_code == 409


def test_releasing_opens_it_for_others_and_hides_the_contact(minh: Any, case: Case, taken: Claim) -> None:
    page = minh.post(at(case, taken, "release"), data={"why": "Xe hỏng"}, follow_redirects=True)
    assert "Đã trả lại" in page.text
    assert "0901 000 001" not in page.text
    assert status_of(case) == "open"


def test_a_claim_of_somebody_else_cannot_be_touched(
    client_for: Any, hoa_volunteer: Any, case: Case, taken: Claim
) -> None:
    assert client_for(hoa_volunteer).post(at(case, taken, "deliver")).status_code == 404
    assert status_of(case) == "claimed"


def test_pressing_delivered_twice_is_told_kindly(minh: Any, case: Case, taken: Claim) -> None:
    minh.post(at(case, taken, "deliver"))
    again = minh.post(at(case, taken, "deliver"))
    assert again.status_code == 409
    assert "đã kết thúc" in again.text


# What the requester and the officials say.


def test_no_longer_needed_ends_it(follower: Any, case: Case, taken: Claim) -> None:
    follower.post(f"/cases/{case.code}/cancel", data={"why": "Hàng xóm giúp rồi"})
    assert status_of(case) == "cancelled"
    assert "mở lại" in follower.get(f"/cases/{case.code}").text


def test_who_was_asked_can_say_that_help_is_still_needed(follower: Any, case: Case) -> None:
    path = f"/cases/{case.code}"
    assert "Vẫn cần giúp" not in follower.get(path).text
    with transaction():
        db.session.get(Case, case.id).asked_at = now()
    assert "Vẫn cần giúp" in follower.get(path).text
    answer = follower.post(path + "/still-needed", follow_redirects=True)
    assert "Tin vẫn hiện trên bản đồ" in answer.text
    assert "still-needed" not in answer.text


@pytest.mark.parametrize("verb", ["confirm", "reopen", "cancel", "still-needed"])
def test_a_stranger_cannot_answer_for_the_requester(client: Any, case: Case, verb: str) -> None:
    assert client.post(f"/cases/{case.code}/{verb}").status_code == 403
    assert status_of(case) == "open"


def test_the_official_of_the_area_verifies_and_rejects(
    client_for: Any, anh_official_w1: Any, follower: Any, case: Case
) -> None:
    anh = client_for(anh_official_w1)
    anh.post(f"/cases/{case.code}/verify")
    db.session.refresh(case)
    assert case.verified_at is not None
    assert anh.post(f"/cases/{case.code}/reject").status_code == 422
    anh.post(f"/cases/{case.code}/reject", data={"why": "Tin trùng"})
    assert status_of(case) == "rejected"
    assert "Tin trùng" in follower.get(f"/cases/{case.code}").text


def test_the_official_of_another_area_cannot(client_for: Any, ba_official_w2: Any, case: Case) -> None:
    assert client_for(ba_official_w2).post(f"/cases/{case.code}/verify").status_code == 404


def test_htmx_gets_the_part_with_what_was_done(minh: Any, case: Case, taken: Claim) -> None:
    answer = minh.post(at(case, taken, "deliver"), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'id="case"' in answer.text
    assert "Cảm ơn bạn" in answer.text


def test_an_erased_case_says_so(follower: Any, case: Case) -> None:
    make.add(case)
    with transaction():
        from app.cases.forgetting import erase

        erase([case.id])
    page = follower.get(f"/cases/{case.code}")
    assert page.status_code == 200
    assert "0901 000 001" not in page.text


# Lists of one's own.


def test_my_cases_holds_own_and_followed_ones(
    follower: Any, case: Case, client: Any, client_for: Any, lan_resident: Any
) -> None:
    assert "chưa gửi yêu cầu nào" in client.get("/me/cases").text
    assert case.code in follower.get("/me/cases").text
    own = make.make_case(requester=lan_resident)
    assert own.code in client_for(lan_resident).get("/me/cases").text


def test_my_claims_shows_live_ones_with_contact_and_ended_ones_without(
    minh: Any, case: Case, taken: Claim
) -> None:
    live = minh.get("/me/claims").text
    assert "12/3 Nguyễn Trãi" in live
    assert "data-until" in live
    minh.post(at(case, taken, "release"))
    ended = minh.get("/me/claims").text
    assert "12/3 Nguyễn Trãi" not in ended
    assert "Bạn đã thôi nhận" in ended
    assert "chưa nhận giúp ai" in ended


# Lost links.


@pytest.fixture
def sent(app: Any) -> Any:
    """Runs what was queued for the phone and gives the messages to it."""
    from app.cases.finding import send_links
    from app.delivery.models import Message

    def messages(phone: str) -> list[Message]:
        send_links.func(phone)
        return list(db.session.scalars(select(Message).where(Message.address == phone)))

    return messages


def test_a_lost_link_comes_back_by_phone(client: Any, case: Case, sent: Any) -> None:
    answer = client.post("/find", data={"phone": "0901 000 001"})
    assert answer.status_code == 200
    [message] = sent("+84901000001")
    assert tracking_path(case) in message.body
    link = re.search(r"(/t/\S+)", message.body)
    assert link
    assert client.get(link[1]).status_code == 303


def test_the_answer_is_the_same_for_a_number_that_nobody_has(client: Any, case: Case, sent: Any) -> None:
    known = client.post("/find", data={"phone": "0901 000 001"}).text
    unknown = client.post("/find", data={"phone": "0901 000 099"}).text

    def plain(page: str) -> str:
        return re.sub(r'nonce="[^"]+"|0901 000 0\d\d|"X-CSRFToken": "[^"]+"|value="[^"]+"', "", page)

    assert plain(known) == plain(unknown)
    assert sent("+84901000099") == []


def test_a_number_that_is_none_is_said_beside_the_field(client: Any) -> None:
    answer = client.post("/find", data={"phone": "12"})
    assert answer.status_code == 422
    assert "Số điện thoại chưa đúng" in answer.text


def test_guessing_secrets_and_phone_numbers_is_slowed_down(app: Any, client: Any, case: Case) -> None:
    from app.web.limits import limiter

    limiter.enabled = True
    try:
        wrong = [client.get(f"/t/{case.code}/{n}").status_code for n in range(31)]
        asked = [client.post("/find", data={"phone": "0901 000 001"}).status_code for _n in range(6)]
    finally:
        limiter.enabled = False
        limiter.reset()
    assert wrong == [404] * 30 + [429]
    assert asked == [200] * 5 + [429]
