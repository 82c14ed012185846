"""Personal access tokens for the API: shown once, kept as a hash."""

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import func, select, update

from app.core import audit
from app.core.clock import now
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.text import clean
from app.people.models import ApiToken, User
from app.people.rules import TOKEN_DAYS, TOKENS_KEPT, check_scopes

PREFIX = "lalanh_"
SEEN_EVERY = timedelta(minutes=5)


class NewToken(NamedTuple):
    """A token at the only moment when its text is known."""

    text: str
    row: ApiToken


def create_token(user: User, name: str, scopes: Iterable[str], *, days: int) -> NewToken:
    """Give this person a token; the oldest ones go when there are too many."""
    name = clean(name)[:60]
    if not name:
        raise Invalid(_("Đặt tên để sau này nhớ mã dùng ở đâu."), field="token_name")
    if not 1 <= days <= max(TOKEN_DAYS):
        raise Invalid(_("Thời hạn từ 1 đến %(n)s ngày.", n=max(TOKEN_DAYS)), field="days")
    text = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        user_id=user.id,
        token_hash=_hashed(text),
        name=name,
        scopes=check_scopes(scopes),
        created_at=now(),
        expires_at=now() + timedelta(days=days),
    )
    db.session.add(row)
    db.session.flush()
    _drop_surplus(user.id)
    audit.record("token_created", user.id, token=str(row.id), scopes=row.scopes)
    return NewToken(text, row)


def token_shown(text: str) -> ApiToken | None:
    """The live token with this text."""
    found = db.session.scalar(select(ApiToken).where(ApiToken.token_hash == _hashed(text)))
    return found if found is not None and found.live else None


def seen_long_ago(token: ApiToken) -> bool:
    """Whether its last use should be noted again; not at every call, for each one costs a commit."""
    return token.last_used_at is None or now() - token.last_used_at > SEEN_EVERY


def revoke_token(user: User, token_id: uuid.UUID) -> None:
    """End one of this person's own tokens."""
    ended = db.session.execute(
        update(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now())
    )
    if not ended.rowcount:  # type: ignore[attr-defined]
        raise NotFound(_("Mã truy cập này không còn."))
    audit.record("token_revoked", user.id, token=str(token_id))


def revoke_all(user_id: uuid.UUID) -> None:
    """End every token of a person."""
    db.session.execute(
        update(ApiToken)
        .where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now())
    )


def _drop_surplus(user_id: uuid.UUID) -> None:
    live = ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > func.now()
    surplus = select(ApiToken.id).where(*live).order_by(ApiToken.created_at.desc()).offset(TOKENS_KEPT)
    db.session.execute(update(ApiToken).where(ApiToken.id.in_(surplus)).values(revoked_at=now()))


def _hashed(text: str) -> str:
    """256 random bits need no salt and no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()
