"""The buttons of a case: the requester's answers and the official's verdict."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from app.cases.alternatives import TOO_LATE
from app.cases.closing import (
    cancel_case,
    confirm_case,
    reject_case,
    reopen_case,
    still_needed,
    verify_case,
)
from app.cases.posting import code_as_typed
from app.cases.routes.blueprint import bp
from app.cases.routes.following import actor_here
from app.cases.routes.show import case_page, others_near
from app.core.db import transaction
from app.core.errors import Conflict, Invalid
from app.people.guards import public, role_required, signed_in_user
from app.web.pages import wants_part


def answered(code: str, form: str, act: Callable[[], object], done: str) -> Any:
    """Act, and show the case as it then is; a refusal stands on the same page, beside the form `form`."""
    try:
        with transaction():
            act()
    except Invalid as wrong:
        return case_page(code, status=422, errors={form: [wrong.message]}, why=request.form.get("why", ""))
    except Conflict as late:
        return too_late(code, late)
    if wants_part():
        return case_page(code, done=done)
    flash(done, "success")
    return redirect(url_for("cases.show", code=code), 303)


def too_late(code: str, late: Conflict) -> Any:
    """The case as it now is, and what else is near for somebody who came too late to take it."""
    others = others_near(code) if late.slug in TOO_LATE else []
    return case_page(code, status=409, trouble=late.message, others=others)


def why() -> str:
    """The reason that was typed."""
    return request.form.get("why", "")


@bp.post("/cases/<code>/confirm")
@public
def confirm(code: str) -> Any:
    """It arrived."""
    code = code_as_typed(code)
    words = _("Cảm ơn bạn đã báo. Trường hợp đã đóng lại.")
    return answered(code, "confirm", lambda: confirm_case(code, actor=actor_here(code)), words)


@bp.post("/cases/<code>/reopen")
@public
def reopen(code: str) -> Any:
    """It did not arrive, or help is needed again."""
    code = code_as_typed(code)
    words = _("Đã mở lại. Trường hợp của bạn hiện trên bản đồ để người khác nhận giúp.")
    return answered(code, "reopen", lambda: reopen_case(code, actor=actor_here(code), why=why()), words)


@bp.post("/cases/<code>/cancel")
@public
def cancel(code: str) -> Any:
    """No longer needed."""
    code = code_as_typed(code)
    words = _("Đã gỡ khỏi bản đồ. Cảm ơn bạn đã báo.")
    return answered(code, "cancel", lambda: cancel_case(code, actor=actor_here(code), why=why()), words)


@bp.post("/cases/<code>/still-needed")
@public
def keep(code: str) -> Any:
    """Still needed: the answer to the question that comes after a day."""
    code = code_as_typed(code)
    words = _("Cảm ơn bạn đã báo. Tin vẫn hiện trên bản đồ.")
    return answered(code, "keep", lambda: still_needed(code, actor=actor_here(code)), words)


@bp.post("/cases/<code>/verify")
@role_required("official")
def verify(code: str) -> Any:
    """The official vouches for it."""
    code = code_as_typed(code)
    return answered(code, "verify", lambda: verify_case(code, by=signed_in_user()), _("Đã xác minh."))


@bp.post("/cases/<code>/reject")
@role_required("official")
def reject(code: str) -> Any:
    """The official takes it off the map, with a reason."""
    code = code_as_typed(code)
    words = _("Đã gỡ khỏi bản đồ. Người gửi thấy lý do bạn ghi.")
    return answered(code, "reject", lambda: reject_case(code, by=signed_in_user(), why=why()), words)
