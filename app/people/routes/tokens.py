"""Personal access tokens in the profile."""

import uuid
from typing import Any

from flask import Response, flash, redirect, url_for
from flask_babel import gettext as _

from app.core.db import transaction
from app.people import queries, tokens
from app.people.forms import TokenForm, beside_fields
from app.people.guards import signed_in, signed_in_user
from app.people.routes.blueprint import bp
from app.people.rules import SCOPES, TOKEN_DAYS
from app.web.pages import page


@bp.get("/me/tokens")
@signed_in
def my_tokens() -> Response:
    """The live tokens, and a form for one more."""
    return _shown(TokenForm(formdata=None))


@bp.post("/me/tokens")
@signed_in
def create_token() -> Response:
    """Make a token; its text is shown this once."""
    form = TokenForm()
    made = None
    if form.validate_on_submit():
        with beside_fields(form), transaction():
            days = int(form.text("days")) if form.text("days").isdecimal() else 0
            made = tokens.create_token(
                signed_in_user(), form.text("token_name"), form.scopes.data or [], days=days
            ).text
    if form.errors or made is None:
        return _shown(form, status=422)
    return _shown(TokenForm(formdata=None), status=201, made=made)


@bp.post("/me/tokens/<uuid:token_id>/revoke")
@signed_in
def revoke_token(token_id: uuid.UUID) -> Any:
    """End a token."""
    with transaction():
        tokens.revoke_token(signed_in_user(), token_id)
    flash(_("Mã truy cập đã bị thu hồi."), "success")
    return redirect(url_for("people.my_tokens"), 303)


def _shown(form: TokenForm, *, status: int = 200, made: str | None = None) -> Response:
    response = page(
        "people/tokens.html",
        status=status,
        form=form,
        made=made,
        tokens=queries.tokens_of(signed_in_user().id),
        scopes=SCOPES,
        day_choices=[(days, _("%(n)s ngày", n=days)) for days in TOKEN_DAYS],
    )
    response.headers["Cache-Control"] = "no-store"
    return response
