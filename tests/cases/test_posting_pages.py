"""Asking for help on the web: one form that works without JavaScript, loses nothing and makes one case."""

import re
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from app.cases.checking import NeedLine
from app.cases.models import Case
from app.cases.posting import needs_summary
from app.core.db import db
from tests import make
from tests.geography import AT_SEA, CHO_LON, SAI_GON

KEY = re.compile(r'name="key" value="([^"]+)"')


def filled(**said: Any) -> dict[str, Any]:
    """The form as a careful person fills it."""
    known = {
        "key": "a-key-of-this-form",
        "category": "essentials",
        "want": ["essentials.0"],
        "qty.essentials.0": "10",
        "description": "Nhà có em bé.",
        "lat": str(SAI_GON.lat),
        "lon": str(SAI_GON.lon),
        "address": "12/3 Nguyễn Trãi",
        "on_behalf": "0",
        "contact_name": "Cô Năm",
        "contact_phone": "0912 345 678",
        "household_size": "4",
        "vulnerabilities": ["children", "elderly"],
        "urgency": "urgent",
    }
    return known | said


def cases() -> list[Case]:
    return list(db.session.scalars(select(Case).order_by(Case.created_at)))


@pytest.fixture(autouse=True)
def an_emergency(emergency: Any) -> None:
    """Help is switched on in the small country."""


def test_the_form_offers_only_what_is_switched_on(client: Any) -> None:
    page = client.get("/post").text
    assert 'value="essentials"' in page
    assert "Mì gói" in page
    assert KEY.search(page)


def test_each_form_has_a_key_of_its_own(client: Any) -> None:
    first, second = (KEY.search(client.get("/post").text) for _time in range(2))
    assert first
    assert second
    assert first[1] != second[1]


def test_a_posted_form_becomes_a_case_and_leads_to_its_tracking_link(client: Any) -> None:
    answer = client.post("/post", data=filled())
    [case] = cases()
    assert answer.status_code == 303
    assert answer.location.startswith(f"/t/{case.code}/")
    assert case.needs_text == "Gạo"
    assert float(case.needs[0].quantity) == 10
    assert case.contact_phone == "+84912345678"
    assert case.vulnerabilities == ["children", "elderly"]
    assert case.urgency == "urgent"
    assert case.commune_id == make.area_of("26740").id


@pytest.mark.parametrize(
    ("items", "line"),
    [
        (["Gạo", "Sữa bột"], "Gạo, sữa bột"),
        (["sữa", "Gạo"], "sữa, gạo"),
        (["Mì", "TV cũ"], "Mì, TV cũ"),
        (["Gạo"], "Gạo"),
    ],
)
def test_what_is_needed_reads_as_one_line(items: list[str], line: str) -> None:
    assert needs_summary([NeedLine(item, Decimal(1), "kg") for item in items]) == line


def test_the_result_page_holds_code_qr_and_link_and_drops_the_draft(client: Any) -> None:
    page = client.post("/post", data=filled(), follow_redirects=True)
    [case] = cases()
    assert page.request.path == f"/cases/{case.code}/sent"
    assert case.code in page.text
    assert f"/t/{case.code}/" in page.text
    assert '<svg class="qr"' in page.text or 'class="qr"' in page.text
    assert "style=" not in page.text
    assert client.get_cookie("acknowledged").value == "case-new"


def test_a_refused_form_keeps_its_draft(client: Any) -> None:
    assert client.post("/post", data=filled() | {"contact_phone": "123"}).status_code == 422
    assert client.get_cookie("acknowledged") is None


def test_sending_the_same_form_twice_makes_one_case(client: Any) -> None:
    first, second = (client.post("/post", data=filled()) for _time in range(2))
    assert first.location == second.location
    assert len(cases()) == 1


def test_a_form_changed_after_it_had_arrived_says_so_and_can_be_sent_as_another(client: Any) -> None:
    client.post("/post", data=filled())
    [earlier] = cases()
    changed = filled(contact_name="Chú Sáu")
    page = client.post("/post", data=changed)
    assert page.status_code == 409
    assert earlier.code in page.text
    assert "Chú Sáu" in page.text
    new_key = KEY.search(page.text)
    assert new_key
    client.post("/post", data=changed | {"key": new_key[1]})
    assert len(cases()) == 2


