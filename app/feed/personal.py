"""The order of the feed for somebody who helps: what suits them, when that is what they came for."""

from dataclasses import dataclass

from app.core.geo import Point
from app.feed.standing import Standing, is_helper, standing_of
from app.feed.suggesting import Suggested, suggestions
from app.feed.view import View
from app.people.models import User


@dataclass(frozen=True)
class Personal:
    """What a helper's feed shows. `why_none`: no_settings, no_place, resting, full or nothing_suits."""

    standing: Standing | None
    start: Point | None
    found: Suggested
    why_none: str = ""

    @property
    def reach_m(self) -> float | None:
        """How far the volunteer goes."""
        return self.standing.helper.radius_m if self.standing else None


NOTHING = Suggested((), None)


def personal_feed(view: View, user: User) -> Personal | None:
    """The suggestions for this user; None when the plain order is to be shown."""
    if not is_helper(user) or not _may_suggest(view):
        return None
    standing = standing_of(user)
    if not (view.sort == "suggested" or (standing and _is_usual(view, standing))):
        return None
    start = _start(view, standing)
    if why_none := _why_none(standing, start):
        return Personal(standing, start, NOTHING, why_none)
    assert standing is not None
    assert start is not None
    found = suggestions(view.asked, standing, start, view.after)
    return Personal(standing, start, found, "" if found.cases or view.after else "nothing_suits")


def _may_suggest(view: View) -> bool:
    """Only open cases are suggested: a view without them, or the next page of another order, is not one."""
    asked = view.asked
    return view.sort != "nearest" and "open" in asked.statuses and not asked.bbox and asked.cursor is None


def _is_usual(view: View, standing: Standing) -> bool:
    """Without a choice: a volunteer who is at work and has not narrowed the list comes to be told what to do.

    A filter asks what there is, and is answered in the plain order.
    """
    return not view.narrowed and standing.available and _start(view, standing) is not None


def _start(view: View, standing: Standing | None) -> Point | None:
    """Where the volunteer is: the place that their phone told, else where they said they start from."""
    if view.place == "gps":
        return view.asked.near
    return standing.base if standing else None


def _why_none(standing: Standing | None, start: Point | None) -> str:
    if standing is None or not standing.helper.category_ids:
        return "no_settings"
    if start is None:
        return "no_place"
    if not standing.available:
        return "resting"
    return "full" if standing.full else ""
