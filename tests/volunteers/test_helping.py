"""A volunteer's own settings, kept and kept private."""

import pytest
from sqlalchemy import select

from app.areas.membership import members, refresh_membership
from app.core.db import db, transaction
from app.core.geo import Point
from app.volunteers.models import Volunteer
from app.volunteers.queries import helping_of, volunteers_in_reach
from app.volunteers.rules import portions_of
from tests import make
from tests.geography import SAI_GON

FORM = {
    "available": "1",
    "lat": "10.7769",
    "lon": "106.7009",
    "radius_m": "5000",
    "capacity": "4",
    "categories": ["essentials", "grocery_run"],
    "do": "save",
}


def save(browser, **more):
    return browser.post("/me/helping", data={**FORM, **more})


@pytest.fixture
def lan(lan_resident):
    with transaction():
        lan_resident.roles.append(make.UserRole(role="volunteer"))
    return lan_resident


def test_what_a_volunteer_says_is_kept(client_for, lan) -> None:
    browser = client_for(lan)
    assert save(browser).status_code == 303
    kept = helping_of(lan.id)
    assert kept.base == Point(106.7009, 10.7769)
    assert (kept.radius_m, kept.capacity, kept.available) == (5000, 4, True)
    assert kept.categories == ("essentials", "grocery_run")
    assert 'value="10.7769"' in browser.get("/me/helping").text


def test_saving_again_replaces_it(client_for, lan) -> None:
    browser = client_for(lan)
    save(browser)
    save(browser, radius_m="1000", available="")
    kept = helping_of(lan.id)
    assert (kept.radius_m, kept.available) == (1000, False)


def test_a_ward_will_do_instead_of_a_place(client_for, lan) -> None:
    browser = client_for(lan)
    found = browser.post("/me/helping", data={**FORM, "lat": "", "lon": "", "place": "Sài Gòn", "do": "find"})
    assert 'name="area" value="26740"' in found.text
    assert save(browser, lat="", lon="", area="26740").status_code == 303
    assert make.area_at(helping_of(lan.id).base).code == "26740"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"radius_m": "7"}, "radius_m"),
        ({"radius_m": "x"}, "radius_m"),
        ({"capacity": "0"}, "capacity"),
        ({"capacity": "99"}, "capacity"),
        ({"categories": []}, "categories"),
        ({"categories": ["nonsense"]}, "categories"),
        ({"lat": "", "lon": ""}, "place"),
        ({"lat": "999", "lon": "nan"}, "place"),
    ],
)
def test_what_does_not_hold_is_said_beside_its_field(client_for, lan, typed, field) -> None:
    answer = save(client_for(lan), **typed)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert helping_of(lan.id) is None


def test_only_medics_help_with_medical_advice(client_for, lan, dr_tam_medic) -> None:
    assert save(client_for(lan), categories=["medical_advice"]).status_code == 422
    assert save(client_for(dr_tam_medic), categories=["medical_advice"]).status_code == 303


def test_somebody_who_is_no_volunteer_is_asked_to_become_one(client_for, lan_resident) -> None:
    browser = client_for(lan_resident)
    assert "Tôi muốn giúp" in browser.get("/me/helping").text
    assert save(browser).status_code == 403


def test_volunteers_in_reach_come_nearest_first(app, minh_volunteer, hoa_volunteer, dr_tam_medic) -> None:
    essentials = make.category("essentials").id
    near = volunteers_in_reach(SAI_GON, essentials)
    assert [v.user_id for v in near] == [minh_volunteer.id, hoa_volunteer.id]
    assert near[0].distance_m < near[1].distance_m
    with transaction():
        db.session.scalars(
            select(Volunteer).where(Volunteer.user_id == minh_volunteer.id)
        ).one().available = False
    assert [v.user_id for v in volunteers_in_reach(SAI_GON, essentials)] == [hoa_volunteer.id]
    assert volunteers_in_reach(Point(105.85, 21.03), essentials) == []


def test_nobody_else_sees_where_a_volunteer_starts(app, client_for, lan, admin, anh_official_w1) -> None:
    save(client_for(lan), lat="10.776543", lon="106.700321")
    for other in (admin, anh_official_w1):
        page = client_for(other).get(f"/admin/people/{lan.id}").text
        assert "10.7765" not in page
        assert "106.7003" not in page


def test_vehicle_and_ward_are_kept(client_for, lan) -> None:
    browser = client_for(lan)
    assert "Xe đạp · 4 phần" in browser.get("/me/helping").text
    assert save(browser, vehicle="bicycle").status_code == 303
    kept = db.session.get_one(Volunteer, lan.id)
    assert (kept.vehicle, kept.commune_id) == ("bicycle", make.area_of("26740").id)
    assert save(browser, vehicle="rocket").status_code == 422
    assert save(browser, lat="10.742", lon="106.650").status_code == 303
    db.session.expire_all()
    assert db.session.get_one(Volunteer, lan.id).commune_id == make.area_of("27301").id


@pytest.mark.parametrize(("people", "portions"), [(0, 1), (1, 1), (4, 1), (5, 2), (8, 2), (9, 3)])
def test_a_portion_is_for_up_to_four_people(people: int, portions: int) -> None:
    assert portions_of(people) == portions
    assert portions_of(people, carried=False) == 0


def test_volunteers_follow_their_areas(app, minh_volunteer) -> None:
    with transaction():
        db.session.get_one(Volunteer, minh_volunteer.id).commune_id = make.area_of("27301").id
    [member] = [m for m in members() if m.table == "volunteer"]
    changed = [make.area_of("27301").id, make.area_of("26740").id]
    with transaction():
        assert sum(step.moved for step in refresh_membership(member, changed)) == 1
    db.session.expire_all()
    assert db.session.get_one(Volunteer, minh_volunteer.id).commune_id == make.area_of("26740").id
