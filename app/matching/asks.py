"""/me/asks: the cases that a volunteer is asked about ("lời nhờ"), with a yes and a no."""

import uuid
from typing import Any

from flask import Blueprint, Response, flash, redirect, url_for
from flask_babel import gettext as _

from app.cases.alternatives import with_alternatives
from app.cases.models import Case
from app.core.db import db, transaction
from app.core.errors import Conflict
from app.matching import ask_queries
from app.matching.dispatch import accept_ask, decline_ask, own_ask
from app.people.guards import signed_in, signed_in_user, this_user
from app.web.pages import page, wants_part

bp = Blueprint("asks", __name__)


@bp.app_context_processor
def for_links() -> dict[str, Any]:
    """Pages of features below show how many asks wait."""
    return {"asks_waiting": _waiting}


def _waiting() -> int:
    user = this_user()
    return ask_queries.asks_waiting(user.id) if user is not None else 0


@bp.get("/me/asks")
@signed_in
def index() -> Response:
    """What I am asked now, and what became of the asks of the last day."""
    return _asks()


def _asks(*, status: int = 200, **more: Any) -> Response:
    user = signed_in_user()
    return page(
        "matching/asks.html",
        "matching/_asks.html",
        status=status,
        asks=ask_queries.live_asks(user),
        past=ask_queries.past_asks(user),
        helps=any(user.has_role(role) for role in ("volunteer", "medic", "supplier")),
        **more,
    )


@bp.post("/me/asks/<uuid:ask_id>/accept")
@signed_in
def accept(ask_id: uuid.UUID) -> Any:
    """Take the case; its page then shows the contact. Too late: kindly, with what else is near."""
    user = signed_in_user()
    code = db.session.get_one(Case, own_ask(ask_id, user).case_id).code
    try:
        with with_alternatives(code, user), transaction():
            accept_ask(ask_id, by=user)
    except Conflict as late:
        return _asks(status=409, trouble=late.message, others=late.extra.get("alternatives", []))
    flash(_("Bạn đã nhận giúp. Địa chỉ và số điện thoại ở ngay dưới đây."), "success")
    target = url_for("cases.show", code=code)
    if wants_part():
        return Response("", 204, {"HX-Redirect": target})
    return redirect(target, 303)


@bp.post("/me/asks/<uuid:ask_id>/decline")
@signed_in
def decline(ask_id: uuid.UUID) -> Any:
    """Not this time; others are asked."""
    try:
        with transaction():
            decline_ask(ask_id, by=signed_in_user())
    except Conflict as late:
        return _asks(status=409, trouble=late.message)
    done = _("Cảm ơn bạn đã trả lời. Người khác sẽ được hỏi.")
    if wants_part():
        return _asks(done=done)
    flash(done, "success")
    return redirect(url_for("asks.index"), 303)
