"""Personal access tokens, from the profile and from the API; who is let into the API and how."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.clock import now
from app.core.db import db, transaction
from app.people import tokens
from app.people.models import ApiToken
from app.people.tokens import create_token
from tests import make

SCOPES = ["cases:read", "cases:write", "claims:write", "exports:read"]


def ask(client, **body):
    return client.post("/api/v1/tokens", json={"phone": "0901 000 001", "password": make.PASSWORD, **body})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def token_for(user, *scopes: str, days: int = 30) -> str:
    with transaction():
        return create_token(user, "thử", scopes or SCOPES, days=days).text


def end(client, token: str):
    return client.delete("/api/v1/tokens/current", headers=bearer(token))


def test_phone_and_password_give_a_token_that_works_until_it_is_ended(client, lan_resident) -> None:
    made = ask(client)
    assert made.status_code == 201
    assert made.json.keys() == {"token", "expires_at", "scopes"}
    assert made.json["scopes"] == SCOPES
    assert end(client, made.json["token"]).status_code == 204
    assert end(client, made.json["token"]).status_code == 401


def test_an_email_will_do(client, app) -> None:
    make.person("Mơ", None, email="mo@example.com")
    answer = client.post("/api/v1/tokens", json={"email": "mo@example.com", "password": make.PASSWORD})
    assert answer.status_code == 201


@pytest.mark.parametrize("body", [{"password": "sai"}, {"phone": "0988888888"}, {"phone": "không phải số"}])
def test_wrong_names_and_passwords_get_the_same_problem(client, lan_resident, body) -> None:
    answer = ask(client, **body)
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json["type"] == "/problems/wrong-password"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"days": 0}, "days"),
        ({"days": "30"}, "days"),
        ({"days": True}, "days"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes.0"),
        ({"password": 12345}, "password"),
        ({"admin": True}, "admin"),
    ],
)
def test_a_body_that_does_not_hold_is_refused_by_field(client, lan_resident, body, field) -> None:
    answer = ask(client, **body)
    assert answer.status_code == 422
    assert field in answer.json["errors"]


def test_exactly_one_of_phone_and_email_is_needed(client, lan_resident) -> None:
    assert ask(client, email="mo@example.com").status_code == 422
    assert client.post("/api/v1/tokens", json={"password": "x"}).status_code == 422


def test_only_the_hash_is_kept(client, lan_resident) -> None:
    text = ask(client).json["token"]
    kept = db.session.scalars(select(ApiToken)).one()
    assert text not in kept.token_hash
    assert len(kept.token_hash) == 64


@pytest.mark.parametrize("spoil", ["expired", "revoked", "closed account", "unknown", "empty"])
def test_a_token_that_opens_nothing_is_told_so_even_on_public_paths(client, lan_resident, spoil) -> None:
    text = token_for(lan_resident)
    with transaction():
        kept = db.session.scalars(select(ApiToken)).one()
        if spoil == "expired":
            kept.expires_at = now() - timedelta(seconds=1)
        elif spoil == "revoked":
            kept.revoked_at = now()
        elif spoil == "closed account":
            lan_resident.deactivated_at = now()
    shown = {"unknown": "lalanh_nobody", "empty": ""}.get(spoil, text)
    answer = client.get("/api/v1/cases", headers=bearer(shown))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_token_does_only_what_its_scopes_say(client, lan_resident) -> None:
    text = token_for(lan_resident, "cases:read")
    answer = client.post("/api/v1/cases", json={}, headers=bearer(text))
    assert answer.status_code in {403, 422}
    claimed = client.post("/api/v1/cases/HCM-AAAAAA/claims", json={}, headers=bearer(text))
    assert claimed.status_code == 403
    assert claimed.json["scope"] == "claims:write"


def test_a_token_does_not_open_pages(client, lan_resident) -> None:
    assert client.get("/me", headers=bearer(token_for(lan_resident))).status_code == 303


def test_the_last_use_is_noted(client, lan_resident) -> None:
    text = token_for(lan_resident)
    client.get("/api/v1/cases", headers=bearer(text))
    assert db.session.scalars(select(ApiToken.last_used_at)).one() is not None


def test_a_session_needs_the_csrf_header_and_a_bearer_or_a_stranger_does_not(
    client, client_for, lan_resident, with_csrf
) -> None:
    somewhere = "/api/v1/cases/HCM-AAAAAA/cancel"
    signed_in = client_for(lan_resident)
    assert signed_in.post(somewhere, json={}).json["type"] == "/problems/csrf"
    page = signed_in.get("/me").text
    csrf = page.split('"X-CSRFToken": "')[1].split('"')[0]
    assert signed_in.post(somewhere, json={}, headers={"X-CSRFToken": csrf}).status_code == 404
    assert client.post(somewhere, json={}, headers=bearer(token_for(lan_resident))).status_code == 404
    assert client.post(somewhere, json={}).status_code == 404


def test_the_profile_shows_a_new_token_once(client_for, lan_resident) -> None:
    browser = client_for(lan_resident)
    form = {"token_name": "máy ở kho", "scopes": ["cases:read", "exports:read"], "days": "90"}
    made = browser.post("/me/tokens", data=form)
    assert made.status_code == 201
    assert tokens.PREFIX in made.text
    later = browser.get("/me/tokens").text
    assert "máy ở kho" in later
    assert tokens.PREFIX not in later


def test_a_token_needs_a_name_and_a_scope_and_what_was_typed_stays(client_for, lan_resident) -> None:
    browser = client_for(lan_resident)
    assert browser.post("/me/tokens", data={"token_name": "", "days": "30"}).status_code == 422
    answer = browser.post("/me/tokens", data={"token_name": "máy ở kho", "days": "30"})
    assert answer.status_code == 422
    assert "Chọn ít nhất một quyền." in answer.text
    assert 'value="máy ở kho"' in answer.text
    many = {"token_name": "x", "scopes": ["cases:read"], "days": "4000"}
    assert browser.post("/me/tokens", data=many).status_code == 422


def test_one_revokes_ones_own_tokens_only(client_for, lan_resident, minh_volunteer) -> None:
    token_for(lan_resident)
    mine = db.session.scalars(select(ApiToken.id)).one()
    assert client_for(minh_volunteer).post(f"/me/tokens/{mine}/revoke").status_code == 404
    assert client_for(lan_resident).post(f"/me/tokens/{mine}/revoke").status_code == 303
    assert db.session.scalars(select(ApiToken)).one().live is False


def test_the_oldest_tokens_go_when_there_are_too_many(app, lan_resident, monkeypatch) -> None:
    monkeypatch.setattr(tokens, "TOKENS_KEPT", 3)
    for _n in range(5):
        token_for(lan_resident)
    live = [t for t in db.session.scalars(select(ApiToken)) if t.live]
    assert len(live) == 3
