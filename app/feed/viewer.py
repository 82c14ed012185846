"""Who looks at the feed: nearly always a stranger, for whom nobody is looked up in the database."""

from flask import request

from app.people.guards import this_user
from app.people.models import User
from app.web.sessions import may_be_signed_in


def is_stranger() -> bool:
    """Whether nobody has signed in behind this request. Only what strangers see is kept for others."""
    return "Authorization" not in request.headers and not may_be_signed_in()


def who_asks() -> User | None:
    """The user who asks; None for a stranger."""
    return None if is_stranger() else this_user()


def is_medic() -> bool:
    """Whether a verified medic asks: medics see what strangers may only count."""
    user = who_asks()
    return user is not None and user.has_role("medic")
