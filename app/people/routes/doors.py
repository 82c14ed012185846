"""Signing up, in and out, and a new password by a one-time code."""

from typing import Any

from flask import Response, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import login_user, logout_user

from app.core.db import db, transaction
from app.core.errors import SignInNeeded
from app.people import actions, recovery
from app.people.forms import CONSENT, AskCodeForm, ResetForm, SignInForm, SignUpForm, beside_fields
from app.people.guards import public, signed_in, signed_in_user, this_user
from app.people.limits import (
    accounts_and_codes_per_address,
    codes_per_account,
    guesses_per_account,
    guesses_per_address,
)
from app.people.models import User
from app.people.returning import held_form, hold_form, inside
from app.people.routes.blueprint import bp
from app.people.rules import Identity, read_identity
from app.web.drafts import EVERY, forget_draft
from app.web.frame import came_from
from app.web.handlers import answer
from app.web.i18n import locale_name, phone_region
from app.web.pages import page, wants_json


def enter(user: User) -> None:
    """Sign this person in on this device."""
    session.permanent = True
    login_user(user)


def _go_on(form: SignInForm | SignUpForm) -> Any:
    """To the form that was interrupted, else to where the person was."""
    held = held_form(form.held.data)
    if held:
        return page("people/held.html", held=held)
    return redirect(inside(form.next.data, url_for("people.me")), 303)


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@guesses_per_account
@guesses_per_address
def sign_in() -> Any:
    """The sign-in page."""
    if request.method == "GET" and this_user():
        return redirect(inside(request.args.get("next"), url_for("people.me")), 303)
    form = SignInForm()
    if request.method == "GET":
        form.next.data = inside(request.args.get("next"), "")
    if form.validate_on_submit():
        with transaction():
            user = actions.recognise(form.text("identity"), form.text("password"), region=phone_region())
        if user:
            enter(user)
            return _go_on(form)
        form.password.errors = [_("Số điện thoại, e-mail hoặc mật khẩu chưa đúng.")]
    return page("people/sign_in.html", form=form, status=422 if form.errors else 200)


@bp.route("/sign-up", methods=["GET", "POST"])
@public
@accounts_and_codes_per_address
def sign_up() -> Any:
    """The page for a new account."""
    form = SignUpForm()
    if request.method == "GET":
        form.next.data = inside(request.args.get("next"), "")
        form.helps.data = request.args.get("helps") == "1"
    elif form.validate_on_submit():
        with beside_fields(form), transaction():
            user = actions.sign_up(
                form.text("identity"),
                form.text("name"),
                form.text("password"),
                region=phone_region(),
                agreed=form.agree.data,
                words=str(CONSENT),
                helps=form.helps.data,
                locale=locale_name(),
            )
        if not form.errors:
            enter(user)
            forget_draft("sign-up")
            return _go_on(form)
    if form.errors and not form.password.errors:
        form.password.errors = [_("Hãy gõ lại mật khẩu: trang này không giữ nó.")]
    return page("people/sign_up.html", form=form, status=422 if form.errors else 200)


@bp.post("/sign-out")
@public
def sign_out() -> Response:
    """Leave on this device."""
    logout_user()
    forget_draft(EVERY)
    flash(_("Bạn đã đăng xuất."), "success")
    return redirect("/", 303)  # type: ignore[return-value]


@bp.post("/sign-out-everywhere")
@signed_in
def sign_out_everywhere() -> Response:
    """Leave on every device."""
    with transaction():
        actions.sign_out_everywhere(signed_in_user())
    logout_user()
    forget_draft(EVERY)
    flash(_("Bạn đã đăng xuất khỏi mọi thiết bị."), "success")
    return redirect(url_for("people.sign_in"), 303)  # type: ignore[return-value]


@bp.route("/reset", methods=["GET", "POST"])
@public
@codes_per_account
@accounts_and_codes_per_address
def reset() -> Any:
    """Ask for a one-time code. The answer is the same for everybody."""
    form = AskCodeForm()
    if form.validate_on_submit():
        with beside_fields(form), transaction():
            identity = read_identity(form.text("identity"), region=phone_region())
            recovery.ask_for_code(identity)
        if not form.errors:
            session["reset"] = identity.address
            return redirect(url_for("people.reset_code"), 303)
    return page("people/reset.html", form=form, status=422 if form.errors else 200)


@bp.route("/reset/code", methods=["GET", "POST"])
@public
@guesses_per_account
@guesses_per_address
def reset_code() -> Any:
    """Type the code and a new password."""
    form = ResetForm()
    if request.method == "GET":
        form.identity.data = session.get("reset", "")
    if not form.identity.data:
        return redirect(url_for("people.reset"), 303)
    if form.validate_on_submit():
        user = None
        with beside_fields(form), transaction():
            identity = _posted_identity(form)
            user = recovery.reset_password(identity, form.text("code"), form.text("password"))
        if user:
            session.pop("reset", None)
            enter(user)
            flash(_("Đã đổi mật khẩu. Các thiết bị khác đã được đăng xuất."), "success")
            return redirect(url_for("people.me"), 303)
        if not form.errors:
            form.code.errors = [_("Mã chưa đúng hoặc đã hết hạn. Bạn có thể xin mã mới.")]
    return page("people/reset_code.html", form=form, status=422 if form.errors else 200)


def _posted_identity(form: ResetForm) -> Identity:
    return read_identity(form.text("identity"), region=phone_region(), field="code")


@bp.app_errorhandler(SignInNeeded)
def ask_who(refusal: SignInNeeded) -> Any:
    """Programs get a 401; people the sign-in page, which carries along what they had typed."""
    if wants_json():
        response = answer(401, slug=refusal.slug, detail=str(refusal.message))
        bad = refusal.slug == "invalid-token"
        response.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if bad else "Bearer"
        return response
    db.session.rollback()
    if request.method in {"GET", "HEAD"}:
        return _to_sign_in(request.full_path if request.query_string else request.path)
    form = SignInForm(formdata=None)
    form.held.data = hold_form()
    form.next.data = inside(came_from(), "")
    response = page("people/sign_in.html", form=form, interrupted=True, status=401)
    response.headers["HX-Retarget"] = "body"
    response.headers["HX-Reswap"] = "innerHTML show:top"
    return response


def _to_sign_in(back: str) -> Any:
    target = url_for("people.sign_in", next=back)
    if request.headers.get("HX-Request") and not request.headers.get("HX-Boosted"):
        return Response("", 204, headers={"HX-Redirect": target})
    return redirect(target, 303)
