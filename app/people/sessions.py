"""Who is behind a session cookie or a bearer token."""

import uuid

from app.core.db import db
from app.people.models import User
from app.web.sessions import login


@login.user_loader  # type: ignore[untyped-decorator]
def user_of_session(session_id: str) -> User | None:
    """The user of a session cookie, unless it was signed out everywhere or the account is closed."""
    key, _colon, version = session_id.partition(":")
    try:
        user = db.session.get(User, uuid.UUID(key))
    except ValueError:
        return None
    if user is None or not user.is_active or str(user.session_version) != version:
        return None
    return user
