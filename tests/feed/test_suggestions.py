"""What is suggested to a volunteer: what suits them, whom help matters to most first, and why."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.cases.claiming import take_case
from app.core.clock import held_at, now
from app.core.db import db, transaction
from app.feed import suggesting
from app.feed.suggesting import After
from app.volunteers.models import Volunteer
from tests import make
from tests.feed.test_the_page import HTMX, cards, hrefs
from tests.geography import CHO_LON, SAI_GON

SUGGESTED = "/?sort=suggested"


def waiting(hours: float, **columns: Any) -> dict[str, Any]:
    return {"created_at": now() - timedelta(hours=hours), **columns}


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def test_who_has_waited_long_or_is_in_danger_comes_before_who_is_a_little_nearer(
    app: Any, client_for: Any
) -> None:
    near = make.make_case(at=SAI_GON.moved(100, 1), **waiting(0.1))
    old = make.make_case(at=SAI_GON.moved(900, 1), **waiting(30))
    danger = make.make_case(at=SAI_GON.moved(2500, 1), urgency="life_threatening", **waiting(0.1))
    minh = client_for(make.minh_volunteer())
    assert cards(minh.get("/?sort=nearest")) == [near.code, old.code, danger.code]
    assert cards(minh.get(SUGGESTED)) == [danger.code, old.code, near.code]


def test_in_a_crowd_a_life_in_danger_some_streets_on_is_not_passed_over(
    app: Any, client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggesting, "MOST_WEIGHED", 4)
    monkeypatch.setattr(suggesting, "DENSE", 2)
    crowd = [make.make_case(at=SAI_GON.moved(30 * n, n)) for n in range(8)]
    danger = make.make_case(at=SAI_GON.moved(3000, 1), urgency="life_threatening")
    shown = cards(client_for(make.minh_volunteer()).get(SUGGESTED))
    assert shown[0] == danger.code
    assert len(shown) < len(crowd)


def test_a_volunteer_is_told_what_to_do_unless_they_ask_for_something_else(
    app: Any, client: Any, client_for: Any
) -> None:
    fresh, old = make.make_case(**waiting(0)), make.make_case(at=SAI_GON.moved(900, 1), **waiting(30))
    minh = client_for(make.minh_volunteer())
    assert cards(minh.get("/")) == [old.code, fresh.code]
    assert cards(minh.get("/?category=essentials")) == [fresh.code, old.code]
    assert cards(minh.get("/?category=essentials&sort=suggested")) == [old.code, fresh.code]
    assert cards(minh.get("/?sort=nearest")) == [fresh.code, old.code]
    for other in (client, client_for(make.lan_resident())):
        assert cards(other.get("/")) == cards(other.get(SUGGESTED)) == [fresh.code, old.code]
        assert "Gợi ý cho bạn" not in other.get(SUGGESTED).text


@pytest.mark.parametrize("sort", ["", "&sort=suggested"])
def test_who_types_a_code_finds_that_case_however_far_and_whatever_it_needs(
    app: Any, client_for: Any, sort: str
) -> None:
    far = make.make_case(at=CHO_LON.moved(40_000, 1), category="school_supplies")
    make.make_case()
    minh = client_for(make.minh_volunteer())
    assert cards(minh.get(f"/?q={far.code.lower()}{sort}")) == [far.code]


def test_words_that_only_look_like_a_code_are_searched_among_the_suggestions(
    app: Any, client_for: Any
) -> None:
    make.make_case((("Milk powder", 2, "hộp"),))
    found = client_for(make.minh_volunteer()).get("/?q=milk powder&sort=suggested")
    assert "Gợi ý cho bạn" in found.text


def test_only_what_suits_is_suggested(app: Any, client_for: Any) -> None:
    from app.emergencies.models import Emergency

    minh = make.volunteer("Minh", "+84901000099", SAI_GON, categories=("essentials",), radius_m=2000)
    right = make.make_case()
    make.make_case(category_slug="grocery_run")
    make.make_case(category_slug="medical_advice")
    make.make_case(at=SAI_GON.moved(3000, 1))
    make.make_case(status="claimed")
    make.make_case(requester=minh)
    over = make.emergency("Bão đã qua")
    late = make.make_case(emergency_id=over.id)
    with transaction():
        db.session.get_one(Emergency, over.id).ends_at = now() - timedelta(hours=1)
    own = make.make_case([("Gạo", 2, "kg"), ("Sữa", 2, "hộp")])
    with transaction():
        take_case(own.code, by=minh, needs={own.needs[0].id: own.needs[0].quantity})
    assert late.code
    assert cards(client_for(minh).get(SUGGESTED)) == [right.code]


def test_a_medic_is_shown_who_needs_advice_and_another_volunteer_is_not(app: Any, client_for: Any) -> None:
    advice = make.make_case(category_slug="medical_advice")
    assert cards(client_for(make.dr_tam_medic()).get(SUGGESTED)) == [advice.code]
    assert cards(client_for(make.minh_volunteer()).get(SUGGESTED)) == []


def test_each_card_says_why_it_is_shown(app: Any, client_for: Any) -> None:
    make.make_case(at=SAI_GON.moved(400, 0.785), vulnerabilities=["children"], **waiting(9.5))
    said = words(client_for(make.minh_volunteer()).get(SUGGESTED))
    assert "gần bạn 600 m · chờ 9 giờ · có trẻ nhỏ" in said


def test_a_card_does_not_say_twice_how_urgent_it_is(app: Any, client_for: Any) -> None:
    make.make_case(urgency="life_threatening", vulnerabilities=["elderly"], **waiting(5))
    shown = client_for(make.minh_volunteer()).get(SUGGESTED)
    assert words(shown).partition("Gợi ý cho bạn")[2].lower().count("nguy hiểm tính mạng") == 1
    assert "chờ 5 giờ · có người già" in words(shown)


@pytest.mark.parametrize("kind", ["sick", "pregnant"])
def test_that_somebody_is_ill_or_pregnant_is_not_said_on_a_card(app: Any, client_for: Any, kind: str) -> None:
    make.make_case(vulnerabilities=[kind], **waiting(5))
    said = words(client_for(make.minh_volunteer()).get(SUGGESTED))
    assert "cần ưu tiên" in said
    assert not re.search("bệnh|thai", said.partition("Gợi ý cho bạn")[2].partition("Giúp")[0])


def test_strangers_and_residents_do_not_learn_who_lives_there(app: Any, client: Any, client_for: Any) -> None:
    make.make_case(vulnerabilities=["children", "elderly"])
    assert "trẻ nhỏ" in client_for(make.minh_volunteer()).get("/").text
    for path in ("/", SUGGESTED, "/?sort=nearest"):
        for other in (client, client_for(make.lan_resident())):
            assert "trẻ nhỏ" not in other.get(path).text
    assert "trẻ nhỏ" not in client_for(make.minh_volunteer()).get("/?sort=nearest").text


def test_what_others_are_looking_at_comes_later_and_says_so(app: Any, client_for: Any) -> None:
    first, second = make.make_case(**waiting(1)), make.make_case(at=SAI_GON.moved(150, 0.785), **waiting(1))
    minh, hoa = client_for(make.minh_volunteer()), client_for(make.hoa_volunteer())
    assert cards(minh.get(SUGGESTED)) == [first.code, second.code]
    hoa.get(f"/cases/{first.code}")
    shown = minh.get(SUGGESTED)
    assert cards(shown) == [second.code, first.code]
    assert "1 người khác đang xem" in words(shown)
    with held_at(now() + timedelta(minutes=6)):
        assert cards(minh.get(SUGGESTED)) == [first.code, second.code]


def test_a_helper_is_told_on_the_case_that_others_look_at_it(app: Any, client: Any, client_for: Any) -> None:
    from app.cases.looking import CaseLook, forget_looks

    case = make.make_case()
    path = f"/cases/{case.code}"
    minh, hoa = client_for(make.minh_volunteer()), client_for(make.hoa_volunteer())
    assert "đang xem" not in hoa.get(path + "/take").text
    assert "1 người khác đang xem trường hợp này" in words(minh.get(path))
    for nobody in (client, client_for(make.lan_resident())):
        assert "đang xem" not in nobody.get(path).text
    assert db.session.query(CaseLook).count() == 2
    with held_at(now() + timedelta(minutes=16)), transaction():
        forget_looks()
    assert db.session.query(CaseLook).count() == 0


def test_more_goes_on_where_the_page_ended_and_ends_with_the_way_to_all(app: Any, client_for: Any) -> None:
    made = [make.make_case(at=SAI_GON.moved(20 * n, n), **waiting(1 + n * 7 % 11)) for n in range(45)]
    minh = client_for(make.minh_volunteer())
    page = minh.get(SUGGESTED)
    seen = cards(page)
    while more := hrefs(page).get("Xem thêm"):
        make.make_case(**waiting(100))
        page = minh.get(more, headers=HTMX)
        assert "<html" not in page.text
        seen += cards(page)
    assert len(seen) == len(set(seen)) == len(set(seen) & {case.code for case in made}) + seen.count("")
    assert {case.code for case in made} <= set(seen)
    assert hrefs(page)["Xem mọi trường hợp, gần nhất trước"] == "/?sort=nearest"


def test_the_phones_place_counts_before_the_base_and_the_base_is_in_no_address(
    app: Any, client_for: Any
) -> None:
    there = make.make_case(at=CHO_LON)
    make.make_case(at=SAI_GON)
    who = make.volunteer("Minh", "+84901000098", SAI_GON, radius_m=2000)
    minh = client_for(who)
    gps = minh.get(f"/?sort=suggested&near={CHO_LON.lat},{CHO_LON.lon}")
    assert cards(gps) == [there.code]
    moved = minh.get("/?sort=suggested&at=10.75,106.65,13&radius_m=2000", headers=HTMX)
    assert set(parse_qs(urlsplit(moved.headers["HX-Push-Url"]).query)) == {"sort", "radius_m", "at"}


def test_before_any_settings_the_way_to_them_is_shown(app: Any, client_for: Any) -> None:
    case = make.make_case()
    new = client_for(make.person("Mới", "+84901000097", "volunteer"))
    assert cards(new.get("/")) == [case.code]
    shown = new.get(SUGGESTED)
    assert hrefs(shown)["Chọn việc tôi nhận"] == "/me/helping"
    assert cards(new.get(hrefs(shown)["Xem gần nhất"])) == [case.code]


def test_who_holds_enough_is_led_to_what_they_hold(app: Any, client_for: Any) -> None:
    who = make.volunteer("Minh", "+84901000096", SAI_GON, capacity=1)
    held, other = make.make_case(), make.make_case()
    with transaction():
        take_case(held.code, by=who)
    shown = client_for(who).get("/")
    assert "Bạn đang nhận đủ 1 trường hợp" in words(shown)
    assert hrefs(shown)["Việc tôi đang nhận"] == "/me/claims"
    assert cards(client_for(who).get("/?sort=nearest"))[0] == other.code


def test_when_nothing_suits_it_says_what_was_looked_for(app: Any, client_for: Any) -> None:
    who = make.volunteer("Minh", "+84901000095", SAI_GON, categories=("school_supplies",), radius_m=3000)
    make.make_case()
    minh = client_for(who)
    said = words(minh.get("/"))
    assert "Bạn nhận Đồ dùng học tập trong vòng 3,0 km" in said.replace("3 km", "3,0 km")
    filtered = minh.get("/?sort=suggested&category=school_supplies&urgency=urgent")
    assert hrefs(filtered)["Bỏ mọi bộ lọc"] == SUGGESTED


def test_who_rests_sees_the_plain_list_and_is_told_when_they_ask(app: Any, client_for: Any) -> None:
    case = make.make_case()
    who = make.volunteer("Minh", "+84901000094", SAI_GON, available=False)
    assert cards(client_for(who).get("/")) == [case.code]
    assert "Bạn đang tạm nghỉ" in words(client_for(who).get(SUGGESTED))


@pytest.mark.parametrize("query", ["sort=best", "after=x", "after=WzEsMl0", "after=W251bGwsMSwiQSJd"])
def test_an_order_that_does_not_exist_is_refused_in_words(app: Any, client_for: Any, query: str) -> None:
    assert client_for(make.minh_volunteer()).get(f"/?{query}").status_code == 422


def test_what_has_been_done_is_shown_in_the_plain_order_even_if_suggestions_are_on(
    app: Any, client_for: Any
) -> None:
    done = make.make_case(status="closed")
    shown = client_for(make.minh_volunteer()).get("/?sort=suggested&status=helped")
    assert cards(shown) == [done.code]
    assert re.search(r'value="nearest" form="filters" checked', shown.text)


def test_settings_changed_meanwhile_hold_at_once(app: Any, client_for: Any) -> None:
    make.make_case()
    who = make.minh_volunteer()
    assert len(cards(client_for(who).get("/"))) == 1
    with transaction():
        db.session.get_one(Volunteer, who.id).category_ids = [make.category("grocery_run").id]
    assert cards(client_for(who).get("/")) == []


@pytest.mark.parametrize("at", [-62135596800, -62135596700, 253402300799])
def test_a_place_at_the_end_of_the_calendar_is_none_of_ours(at: int) -> None:
    assert After.read(After(datetime(2026, 1, 1, tzinfo=UTC), 1.0, "HCM-1").written()) is not None
    written = base64.urlsafe_b64encode(json.dumps([at, 1.0, "HCM-1"]).encode()).decode().rstrip("=")
    assert After.read(written) is None
