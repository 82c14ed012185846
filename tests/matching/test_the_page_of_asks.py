"""/me/asks and the API of asks: each volunteer their own, public facts only, a yes and a no."""

from datetime import timedelta
from typing import Any

import pytest

from app.cases.claiming import take_case
from app.cases.models import Claim
from app.core.clock import now
from app.core.db import db, new_id, transaction
from app.matching.dispatch_models import Ask, Dispatch
from app.people.models import User
from app.people.tokens import create_token
from tests import make


def asked(user: User, case: Any = None, **columns: Any) -> Ask:
    """An ask of this person about a case, in a search that is under way."""
    case = case or make.make_case()
    search = db.session.query(Dispatch).filter_by(case_id=case.id).one_or_none()
    if search is None:
        search = Dispatch(id=new_id(), case_id=case.id, wave=1, next_at=now() + timedelta(minutes=20))
        make.add(search)
    said = {"wave": 1, "sent_at": now(), "deadline": now() + timedelta(minutes=20)} | columns
    ask = Ask(id=new_id(), dispatch_id=search.id, case_id=case.id, volunteer_id=user.id, **said)
    make.add(ask)
    return ask


def test_the_page_shows_what_the_map_shows_and_why(client_for: Any, minh_volunteer: Any) -> None:
    case = make.make_case(vulnerabilities=["children"], urgency="urgent")
    asked(minh_volunteer, case)
    text = client_for(minh_volunteer).get("/me/asks").text
    for shown in ("Gạo", "gần bạn", "có trẻ nhỏ", "Nhận giúp", "Lần này không được", "Trả lời trước"):
        assert shown in text
    for hidden in (
        "Nguyễn Thị Lan",
        "0901000001",
        "0901 000 001",
        "12/3",
        "sáu tháng",
        "106.7009",
        "10.7769",
    ):
        assert hidden not in text


def test_a_yes_leads_to_the_case_with_its_contact(client_for: Any, minh_volunteer: Any) -> None:
    ask = asked(minh_volunteer)
    browser = client_for(minh_volunteer)
    answer = browser.post(f"/me/asks/{ask.id}/accept")
    assert answer.status_code == 303
    assert "12/3 Nguyễn Trãi" in browser.get(answer.location).text
    assert db.session.get_one(Ask, ask.id).status == "accepted"
    assert db.session.query(Claim).one().volunteer_id == minh_volunteer.id


def test_with_htmx_a_yes_goes_there_too_and_a_no_stays(client_for: Any, minh_volunteer: Any) -> None:
    browser, part = client_for(minh_volunteer), {"HX-Request": "true"}
    no, yes = asked(minh_volunteer), asked(minh_volunteer)
    stays = browser.post(f"/me/asks/{no.id}/decline", headers=part)
    assert stays.status_code == 200
    assert stays.text.lstrip().startswith('<div id="asks"')
    assert "Cảm ơn bạn đã trả lời" in stays.text
    goes = browser.post(f"/me/asks/{yes.id}/accept", headers=part)
    assert goes.headers["HX-Redirect"].startswith("/cases/")


def test_a_no_takes_it_off_the_page_and_is_said_twice_without_harm(
    client_for: Any, minh_volunteer: Any
) -> None:
    ask = asked(minh_volunteer)
    browser = client_for(minh_volunteer)
    for _time in range(2):
        assert browser.post(f"/me/asks/{ask.id}/decline").status_code == 303
    text = browser.get("/me/asks").text
    assert "Lần này không được</" not in text
    assert "Bạn đã báo lần này không được" in text


def test_too_late_is_said_kindly_with_who_else_waits(
    client_for: Any, minh_volunteer: Any, hoa_volunteer: Any
) -> None:
    case, other = make.make_case(), make.make_case((("Thuốc ho", 1, "chai"),))
    ask = asked(minh_volunteer, case)
    browser = client_for(minh_volunteer)
    with transaction():
        take_case(case.code, by=hoa_volunteer)
    page = browser.get("/me/asks").text
    assert "Đã có người nhận giúp rồi" in page
    late = browser.post(f"/me/asks/{ask.id}/accept")
    assert late.status_code == 409
    assert "Vừa có người nhận giúp" in late.text
    assert other.code in late.text


