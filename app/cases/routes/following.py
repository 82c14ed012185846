"""Which cases this browser follows without an account: their codes, in the signed cookie."""

from flask import session

from app.cases.closing import Actor
from app.cases.policies import Viewer
from app.cases.views import viewer_of
from app.people.guards import this_user

MOST_FOLLOWED = 30
KEY = "tracked"


def followed() -> list[str]:
    """The codes of the cases followed in this browser, newest first."""
    return [str(code) for code in session.get(KEY, ())]


def follow(code: str) -> None:
    """Remember that this browser was shown the case's secret."""
    session[KEY] = [code, *(other for other in followed() if other != code)][:MOST_FOLLOWED]
    session.permanent = True


def forget(code: str) -> None:
    """Follow the case no longer."""
    session[KEY] = [other for other in followed() if other != code]


def viewer_here(code: str) -> Viewer:
    """Whoever asks, with what this browser holds."""
    return viewer_of(this_user(), tracks=code in followed())


def actor_here(code: str) -> Actor:
    """Whoever answers, with what this browser holds."""
    return Actor(this_user(), tracks=code in followed())
