"""Tôi: roles, name, language, password, one's own data, and the end of an account."""

import json

import pytest
from sqlalchemy import func, select

from app.core.audit import AuditRecord
from app.core.db import db, transaction
from app.delivery.actions import send_message
from app.delivery.models import Message
from app.people.erasure import ERASED
from app.people.models import ApiToken, User, UserRole
from app.people.tokens import create_token
from app.volunteers.models import Volunteer
from tests import make


def audited(action: str) -> int:
    return db.session.scalar(select(func.count(AuditRecord.id)).where(AuditRecord.action == action))


def test_becoming_a_volunteer_takes_one_tap_and_twice_is_once(client_for, lan_resident) -> None:
    browser = client_for(lan_resident)
    assert "Tôi muốn giúp" in browser.get("/me").text
    for _n in range(2):
        assert browser.post("/me/roles/volunteer").status_code == 303
    assert db.session.scalar(select(func.count(UserRole.id))) == 1
    assert "Tình nguyện viên" in browser.get("/me").text
    assert audited("role_taken") == 1


def test_one_stops_volunteering_as_easily(client_for, minh_volunteer) -> None:
    browser = client_for(minh_volunteer)
    browser.post("/me/roles/volunteer/give-up")
    assert "Tôi muốn giúp" in browser.get("/me").text


def test_asking_to_be_a_medic_waits_for_somebody_to_verify_it(client_for, lan_resident) -> None:
    browser = client_for(lan_resident)
    assert browser.post("/me/roles/medic", data={"note": ""}).status_code == 422
    browser.post("/me/roles/medic", data={"note": "CCHN 0123, BV Chợ Rẫy"})
    db.session.refresh(lan_resident)
    assert not lan_resident.has_role("medic")
    assert "Đang chờ xác minh" in browser.get("/me").text


@pytest.mark.parametrize("role", ["official", "administrator", "king"])
def test_nobody_gives_themselves_an_office(client_for, lan_resident, role) -> None:
    assert client_for(lan_resident).post(f"/me/roles/{role}", data={"note": "x"}).status_code == 403
    assert db.session.scalar(select(func.count(UserRole.id))) == 0


def test_the_name_changes_and_a_wrong_one_stays_in_its_field(client_for, lan_resident) -> None:
    browser = client_for(lan_resident)
    assert browser.post("/me/name", data={"name": "  Lan   Hương "}).status_code == 303
    assert "Lan Hương" in browser.get("/me").text
    long = "L" * 81
    answer = browser.post("/me/name", data={"name": long})
    assert answer.status_code == 422
    assert long in answer.text


def test_the_language_is_remembered_for_messages_too(client_for, lan_resident) -> None:
    browser = client_for(lan_resident)
    browser.post("/me/locale", data={"locale": "en"})
    db.session.refresh(lan_resident)
    assert lan_resident.locale == "en"
    assert '<html lang="en">' in browser.get("/me").text
    assert browser.post("/me/locale", data={"locale": "xx"}).status_code == 422


def test_a_new_password_needs_the_old_one_and_signs_other_devices_out(client_for, lan_resident) -> None:
    here, there = client_for(lan_resident), client_for(lan_resident)
    wrong = here.post("/me/password", data={"old": "sai-mat-khau", "new": "mat khau moi tinh"})
    assert wrong.status_code == 422
    assert 'id="old-error"' in wrong.text
    assert here.post("/me/password", data={"old": make.PASSWORD, "new": "ngan"}).status_code == 422
    assert (
        here.post("/me/password", data={"old": make.PASSWORD, "new": "mat khau moi tinh"}).status_code == 303
    )
    assert here.get("/me").status_code == 200
    assert there.get("/me").status_code == 303


def test_ones_own_data_come_as_one_file(client_for, minh_volunteer) -> None:
    with transaction():
        create_token(minh_volunteer, "máy ở kho", ["cases:read"], days=30)
        send_message(
            to_user=minh_volunteer, purpose="reset_password", subject="Mã", body="Mã của bạn là 123456"
        )
    answer = client_for(minh_volunteer).get("/me/data.json")
    assert "attachment" in answer.headers["Content-Disposition"]
    mine = json.loads(answer.text)
    assert mine["account"]["phone"] == "+84901000002"
    assert mine["roles"][0]["role"] == "volunteer"
    assert mine["tokens"][0]["name"] == "máy ở kho"
    assert mine["helping"]["radius_m"] == 5000
    assert mine["messages"][0]["body"] == "Mã của bạn là ••••••"
    assert "hash" not in answer.text


def test_erasing_an_account_needs_the_password(client_for, lan_resident) -> None:
    answer = client_for(lan_resident).post("/me/erase", data={"erase-password": "sai"})
    assert answer.status_code == 422
    db.session.refresh(lan_resident)
    assert lan_resident.phone


def test_an_erased_account_leaves_nothing_that_says_whose_it_was(client_for, minh_volunteer) -> None:
    user_id = minh_volunteer.id
    with transaction():
        create_token(minh_volunteer, "máy ở kho", ["cases:read"], days=30)
        send_message(to_user=minh_volunteer, purpose="thanks", subject="Cảm ơn", body="Cảm ơn anh Minh")
    browser = client_for(minh_volunteer)
    assert browser.post("/me/erase", data={"erase-password": make.PASSWORD}).status_code == 303
    db.session.expire_all()
    user = db.session.get(User, user_id)
    assert (user.name, user.phone, user.is_active, user.roles) == (ERASED, None, False, [])
    assert "Minh" not in f"{user.name} {user.email} {user.password_hash}"
    for table in (ApiToken, Message, Volunteer):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0
    assert browser.get("/me").status_code == 303
    again = browser.post("/sign-in", data={"identity": "0901000002", "password": make.PASSWORD})
    assert again.status_code == 422


def test_the_number_of_an_erased_account_is_free_again(app, client_for, lan_resident) -> None:
    client_for(lan_resident).post("/me/erase", data={"erase-password": make.PASSWORD})
    new = {"name": "Mơ", "identity": "0901000001", "password": "la chuoi xanh", "agree": "y"}
    assert app.test_client().post("/sign-up", data=new).status_code == 303


def test_the_last_administrator_stays(client_for, admin) -> None:
    answer = client_for(admin).post("/me/erase", data={"erase-password": make.PASSWORD})
    assert answer.status_code == 409
