"""/cases/<code>: one case, with exactly what this person may see and do."""

from typing import Any

from flask import Response
from flask_babel import gettext as _

from app.cases.access_records import accesses
from app.cases.alternatives import nearest_others
from app.cases.looking import look
from app.cases.models import CaseEvent
from app.cases.posting import code_as_typed
from app.cases.queries import CaseView, case_view, timeline
from app.cases.routes.blueprint import bp
from app.cases.routes.following import followed, viewer_here
from app.cases.routes.tracking import tracking_link
from app.cases.rules import REOPEN_WINDOW
from app.cases.wording import ACCESS, ACTOR, CLAIM, EVENT, VULNERABILITY
from app.core.clock import now
from app.core.db import transaction
from app.people.guards import public, this_user
from app.web.pages import page


@bp.get("/cases/<code>")
@public
def show(code: str) -> Response:
    """The case."""
    return case_page(code_as_typed(code))


def case_page(code: str, *, status: int = 200, **more: Any) -> Response:
    """The page of the case, or its part for htmx; views of the contact are recorded."""
    with transaction():
        view = case_view(code, viewer_here(code))
        context = _context(view) | more
        return page("cases/show.html", "cases/_case.html", status=status, case=view, **context)


def _context(view: CaseView) -> dict[str, Any]:
    user = this_user()
    concerned = view.mine or view.can_verify
    history = timeline(view.case.id) if concerned else []
    return {
        "history": [_told(event, mine=view.mine) for event in history],
        "refusal": next((e.why for e in reversed(history) if e.action == "rejected"), ""),
        "looking": looking_too(view),
        "looks": accesses(view.case.id) if view.mine else [],
        "link": tracking_link(view.case) if view.mine else None,
        "followed_here": view.code in followed(),
        "may_ask": view.status == "open" and not view.mine and view.my_claim is None,
        "takes_medic": view.category.medic_only and not (user and user.has_role("medic")),
        "reopenable": _reopenable(view),
        "kinds": VULNERABILITY,
        "claim_words": CLAIM,
        "access_words": ACCESS,
        "errors": {},
    }


def looking_too(view: CaseView) -> int:
    """How many others look at the case, for somebody who could take it; that they look is noted."""
    user = this_user()
    return look(view.case.id, user.id) if user is not None and view.can_take else 0


def _reopenable(view: CaseView) -> bool:
    ended = view.status in ("closed", "expired", "cancelled")
    return view.mine and ended and view.case.erased_at is None and now() - view.status_at <= REOPEN_WINDOW


def _told(event: CaseEvent, *, mine: bool) -> dict[str, Any]:
    """One event of the history in human words."""
    title, group = EVENT.get(event.action, (event.action, "ended"))
    own = mine and event.actor_kind in ("requester", "anonymous")
    return {
        "at": event.at,
        "title": title,
        "group": group,
        "text": event.why,
        "who": _("Bạn") if own else ACTOR.get(event.actor_kind, ""),
    }


def others_near(code: str) -> list[dict[str, Any]]:
    """Open cases near this one, for whoever came too late."""
    return nearest_others(code, this_user())
