"""While too many people are here the feed does without words, then without personal order, and says so."""

import re
from datetime import timedelta
from typing import Any

import pytest

from app.core.clock import held_at, now
from app.core.db import db, transaction
from app.feed import kept
from tests import make
from tests.crowd import crowded
from tests.feed.map import around, layer
from tests.feed.test_the_page import HTMX, cards
from tests.geography import SAI_GON

NO_WORDS = "Tạm chưa tìm theo chữ"
DATED = "Danh sách gần nhất lúc"
LIVE_LINE = re.compile(r'<p class="busy-line"[^>]*>')


@pytest.fixture
def rice_and_milk(app: Any) -> tuple[str, str]:
    """A case that needs rice, and one that needs milk a little farther on."""
    rice = make.make_case([("Gạo", 5, "kg")]).code
    return rice, make.make_case([("Sữa", 2, "hộp")], at=SAI_GON.moved(300, 1)).code


@pytest.mark.parametrize("level", range(5))
def test_every_page_says_so_from_the_first_level_on(app: Any, client: Any, level: int) -> None:
    with crowded(app, level):
        page = client.get("/sign-in").text
    [line] = LIVE_LINE.findall(page)
    assert ("hidden" in line) is (level == 0)
    assert ("data-busy" in page) is (level > 0)
    assert 'role="status"' in line


@pytest.mark.parametrize(("level", "searched"), [(1, True), (2, False)])
def test_words_are_put_aside_and_stay_in_the_field(
    app: Any, client: Any, rice_and_milk: tuple[str, str], level: int, searched: bool
) -> None:
    rice, milk = rice_and_milk
    with crowded(app, level):
        page, part = client.get("/?q=sua"), client.get("/?q=sua", headers=HTMX)
    assert cards(page) == cards(part) == ([milk] if searched else [rice, milk])
    assert 'value="sua"' in page.text
    assert (NO_WORDS in page.text) is (NO_WORDS in part.text) is not searched
    assert "q=sua" in (part.headers.get("HX-Push-Url") or part.headers["HX-Replace-Url"])


def test_nothing_is_said_of_words_where_none_were_typed(app: Any, client: Any) -> None:
    with crowded(app, 2):
        assert NO_WORDS not in client.get("/").text


def codes_on_the_map(client: Any, tags: dict[Any, str]) -> set[str]:
    """The cases that a browser draws around; it keeps what it may and shows the tags of that again."""
    found = set()
    for tile in around(SAI_GON, 13, 1):
        answer = client.get(
            "/tiles/cases/{}/{}/{}.mvt?q=sua".format(*tile), headers={"If-None-Match": tags.get(tile, "")}
        )
        assert answer.status_code == 200
        tags[tile] = answer.headers.get("ETag", "")
        found |= {case["properties"]["code"] for case in layer(answer.data, "cases")}
    return found


def test_the_map_shows_what_the_list_shows_and_nobody_keeps_it(
    app: Any, client: Any, rice_and_milk: tuple[str, str]
) -> None:
    tags: dict[Any, str] = {}
    with crowded(app, 2):
        assert codes_on_the_map(client, tags) == set(rice_and_milk)
    assert set(tags.values()) == {""}
    assert codes_on_the_map(client, tags) == {rice_and_milk[1]}
    with crowded(app, 2):
        assert codes_on_the_map(client, tags) == set(rice_and_milk)


def test_a_program_that_searches_is_told_when_to_come_back(app: Any, client: Any, client_for: Any) -> None:
    with crowded(app, 2):
        for browser in (client, client_for(make.minh_volunteer())):
            answer = browser.get("/api/v1/cases?q=sua")
            assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
            assert answer.json["type"] == "/problems/busy"
            assert int(answer.headers["Retry-After"]) > 0
            assert browser.get("/api/v1/cases").status_code == 200


