"""The order of the feed for somebody who helps: what suits them, when that is what they came for."""

from dataclasses import dataclass

from app.cases.posting import code_as_typed, is_code
from app.core.geo import Point
from app.feed.filters import Filter
from app.feed.queries import cases_with_ids
from app.feed.standing import Standing, is_helper, standing_of
from app.feed.suggesting import After, Shown, Suggested, suggestions
from app.feed.view import View
from app.people.models import User

WHY_NONE = ("no_settings", "no_place", "resting", "full", "nothing_suits")


@dataclass(frozen=True)
class Personal:
    """What a helper's feed shows. `why_none`: empty, or one of WHY_NONE."""

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
    return suggested_to(standing, view.asked, _told(view), view.after)


def suggested_to(
    standing: Standing | None,
    asked: Filter,
    here: Point | None,
    after: After | None,
    shown: Shown = cases_with_ids,
) -> Personal:
    """What this volunteer should do first, going out from `here` or else from their base; or why nothing."""
    start = here or (standing.base if standing else None)
    if why_none := _why_none(standing, start):
        return Personal(standing, start, NOTHING, why_none)
    assert standing is not None
    assert start is not None
    found = suggestions(asked, standing, start, after, shown)
    return Personal(standing, start, found, "" if found.cases or after else "nothing_suits")


def _may_suggest(view: View) -> bool:
    """Only open cases are suggested: a view without them, or the next page of another order, is not one."""
    asked = view.asked
    if asked.q and is_code(code_as_typed(asked.q)):
        return False  # that one is wanted, wherever it is and whatever it needs
    return view.sort != "nearest" and "open" in asked.statuses and not asked.bbox and asked.cursor is None


def _is_usual(view: View, standing: Standing) -> bool:
    """Without a choice: a volunteer who is at work and has not narrowed the list comes to be told what to do.

    A filter asks what there is, and is answered in the plain order.
    """
    return not view.narrowed and standing.available and (_told(view) or standing.base) is not None


def _told(view: View) -> Point | None:
    """The place that the phone told; a volunteer is there, not where they said they start from."""
    return view.asked.near if view.place == "gps" else None


def _why_none(standing: Standing | None, start: Point | None) -> str:
    if standing is None or not standing.helper.category_ids:
        return "no_settings"
    if start is None:
        return "no_place"
    if not standing.available:
        return "resting"
    return "full" if standing.full else ""
