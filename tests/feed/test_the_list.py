"""The list: nearest first by the blurred place, page after page, showing strangers only what is public."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.cases.models import Case
from app.core.clock import now
from app.core.geo import Point
from app.feed.filters import Filter
from app.feed.queries import cases_page, nearest_open
from tests import make
from tests.geography import CHO_LON, LONG_HUNG, SAI_GON

HERE = f"near={SAI_GON.lat},{SAI_GON.lon}"
PUBLIC = {
    "code", "category", "title", "needs", "household_size", "urgency", "status", "group", "created_at",
    "ward", "ward_code", "province", "distance_m", "verified",
}  # fmt: skip


def ask(client: Any, query: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/cases?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/geo+json"
    return dict(json.loads(answer.text))


def codes(client: Any, query: str) -> list[str]:
    return [feature["id"] for feature in ask(client, query)["features"]]


def pages(client: Any, query: str) -> Iterator[list[dict[str, Any]]]:
    """Follow `next` to the end."""
    path: str | None = f"/api/v1/cases?{query}"
    while path:
        answer = client.get(path)
        found = json.loads(answer.text)
        yield found["features"]
        path = found["next"]
        assert answer.headers.get("Link") == (f'<{path}>; rel="next"' if path else None)
        path = path and f"/api/v1/cases?{urlsplit(path).query}"


def scattered(count: int, *, step_m: float = 150, at: Point = SAI_GON) -> list[Case]:
    return [make.make_case(at=at.moved(step_m * n, 2.4 * n)) for n in range(count)]


def test_the_nearest_open_case_comes_first(app: Any, client: Any) -> None:
    far, near = make.make_case(at=SAI_GON.moved(2000, 1)), make.make_case(at=SAI_GON.moved(300, 1))
    make.make_case(at=SAI_GON, status="claimed")
    assert codes(client, HERE) == [near.code, far.code]


def test_distances_are_metres_to_the_blurred_place(app: Any, client: Any) -> None:
    make.make_case(at=SAI_GON)
    feature = ask(client, HERE)["features"][0]
    lon, lat = feature["geometry"]["coordinates"]
    assert feature["properties"]["distance_m"] == pytest.approx(200, abs=2)
    assert SAI_GON.metres_to(Point(lon, lat)) == pytest.approx(200, abs=1)


def test_a_feature_holds_public_fields_and_nothing_else(app: Any, client: Any) -> None:
    case = make.make_case(at=SAI_GON)
    feature = ask(client, HERE)["features"][0]
    assert set(feature["properties"]) == PUBLIC
    assert feature["properties"]["needs"] == [
        {"item": "Gạo", "quantity": 10, "unit": "kg", "left": 10},
        {"item": "Sữa", "quantity": 4, "unit": "hộp", "left": 4},
    ]
    assert (feature["properties"]["ward"], feature["properties"]["province"]) == (
        "Phường Sài Gòn", "Thành phố Hồ Chí Minh",
    )  # fmt: skip
    assert feature["properties"]["title"] == case.needs_text


@pytest.mark.parametrize(
    "item",
    ["Gạo, gọi 0912 345 678", "Sữa, ghé 12/3 hẻm 45", "Viết cho lan@example.com", "Gọi ０９１２３４５６７８"],
)
def test_what_was_typed_into_an_item_is_masked(app: Any, client: Any, item: str) -> None:
    make.make_case([(item, 1, "phần")], needs_text="Gạo")
    said = ask(client, HERE)["features"][0]["properties"]["needs"][0]["item"]
    assert "•••" in said
    assert said != item
    assert "•••" in cases_page(Filter(near=SAI_GON)).cases[0]["needs"][0]["item"]


def test_pages_hold_every_case_once_in_order_of_distance(app: Any, client: Any) -> None:
    made = scattered(23)
    found = [feature for page in pages(client, HERE + "&limit=5") for feature in page]
    assert sorted(feature["id"] for feature in found) == sorted(case.code for case in made)
    metres = [feature["properties"]["distance_m"] for feature in found]
    assert metres == sorted(metres)


def test_cases_at_one_and_the_same_place_are_paged_too(app: Any, client: Any) -> None:
    made = [make.make_case() for _ in range(7)]
    found = [feature["id"] for page in pages(client, HERE + "&limit=2") for feature in page]
    assert sorted(found) == sorted(case.code for case in made)


def test_paging_is_exact_far_from_the_equator_and_far_from_the_place(app: Any, client: Any) -> None:
    # A unit of EPSG:3857 is half as many metres at 60 degrees: the index's order and that of metres differ.
    made = [make.make_case(at=Point(10 + n % 7, 60 + n // 7 * 0.9)) for n in range(42)]
    found = [feature for page in pages(client, "near=58,12&limit=5") for feature in page]
    assert len({feature["id"] for feature in found}) == len(found) == len(made)
    metres = [feature["properties"]["distance_m"] for feature in found]
    assert metres == sorted(metres)


def test_without_a_place_the_newest_come_first(app: Any, client: Any) -> None:
    ages = [make.make_case(created_at=now() - timedelta(hours=h)) for h in (5, 1, 3)]
    assert codes(client, "") == [ages[1].code, ages[2].code, ages[0].code]
    found = [feature["id"] for page in pages(client, "limit=2") for feature in page]
    assert found == [ages[1].code, ages[2].code, ages[0].code]
    assert ask(client, "")["features"][0]["properties"]["distance_m"] is None


def test_a_radius_is_a_circle_of_metres(app: Any, client: Any) -> None:
    inside = make.make_case(at=SAI_GON.moved(700, 0.785))
    make.make_case(at=SAI_GON.moved(900, 0.785))
    assert codes(client, HERE + "&radius_m=1000") == [inside.code]
    north = make.make_case(at=Point(10, 60).moved(700, 0.785))
    make.make_case(at=Point(10, 60).moved(900, 0.785))
    assert codes(client, "near=60,10&radius_m=1000") == [north.code]


def test_a_box_is_west_south_east_north(app: Any, client: Any) -> None:
    inside = make.make_case(at=SAI_GON)
    make.make_case(at=CHO_LON)
    assert codes(client, "bbox=106.69,10.77,106.72,10.80") == [inside.code]


def test_a_commune_or_a_province_narrows_the_list(app: Any, client: Any) -> None:
    sai_gon, cho_lon = make.make_case(at=SAI_GON), make.make_case(at=CHO_LON)
    make.make_case(at=LONG_HUNG)
    assert codes(client, "area=26740") == [sai_gon.code]
    assert set(codes(client, "area=79")) == {sai_gon.code, cho_lon.code}


@pytest.mark.parametrize("q", ["sữa", "SUA", "sua hop gao", "gạo"])
def test_words_are_found_with_and_without_diacritics(app: Any, client: Any, q: str) -> None:
    case = make.make_case([("Sữa hộp", 2, "hộp"), ("Gạo", 1, "kg")])
    make.make_case([("Thuốc hạ sốt", 1, "hộp")])
    assert codes(client, f"{HERE}&q={q}") == [case.code]


@pytest.mark.parametrize("q", ["%", "_", "\\", "%25", "' OR 1=1 --", "gạo%"])
def test_signs_of_patterns_mean_themselves(app: Any, client: Any, q: str) -> None:
    make.make_case()
    answer = client.get("/api/v1/cases", query_string={"near": "10.77,106.7", "q": q})
    assert json.loads(answer.text)["features"] == []


def test_a_case_is_found_by_its_code(app: Any, client: Any) -> None:
    case = make.make_case()
    make.make_case()
    assert codes(client, f"{HERE}&q={case.code.lower()}") == [case.code]


def test_categories_urgency_and_status_narrow_together(app: Any, client: Any) -> None:
    wanted = make.make_case(category_slug="grocery_run", urgency="urgent")
    make.make_case(category_slug="grocery_run")
    make.make_case(urgency="urgent")
    make.make_case(category_slug="grocery_run", urgency="urgent", status="closed")
    assert codes(client, f"{HERE}&category=grocery_run&urgency=urgent") == [wanted.code]
    assert len(codes(client, f"{HERE}&category=grocery_run,essentials&urgency=urgent")) == 2
    assert len(codes(client, f"{HERE}&category=grocery_run&urgency=urgent&status=open,helped")) == 2


def test_states_that_strangers_do_not_see_never_appear(app: Any, client: Any) -> None:
    for status in ("cancelled", "expired", "rejected", "merged"):
        make.make_case(status=status)
    assert codes(client, f"{HERE}&status=needs_help,taken,helped") == []


@pytest.mark.parametrize("query", ["", "&category=medical_advice", "&category=medical_advice,essentials"])
def test_medical_cases_are_for_verified_medics(app: Any, client_for: Any, query: str) -> None:
    case = make.make_case(category_slug="medical_advice")
    stranger = app.test_client()
    assert codes(stranger, HERE + query) == codes(stranger, "limit=5" + query) == []
    assert codes(client_for(make.minh_volunteer()), HERE + query) == []
    medic = client_for(make.dr_tam_medic())
    assert codes(medic, HERE + query) == codes(medic, "limit=5" + query) == [case.code]


def test_a_medical_case_that_is_taken_has_left_the_medics_list(app: Any, client_for: Any) -> None:
    make.make_case(category_slug="medical_advice", status="claimed")
    medic = client_for(make.dr_tam_medic())
    assert codes(medic, HERE + "&status=needs_help,taken,helped") == []


def test_the_page_puts_what_needs_help_before_what_is_done(app: Any) -> None:
    helped = make.make_case(status="closed", at=SAI_GON.moved(10, 1))
    taken = make.make_case(status="claimed", at=SAI_GON.moved(400, 1))
    torn = make.make_case(at=SAI_GON.moved(900, 1))
    everything = Filter(
        near=SAI_GON, statuses=("open", "claimed", "delivered", "closed"), by_group=True, limit=1
    )
    first = cases_page(everything)
    second = cases_page(everything.but(cursor=first.next))
    third = cases_page(everything.but(cursor=second.next))
    assert [page.cases[0]["code"] for page in (first, second, third)] == [torn.code, taken.code, helped.code]
    assert third.next is None


def test_who_comes_too_late_is_shown_what_else_is_near(app: Any) -> None:
    gone = make.make_case()
    near, far = make.make_case(at=SAI_GON.moved(300, 1)), make.make_case(at=SAI_GON.moved(800, 1))
    medical = make.make_case(at=SAI_GON.moved(50, 1), category_slug="medical_advice")
    assert [c["code"] for c in nearest_open(SAI_GON, 2, gone.code)] == [near.code, far.code]
    assert nearest_open(SAI_GON, 1, gone.code, viewer_is_medic=True)[0]["code"] == medical.code


def test_what_is_left_of_a_need_goes_down_with_each_promise(app: Any, client: Any) -> None:
    case = make.make_case()
    case.needs[0].pledged = 4
    make.add(case)
    assert ask(client, HERE)["features"][0]["properties"]["needs"][0]["left"] == 6


def test_a_wrong_filter_is_a_problem_that_names_its_fields(client: Any) -> None:
    answer = client.get("/api/v1/cases?near=x&limit=0")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert set(answer.json["errors"]) == {"near", "limit"}


def test_one_page_for_a_stranger_is_one_query_beside_the_versions_and_none_while_nothing_changes(
    app: Any, client: Any
) -> None:
    from sqlalchemy import event

    from app.core.db import read_engine

    make.make_case()
    client.get(f"/api/v1/cases?{HERE}")  # the categories are known from now on
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(read_engine(), "before_cursor_execute", note)
    try:
        for path in (f"/api/v1/cases?{HERE}", "/", "/tiles/cases/13/6524/3849.mvt"):
            make.make_case()
            asked.clear()
            client.get(path)
            assert ["feed_square" in statement for statement in asked] == [True, False], path
            asked.clear()
            client.get(path)
            assert [statement for statement in asked if "feed_square" not in statement] == [], path
    finally:
        event.remove(read_engine(), "before_cursor_execute", note)
