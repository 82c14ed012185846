"""Signing up, in and out; where one lands, and what is never lost."""

import json

import pytest
from sqlalchemy import select

from app.core.audit import AuditRecord
from app.core.db import db
from app.people import passwords
from app.people.models import User
from tests import make

NEW = {"name": "Trần Thị Mơ", "identity": "0912 345 678", "password": "la chuoi xanh", "agree": "y"}


def sign_in(client, who="0901 000 001", password=make.PASSWORD, **more):
    return client.post("/sign-in", data={"identity": who, "password": password, **more})


def the_user(phone="+84912345678"):
    return db.session.scalar(select(User).where(User.phone == phone))


@pytest.mark.parametrize(
    "typed", ["0912345678", "0912 345 678", "+84 912.345.678", "84912345678", "0912-345-678"]
)
def test_a_phone_number_may_be_typed_any_way(client, typed) -> None:
    answer = client.post("/sign-up", data={**NEW, "identity": typed})
    assert answer.status_code == 303
    assert the_user().name == "Trần Thị Mơ"


def test_an_email_address_will_do_instead(client) -> None:
    client.post("/sign-up", data={**NEW, "identity": "Mo@Example.COM"})
    user = db.session.scalar(select(User).where(User.email == "mo@example.com"))
    assert user.phone is None
    assert sign_in(client, "mo@example.com", NEW["password"]).status_code == 303


def test_whoever_signs_up_is_signed_in_and_sees_their_page(client) -> None:
    client.post("/sign-up", data=NEW)
    assert "Trần Thị Mơ" in client.get("/me").text


def test_wanting_to_help_makes_a_volunteer_at_once(client) -> None:
    client.post("/sign-up", data={**NEW, "helps": "y"})
    assert the_user().has_role("volunteer")


def test_the_form_for_helpers_is_ticked_for_helping_but_never_for_consent(client) -> None:
    page = client.get("/sign-up?helps=1").text
    boxes = {name: f'name="{name}" value="y" checked' in page for name in ("helps", "agree")}
    assert boxes == {"helps": True, "agree": False}


def test_without_consent_nothing_is_kept_and_what_was_typed_stays(client) -> None:
    answer = client.post("/sign-up", data={**NEW, "agree": ""})
    assert "Hãy gõ lại mật khẩu" in answer.text
    assert answer.status_code == 422
    assert "Trần Thị Mơ" in answer.text
    assert "0912 345 678" in answer.text
    assert NEW["password"] not in answer.text
    assert the_user() is None


def test_consent_is_kept_with_the_words_that_were_shown(client) -> None:
    client.post("/sign-up", data=NEW)
    proof = db.session.scalars(select(AuditRecord).where(AuditRecord.action == "consent_given")).one()
    assert proof.actor_id == the_user().id
    assert proof.details["words"].startswith("Tôi đồng ý cho Lá Lành lưu tên")


@pytest.mark.parametrize(
    "password", ["ngan", "1234567890123", "0912345678", "aaaaaaaaaaaa", "matkhau1234", "Trần Thị Mơ"]
)
def test_a_password_that_anybody_would_guess_is_refused(client, password) -> None:
    answer = client.post("/sign-up", data={**NEW, "password": password})
    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text
    assert the_user() is None


def test_every_wrong_field_is_named_at_once(client) -> None:
    blank = client.post("/sign-up", data={"name": "", "identity": "", "password": ""}).text
    bad = client.post("/sign-up", data={"name": "x" * 81, "identity": "123", "password": ""}).text
    for field in ("name", "identity", "password", "agree"):
        assert f'id="{field}-error"' in blank
        assert f'id="{field}-error"' in bad


def test_a_number_that_has_an_account_cannot_sign_up_twice(client, lan_resident) -> None:
    answer = client.post("/sign-up", data={**NEW, "identity": "0901000001"})
    assert answer.status_code == 422
    assert "Đã có tài khoản" in answer.text


def test_passwords_are_kept_as_argon2id_only(client) -> None:
    client.post("/sign-up", data=NEW)
    assert the_user().password_hash.startswith("$argon2id$")


def test_a_hash_with_old_parameters_is_renewed_at_sign_in(client, lan_resident) -> None:
    before = lan_resident.password_hash
    sign_in(client)
    db.session.refresh(lan_resident)
    assert lan_resident.password_hash != before
    assert not passwords.is_outdated(lan_resident.password_hash)


@pytest.mark.parametrize(
    ("who", "password"), [("0901000001", "sai-mat-khau"), ("0988888888", make.PASSWORD), ("chữ gì đó", "x")]
)
def test_a_stranger_and_a_wrong_password_get_the_same_answer(client, lan_resident, who, password) -> None:
    answer = sign_in(client, who, password)
    assert answer.status_code == 422
    assert "Số điện thoại, e-mail hoặc mật khẩu chưa đúng." in answer.text
    assert who in answer.text


def test_an_unknown_number_costs_as_much_work_as_a_known_one(client, lan_resident, monkeypatch) -> None:
    verified = []
    real = passwords.PasswordHasher.verify
    monkeypatch.setattr(
        passwords.PasswordHasher,
        "verify",
        lambda own, kept, typed: verified.append(kept) or real(own, kept, typed),
    )
    sign_in(client, "0988888888", "nobody has this password")
    assert len(verified) == 1


