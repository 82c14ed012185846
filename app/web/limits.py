"""How often somebody may try: per address and per account."""

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from app.config import Settings
from app.core.errors import Invalid
from app.core.text import fold, phone_e164

limiter = Limiter(key_func=get_remote_address, strategy="moving-window", headers_enabled=True)

# A whole quarter may sit behind one address of a mobile network, and on the worst day all of it asks for
# help: this only stops a runaway script.
POSTS = "1200/minute"


def address() -> str:
    """The key of limits by address."""
    return get_remote_address() or "unknown"


def account() -> str:
    """The key of limits by account: the identity that was typed, in its one form, else the address."""
    typed = request.form.get("identity") or ""
    if request.is_json:
        body = request.get_json(silent=True)
        if isinstance(body, dict):
            typed = str(body.get("phone") or body.get("email") or "")
    if not typed:
        return f"address:{address()}"
    try:
        return f"account:{phone_e164(typed)}"
    except Invalid:
        return f"account:{fold(typed)[-120:]}"


def set_up(app: Flask, settings: Settings) -> None:
    """Memory on one machine; name a redis:// storage when there are several."""
    app.config["RATELIMIT_STORAGE_URI"] = settings.limiter_storage
    limiter.init_app(app)
    limiter.enabled = settings.env != "test"
