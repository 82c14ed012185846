"""Who looks at the feed: nearly always a stranger, for whom nobody is looked up in the database."""

from flask import current_app, request, session

from app.people.guards import this_user
from app.people.models import User


def is_stranger() -> bool:
    """Whether nobody has signed in behind this request. Only what strangers see is kept for others."""
    if "Authorization" in request.headers or current_app.config["REMEMBER_COOKIE_NAME"] in request.cookies:
        return False
    return "_user_id" not in session


def who_asks() -> User | None:
    """The user who asks; None for a stranger."""
    return None if is_stranger() else this_user()


def is_medic() -> bool:
    """Whether a verified medic asks: medics see what strangers may only count."""
    user = who_asks()
    return user is not None and user.has_role("medic")
