"""Administrators and officials: finding people, giving and taking roles, verifying medics."""

import re

import pytest
from sqlalchemy import select

from app.core.audit import AuditRecord
from app.core.db import db
from app.people.models import UserRole
from tests import make


def page_of(user) -> str:
    return f"/admin/people/{user.id}"


def audit_lines() -> list[tuple[str, str | None]]:
    rows = db.session.scalars(select(AuditRecord).order_by(AuditRecord.at))
    return [(row.action, row.details.get("role")) for row in rows if row.action != "person_viewed"]


def grant(browser, whom, role, **more):
    return browser.post(f"{page_of(whom)}/roles", data={"role": role, **more})


@pytest.mark.parametrize("typed", ["0901000001", "+84 901 000 001", "nguyen thi lan", "Nguyễn Thị"])
def test_an_administrator_finds_people_by_number_or_name(client_for, admin, lan_resident, typed) -> None:
    assert "Nguyễn Thị Lan" in client_for(admin).get("/admin/people", query_string={"q": typed}).text


def test_an_official_finds_people_by_whole_number_only(client_for, anh_official_w1, lan_resident) -> None:
    browser = client_for(anh_official_w1)
    assert "Nguyễn Thị Lan" in browser.get("/admin/people?q=0901000001").text
    assert "Nguyễn Thị Lan" not in browser.get("/admin/people?q=Lan").text


@pytest.mark.parametrize("typed", ["%", "_", "\\", "'", "x" * 5000, "<b>"])
def test_odd_searches_find_nobody(client_for, admin, lan_resident, typed) -> None:
    answer = client_for(admin).get("/admin/people", query_string={"q": typed * 2})
    assert answer.status_code == 200
    assert "Nguyễn Thị Lan" not in answer.text


def test_looking_at_a_person_leaves_a_line(client_for, admin, lan_resident) -> None:
    client_for(admin).get(page_of(lan_resident))
    line = db.session.scalars(select(AuditRecord)).one()
    assert (line.action, line.actor_id, line.details["whom"]) == (
        "person_viewed",
        admin.id,
        str(lan_resident.id),
    )


def test_a_role_is_given_once_and_taken_back_and_both_are_on_record(client_for, admin, lan_resident) -> None:
    browser = client_for(admin)
    for _n in range(2):
        assert grant(browser, lan_resident, "supplier").status_code == 303
    held = db.session.scalars(select(UserRole).where(UserRole.user_id == lan_resident.id)).one()
    assert browser.post(f"{page_of(lan_resident)}/roles/{held.id}/revoke").status_code == 303
    assert audit_lines() == [("role_granted", "supplier"), ("role_revoked", "supplier")]


def test_an_official_is_appointed_to_an_area_that_was_chosen(client_for, admin, lan_resident) -> None:
    browser = client_for(admin)
    assert grant(browser, lan_resident, "official").status_code == 422
    assert grant(browser, lan_resident, "official", area="99999").status_code == 422
    assert grant(browser, lan_resident, "official", area="26740").status_code == 303
    db.session.refresh(lan_resident)
    assert lan_resident.official_area_ids == {make.area_of("26740").id}
    assert make.area_of("26740").full_name in browser.get(page_of(lan_resident)).text


def test_somebody_may_be_official_of_two_areas(client_for, admin, anh_official_w1) -> None:
    grant(client_for(admin), anh_official_w1, "official", area="27301")
    db.session.refresh(anh_official_w1)
    assert len(anh_official_w1.official_area_ids) == 2


def test_the_code_of_an_area_may_be_typed_without_the_list(client_for, admin, lan_resident) -> None:
    assert grant(client_for(admin), lan_resident, "official", q="26740").status_code == 303


def test_htmx_gets_the_roles_alone(client_for, admin, lan_resident) -> None:
    answer = client_for(admin).post(
        f"{page_of(lan_resident)}/roles", data={"role": "supplier"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "Người cung cấp" in answer.text


def test_administrators_do_not_raise_or_unseat_themselves(client_for, admin) -> None:
    browser = client_for(admin)
    assert grant(browser, admin, "official", area="26740").status_code == 403
    own = db.session.scalars(select(UserRole).where(UserRole.user_id == admin.id)).one()
    assert browser.post(f"{page_of(admin)}/roles/{own.id}/revoke").status_code == 403


def ask_to_be_medic(browser) -> None:
    browser.post("/me/roles/medic", data={"note": "CCHN 0123, BV Chợ Rẫy"})


@pytest.mark.parametrize("who", ["anh_official_w1", "admin"])
def test_officials_and_administrators_verify_a_medic(client_for, lan_resident, who) -> None:
    ask_to_be_medic(client_for(lan_resident))
    official = getattr(make, who)()
    browser = client_for(official)
    assert "CCHN 0123" in browser.get("/admin/people").text
    assert browser.post(f"{page_of(lan_resident)}/medic/verify").status_code == 303
    db.session.refresh(lan_resident)
    assert lan_resident.has_role("medic")
    row = next(r for r in lan_resident.roles if r.role == "medic")
    assert row.verified_by == official.id
    assert ("medic_verified", None) in audit_lines()


def test_nobody_verifies_themselves(client_for, anh_official_w1) -> None:
    browser = client_for(anh_official_w1)
    ask_to_be_medic(browser)
    assert browser.post(f"{page_of(anh_official_w1)}/medic/verify").status_code == 403


def test_a_request_may_be_turned_down_and_made_again(client_for, anh_official_w1, lan_resident) -> None:
    ask_to_be_medic(client_for(lan_resident))
    client_for(anh_official_w1).post(f"{page_of(lan_resident)}/medic/refuse")
    assert db.session.scalars(select(UserRole).where(UserRole.user_id == lan_resident.id)).all() == []
    ask_to_be_medic(client_for(lan_resident))
    assert db.session.scalars(select(UserRole).where(UserRole.user_id == lan_resident.id)).one()


def test_an_unknown_person_or_role_is_not_found(client_for, admin, lan_resident) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    browser = client_for(admin)
    assert browser.get(f"/admin/people/{nobody}").status_code == 404
    assert browser.post(f"{page_of(lan_resident)}/roles/{nobody}/revoke").status_code == 404
    assert grant(browser, lan_resident, "king").status_code == 422


def test_the_search_for_an_area_fills_the_form(client_for, admin, lan_resident) -> None:
    form = client_for(admin).get(page_of(lan_resident)).text
    target = re.search(r'hx-get="(/areas/search)"', form)[1]
    found = client_for(admin).get(target, query_string={"q": "Sài Gòn"}).text
    assert 'name="area" value="26740"' in found


def test_the_first_administrator_is_named_on_the_command_line(app, client_for, lan_resident) -> None:
    def name(who: str):
        return app.test_cli_runner().invoke(args=["people", "administrator", who])

    assert client_for(lan_resident).get("/admin/people").status_code == 403
    assert [name("0901 000 001").exit_code for _time in range(2)] == [0, 0]
    assert client_for(lan_resident).get("/admin/people").status_code == 200
    assert audit_lines() == [("role_granted", "administrator")]
    assert "nobody has signed up as +84901000099" in name("0901 000 099").output
    assert name("không phải số").exit_code == 1
