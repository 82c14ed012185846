"""The core loop through the API, and what it answers when something does not hold."""

from typing import Any

import pytest
from sqlalchemy import select

from app.cases.models import Case
from app.core.clock import now
from app.core.db import db
from tests import make
from tests.geography import SAI_GON

BODY = {
    "category": "essentials",
    "needs": [{"item": "Gạo", "quantity": 10, "unit": "kg"}],
    "description": "Nhà hết gạo",
    "lat": SAI_GON.lat,
    "lon": SAI_GON.lon,
    "address": "12/3 Nguyễn Trãi",
    "contact_name": "Cô Năm",
    "contact_phone": "0912345678",
    "household_size": 4,
    "vulnerabilities": ["children"],
    "urgency": "urgent",
    "on_behalf": False,
}


@pytest.fixture
def posted(client: Any) -> dict[str, Any]:
    make.emergency()
    answer = client.post("/api/v1/cases", json=BODY)
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def secret_of(posted: dict[str, Any]) -> dict[str, str]:
    return {"X-Tracking-Token": posted["tracking_url"].rsplit("/", 1)[-1]}


def test_a_stranger_posts_and_gets_a_code_a_tracking_link_and_the_ward(posted: dict[str, Any]) -> None:
    assert posted["status"] == "open"
    assert posted["area"]["code"] == make.area_at(SAI_GON).code
    assert f"/t/{posted['code']}/" in posted["tracking_url"]


def test_the_same_key_gives_the_same_answer(client: Any) -> None:
    make.emergency()
    answers = [
        client.post("/api/v1/cases", json=BODY, headers={"Idempotency-Key": "a-b-c"}) for _ in range(3)
    ]
    assert {a.status_code for a in answers} == {201}
    assert answers[0].json == answers[1].json == answers[2].json
    assert db.session.query(Case).count() == 1


def test_what_is_wrong_with_a_body_is_said_in_vietnamese_and_on_request_in_english(client: Any) -> None:
    wrong = BODY | {"lat": "10.77", "household_size": 1.5, "urgency": "now", "needs": [{}], "colour": "red"}
    del wrong["category"]
    said, in_english = (
        client.post("/api/v1/cases", json=wrong, headers={"Accept-Language": language}).json["errors"]
        for language in ("vi", "en")
    )
    assert said == {
        "category": ["Còn thiếu."],
        "needs.0.item": ["Còn thiếu."],
        "lat": ["Phải là số."],
        "household_size": ["Phải là số nguyên."],
        "urgency": ["Phải là một trong: normal, urgent, life_threatening."],
        "colour": ["Không có trường nào tên như vậy."],
    }
    assert in_english["lat"] == ["Must be a number."]
    assert client.post("/api/v1/cases", data="{").json["title"] == "Yêu cầu chưa đúng"


def test_numbers_without_a_prefix_are_read_as_the_country_of_the_installation_writes_them(
    client: Any, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.emergency()
    monkeypatch.setitem(
        app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update={"phone_region": "TH"})
    )
    assert client.post("/api/v1/cases", json=BODY | {"contact_phone": "081 234 5678"}).status_code == 201
    assert db.session.query(Case).one().contact_phone == "+66812345678"
    assert "+66812345678" in client.post("/find", data={"phone": "081 234 5678"}).text.replace(" ", "")


def test_a_stranger_sees_no_contact_and_the_requester_does(client: Any, posted: dict[str, Any]) -> None:
    path = f"/api/v1/cases/{posted['code']}"
    public, own = client.get(path).json, client.get(path, headers=secret_of(posted)).json
    assert public["contact"] is None
    assert (public["lat"], public["lon"]) != (SAI_GON.lat, SAI_GON.lon)
    assert own["contact"]["contact_phone"] == "+84912345678"
    assert own["contact"]["lat"] == pytest.approx(SAI_GON.lat)