def test_links_tell_how_many_wait(client_for: Any, minh_volunteer: Any, lan_resident: Any) -> None:
    browser = client_for(minh_volunteer)
    assert "lời nhờ đang chờ" not in browser.get("/me/claims").text
    asked(minh_volunteer)
    asked(minh_volunteer)
    for page in ("/me/claims", "/me"):
        assert "2 lời nhờ đang chờ" in browser.get(page).text
        assert "/me/asks" in browser.get(page).text
    assert "/me/asks" not in client_for(lan_resident).get("/me").text
    assert "Tôi muốn giúp" in client_for(lan_resident).get("/me/asks").text


def test_whoever_lost_the_licence_no_longer_sees_medical_cases(client_for: Any, dr_tam_medic: Any) -> None:
    ask = asked(dr_tam_medic, make.make_case((("Khó thở", 1, "lần"),), category_slug="medical_advice"))
    assert "Khó thở" in client_for(dr_tam_medic).get("/me/asks").text
    with transaction():
        for role in dr_tam_medic.roles:
            role.verified_at = None
    browser = client_for(dr_tam_medic)
    assert "Khó thở" not in browser.get("/me/asks").text
    assert browser.post(f"/me/asks/{ask.id}/accept").status_code == 403


@pytest.mark.parametrize("answer", ["accept", "decline"])
@pytest.mark.parametrize("who", ["hoa_volunteer", "lan_resident", "anh_official_w1", "admin"])
def test_nobody_answers_for_somebody_else(
    client_for: Any, minh_volunteer: Any, who: str, answer: str
) -> None:
    ask = asked(minh_volunteer)
    browser = client_for(getattr(make, who)())
    assert browser.post(f"/me/asks/{ask.id}/{answer}").status_code == 404
    assert browser.post(f"/api/v1/asks/{ask.id}/{answer}").status_code == 404
    assert ask.id not in browser.get("/api/v1/asks").json["asks"]
    assert db.session.get_one(Ask, ask.id).status == "sent"


def bearer(user: User, *scopes: str) -> dict[str, str]:
    with transaction():
        return {"Authorization": "Bearer " + create_token(user, "test", list(scopes), days=1).text}


def test_the_api_lists_and_answers(client: Any, minh_volunteer: Any) -> None:
    headers = bearer(minh_volunteer, "cases:read", "claims:write")
    first, second = asked(minh_volunteer), asked(minh_volunteer)
    [one, two] = client.get("/api/v1/asks", headers=headers).json["asks"]
    assert {one["id"], two["id"]} == {str(first.id), str(second.id)}
    assert one["distance_m"] == 200
    assert one["needs"][0] == {"item": "Gạo", "quantity": 10, "unit": "kg", "left": 10}
    assert not {"contact", "lat", "lon", "description", "address"} & set(one)
    no = client.post(f"/api/v1/asks/{first.id}/decline", json={"why": "Xe hỏng"}, headers=headers)
    assert no.json == {"id": str(first.id), "status": "declined"}
    assert db.session.get_one(Ask, first.id).why == "Xe hỏng"
    yes = client.post(f"/api/v1/asks/{second.id}/accept", headers=headers)
    assert yes.status_code == 201
    assert yes.json["status"] == "live"
    assert client.get("/api/v1/asks", headers=headers).json == {"asks": []}


def test_the_api_says_no_as_problems(client: Any, minh_volunteer: Any, hoa_volunteer: Any) -> None:
    headers = bearer(minh_volunteer, "claims:write")
    case = make.make_case()
    ask = asked(minh_volunteer, case)
    other = make.make_case()
    with transaction():
        take_case(case.code, by=hoa_volunteer)
    late = client.post(f"/api/v1/asks/{ask.id}/accept", headers=headers)
    assert late.status_code == 409
    assert late.mimetype == "application/problem+json"
    assert late.json["alternatives"][0]["code"] == other.code
    assert client.get("/api/v1/asks", headers=headers).status_code == 403, "another scope"
    assert client.post("/api/v1/asks/nonsense/accept", headers=headers).status_code == 404
    assert client.get("/api/v1/asks").status_code == 401


def test_ones_own_copy_holds_the_asks_and_the_end_of_an_account_removes_them(
    client_for: Any, minh_volunteer: Any
) -> None:
    asked(minh_volunteer)
    browser = client_for(minh_volunteer)
    assert [one["status"] for one in browser.get("/me/data.json").json["asks"]] == ["sent"]
    ended = browser.post("/me/erase", data={"erase-password": make.PASSWORD})
    assert ended.status_code == 303
    assert db.session.query(Ask).count() == 0
