"""A person's own copy of what is kept about them, and the end of their account.

People lie below every other feature: those add to the copy, and erase their share, through the events
`user_exported` (fill in `bundle`) and `user_erased`. See wiring.py.
"""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select

from app.core import audit
from app.core.audit import AuditRecord
from app.core.clock import now
from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.core.events import publish
from app.people import queries
from app.people.models import ApiToken, OneTimeCode, User
from app.people.passwords import password_fits

ERASED = "Tài khoản đã xoá"
LONGEST_AUDIT = 10_000


def personal_data(user: User) -> dict[str, Any]:
    """Everything kept about this person, as plain values for JSON."""
    bundle: dict[str, Any] = {
        "made_at": now(),
        "account": {
            "id": user.id,
            "name": user.name,
            "phone": user.phone,
            "email": user.email,
            "locale": user.locale,
            "created_at": user.created_at,
        },
        "roles": [row._asdict() for row in queries.roles_of(user.id)],
        "tokens": [
            {
                "name": t.name,
                "scopes": t.scopes,
                "created_at": t.created_at,
                "expires_at": t.expires_at,
                "last_used_at": t.last_used_at,
            }
            for t in queries.tokens_of(user.id)
        ],
        "what_you_did": _own_audit(user),
    }
    publish("user_exported", user_id=user.id, bundle=bundle)
    return bundle


def erase_account(user: User, password: str) -> None:
    """Close the account and remove what says whose it was. What they did for others stays, without a name."""
    if not password_fits(password, user.password_hash):
        raise Invalid(_("Mật khẩu chưa đúng."), field="password")
    if user.has_role("administrator") and not queries.administrators_left(besides=user.id):
        raise Conflict(
            _("Bạn là quản trị viên cuối cùng. Hãy trao quyền cho người khác trước."),
            slug="last-administrator",
        )
    publish("user_erased", user_id=user.id)
    for table in (ApiToken, OneTimeCode):
        db.session.execute(delete(table).where(table.user_id == user.id))
    user.roles.clear()
    user.name = ERASED
    user.phone = None
    user.email = f"{user.id}@erased.invalid"
    user.password_hash = ""
    user.session_version += 1
    user.deactivated_at = now()
    db.session.flush()
    audit.record("account_erased", user.id)


def _own_audit(user: User) -> list[dict[str, Any]]:
    lines = db.session.scalars(
        select(AuditRecord)
        .where(AuditRecord.actor_id == user.id)
        .order_by(AuditRecord.at)
        .limit(LONGEST_AUDIT)
    )
    return [{"at": line.at, "action": line.action, "details": line.details} for line in lines]
