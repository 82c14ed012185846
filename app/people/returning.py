"""Back to where the person was, without losing what they had typed when their session ended."""

import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

LONGEST_HELD = 60_000
HELD_FOR_S = 6 * 3600
NEVER_HELD = ("password", "csrf_token", "old", "new")


class Held(NamedTuple):
    """A form that was sent without being signed in: where it was going and what was in it."""

    path: str
    fields: list[tuple[str, str]]


def inside(target: str | None, default: str = "/") -> str:
    """`target` if it is a path of this site, else `default`: nobody is led elsewhere after signing in."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    if any(ord(ch) < 32 or ch == "\\" for ch in target):
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target


def hold_form() -> str:
    """The form of this request as a signed text for the sign-in page to carry; "" if it is too large."""
    fields = [
        (name, value) for name, values in request.form.lists() if name not in NEVER_HELD for value in values
    ]
    path = request.full_path if request.query_string else request.path
    if len(json.dumps(fields)) > LONGEST_HELD or not fields:
        return ""
    return str(_signer().dumps([path, fields]))


def held_form(signed: str | None) -> Held | None:
    """What `hold_form` kept, if it is ours and not too old."""
    try:
        path, fields = _signer().loads(signed or "", max_age=HELD_FOR_S)
    except BadSignature:
        return None
    return Held(inside(path), [(str(name), str(value)) for name, value in fields])


def _signer() -> Any:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="held-form")
