"""The console of officials: cases of their areas, exports, who exported what."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _

from app.authority import wording
from app.authority.access import record_looks
from app.authority.answers import asked_for, comes_later, download
from app.authority.audit_list import exports_of
from app.authority.background import requests_of
from app.authority.export import SEPARATORS
from app.authority.files import headings, later
from app.authority.filters import CaseFilter
from app.authority.jurisdiction import Jurisdiction, jurisdiction_of
from app.authority.queries import cases_page, count_cases, counts_by_status, table_row
from app.cases.access_records import accesses
from app.cases.closing import reject_case, verify_case
from app.cases.queries import case_view, timeline
from app.cases.views import viewer_of
from app.core.db import transaction
from app.core.errors import Invalid, NotFound
from app.emergencies.queries import all_categories
from app.matching.dispatch_queries import search_for
from app.people.guards import role_required, signed_in_user
from app.web.overload import sheds
from app.web.pages import page, wants_part

bp = Blueprint("authority", __name__, url_prefix="/authority")


def frame(within: Jurisdiction) -> dict[str, Any]:
    """What every page of the console needs."""
    return {"within": within, "words": wording, "categories": all_categories()}


@bp.get("/")
@role_required("official")
def index() -> Response:
    """The table of cases. Whoever reads it is noted in every case it shows."""
    asked, within = asked_for(request.args)
    cursor = request.args.get("cursor", "")
    search_rests = bool(asked.q) and sheds("search")
    found = replace(asked, q="") if search_rests else asked
    rows, following = cases_page(found, within, cursor)
    with transaction():
        record_looks((row.id for row in rows), signed_in_user().id)
    first = not cursor
    response = page(
        "authority/cases.html",
        "authority/_rows.html" if cursor else "authority/_table.html",
        rows=rows,
        more_url=url_for(".index") + "?" + asked.query_string(cursor=following) if following else "",
        asked=asked,
        search_rests=search_rests,
        total=count_cases(found, within) if first else None,
        counts=counts_by_status(within) if not wants_part() else {},
        **frame(within),
    )
    if wants_part() and first:
        response.headers["HX-Push-Url"] = _address(asked)
    return response


def _address(asked: CaseFilter) -> str:
    """This page with its filter: only what was chosen, so that it can be read and shared."""
    query = asked.query_string()
    return request.path + ("?" + query if query else "")


@bp.get("/cases/<code>")
@role_required("official")
def case(code: str) -> Response:
    """One case with everything that an official may know."""
    return _case_page(code)


def _case_page(code: str, **more: Any) -> Response:
    user = signed_in_user()
    within = jurisdiction_of(user)
    if table_row(code.upper(), within) is None:
        raise NotFound(_("Không có trường hợp nào mang mã này trong địa bàn của bạn."))
    with transaction():
        shown = case_view(code, viewer_of(user))
        history, looks = timeline(shown.case.id), accesses(shown.case.id)
        found: dict[str, Any] = {"history": history, "looks": looks, "search": search_for(shown.case.id)}
        return page("authority/case.html", case=shown, **found, **frame(within), **more)


@bp.post("/cases/<code>/verify")
@role_required("official")
def verify(code: str) -> Any:
    """Vouch for a case; htmx gets the row of the table anew."""
    with transaction():
        verify_case(code.upper(), by=signed_in_user())
    if wants_part():
        within = jurisdiction_of(signed_in_user())
        return page("authority/_row.html", row=table_row(code.upper(), within), **frame(within))
    flash(_("Đã xác minh."), "success")
    return redirect(url_for(".case", code=code), 303)


@bp.post("/cases/<code>/reject")
@role_required("official")
def reject(code: str) -> Any:
    """Take a false case off the map, with a reason."""
    why = request.form.get("why", "")
    try:
        with transaction():
            reject_case(code.upper(), by=signed_in_user(), why=why)
    except Invalid as wrong:
        return _case_page(code, status=422, errors=wrong.errors, why=why)
    flash(_("Đã gỡ khỏi bản đồ. Người gửi thấy lý do bạn ghi."), "success")
    return redirect(url_for(".case", code=code), 303)


@bp.get("/export")
@role_required("official")
def export() -> Response:
    """Choose what to export and see how many cases that is."""
    asked, within = asked_for(request.args)
    response = page(
        "authority/export.html",
        "authority/_count.html",
        asked=asked,
        total=count_cases(asked, within),
        limit=current_app.config["SETTINGS"].export_limit,
        separators=SEPARATORS,
        files=requests_of(signed_in_user().id),
        **frame(within),
    )
    if wants_part():
        response.headers["HX-Replace-Url"] = _address(asked)
    return response


@bp.get("/export/cases.<any(csv, xlsx, geojson):suffix>")
@role_required("official")
def export_file(suffix: str) -> Any:
    """The file, with headings in the language of the page; later while too many people or files are here."""
    if comes_later():
        return later(suffix, request.args.get("separator", "comma"))
    return download(
        suffix,
        request.args,
        headings=headings(),
        separator=request.args.get("separator", "comma"),
        via="page",
        limit=current_app.config["SETTINGS"].export_limit,
    )


@bp.get("/audit")
@role_required("official")
def audit() -> Response:
    """Who exported cases of these areas."""
    user = signed_in_user()
    within = jurisdiction_of(user)
    lines, following = exports_of(within, user.id, request.args.get("cursor", ""))
    more_url = url_for(".audit", cursor=following) if following else ""
    return page(
        "authority/audit.html",
        "authority/_audit_rows.html" if request.args.get("cursor") else None,
        lines=lines,
        more_url=more_url,
        **frame(within),
    )
