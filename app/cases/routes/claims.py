"""Taking a case, and what a volunteer then says about it."""

import uuid
from decimal import Decimal
from typing import Any

from flask import current_app, flash, redirect, request, url_for
from flask_babel import gettext as _

from app.cases.claiming import deliver_claim, extend_claim, release_claim, take_case, why_not
from app.cases.forms import read_number
from app.cases.handover import hand_over
from app.cases.posting import code_as_typed
from app.cases.queries import CaseView, case_view
from app.cases.routes.answers import answered, too_late, why
from app.cases.routes.blueprint import claims_bp as bp
from app.cases.routes.following import viewer_here
from app.cases.routes.show import case_page, looking_too, others_near
from app.cases.rules import lease
from app.core.clock import now
from app.core.db import transaction
from app.core.errors import Conflict, Invalid
from app.people.actions import take_role
from app.people.guards import signed_in, signed_in_user
from app.web.pages import page, wants_part


@bp.get("/cases/<code>/take")
@signed_in
def take(code: str) -> Any:
    """What taking this case promises, until when, and what the volunteer will then see."""
    code = code_as_typed(code)
    with transaction():
        view = case_view(code, viewer_here(code))
        if view.my_claim is not None or view.mine:
            return redirect(url_for("cases.show", code=code), 303)
        if view.status != "open":
            return case_page(code, status=409, trouble=why_not(view.status), others=others_near(code))
        return _sheet(view)


def _sheet(view: CaseView, *, status: int = 200, error: str = "") -> Any:
    user = signed_in_user()
    helps = any(user.has_role(role) for role in ("volunteer", "medic", "supplier"))
    return page(
        "cases/take.html",
        status=status,
        case=view,
        until=until(view),
        looking=looking_too(view),
        helps=helps,
        medics_only=view.category.medic_only and not user.has_role("medic"),
        error=error,
        typed=request.form,
    )


def until(view: CaseView) -> Any:
    """Until when a claim made now would hold."""
    settings = current_app.config["SETTINGS"]
    return now() + lease(
        view.urgency,
        minutes=settings.lease_minutes,
        minutes_life_threatening=settings.lease_minutes_life_threatening,
    )


@bp.post("/cases/<code>/join")
@signed_in
def join(code: str) -> Any:
    """Become a volunteer with one tap, and go on with taking the case."""
    with transaction():
        take_role(signed_in_user(), "volunteer")
    return redirect(url_for("claims.take", code=code_as_typed(code)), 303)


@bp.post("/cases/<code>/claims")
@signed_in
def create(code: str) -> Any:
    """Promise what is left, or parts of it."""
    code = code_as_typed(code)
    try:
        with transaction():
            take_case(code, by=signed_in_user(), needs=_promised())
    except Invalid as wrong:
        with transaction():
            return _sheet(case_view(code, viewer_here(code)), status=422, error=wrong.message)
    except Conflict as late:
        return too_late(code, late)
    done = _("Bạn đã nhận giúp. Địa chỉ và số điện thoại ở ngay dưới đây.")
    if wants_part():
        return case_page(code, done=done)
    flash(done, "success")
    return redirect(url_for("cases.show", code=code), 303)


def _promised() -> dict[uuid.UUID, Decimal] | None:
    """The promised quantity of each need; None for everything that is left."""
    if request.form.get("how") != "part":
        return None
    promised = {}
    for name, typed in request.form.items():
        kind, _dot, key = name.partition(".")
        if kind == "need" and typed.strip() not in ("", "0"):
            try:
                promised[uuid.UUID(key)] = read_number(typed)
            except ValueError:
                raise Invalid(_("Không có món này trong trường hợp."), field="needs") from None
    return promised


@bp.post("/cases/<code>/claims/<uuid:claim_id>/deliver")
@signed_in
def deliver(code: str, claim_id: uuid.UUID) -> Any:
    """It was handed over."""
    words = _("Cảm ơn bạn. Người cần giúp sẽ được hỏi đã nhận được chưa.")
    return answered(
        code_as_typed(code), "deliver", lambda: deliver_claim(claim_id, by=signed_in_user()), words
    )


@bp.post("/cases/<code>/claims/<uuid:claim_id>/hand-over")
@signed_in
def prove(code: str, claim_id: uuid.UUID) -> Any:
    """It was handed over, and the requester's code proves it."""
    code = code_as_typed(code)
    try:
        with transaction():
            refusal = hand_over(claim_id, by=signed_in_user(), code=request.form.get("code", "")).refusal
    except Conflict as late:
        return case_page(code, status=409, trouble=late.message)
    if refusal is not None:
        return case_page(code, status=refusal.status, errors={"code": [refusal.message]})
    done = _("Đúng mã. Đã giao xong, cảm ơn bạn.")
    if wants_part():
        return case_page(code, done=done)
    flash(done, "success")
    return redirect(url_for("cases.show", code=code), 303)


@bp.post("/cases/<code>/claims/<uuid:claim_id>/extend")
@signed_in
def extend(code: str, claim_id: uuid.UUID) -> Any:
    """A little longer, with a reason."""
    words = _("Đã gia hạn.")
    return answered(
        code_as_typed(code), "extend", lambda: extend_claim(claim_id, by=signed_in_user(), why=why()), words
    )


@bp.post("/cases/<code>/claims/<uuid:claim_id>/release")
@signed_in
def release(code: str, claim_id: uuid.UUID) -> Any:
    """Give it back."""
    words = _("Đã trả lại để người khác nhận. Cảm ơn bạn đã báo sớm.")
    return answered(
        code_as_typed(code), "release", lambda: release_claim(claim_id, by=signed_in_user(), why=why()), words
    )
