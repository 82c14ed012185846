"""/authority/exports: files that the worker makes, for those who asked for them."""

import uuid
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, request, send_file, url_for
from flask_babel import gettext as _

from app.authority import wording
from app.authority.answers import ask_for_later
from app.authority.background import file_of, request_of, requests_of
from app.authority.export import MIMETYPES
from app.authority.models import ExportRequest
from app.core.db import transaction
from app.core.errors import Invalid
from app.people.guards import role_required, signed_in_user
from app.web.i18n import locale_name
from app.web.pages import page, wants_part

bp = Blueprint("exports", __name__, url_prefix="/authority/exports")


@bp.get("/")
@role_required("official")
def index() -> Any:
    """The files that this official has asked for; a part of the page of exports, which asks for it."""
    if not wants_part():
        return redirect(url_for("authority.export", _anchor="files"))
    return page("authority/_files.html", files=requests_of(signed_in_user().id), words=wording)


@bp.post("/")
@role_required("official")
def ask() -> Any:
    """Have a file made; its filter stands in the address, its format in the form."""
    suffix, _dash, separator = request.form.get("format", "").partition("-")
    if suffix not in MIMETYPES:
        raise Invalid(_("Không có định dạng này."), field="format")
    return later(suffix, separator or "comma")


@bp.get("/<uuid:request_id>")
@role_required("official")
def fetch(request_id: uuid.UUID) -> Response:
    """A finished file."""
    with transaction():
        return send(request_of(signed_in_user(), request_id))


def headings() -> str:
    """Headings of a file that a page asks for: in the language of the page."""
    return "en" if locale_name() == "en" else "vi"


def later(suffix: str, separator: str) -> Any:
    """Put the file that this address describes in the queue, and go back to the page of exports."""
    ask_for_later(
        suffix,
        request.args,
        headings=headings(),
        separator=separator,
        via="page",
        limit=current_app.config["SETTINGS"].export_limit,
    )
    flash(_("Đã nhận. Tệp được làm ở nền, xong sẽ nhắn bạn."), "success")
    query = request.query_string.decode("ascii", "replace")
    return redirect(url_for("authority.export") + (f"?{query}" if query else ""), 303)


def send(asked: ExportRequest) -> Response:
    """The file as a download that nobody keeps on the way; in the caller's transaction."""
    response = send_file(
        file_of(asked),
        mimetype=MIMETYPES[asked.format],
        as_attachment=True,
        download_name=asked.filename,
        etag=False,
        last_modified=None,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
