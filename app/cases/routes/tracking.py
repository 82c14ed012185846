"""Following a case without an account: the tracking link, and how to get a lost one back."""

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _

from app.cases.finding import ask_for_links
from app.cases.models import Case
from app.cases.posting import code_as_typed
from app.cases.queries import case_by_code, case_view
from app.cases.routes.blueprint import bp
from app.cases.routes.following import follow, forget, viewer_here
from app.cases.tracking import tracking_path, tracks
from app.core.db import transaction
from app.core.errors import Invalid, NotFound
from app.core.text import phone_e164
from app.people.guards import public
from app.people.limits import HOUR, limit_tries
from app.web.i18n import phone_region
from app.web.limits import address, limiter
from app.web.pages import page, public_url
from app.web.qr import qr_of


def _phone() -> str:
    """The key of limits by the phone number that was typed, in its one form."""
    try:
        return "phone:" + phone_e164(request.form.get("phone", ""), region=phone_region())
    except Invalid:
        return "address:" + address()


def _wrong(response: Response) -> bool:
    return response.status_code == 404


@bp.get("/t/<code>/<secret>")
@public
@limiter.limit("30/minute;200/hour", deduct_when=_wrong)
def follow_link(code: str, secret: str) -> Any:
    """The tracking link: this browser follows the case from now on."""
    case = case_by_code(code_as_typed(code))
    if not tracks(case, secret):
        raise NotFound(_("Đường dẫn này không đúng hoặc đã hết hiệu lực."))
    follow(case.code)
    target = "cases.sent" if request.args.get("sent") else "cases.show"
    return redirect(url_for(target, code=case.code), 303)


@bp.get("/cases/<code>/sent")
@public
def sent(code: str) -> Any:
    """What somebody sees who has just asked for help: the code, the link to follow it, what happens next."""
    code = code_as_typed(code)
    with transaction():
        view = case_view(code, viewer_here(code))
        if not view.mine:
            return redirect(url_for("cases.show", code=code), 303)
        link = tracking_link(view.case)
        return page("cases/sent.html", case=view, link=link, qr=qr_of(link))


def tracking_link(case: Case) -> str:
    """The whole address of the tracking link."""
    return public_url(tracking_path(case))


@bp.post("/cases/<code>/forget")
@public
def unfollow(code: str) -> Any:
    """This browser follows the case no longer: for a borrowed phone."""
    forget(code_as_typed(code))
    flash(_("Máy này không còn theo dõi trường hợp đó nữa."), "success")
    return redirect(url_for("cases.mine"), 303)


@bp.get("/find")
@public
def find() -> Response:
    """Ask for lost links."""
    return page("cases/find.html", errors={}, phone="")


@bp.post("/find")
@public
@limit_tries(30, HOUR, "find", address)
@limit_tries(5, HOUR, "find", _phone)
def send_found() -> Any:
    """Have the links sent to the phone. The answer is the same for every number."""
    phone = request.form.get("phone", "")
    try:
        with transaction():
            ask_for_links(phone)
    except Invalid as refusal:
        return page("cases/find.html", errors=refusal.errors, phone=phone, status=422)
    return page("cases/found.html", phone=phone_e164(phone, region=phone_region()))