def test_htmx_is_sent_on_by_its_own_header(client: Any) -> None:
    answer = client.post("/post", data=filled(), headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith("/t/")


@pytest.mark.parametrize(
    ("said", "anchor", "words"),
    [
        ({"category": ""}, "category", "Chọn một nhóm hỗ trợ"),
        ({"category": "moon"}, "category", "Không có nhóm hỗ trợ này"),
        ({"want": []}, "needs", "Chọn ít nhất một thứ"),
        ({"qty.essentials.0": "nhiều"}, "qty.essentials.0", "Gạo: số lượng phải lớn hơn 0"),
        ({"own.item.1": "x" * 81}, "own.item.1", "tối đa 80 ký tự"),
        ({"own.unit.0": "y" * 21, "own.item.0": "Muối"}, "own.unit.0", "tối đa 20 ký tự"),
        ({"description": "a" * 1001}, "description", "tối đa 1000 ký tự"),
        ({"contact_name": " "}, "contact_name", "Cho biết tên"),
        ({"contact_phone": ""}, "contact_phone", "Cần số điện thoại"),
        ({"contact_phone": "123"}, "contact_phone", "Số điện thoại chưa đúng"),
        ({"household_size": "0"}, "household_size", "Số người từ 1"),
        ({"household_size": "bốn"}, "household_size", "Số người từ 1"),
        ({"lat": str(AT_SEA.lat), "lon": str(AT_SEA.lon)}, "place", "nằm ngoài mọi địa bàn"),
        ({"lat": "", "lon": "", "address": ""}, "place", "Cho biết cần giúp ở đâu"),
        ({"lat": "nan"}, "place", "Chưa tìm ra phường"),
        ({"commune_code": "00000"}, "place", "không ở gần vị trí này"),
    ],
)
def test_what_does_not_hold_is_said_beside_its_field_and_nothing_typed_is_lost(
    client: Any, said: dict[str, Any], anchor: str, words: str
) -> None:
    page = client.post("/post", data=filled(**said))
    assert page.status_code == 422
    assert cases() == []
    assert f'href="#{anchor}"' in page.text
    assert f'id="{anchor}"' in page.text
    assert words in page.text
    assert page.text.count(words) >= 2, "in the summary and beside the field"
    assert "Nhà có em bé." in page.text or "description" in said
    assert 'value="a-key-of-this-form"' in page.text
    assert "data-filled" in page.text


def test_several_mistakes_are_all_said_at_once(client: Any) -> None:
    page = client.post("/post", data=filled(want=[], contact_phone="", lat="", lon="", address="")).text
    for anchor in ("needs", "contact_phone", "place"):
        assert f'href="#{anchor}"' in page


def test_messages_are_in_the_language_of_the_person(client: Any) -> None:
    with client.session_transaction() as session:
        session["locale"] = "en"
    page = client.post("/post", data=filled(contact_phone=""))
    assert '<html lang="en"' in page.text


def test_without_a_position_an_address_gives_wards_to_choose_from(client: Any) -> None:
    nowhere = filled(lat="", lon="", address="12 Lê Lợi, Phường Sài Gòn, Thành phố Hồ Chí Minh")
    page = client.post("/post", data=nowhere)
    assert page.status_code == 422
    assert 'name="area" value="26740"' in page.text
    client.post("/post", data=nowhere | {"area": "26740"})
    [case] = cases()
    assert case.commune_id == make.area_of("26740").id


def test_a_case_placed_by_its_ward_stands_in_the_wards_middle(client: Any) -> None:
    client.post("/post", data=filled(lat="", lon="", address="", area="27301"))
    [case] = cases()
    middle = db.session.scalar(
        select(func.ST_Equals(Case.position, make.area_of("27301").label_point)).where(Case.id == case.id)
    )
    assert middle is True


def test_a_corrected_ward_is_kept_beside_the_point(client: Any) -> None:
    client.post("/post", data=filled(commune_code="27301"))
    [case] = cases()
    assert case.commune_id == make.area_of("27301").id


def test_the_ward_of_a_point_is_shown_and_can_be_corrected(client: Any) -> None:
    point = {"lat": str(CHO_LON.lat), "lon": str(CHO_LON.lon)}
    assert "Phường Chợ Lớn, Thành phố Hồ Chí Minh" in client.post("/post/place", data=point).text
    named = client.post("/post/place", data=point | {"q": "sai gon"}).text
    assert 'value="26740"' in named
    chosen = client.post("/post/place", data=point | {"area": "26740"}).text
    assert 'name="commune_code" value="26740"' in chosen
    assert "Phường Sài Gòn" in chosen


def test_a_ward_alone_is_said_to_be_its_middle(client: Any) -> None:
    part = client.post("/post/place", data={"area": "27301"}).text
    assert "ghi giữa phường" in part
    assert "data-look" in part


def test_things_written_by_hand_and_numbers_as_people_write_them(client: Any) -> None:
    own = {"own.item.0": "Nước mắm", "own.quantity.0": "1,5", "own.unit.0": "lít"}
    client.post("/post", data=filled(want=[], **own))
    [case] = cases()
    assert [(n.item, float(n.quantity), n.unit) for n in case.needs] == [("Nước mắm", 1.5, "lít")]


def test_things_of_a_category_that_is_not_chosen_are_left_out(client: Any) -> None:
    client.post("/post", data=filled(want=["essentials.0", "medical_advice.0"]))
    [case] = cases()
    assert case.needs_text == "Gạo"


def test_somebody_signed_in_finds_name_and_phone_filled_in_and_owns_the_case(
    client_for: Any, lan_resident: Any
) -> None:
    browser = client_for(lan_resident)
    page = browser.get("/post").text
    assert "Nguyễn Thị Lan" in page
    assert "0901 000 001" in page
    browser.post("/post", data=filled())
    [case] = cases()
    assert case.requester_id == lan_resident.id


def test_forms_need_their_token(client: Any, with_csrf: None) -> None:
    assert client.post("/post", data=filled()).status_code == 400
    assert cases() == []


def test_a_form_left_open_too_long_comes_back_with_what_was_typed_and_can_be_sent_again(
    client: Any, with_csrf: None
) -> None:
    stale = client.post(
        "/post", data=filled(csrf_token="from-a-session-long-gone", description="Hết sữa từ hôm qua")
    )
    assert stale.status_code == 400
    assert "Hết sữa từ hôm qua" in stale.text
    assert 'value="0912 345 678"' in stale.text
    [fresh] = set(re.findall(r'name="csrf_token" value="([^"]+)"', stale.text))
    assert KEY.search(stale.text)[1] == filled()["key"]
    assert client.post("/post", data=filled(csrf_token=fresh)).status_code == 303
    assert len(cases()) == 1
