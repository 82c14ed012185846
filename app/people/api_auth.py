"""Who calls the API: a bearer token, else the session; and which of them needs the CSRF header.

A browser sends its session cookie by itself, so an unsafe call with a session must prove by `X-CSRFToken`
that one of our own pages made it. A bearer token is never sent by itself; a stranger has nothing to abuse.
"""

from flask import Flask, current_app, g, request
from flask_babel import gettext as _
from flask_login import current_user as session_user

from app.core.clock import now
from app.core.db import transaction
from app.core.errors import SignInNeeded
from app.people import tokens
from app.people.models import ApiToken
from app.web.sessions import csrf

API = "/api/"


class BadToken(SignInNeeded):
    """The bearer token opens nothing: unknown, revoked, expired, or its account is closed."""

    slug = "invalid-token"


def set_up(app: Flask) -> None:
    """Call after every blueprint is registered."""
    for blueprint in app.blueprints.values():
        if (blueprint.url_prefix or "").startswith(API):
            csrf.exempt(blueprint)
    app.before_request(recognise_caller)


def recognise_caller() -> None:
    """Set `g.api_token` and `g.token_user` from the header; check the CSRF header of sessions."""
    if not request.path.startswith(API):
        return
    shown = bearer()
    if shown is not None:
        g.api_token = token = _live(shown)
        g.token_user = token.user
    elif session_user.is_authenticated and current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()


def bearer() -> str | None:
    """The token in the Authorization header, if that is what the header holds."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _live(shown: str) -> ApiToken:
    token = tokens.token_shown(shown)
    if token is None or not token.user.is_active:
        raise BadToken(_("Mã truy cập không đúng, đã hết hạn hoặc đã bị thu hồi."))
    if tokens.seen_long_ago(token):
        with transaction():
            token.last_used_at = now()
    return token
