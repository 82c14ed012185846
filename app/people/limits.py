"""How often somebody may guess: shared by pages and API, so that neither is a way around the other.

Counted in the database, so that the limit is one and the same in every process and on every machine; what is
kept is a keyed hash of who tried, and only for as long as it counts.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, after_this_request, current_app, request
from flask_babel import gettext as _
from sqlalchemy import ARRAY, DateTime, delete, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, db
from app.core.errors import Invalid, TooMany
from app.core.text import fold
from app.people.rules import read_identity
from app.web.i18n import phone_region
from app.web.limits import address, limiter

View = TypeVar("View", bound=Callable[..., Any])


class DoorTry(Base):
    """The tries of one account or address at one kind of door that still count."""

    __tablename__ = "door_try"
    __table_args__ = {"prefixes": ["UNLOGGED"]}

    key: Mapped[str] = mapped_column(primary_key=True)
    hits: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))
    until: Mapped[datetime] = mapped_column(index=True)


# One statement: its row lock lets no two tries at once pass for one. At the limit no row comes back.
TRY = text(
    """
    INSERT INTO door_try AS kept (key, hits, until)
    VALUES (:key, ARRAY[CAST(:at AS timestamptz)], CAST(:at AS timestamptz) + :window)
    ON CONFLICT (key) DO UPDATE
    SET hits = ARRAY(SELECT hit FROM unnest(kept.hits) AS hit WHERE hit > :since) || excluded.hits,
        until = excluded.until
    WHERE (SELECT count(*) FROM unnest(kept.hits) AS hit WHERE hit > :since) < :most
    RETURNING true
    """
)
OLDEST = text("SELECT min(hit) FROM door_try, unnest(hits) AS hit WHERE key = :key AND hit > :since")
TAKE_BACK = text("UPDATE door_try SET hits = array_remove(hits, CAST(:at AS timestamptz)) WHERE key = :key")


def account() -> str:
    """The key of limits by account: the identity that was typed, in its one form, else the address."""
    typed = _typed()
    if not typed:
        return f"address:{address()}"
    try:
        return f"account:{read_identity(typed, region=phone_region()).address}"
    except Invalid:
        return f"account:{fold(typed)[-120:]}"


def _typed() -> str:
    """As the page or the API will read it: the API takes JSON under any content type."""
    if not request.path.startswith("/api/"):
        return request.form.get("identity", "")
    body = request.get_json(force=True, silent=True)
    return str(body.get("phone") or body.get("email") or "") if isinstance(body, dict) else ""


def forget_old_tries() -> None:
    """Remove what no longer counts. The caller holds the transaction."""
    db.session.execute(delete(DoorTry).where(DoorTry.until < now()))


def limit_tries(
    most: int, window: timedelta, scope: str, who: Callable[[], str], *, only_failures: bool = False
) -> Callable[[View], View]:
    """Let a form be sent `most` times in `window`; with `only_failures` a try that gets in does not count."""

    def decorate(view: View) -> View:
        @wraps(view)
        def limited(*args: Any, **kwargs: Any) -> Any:
            if request.method == "POST" and limiter.enabled:
                take_back = _count(f"{scope}|{who()}", most, window)
                if only_failures:
                    after_this_request(take_back)
            return view(*args, **kwargs)

        return cast(View, limited)

    return decorate


def _count(name: str, most: int, window: timedelta) -> Callable[[Response], Response]:
    """Count one try, or refuse it; gives what takes it back when the answer shows that it got in."""
    secret = str(current_app.secret_key).encode()
    at = now()
    key = hmac.new(secret, f"door|{name}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()
    said = {"key": key, "at": at, "since": at - window, "window": window, "most": most}
    with db.engine.begin() as connection:
        if not connection.scalar(TRY, said):
            oldest = connection.scalar(OLDEST, said) or at
            raise TooMany(
                _("Vui lòng thử lại sau ít phút."),
                retry_after_s=1 + int((oldest + window - at).total_seconds()),
            )

    def take_back_if_in(response: Response) -> Response:
        if response.status_code in {201, 303}:
            with db.engine.begin() as connection:
                connection.execute(TAKE_BACK, {"key": key, "at": at})
        return response

    return take_back_if_in


QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
guesses_per_account = limit_tries(10, QUARTER, "guesses", account, only_failures=True)
# Many people share one address behind a mobile network's gateway, so the address alone gets a wide limit.
guesses_per_address = limit_tries(60, QUARTER, "doors", address, only_failures=True)
accounts_and_codes_per_address = limit_tries(60, QUARTER, "asks", address)
codes_per_account = limit_tries(6, HOUR, "codes", account)