def test_supply_points_and_the_console_put_words_aside_too(app: Any, client: Any, client_for: Any) -> None:
    make.make_supply_point(name="Tạp hóa Chị Chi")
    case = make.make_case()
    official = client_for(make.anh_official_w1())
    assert "Tạp hóa Chị Chi" not in client.get("/supplies?q=thuoc").text
    assert case.code not in official.get("/authority/?q=khongcoai").text
    with crowded(app, 2):
        shops, table = client.get("/supplies?q=thuoc").text, official.get("/authority/?q=khongcoai").text
    assert "Tạp hóa Chị Chi" in shops
    assert case.code in table
    assert NO_WORDS in shops
    assert NO_WORDS in table


def test_volunteers_get_the_plain_order_when_personal_ranking_rests(app: Any, client_for: Any) -> None:
    near = make.make_case()
    long_ago = {"created_at": now() - timedelta(hours=30)}
    old = make.make_case(at=SAI_GON.moved(900, 1), **long_ago)
    minh = client_for(make.minh_volunteer())
    assert cards(minh.get("/")) == [old.code, near.code]
    for address in ("/", "/?sort=suggested"):
        with crowded(app, 3):
            assert cards(minh.get(address)) == [old.code, near.code]
        with crowded(app, 4):
            page = minh.get(address)
        assert cards(page) == [near.code, old.code]
        assert "Gợi ý cho bạn" not in page.text
        assert DATED in page.text


def test_a_medic_still_sees_what_only_medics_may(app: Any, client: Any, client_for: Any) -> None:
    case = make.make_case(category_slug="medical_advice")
    with crowded(app, 4):
        assert cards(client_for(make.dr_tam_medic()).get("/")) == [case.code]
        assert cards(client.get("/")) == []


def change_the_map() -> str:
    """Another case, through the database alone: nobody here has heard of it."""
    return make.make_case(at=SAI_GON.moved(50, 1)).code


def test_the_list_is_a_dated_snapshot_for_half_a_minute(
    app: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make.make_case().code
    clock = [1000.0]
    monkeypatch.setattr(kept.time, "monotonic", lambda: clock[0])
    with crowded(app, 4), held_at(now()) as hand:
        written = client.get("/").text
        [when] = re.findall(rf"{DATED} ([\d:]+), ", written)
        change_the_map()
        hand.forward(timedelta(minutes=5))
        clock[0] += 29
        assert cards(client.get("/")) == [first]
        assert re.findall(rf"{DATED} ([\d:]+), ", client.get("/").text) == [when]
        clock[0] += 2
        assert len(cards(client.get("/"))) == 2
        assert re.findall(rf"{DATED} ([\d:]+), ", client.get("/").text) != [when]


def test_a_page_is_as_old_as_the_list_on_it(app: Any, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make.make_case()
    clock = [1000.0]
    monkeypatch.setattr(kept.time, "monotonic", lambda: clock[0])
    with crowded(app, 4):
        client.get("/", headers=HTMX)
        change_the_map()
        clock[0] += 29
        assert len(cards(client.get("/"))) == 1
        clock[0] += 2
        assert len(cards(client.get("/"))) == 2


def test_a_snapshot_asks_the_database_nothing(app: Any, client: Any) -> None:
    make.make_case()
    with crowded(app, 4):
        client.get("/", headers=HTMX)
        asked: list[str] = []
        from sqlalchemy import event

        from app.core.db import read_engine

        def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            asked.append(statement)

        engines = (db.engine, read_engine())
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        client.get("/", headers=HTMX)
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
    assert asked == []


def test_the_list_is_exact_again_as_soon_as_it_is_calm(app: Any, client: Any) -> None:
    make.make_case()
    with crowded(app, 4):
        client.get("/")
        with transaction():
            pass
        change_the_map()
        assert len(cards(client.get("/"))) == 1
    page = client.get("/")
    assert len(cards(page)) == 2
    assert DATED not in page.text


def test_a_program_learns_how_old_its_answer_is(app: Any, client: Any) -> None:
    make.make_case()
    with crowded(app, 4):
        client.get("/api/v1/cases")
        change_the_map()
        answer = client.get("/api/v1/cases")
    assert len(answer.json["features"]) == 1
    assert int(answer.headers["Age"]) >= 0
