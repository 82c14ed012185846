"""A new password by a one-time code.

The web request does the same for known and unknown numbers (it only leaves a job), so that neither its
answer nor its time tells whether somebody is registered. The job makes the code and sends it.
"""

import hashlib
import hmac
import secrets
import uuid
from datetime import timedelta

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import delete, func, select, update

from app.core import audit
from app.core.clock import now
from app.core.db import db
from app.core.events import publish
from app.people import queries
from app.people.actions import set_password
from app.people.models import OneTimeCode, User
from app.people.rules import CODE_DIGITS, CODE_LIFE, CODE_TRIES, CODES_AN_HOUR, Identity, check_password
from app.people.tokens import revoke_all
from app.web.i18n import in_language

PURPOSE = "reset_password"


def ask_for_code(identity: Identity) -> None:
    """Have a code sent to this address, if it belongs to an account."""
    publish("code_asked", phone=identity.phone, email=identity.email)


def make_code(identity: Identity) -> str | None:
    """Make a code and hand it to the notifier; None, and silence, for strangers and after too many."""
    user = queries.user_of(identity)
    if user is None or not user.is_active:
        return None
    # Two workers may hold requests of one person: the second waits here, and then counts the first's code.
    db.session.execute(select(User.id).where(User.id == user.id).with_for_update())
    if _made_lately(user.id) >= CODES_AN_HOUR:
        return None
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    moment = now()
    db.session.execute(
        update(OneTimeCode)
        .where(OneTimeCode.user_id == user.id, OneTimeCode.purpose == PURPOSE, OneTimeCode.used_at.is_(None))
        .values(used_at=moment)
    )
    db.session.add(
        OneTimeCode(
            user_id=user.id, purpose=PURPOSE, code_hash=_keyed(user.id, code), expires_at=moment + CODE_LIFE
        )
    )
    db.session.flush()
    with in_language(user.locale):
        publish(
            "message_wanted",
            to_user=user,
            purpose=PURPOSE,
            subject=_("Mã đặt lại mật khẩu Lá Lành"),
            body=_(
                "Mã của bạn là %(code)s, dùng trong %(minutes)s phút. "
                "Đừng đưa mã này cho ai, kể cả người tự xưng là Lá Lành.",
                code=code,
                minutes=CODE_LIFE // timedelta(minutes=1),
            ),
        )
    return code


def reset_password(identity: Identity, code: str, password: str) -> User | None:
    """Set the password of whoever holds the code; ends every session and every token of the account.

    None when the code does not fit: commit all the same, for the try has been counted.
    """
    check_password(password, known=identity)
    tried = _try_once(identity)
    digits = "".join(ch for ch in code if ch.isdigit())
    expected = _keyed(tried.user_id if tried else uuid.UUID(int=0), digits)
    if not hmac.compare_digest(tried.code_hash if tried else "", expected) or tried is None:
        return None
    user = db.session.get_one(User, tried.user_id)
    set_password(user, password, field="password")
    tried.used_at = now()
    revoke_all(user.id)
    audit.record("password_reset", user.id)
    return user


def forget_old_codes() -> int:
    """Remove codes that can no longer be used."""
    gone = db.session.execute(delete(OneTimeCode).where(OneTimeCode.expires_at < now() - timedelta(days=1)))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _try_once(identity: Identity) -> OneTimeCode | None:
    """Count one try at the account's newest code in a single statement, equal work for any address."""
    owner = User.phone == identity.phone if identity.phone else User.email == identity.email
    newest = (
        select(OneTimeCode.id)
        .join(User, User.id == OneTimeCode.user_id)
        .where(owner, OneTimeCode.purpose == PURPOSE, OneTimeCode.used_at.is_(None))
        .order_by(OneTimeCode.created_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    return db.session.scalar(
        update(OneTimeCode)
        .where(OneTimeCode.id == newest, OneTimeCode.expires_at > now(), OneTimeCode.tries < CODE_TRIES)
        .values(tries=OneTimeCode.tries + 1)
        .returning(OneTimeCode)
        .execution_options(synchronize_session=False)
    )


def _made_lately(user_id: uuid.UUID) -> int:
    lately = now() - timedelta(hours=1)
    made = select(func.count(OneTimeCode.id))
    return db.session.scalar(made.where(OneTimeCode.user_id == user_id, OneTimeCode.created_at > lately)) or 0


def _keyed(user_id: uuid.UUID, code: str) -> str:
    """Six digits are quickly tried out by whoever holds a plain hash; the key is not in the database."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, f"{PURPOSE}:{user_id}:{code}".encode(), hashlib.sha256).hexdigest()
