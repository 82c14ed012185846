"""Who looks at the feed: nearly always a stranger, for whom nobody is looked up in the database."""

from flask import current_app, request

from app.people.guards import this_user


def is_medic() -> bool:
    """Whether a verified medic asks: medics see what strangers may only count."""
    recognisable = (
        "Authorization" in request.headers or current_app.config["SESSION_COOKIE_NAME"] in request.cookies
    )
    user = this_user() if recognisable else None
    return user is not None and user.has_role("medic")
