"""Opening and ending an emergency, adding a category: what becomes possible, and what is refused."""

import re

import pytest
from sqlalchemy import select

from app.core.audit import AuditRecord
from app.core.db import db
from app.emergencies.models import Category, Emergency
from app.emergencies.queries import every_emergency, open_emergencies
from tests import make

FORM = {
    "name": "Bão số 12",
    "name_en": "Typhoon 12",
    "areas": ["79"],
    "categories": ["essentials", "grocery_run"],
    "starts_at": "",
    "ends_at": "",
    "do": "open",
}


def post(browser, **more):
    return browser.post("/admin/emergencies/new", data={**FORM, **more})


def test_an_emergency_switches_its_categories_on_in_its_areas(client_for, admin) -> None:
    assert post(client_for(admin)).status_code == 303
    row = every_emergency()[0]
    assert (row.name, row.state, list(row.areas)) == ("Bão số 12", "on", [make.area_of("79").full_name])
    on = open_emergencies([make.area_of("79").id])[0]
    assert set(on.category_ids) == {make.category("essentials").id, make.category("grocery_run").id}
    line = db.session.scalars(select(AuditRecord)).one()
    assert (line.action, line.actor_id, line.details["areas"]) == ("emergency_opened", admin.id, ["79"])


def test_the_form_finds_adds_and_drops_areas_and_keeps_what_was_typed(client_for, admin) -> None:
    browser = client_for(admin)
    found = post(browser, areas=[], area_q="Sài Gòn", do="find").text
    assert 'name="area" value="26740"' in found
    assert 'value="Bão số 12"' in found
    unchosen = post(browser, areas=[], area_q="Sài Gòn", do="add").text
    assert "Chọn một địa bàn trong danh sách." in unchosen
    assert 'name="area" value="26740"' in unchosen
    added = post(browser, areas=["79"], area="26740", do="add").text
    assert re.findall(r'name="areas" value="(\d+)"', added) == ["79", "26740"]
    dropped = post(browser, areas=["79", "26740"], do="drop:79").text
    assert re.findall(r'name="areas" value="(\d+)"', dropped) == ["26740"]
    assert db.session.scalars(select(Emergency)).all() == []


def test_times_are_those_of_the_place(client_for, admin) -> None:
    post(client_for(admin), starts_at="2030-08-01T07:30", ends_at="2030-08-15T18:00")
    row = every_emergency()[0]
    assert row.starts_at.isoformat() == "2030-08-01T00:30:00+00:00"
    assert row.state == "coming"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"areas": []}, "areas"),
        ({"areas": ["79", "00000"]}, "areas"),
        ({"categories": []}, "categories"),
        ({"categories": ["nonsense"]}, "categories"),
        ({"starts_at": "mai"}, "starts_at"),
        ({"ends_at": "2020-01-01T00:00"}, "ends_at"),
        ({"ends_at": "2099-01-01T00:00"}, "ends_at"),
        ({"starts_at": "2030-08-01T07:30", "ends_at": "2030-07-01T07:30"}, "ends_at"),
    ],
)
def test_what_does_not_hold_is_said_beside_its_field(client_for, admin, typed, field) -> None:
    answer = post(client_for(admin), **typed)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert db.session.scalars(select(Emergency)).all() == []


def test_htmx_gets_the_form_alone(client_for, admin) -> None:
    answer = client_for(admin).post(
        "/admin/emergencies/new",
        data={**FORM, "do": "find", "area_q": "Sài Gòn"},
        headers={"HX-Request": "true"},
    )
    assert "<html" not in answer.text
    assert 'id="emergency"' in answer.text


def test_ending_it_switches_everything_off_once(client_for, admin, emergency) -> None:
    browser = client_for(admin)
    assert browser.post(f"/admin/emergencies/{emergency.id}/end").status_code == 303
    assert open_emergencies([make.area_of("79").id]) == []
    assert every_emergency()[0].state == "over"
    assert browser.post(f"/admin/emergencies/{emergency.id}/end").status_code == 409
    actions = db.session.scalars(select(AuditRecord.action)).all()
    assert actions == ["emergency_ended"]


def test_an_emergency_that_is_none_is_not_found(client_for, admin) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    assert client_for(admin).post(f"/admin/emergencies/{nobody}/end").status_code == 404


CATEGORY = {
    "name_vi": "Cứu hộ",
    "name_en": "Rescue",
    "icon": "rescue",
    "on_map": "1",
    "chips": "Thuyền | chuyến | 1\nÁo phao | cái | 5",
}


def add(browser, **more):
    return browser.post("/admin/emergencies/categories/new", data={**CATEGORY, **more})


def test_a_category_is_a_row_that_an_administrator_adds(client_for, admin) -> None:
    browser = client_for(admin)
    assert add(browser).status_code == 303
    made = db.session.scalars(select(Category).where(Category.slug == "rescue")).one()
    assert (made.name_vi, made.on_map, made.medic_only) == ("Cứu hộ", True, False)
    assert made.chips[1] == {"item": "Áo phao", "unit": "cái", "step": 5}
    assert "Cứu hộ" in browser.get("/admin/emergencies/new").text
    assert db.session.scalars(select(AuditRecord.action)).all() == ["category_added"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name_vi": ""}, "name_vi"),
        ({"name_en": ""}, "name_en"),
        ({"slug": "Có dấu"}, "slug"),
        ({"slug": "essentials"}, "slug"),
        ({"icon": "bomb"}, "icon"),
        ({"chips": "Gạo"}, "chips"),
        ({"chips": "Gạo | kg | -1"}, "chips"),
        ({"chips": "Gạo | kg | NaN"}, "chips"),
        ({"chips": "\n".join(["Gạo | kg | 1"] * 13)}, "chips"),
    ],
)
def test_a_category_that_does_not_hold_is_refused_and_stays_as_typed(client_for, admin, typed, field) -> None:
    answer = add(client_for(admin), **typed)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert "Cứu hộ" in answer.text or field == "name_vi"
