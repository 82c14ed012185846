"""From a query string to a file on its way: shared by the console and the API."""

from typing import Any, cast

from flask import Flask, Response, current_app
from werkzeug.datastructures import MultiDict

from app.authority.background import place_request, same_request
from app.authority.export import begin, exporter_for, many_leave, place_order
from app.authority.filters import CaseFilter
from app.authority.jurisdiction import Jurisdiction, jurisdiction_of
from app.authority.models import ExportRequest
from app.core.db import transaction
from app.core.events import publish
from app.emergencies.queries import all_categories
from app.people.guards import signed_in_user
from app.web.i18n import locale_name
from app.web.overload import sheds


def asked_for(args: "MultiDict[str, str]") -> tuple[CaseFilter, Jurisdiction]:
    """The filter of a request and the jurisdiction of whoever asks."""
    within = jurisdiction_of(signed_in_user())
    return CaseFilter.from_args(args, [category.slug for category in all_categories()]), within


def comes_later() -> bool:
    """Whether the worker had better make the file: too many people are here, or files on their way."""
    return sheds("exports") or many_leave()


def download(
    suffix: str, args: "MultiDict[str, str]", *, headings: str, separator: str, via: str, limit: int
) -> Response:
    """Start an export: its first audit line is committed, then the bytes follow."""
    asked, within = asked_for(args)
    exporter = exporter_for(suffix, headings, separator)
    with transaction():
        order = place_order(exporter, asked, within, by=signed_in_user().id, via=via, limit=limit)
    app = cast(Any, current_app)._get_current_object()
    response = Response(begin(order, cast(Flask, app), limit), mimetype=exporter.mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{order.filename}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def ask_for_later(
    suffix: str, args: "MultiDict[str, str]", *, headings: str, separator: str, via: str, limit: int
) -> ExportRequest:
    """Have the worker make the file: checked and noted as if it left now; asked twice it is made once."""
    asked, within = asked_for(args)
    exporter = exporter_for(suffix, headings, separator)
    user = signed_in_user()
    with transaction():
        same = same_request(user.id, asked, suffix=suffix, headings=headings, separator=separator)
        if same is not None:
            return same
        order = place_order(exporter, asked, within, by=user.id, via=via, limit=limit)
        request = place_request(order, headings=headings, separator=separator, locale=locale_name())
        publish("export_asked", request_id=request.id)
    return request
