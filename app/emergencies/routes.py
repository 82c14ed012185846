"""Administration of emergencies and categories."""

import uuid
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.areas.queries import AreaRow, FoundArea, areas_with_codes, search_areas
from app.core.db import transaction
from app.core.errors import Conflict, Invalid
from app.emergencies.actions import add_category, end_emergency, open_emergency
from app.emergencies.queries import all_categories, every_emergency
from app.emergencies.rules import ICONS, CategoryDraft, EmergencyDraft
from app.people.guards import role_required, signed_in_user
from app.web.pages import page

bp = Blueprint("emergencies", __name__, url_prefix="/admin/emergencies")
MOST_AREAS = 100


@bp.get("")
@role_required("administrator")
def index() -> Response:
    """Every emergency, and the categories."""
    return page(
        "admin/emergencies.html",
        emergencies=every_emergency(),
        categories={category.id: category for category in all_categories()},
    )


@bp.get("/new")
@role_required("administrator")
def new() -> Response:
    """The form of a new emergency."""
    return _form(EmergencyDraft())


@bp.post("/new")
@role_required("administrator")
def create() -> Any:
    """One step of the form: look for an area, add or drop one, or open the emergency."""
    draft, step = draft_in(request.form), request.form.get("do", "open")
    if step == "enter":  # the key: it means the field that it was pressed in, and browsers do not tell which
        step = "find" if request.form.get("area_q", "").strip() and not draft.areas else "open"
    if step == "find":
        return _form(draft, found=search_areas(request.form.get("area_q", ""), 8))
    if step == "add":
        if not request.form.get("area"):
            found = search_areas(request.form.get("area_q", ""), 8)
            return _form(draft, found=found, errors={"areas": [_("Chọn một địa bàn trong danh sách.")]})
        return _form(_with_area(draft, request.form["area"]))
    if step.startswith("drop:"):
        kept = tuple(code for code in draft.areas if code != step.removeprefix("drop:"))
        return _form(replace(draft, areas=kept))
    draft = _with_area(draft, request.form.get("area", ""))
    try:
        with transaction():
            emergency = open_emergency(
                draft, by=signed_in_user(), zone=current_app.config["BABEL_DEFAULT_TIMEZONE"]
            )
            name = emergency.name
    except Invalid as refusal:
        return _form(draft, errors=refusal.errors)
    flash(_("Đã mở đợt ứng phó %(name)s.", name=name), "success")
    return redirect(url_for("emergencies.index"), 303)


@bp.post("/<uuid:emergency_id>/end")
@role_required("administrator")
def end(emergency_id: uuid.UUID) -> Any:
    """End an emergency now."""
    with transaction():
        name = end_emergency(emergency_id, by=signed_in_user()).name
    flash(_("Đã kết thúc đợt ứng phó %(name)s.", name=name), "success")
    return redirect(url_for("emergencies.index"), 303)


@bp.route("/categories/new", methods=["GET", "POST"])
@role_required("administrator")
def new_category() -> Any:
    """The form of a new category."""
    draft, errors = CategoryDraft(), dict[str, list[str]]()
    if request.method == "POST":
        draft = category_in(request.form)
        try:
            with transaction():
                add_category(draft, by=signed_in_user())
        except (Invalid, Conflict) as refusal:
            errors = refusal.errors
        else:
            flash(_("Đã thêm nhóm hỗ trợ %(name)s.", name=draft.name_vi), "success")
            return redirect(url_for("emergencies.index"), 303)
    status = 422 if errors else 200
    return page("admin/category.html", status=status, draft=draft, errors=errors, icons=ICONS)


def draft_in(form: MultiDict[str, str]) -> EmergencyDraft:
    """What was typed of an emergency."""
    texts = {name: form.get(name, "") for name in ("name", "name_en", "starts_at", "ends_at")}
    return EmergencyDraft(
        **texts,
        areas=tuple(dict.fromkeys(form.getlist("areas")))[:MOST_AREAS],
        categories=tuple(dict.fromkeys(form.getlist("categories"))),
    )


def category_in(form: MultiDict[str, str]) -> CategoryDraft:
    """What was typed of a category."""
    texts = {name: form.get(name, "") for name in ("name_vi", "name_en", "slug", "icon", "chips")}
    return CategoryDraft(**texts, medic_only="medic_only" in form, on_map="on_map" in form)


def _with_area(draft: EmergencyDraft, code: str) -> EmergencyDraft:
    return replace(draft, areas=(*draft.areas, code)) if code and code not in draft.areas else draft


def _form(
    draft: EmergencyDraft,
    *,
    found: list[FoundArea] | None = None,
    errors: dict[str, list[str]] | None = None,
) -> Response:
    return page(
        "admin/emergency.html",
        "admin/_emergency_form.html",
        status=422 if errors else 200,
        draft=draft,
        areas=_chosen(draft.areas),
        found=found,
        area_q=request.form.get("area_q", ""),
        errors=errors or {},
        categories=all_categories(),
    )


def _chosen(codes: tuple[str, ...]) -> list[AreaRow]:
    return [*areas_with_codes(codes, "province"), *areas_with_codes(codes, "commune")]