def test_nobody_signs_in_with_the_password_of_nobody(client) -> None:
    assert sign_in(client, "0988888888", "nobody has this password").status_code == 422


def test_signing_out_ends_the_session(client, lan_resident) -> None:
    sign_in(client)
    assert client.get("/me").status_code == 200
    client.post("/sign-out")
    assert client.get("/me").status_code == 303


def test_signing_out_everywhere_ends_the_other_device_too(app, client, lan_resident) -> None:
    other = app.test_client()
    sign_in(client)
    sign_in(other)
    client.post("/sign-out-everywhere")
    assert other.get("/me").status_code == 303


def test_a_closed_account_signs_in_no_more(client, lan_resident) -> None:
    from app.core.clock import now
    from app.core.db import transaction

    with transaction():
        lan_resident.deactivated_at = now()
    assert sign_in(client).status_code == 422


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil",
        "javascript:alert(1)",
        "/\t/evil.example",
    ],
)
def test_signing_in_never_leads_to_another_site(client, lan_resident, elsewhere) -> None:
    answer = sign_in(client, next=elsewhere)
    assert answer.headers["Location"] == "/me"


def test_signing_in_leads_back_to_where_one_was(client, lan_resident) -> None:
    asked = client.get("/me/tokens?x=1")
    assert asked.headers["Location"] == "/sign-in?next=/me/tokens?x%3D1"
    assert sign_in(client, next="/me/tokens?x=1").headers["Location"] == "/me/tokens?x=1"


def test_what_was_typed_survives_a_session_that_ended_meanwhile(app, client, lan_resident) -> None:
    interrupted = client.post("/me/name", data={"name": "Lan mới", "csrf_token": "x"})
    assert interrupted.status_code == 401
    held = interrupted.text.split('name="held" type="hidden" value="')[1].split('"')[0]
    going_on = sign_in(client, held=held)
    assert going_on.status_code == 200
    assert 'action="/me/name"' in going_on.text
    assert 'name="name" value="Lan mới"' in going_on.text


def test_passwords_are_not_carried_along(client) -> None:
    interrupted = client.post("/me/password", data={"old": "bi-mat-cu", "new": "bi-mat-moi"})
    assert interrupted.status_code == 401
    assert 'name="held" type="hidden" value=""' in interrupted.text


def test_an_htmx_form_gets_the_sign_in_page_in_place_of_the_page(client) -> None:
    interrupted = client.post("/me/name", data={"name": "Lan"}, headers={"HX-Request": "true"})
    assert interrupted.status_code == 401
    assert interrupted.headers["HX-Retarget"] == "body"


def test_a_forged_held_form_is_ignored(client, lan_resident) -> None:
    assert sign_in(client, held="forged.payload").headers["Location"] == "/me"


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(client, lan_resident) -> None:
    cookie = sign_in(client).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_every_form_needs_its_token(client, with_csrf, lan_resident) -> None:
    assert sign_in(client).status_code == 400


@pytest.fixture
def with_limits(app):
    from app.web.limits import limiter

    limiter.enabled = True
    limiter.reset()
    yield
    limiter.reset()
    limiter.enabled = False


def test_guessing_a_password_ends_after_ten_tries_however_the_number_is_written(
    client, lan_resident, with_limits
) -> None:
    ways = ("0901000001", "+84901000001", "0901 000 001", "090.100.0001")
    answers = [sign_in(client, ways[n % 4], "sai-mat-khau").status_code for n in range(11)]
    assert answers == [422] * 10 + [429]


def test_the_api_is_no_way_around_the_limit(client, lan_resident, with_limits) -> None:
    for _n in range(10):
        sign_in(client, password="sai-mat-khau")
    answer = client.post("/api/v1/tokens", json={"phone": "0901000001", "password": make.PASSWORD})
    assert answer.status_code == 429
    assert answer.mimetype == "application/problem+json"


def test_the_tries_are_counted_for_all_processes_together(client, lan_resident, with_limits) -> None:
    from app.web.limits import limiter

    for _n in range(10):
        sign_in(client, password="sai-mat-khau")
    limiter.reset()  # another process has none of this one's memory
    answer = sign_in(client)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 901


def test_another_content_type_is_no_way_around_it_either(client, lan_resident, with_limits) -> None:
    said = json.dumps({"phone": "0901000001", "password": "sai-mat-khau"})
    addresses = (f"192.0.2.{n}" for n in range(1, 12))
    answers = [
        client.post(
            "/api/v1/tokens", data=said, content_type="text/plain", environ_base={"REMOTE_ADDR": address}
        ).status_code
        for address in addresses
    ]
    assert answers == [401] * 10 + [429]


def test_nor_is_another_spelling_of_an_e_mail_address(client, with_limits) -> None:
    ways = ("an@example.com", "an@EXAMPLE.com", "an@ｅxample.com", "AN@exａmple.com")
    answers = [sign_in(client, ways[n % 4], "sai-mat-khau").status_code for n in range(11)]
    assert answers == [422] * 10 + [429]


def test_signing_in_right_does_not_use_up_the_tries(client, lan_resident, with_limits) -> None:
    assert {sign_in(client).status_code for _n in range(15)} == {303}


def test_one_address_may_not_try_many_accounts(client, with_limits) -> None:
    answers = [sign_in(client, f"09880000{n:02}", "sai").status_code for n in range(61)]
    assert answers[-1] == 429
    assert set(answers[:60]) == {422}
