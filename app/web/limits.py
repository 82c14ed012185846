"""How often somebody may try: per address; `app.people.limits` adds per account."""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from app.config import Settings

limiter = Limiter(key_func=get_remote_address, strategy="moving-window", headers_enabled=True)

# A whole quarter may sit behind one address of a mobile network, and on the worst day all of it asks for
# help: this only stops a runaway script.
POSTS = "1200/minute"


def address() -> str:
    """The key of limits by address."""
    return get_remote_address() or "unknown"


def set_up(app: Flask, settings: Settings) -> None:
    """Memory on one machine; name a redis:// storage when there are several."""
    app.config["RATELIMIT_STORAGE_URI"] = settings.limiter_storage
    limiter.init_app(app)
    limiter.enabled = settings.env != "test"
