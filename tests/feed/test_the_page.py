"""The feed page: whole without JavaScript, in parts with htmx, its whole view in the address."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.cases.models import Case
from tests import make
from tests.geography import CHO_LON, SAI_GON

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://localhost/"}


def cards(answer: Any) -> list[str]:
    return re.findall(r'data-code="([^"]+)"', answer.text)


class Hrefs(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._href, self._words = "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._href, self._words = dict(attrs).get("href") or "", ""

    def handle_data(self, data: str) -> None:
        self._words += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.found[" ".join(self._words.split())] = self._href


def hrefs(answer: Any) -> dict[str, str]:
    return Hrefs(answer.text).found


def many(count: int) -> list[Case]:
    return [make.make_case(at=SAI_GON.moved(50 * n, n)) for n in range(count)]


def test_the_page_lists_the_nearest_to_the_usual_place(app: Any, client: Any) -> None:
    far, near = make.make_case(at=SAI_GON.moved(900, 2)), make.make_case(at=SAI_GON.moved(100, 2))
    answer = client.get("/")
    assert answer.status_code == 200
    assert cards(answer) == [near.code, far.code]


def test_the_list_starts_from_the_middle_of_the_map_a_chosen_place_or_the_area(app: Any, client: Any) -> None:
    sai_gon, cho_lon = make.make_case(at=SAI_GON), make.make_case(at=CHO_LON)
    from_map = client.get(f"/?at={CHO_LON.lat},{CHO_LON.lon},14")
    assert cards(from_map) == [cho_lon.code, sai_gon.code]
    gps = client.get(f"/?at={CHO_LON.lat},{CHO_LON.lon},14&near={SAI_GON.lat},{SAI_GON.lon}")
    assert cards(gps) == [sai_gon.code, cho_lon.code]
    area = client.get("/?area=27301")
    assert cards(area) == [cho_lon.code]
    assert "Phường Chợ Lớn, Thành phố Hồ Chí Minh" in area.text


def test_a_list_that_begins_far_away_says_so(app: Any, client: Any) -> None:
    make.make_case(at=SAI_GON)
    words = "Quanh đây chưa có trường hợp nào. Nơi gần nhất cách 6"
    far = client.get(f"/?near={SAI_GON.lat + 0.6},{SAI_GON.lon}")
    assert words in far.text
    assert len(cards(far)) == 1
    for here in (f"/?near={SAI_GON.lat + 0.2},{SAI_GON.lon}", "/?area=26740"):
        assert "Quanh đây chưa có" not in client.get(here).text


def test_without_javascript_the_filters_are_a_form_and_more_is_a_link(app: Any, client: Any) -> None:
    made = many(25)
    first = client.get("/?status=needs_help")
    assert '<form class="feed-filters"' in first.text
    assert 'method="get"' in first.text
    more = hrefs(first)["Xem thêm"]
    assert parse_qs(urlsplit(more).query)["status"] == ["needs_help"]
    second = client.get(more)
    assert "<html" in second.text
    assert sorted(cards(first) + cards(second)) == sorted(case.code for case in made)


def test_more_for_htmx_is_only_the_next_cards(app: Any, client: Any) -> None:
    many(25)
    more = hrefs(client.get("/"))["Xem thêm"]
    part = client.get(more, headers=HTMX)
    assert "<html" not in part.text
    assert len(cards(part)) == 5
    assert "feed-count" not in part.text
    assert "HX-Request" in part.headers["Vary"]


def test_a_new_filter_is_a_step_in_the_browsers_history_and_a_move_of_the_map_is_not(
    app: Any, client: Any
) -> None:
    filtered = client.get("/?at=&near=&category=essentials&q=&radius_m=", headers=HTMX)
    assert filtered.headers["HX-Push-Url"] == "/?category=essentials"
    here = {**HTMX, "HX-Current-URL": "http://localhost/?category=essentials&at=10.7,106.7,13"}
    moved = client.get("/?at=10.71,106.71,13&category=essentials", headers=here)
    assert moved.headers["HX-Replace-Url"] == "/?category=essentials&at=10.71000,106.71000,13.0"
    quiet = client.get("/?category=essentials&live=1", headers=here)
    assert not {"HX-Push-Url", "HX-Replace-Url"} & set(quiet.headers.keys())


def test_a_history_restore_gets_the_whole_page(app: Any, client: Any) -> None:
    assert "<html" in client.get("/", headers={**HTMX, "HX-History-Restore-Request": "true"}).text


def test_choosing_a_distance_holds_the_place_still(app: Any, client: Any) -> None:
    make.make_case(at=SAI_GON)
    answer = client.get("/?at=10.77690,106.70090,14.0&radius_m=2000", headers=HTMX)
    pushed = answer.headers["HX-Push-Url"]
    assert parse_qs(urlsplit(pushed).query)["near"] == ["10.776900,106.700900"]
    assert 'data-anchored="1"' in answer.text
    assert cards(client.get(pushed)) == cards(answer)


def test_an_empty_place_says_what_to_do_next(app: Any, client: Any) -> None:
    assert "Chưa có ai cần giúp quanh đây" in client.get("/").text
    make.make_case()
    nothing = client.get("/?category=grocery_run&q=xyz")
    assert "Không có trường hợp nào hợp với bộ lọc" in nothing.text
    assert hrefs(nothing)["Bỏ mọi bộ lọc"] == "/"


def test_the_first_visit_gets_one_sentence_and_two_ways(app: Any) -> None:
    browser = app.test_client()
    first = browser.get("/")
    ways = hrefs(first)
    assert "Lá lành đùm lá rách" in first.text
    assert ways["Tôi muốn giúp"] == "/?status=needs_help"
    assert "Tôi cần giúp" in ways
    assert "Tôi muốn giúp" not in hrefs(browser.get("/"))


def test_areas_are_found_by_name_and_lead_back_to_the_feed(app: Any, client: Any) -> None:
    found = hrefs(client.get("/places?where=cho lon&category=essentials"))
    link = next(url for words, url in found.items() if words.startswith("Phường Chợ Lớn"))
    assert parse_qs(urlsplit(link).query) == {"category": ["essentials"], "area": ["27301"]}
    assert "Không tìm thấy địa bàn nào" in client.get("/places?where=zzzz", headers=HTMX).text


@pytest.mark.parametrize(
    "query", ["near=nan", "at=1,2", "at=x", "at=10,10,nan", "limit=0", "cursor=%00", "where=%00"]
)
def test_bad_addresses_are_answered_in_words(client: Any, query: str) -> None:
    assert client.get(f"/?{query}").status_code in (200, 400, 422)
    assert client.get(f"/places?{query}").status_code in (200, 400, 422)


def test_only_medics_are_offered_the_medical_category(app: Any, client: Any, client_for: Any) -> None:
    assert 'value="medical_advice"' not in client.get("/").text
    assert 'value="medical_advice"' in client_for(make.dr_tam_medic()).get("/").text
