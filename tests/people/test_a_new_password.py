"""A new password by a one-time code, through the real queue and worker."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from app.cases.claiming import take_case
from app.core.clock import now
from app.core.db import db, transaction
from app.delivery.models import Message
from app.people import recovery
from app.people.models import ApiToken, OneTimeCode
from app.people.tokens import create_token
from app.web.i18n import locale_name
from tests import make
from tests.worker import do_the_jobs

NEW = "mat khau moi tinh"


def ask(client, who="0901000001"):
    return client.post("/reset", data={"identity": who})


def code_sent(app) -> str:
    do_the_jobs(app)
    body = db.session.scalars(select(Message.body).order_by(Message.created_at.desc())).first()
    return re.search(r"\d{6}", body)[0]


def use(client, code, password=NEW, who="+84901000001"):
    return client.post("/reset/code", data={"identity": who, "code": code, "password": password})


def test_the_code_sets_a_new_password_and_signs_in(app, client, lan_resident) -> None:
    ask(client)
    assert use(client, code_sent(app)).status_code == 303
    assert client.get("/me").status_code == 200
    fresh = app.test_client()
    assert fresh.post("/sign-in", data={"identity": "0901000001", "password": NEW}).status_code == 303


def test_the_code_may_be_typed_with_a_gap(app, client, lan_resident) -> None:
    ask(client)
    code = code_sent(app)
    assert use(client, f"{code[:3]} {code[3:]}").status_code == 303


def test_every_other_session_and_token_ends(app, client, client_for, lan_resident) -> None:
    elsewhere = client_for(lan_resident)
    with transaction():
        create_token(lan_resident, "máy ở kho", ["cases:read"], days=30)
    ask(client)
    use(client, code_sent(app))
    assert elsewhere.get("/me").status_code == 303
    assert db.session.scalars(select(ApiToken)).one().live is False


def test_asking_looks_the_same_for_a_stranger(app, client, lan_resident) -> None:
    known, unknown = ask(client), ask(app.test_client(), "0988888888")
    assert known.status_code == unknown.status_code == 303
    assert known.headers["Location"] == unknown.headers["Location"]
    assert db.session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 2
    do_the_jobs(app)
    assert db.session.scalars(select(Message.address)).all() == ["+84901000001"]


def test_a_wrong_code_looks_the_same_for_a_stranger(app, client, lan_resident) -> None:
    ask(client)
    do_the_jobs(app)
    known = use(client, "000000").text
    unknown = use(client, "000000", who="+84988888888").text
    words = "Mã chưa đúng hoặc đã hết hạn."
    assert words in known
    assert words in unknown


def test_a_code_works_once(app, client, lan_resident) -> None:
    ask(client)
    code = code_sent(app)
    use(client, code)
    assert use(app.test_client(), code, "mot mat khau khac").status_code == 422


def test_a_code_lives_ten_minutes(app, client, lan_resident) -> None:
    ask(client)
    code = code_sent(app)
    kept = db.session.scalars(select(OneTimeCode)).one()
    assert timedelta(minutes=9) < kept.expires_at - now() <= timedelta(minutes=10)
    with transaction():
        kept.expires_at = now()
    assert use(client, code).status_code == 422


def test_five_wrong_tries_end_a_code(app, client, lan_resident) -> None:
    ask(client)
    code = code_sent(app)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _n in range(5):
        assert use(client, wrong).status_code == 422
    assert use(client, code).status_code == 422


def test_a_new_code_ends_the_old_one(app, client, lan_resident) -> None:
    ask(client)
    old = code_sent(app)
    ask(client)
    new = code_sent(app)
    if old != new:
        assert use(client, old).status_code == 422
    assert use(client, new).status_code == 303


def test_a_password_too_weak_does_not_cost_a_try(app, client, lan_resident) -> None:
    ask(client)
    code = code_sent(app)
    assert use(client, code, "ngan").status_code == 422
    assert db.session.scalars(select(OneTimeCode.tries)).one() == 0
    assert use(client, code).status_code == 303


def test_nobody_gets_more_than_five_codes_an_hour(app, client, lan_resident) -> None:
    for _n in range(7):
        ask(client)
    do_the_jobs(app)
    assert db.session.scalar(select(func.count(OneTimeCode.id))) == 5


def test_the_code_is_kept_only_as_a_keyed_hash(app, client, lan_resident) -> None:
    ask(client)
    code = code_sent(app)
    kept = db.session.scalars(select(OneTimeCode.code_hash)).one()
    assert code not in kept
    assert len(kept) == 64


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_the_message_speaks_its_readers_language(app, client, lan_resident, locale, monkeypatch) -> None:
    spoken = []
    monkeypatch.setattr(recovery, "_", lambda words, **_more: spoken.append(locale_name()) or words)
    with transaction():
        lan_resident.locale = locale
    client.post("/reset", data={"identity": "0901000001"}, headers={"Accept-Language": "vi"})
    do_the_jobs(app)
    assert set(spoken) == {locale}


def test_the_demo_outbox_shows_what_was_sent_to_demo_accounts(app, client) -> None:
    make.person("Cô Hạnh", "+84900000001", is_demo=True)
    ask(client, "0900000001")
    assert code_sent(app) in client.get("/outbox").text


def test_the_demo_outbox_keeps_the_codes_of_others_from_strangers(app, client, lan_resident) -> None:
    ask(client)
    assert code_sent(app) not in client.get("/outbox").text


def test_the_demo_outbox_keeps_what_went_to_people_without_an_account_from_strangers(
    app, client, client_for, minh_volunteer, lan_resident
) -> None:
    case = make.make_case(contact_phone="+84933111222")
    with transaction():
        take_case(case.code, by=minh_volunteer)
    assert db.session.scalars(select(Message.address)).all() == ["+84933111222"]
    for browser in (client, client_for(lan_resident)):
        assert case.code not in browser.get("/outbox").text


def test_old_passwords_stop_working(app, client, lan_resident) -> None:
    ask(client)
    use(client, code_sent(app))
    old = app.test_client().post("/sign-in", data={"identity": "0901000001", "password": make.PASSWORD})
    assert old.status_code == 422
