"""`sort=suggested` in the API: the volunteer's own order for programs, and nobody else's."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from app.cases.models import Case
from app.core.clock import now
from app.core.db import transaction
from app.people.models import User
from app.people.tokens import create_token
from tests import make
from tests.feed.test_the_page import cards
from tests.geography import SAI_GON

SUGGESTED = "/api/v1/cases?sort=suggested"


def shown_to(user: User, scope: str = "cases:read") -> dict[str, str]:
    with transaction():
        return {"Authorization": f"Bearer {create_token(user, 'test', [scope], days=1).text}"}


def codes(answer: Any) -> list[str]:
    return [feature["id"] for feature in answer.json["features"]]


def some_cases() -> list[Case]:
    """Three that suit, the one to help first in front."""
    long_ago = now() - timedelta(hours=30)
    near = make.make_case(at=SAI_GON.moved(100, 1))
    old = make.make_case(at=SAI_GON.moved(900, 1), created_at=long_ago, vulnerabilities=["children", "sick"])
    danger = make.make_case(at=SAI_GON.moved(2500, 1), urgency="life_threatening")
    make.make_case(category_slug="medical_advice")
    return [danger, old, near]


def test_a_program_of_a_volunteer_gets_the_order_of_their_page_and_why(
    app: Any, client: Any, client_for: Any
) -> None:
    best = [case.code for case in some_cases()]
    minh = make.minh_volunteer()
    answer = client.get(SUGGESTED, headers=shown_to(minh))
    assert codes(answer) == cards(client_for(minh).get("/?sort=suggested")) == best
    told = answer.json["features"][1]["properties"]
    assert told["reasons"][1:] == ["chờ 30 giờ", "có trẻ nhỏ"]
    assert told["looking"] == 0
    assert "sick" not in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert codes(client_for(minh).get(SUGGESTED)) == best


def test_its_pages_follow_each_other_and_end(app: Any, client: Any) -> None:
    best = [case.code for case in some_cases()]
    headers = shown_to(make.minh_volunteer())
    seen, where = [], f"{SUGGESTED}&limit=2"
    while where:
        answer = client.get(where, headers=headers)
        seen += codes(answer)
        link = urlsplit(answer.json["next"] or "")
        where = f"{link.path}?{link.query}" if link.query else ""
    assert seen == best


def test_it_starts_from_where_the_phone_is_and_is_narrowed_by_filters(app: Any, client: Any) -> None:
    danger, _old, near = some_cases()
    headers = shown_to(make.minh_volunteer())
    place = SAI_GON.moved(2500, 1)
    found = client.get(f"{SUGGESTED}&near={place.lat:.5f},{place.lon:.5f}&radius_m=1000", headers=headers)
    assert near.code not in codes(found)
    assert codes(found)[0] == danger.code
    assert codes(client.get(f"{SUGGESTED}&urgency=life_threatening", headers=headers)) == [danger.code]


def test_nobody_else_has_an_order_of_their_own(app: Any, client: Any) -> None:
    some_cases()
    assert client.get(SUGGESTED).status_code == 401
    assert client.get(SUGGESTED, headers=shown_to(make.lan_resident())).status_code == 403
    assert client.get(SUGGESTED, headers=shown_to(make.minh_volunteer(), "claims:write")).status_code == 403
    assert client.get("/api/v1/cases?sort=best").status_code == 422
    assert len(codes(client.get("/api/v1/cases?sort=nearest"))) == 3


def test_nothing_to_suggest_says_why(app: Any, client: Any) -> None:
    some_cases()
    resting = make.volunteer("Nghỉ", "+84901000098", SAI_GON, available=False)
    answer = client.get(SUGGESTED, headers=shown_to(resting)).json
    assert (answer["features"], answer["next"], answer["why_none"]) == ([], None, "resting")


def test_it_rests_when_personal_ranking_does(app: Any, client: Any, monkeypatch: Any) -> None:
    some_cases()
    headers = shown_to(make.minh_volunteer())
    monkeypatch.setattr(app.extensions["overload"], "level", 4)
    answer = client.get(SUGGESTED, headers=headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert client.get("/api/v1/cases?sort=nearest", headers=headers).status_code == 200
