"""Tôi: who I am here, what I may do, what is kept about me."""

import json
from typing import Any

from flask import Response, current_app, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import login_user, logout_user

from app.core.clock import now
from app.core.db import transaction
from app.core.errors import Invalid
from app.people import actions, erasure, queries
from app.people.forms import EraseForm, NameForm, NoteForm, PasswordForm, beside_fields
from app.people.guards import signed_in, signed_in_user
from app.people.limits import guesses_per_address
from app.people.policies import may_find_people
from app.people.routes.blueprint import bp
from app.people.standing import standing_of
from app.web.drafts import EVERY, forget_draft
from app.web.i18n import LOCALES
from app.web.pages import page


@bp.get("/me")
@signed_in
def me() -> Response:
    """The profile."""
    return _profile()


def _profile(*, status: int = 200, **forms: Any) -> Response:
    user = signed_in_user()
    roles = queries.roles_of(user.id)
    return page(
        "people/me.html",
        status=status,
        user=user,
        roles=roles,
        held={row.role for row in roles},
        standing=standing_of(user),
        may_find_people=may_find_people(standing_of(user)),
        has_page=lambda endpoint: endpoint in current_app.view_functions,
        **{"note_form": NoteForm(formdata=None), **forms},
    )


@bp.get("/me/settings")
@signed_in
def settings() -> Response:
    """Name, language, password, my data."""
    return _settings()


def _settings(*, status: int = 200, **forms: Any) -> Response:
    user = signed_in_user()
    blank = {
        "name_form": NameForm(formdata=None, name=user.name),
        "password_form": PasswordForm(formdata=None),
        "erase_form": EraseForm(formdata=None, prefix="erase-"),
    }
    return page("people/settings.html", status=status, user=user, **{**blank, **forms})


@bp.post("/me/name")
@signed_in
def rename() -> Any:
    """Change the name."""
    form = NameForm()
    if form.validate_on_submit():
        with beside_fields(form), transaction():
            actions.rename(signed_in_user(), form.text("name"))
    return _saved(_("Đã đổi tên.")) if not form.errors else _settings(status=422, name_form=form)


@bp.post("/me/locale")
@signed_in
def locale() -> Any:
    """Choose the language of pages and messages."""
    chosen = request.form.get("locale", "")
    if chosen not in LOCALES:
        raise Invalid(_("Chưa có ngôn ngữ này."), field="locale")
    with transaction():
        actions.speak(signed_in_user(), chosen)
    session["locale"] = chosen
    return _saved(None)


@bp.post("/me/password")
@signed_in
@guesses_per_address
def change_password() -> Any:
    """Change the password; other devices are signed out."""
    form = PasswordForm()
    user = signed_in_user()
    if form.validate_on_submit():
        with beside_fields(form), transaction():
            actions.change_password(user, form.text("old"), form.text("new"))
    if form.errors:
        return _settings(status=422, password_form=form)
    login_user(user)
    return _saved(_("Đã đổi mật khẩu. Các thiết bị khác đã được đăng xuất."))


@bp.post("/me/roles/<role>")
@signed_in
def take_role(role: str) -> Any:
    """Become a volunteer or a supplier, or ask to be verified as a medic."""
    form = NoteForm()
    with beside_fields(form), transaction():
        actions.take_role(signed_in_user(), role, form.text("note"))
    if form.errors:
        return _profile(status=422, note_form=form)
    thanks = {
        "volunteer": _("Cảm ơn bạn. Bạn có thể nhận giúp ngay từ bây giờ."),
        "supplier": _("Đã ghi nhận bạn là người cung cấp."),
        "medic": _("Đã gửi đề nghị. Cán bộ sẽ xác minh chứng chỉ của bạn."),
    }
    flash(thanks[role], "success")
    return redirect(url_for("people.me"), 303)


@bp.post("/me/roles/<role>/give-up")
@signed_in
def give_up_role(role: str) -> Any:
    """Lay a role down."""
    with transaction():
        actions.give_up_role(signed_in_user(), role)
    flash(_("Đã thôi vai trò này."), "success")
    return redirect(url_for("people.me"), 303)


@bp.get("/me/data.json")
@signed_in
def my_data() -> Response:
    """Everything kept about me, as a file."""
    text = json.dumps(erasure.personal_data(signed_in_user()), ensure_ascii=False, indent=2, default=str)
    response = Response(text, mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="la-lanh-{now():%Y-%m-%d}.json"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/me/erase")
@signed_in
@guesses_per_address
def erase() -> Any:
    """Close my account and remove my data."""
    form = EraseForm(prefix="erase-")
    if form.validate_on_submit():
        try:
            with transaction():
                erasure.erase_account(signed_in_user(), form.text("password"))
        except Invalid as refusal:
            form.password.errors = [str(refusal.message)]
    if form.errors:
        return _settings(status=422, erase_form=form)
    logout_user()
    session.clear()
    forget_draft(EVERY)
    flash(_("Tài khoản và thông tin cá nhân của bạn đã được xoá."), "success")
    return redirect("/", 303)


def _saved(text: str | None) -> Any:
    if text:
        flash(text, "success")
    return redirect(url_for("people.settings"), 303)