def test_take_deliver_confirm(client: Any, client_for: Any, posted: dict[str, Any]) -> None:
    minh = client_for(make.minh_volunteer())
    claim = minh.post(f"/api/v1/cases/{posted['code']}/claims")
    assert claim.status_code == 201, claim.text
    late = client_for(make.hoa_volunteer()).post(f"/api/v1/cases/{posted['code']}/claims")
    assert late.status_code == 409
    assert late.mimetype == "application/problem+json"
    assert late.json["type"].endswith("taken")
    assert minh.get(f"/api/v1/cases/{posted['code']}").json["contact"]["contact_name"] == "Cô Năm"
    assert minh.post(f"/api/v1/claims/{claim.json['id']}/deliver").json["case_status"] == "delivered"
    assert minh.get(f"/api/v1/cases/{posted['code']}").json["contact"] is None
    answer = client.post(f"/api/v1/cases/{posted['code']}/confirm", headers=secret_of(posted))
    assert answer.json == {"code": posted["code"], "status": "closed"}


def test_the_requester_says_that_help_is_still_needed(client: Any, posted: dict[str, Any]) -> None:
    path = f"/api/v1/cases/{posted['code']}/still-needed"
    case = db.session.scalars(select(Case)).one()
    case.asked_at = now()
    db.session.commit()
    assert client.post(path, headers=secret_of(posted)).json == {"code": posted["code"], "status": "open"}
    assert db.session.scalars(select(Case.asked_at)).one() is None
    client.post(f"/api/v1/cases/{posted['code']}/cancel", headers=secret_of(posted))
    gone = client.post(path, headers=secret_of(posted))
    assert (gone.status_code, gone.json["type"]) == (409, "/problems/wrong-state")


@pytest.mark.parametrize("answer", ["confirm", "reopen", "cancel", "still-needed"])
def test_a_stranger_can_neither_take_nor_answer(client: Any, posted: dict[str, Any], answer: str) -> None:
    path = f"/api/v1/cases/{posted['code']}"
    assert client.post(f"{path}/claims").status_code == 401
    assert client.post(f"{path}/{answer}").status_code == 403
    assert client.post(f"{path}/{answer}", headers={"X-Tracking-Token": "0" * 32}).status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lat": "ten"}, "lat"),
        ({"lat": 91.0}, "position"),
        ({"category": "nope"}, "category"),
        ({"needs": []}, "needs"),
        ({"needs": [{"item": "Gạo", "quantity": -1}]}, "needs.0.quantity"),
        ({"contact_phone": "abc"}, "contact_phone"),
        ({"household_size": True}, "household_size"),
        ({"urgency": "panic"}, "urgency"),
        ({"unknown": 1}, "unknown"),
        ({"category": "a\x00b"}, "category"),
        ({"description": "\ud800"}, None),
    ],
)
def test_a_wrong_field_is_named(client: Any, change: dict[str, Any], field: str | None) -> None:
    make.emergency()
    answer = client.post("/api/v1/cases", json={**BODY, **change})
    assert answer.status_code == (422 if field else 201), answer.text
    if field:
        assert field in answer.json["errors"], answer.json


@pytest.mark.parametrize("body", ["", "[]", "{", "null", "[" * 100_000, '{"lat": 1e999}'])
def test_what_is_no_request_is_refused_calmly(client: Any, body: str) -> None:
    answer = client.post("/api/v1/cases", data=body, content_type="application/json")
    assert answer.status_code in (400, 422)
    assert answer.mimetype == "application/problem+json"


def test_a_part_is_said_once_and_what_is_left_is_a_plain_number(
    client_for: Any, client: Any, posted: dict[str, Any]
) -> None:
    path = f"/api/v1/cases/{posted['code']}"
    need = client.get(path).json["needs"][0]["id"]
    minh = client_for(make.minh_volunteer())
    twice = minh.post(path + "/claims", json={"needs": [{"id": need, "quantity": 1}] * 2})
    assert (twice.status_code, twice.json["type"]) == (422, "/problems/repeated-need")
    too_much = minh.post(path + "/claims", json={"needs": [{"id": need, "quantity": 11}]})
    assert (too_much.status_code, too_much.json["detail"]) == (409, "“Gạo” chỉ còn 10 kg.")
