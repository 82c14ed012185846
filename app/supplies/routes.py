"""/supplies: where goods can be had, for everyone; and a supplier's own points."""

import uuid
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from app.areas.actions import places_of_address
from app.areas.queries import FoundArea, area_at
from app.core.db import transaction
from app.core.errors import Invalid, NotFound
from app.core.geo import Point
from app.core.text import clean
from app.emergencies.queries import all_categories
from app.people.actions import take_role
from app.people.guards import public, signed_in, signed_in_user, this_user
from app.supplies.actions import add_point, change_point, open_point
from app.supplies.queries import FARTHEST_PAGE, middle_of, point_by_id, points_near, points_of
from app.supplies.rules import KINDS, LONGEST, MOST_DELIVERIES, RADII_M, SaidPoint
from app.web.drafts import forget_draft
from app.web.overload import sheds
from app.web.pages import page

bp = Blueprint("supplies", __name__, url_prefix="/supplies")

KIND_WORDS = {
    "shop": _l("Cửa hàng"),
    "market": _l("Chợ, siêu thị"),
    "charity_kitchen": _l("Bếp từ thiện"),
    "school": _l("Trường học"),
    "rice_atm": _l("ATM gạo"),
    "pharmacy": _l("Nhà thuốc"),
    "other": _l("Nơi khác"),
}


@bp.get("")
@public
def index() -> Response:
    """Open supply points, nearest first."""
    place, near, where = _from_where()
    kind = request.args.get("kind", "") if request.args.get("kind") in KINDS else ""
    known = {category.slug for category in all_categories()}
    category = request.args.get("category", "") if request.args.get("category") in known else ""
    q = clean(request.args.get("q"))[:60]
    number = max(1, min(request.args.get("page", 1, type=int) or 1, FARTHEST_PAGE))
    search_rests = bool(q) and sheds("search")
    words = "" if search_rests else q
    points, more = points_near(place, kind=kind, category=category, q=words, number=number)
    asked = {"kind": kind, "category": category, "q": q, "near": near, "area": request.args.get("area", "")}
    asked = {name: value for name, value in asked.items() if value}
    return page(
        "supplies/list.html",
        "supplies/_points.html" if number > 1 else "supplies/_list.html",
        points=points,
        asked=asked,
        search_rests=search_rests,
        where=where,
        more_url=f"{url_for('.index')}?{urlencode({**asked, 'page': number + 1})}" if more else None,
        kinds=KIND_WORDS,
        categories=all_categories(),
    )


def _from_where() -> tuple[Point, str, str]:
    """From where distances count: a place given, an area, or the middle of the map; with words for it."""
    near = request.args.get("near", "")
    if near:
        try:
            lat, lon = (float(part) for part in near.split(","))
            return Point.checked(lon, lat, field="near"), near, _("gần vị trí đã chọn")
        except ValueError:
            raise Invalid(_("Vị trí không hợp lệ."), field="near", slug="invalid-position") from None
    if found := middle_of(request.args.get("area", "")):
        return found[0], "", found[1]
    settings = current_app.config["SETTINGS"]
    return Point(settings.default_lon, settings.default_lat), "", ""


@bp.get("/<uuid:point_id>")
@public
def show(point_id: uuid.UUID) -> Response:
    """One supply point; a closed one only for its owner."""
    point = point_by_id(point_id)
    user = this_user()
    own = point is not None and user is not None and point.owner_id == user.id
    if point is None or not (point.active or own):
        raise NotFound(_("Điểm cung cấp này đã đóng."))
    return page("supplies/show.html", point=point, own=own, kinds=KIND_WORDS, categories=all_categories())


@bp.get("/mine")
@signed_in
def mine() -> Response:
    """My supply points; whoever is no supplier yet becomes one with one tap."""
    user = signed_in_user()
    return page(
        "supplies/mine.html",
        points=points_of(user.id),
        supplies=user.has_role("supplier"),
        kinds=KIND_WORDS,
    )


@bp.post("/begin")
@signed_in
def begin() -> Any:
    """One tap: become a supplier and describe the first point."""
    with transaction():
        take_role(signed_in_user(), "supplier")
    return redirect(url_for(".new"), 303)


@bp.get("/new")
@signed_in
def new() -> Any:
    """An empty form; whoever is no supplier yet is asked first."""
    if not signed_in_user().has_role("supplier"):
        return redirect(url_for(".mine"), 303)
    return _form(SaidPoint(phone=signed_in_user().phone or ""))


@bp.post("/new")
@signed_in
def create() -> Any:
    """Register a point, or look its place up first."""
    said = said_in(request.form)
    if request.form.get("do") == "find":
        return _form(said, found=places_of_address(request.form.get("place", "")))
    try:
        with transaction():
            point_id = add_point(signed_in_user(), said).id
    except Invalid as refusal:
        return _form(said, errors=refusal.errors)
    forget_draft("supply-new")
    flash(_("Điểm cung cấp đã lên bản đồ."), "success")
    return redirect(url_for(".show", point_id=point_id), 303)


@bp.get("/<uuid:point_id>/edit")
@signed_in
def edit(point_id: uuid.UUID) -> Response:
    """The form with what is known."""
    point = point_by_id(point_id)
    if point is None or point.owner_id != signed_in_user().id:
        raise NotFound(_("Bạn không có điểm cung cấp này."))
    said = SaidPoint(
        point.name,
        point.kind,
        point.goods,
        point.hours,
        point.address,
        point.phone or "",
        point.position,
        point.radius_m,
        point.deliveries,
        tuple(point.categories),
    )
    return _form(said, point_id=point_id)


@bp.post("/<uuid:point_id>/edit")
@signed_in
def change(point_id: uuid.UUID) -> Any:
    """Keep the changes, or look a place up first."""
    said = said_in(request.form)
    if request.form.get("do") == "find":
        return _form(said, point_id=point_id, found=places_of_address(request.form.get("place", "")))
    try:
        with transaction():
            change_point(signed_in_user(), point_id, said)
    except Invalid as refusal:
        return _form(said, point_id=point_id, errors=refusal.errors)
    flash(_("Đã lưu."), "success")
    return redirect(url_for(".show", point_id=point_id), 303)


@bp.post("/<uuid:point_id>/<any(close, open):turn>")
@signed_in
def turn(point_id: uuid.UUID, turn: str) -> Any:
    """Take a point off the map, or put it back."""
    with transaction():
        open_point(signed_in_user(), point_id, active=turn == "open")
    flash(_("Đã mở lại.") if turn == "open" else _("Đã đóng, không còn trên bản đồ."), "success")
    return redirect(url_for(".mine"), 303)


def said_in(form: "MultiDict[str, str]") -> SaidPoint:
    """The point as it was typed; a number that is none becomes one that is refused."""
    radius, deliveries = form.get("radius_m", "").strip(), form.get("deliveries", "3").strip()
    return SaidPoint(
        **{name: form.get(name, "") for name in ("name", "kind", "goods", "hours", "address", "phone")},
        position=_position(form),
        radius_m=int(radius) if radius.isdecimal() and len(radius) < 8 else -1,
        deliveries=int(deliveries) if deliveries.isdecimal() and len(deliveries) < 4 else 0,
        categories=tuple(dict.fromkeys(form.getlist("categories"))),
    )


def _position(form: "MultiDict[str, str]") -> Point | None:
    """A ward chosen from the list wins, for it was chosen last; else the pin."""
    if found := middle_of(form.get("area", "")):
        return found[0]
    try:
        return Point.checked(float(form["lon"]), float(form["lat"]))
    except (KeyError, ValueError, Invalid):
        return None


def _form(
    said: SaidPoint,
    *,
    point_id: uuid.UUID | None = None,
    found: list[FoundArea] | None = None,
    errors: dict[str, list[str]] | None = None,
) -> Response:
    return page(
        "supplies/form.html",
        status=422 if errors else 200,
        said=said,
        point_id=point_id,
        found=found,
        place=request.form.get("place", ""),
        area=area_at(said.position) if said.position else None,
        errors=errors or {},
        kinds=KIND_WORDS,
        radii=RADII_M,
        longest=LONGEST,
        most_deliveries=MOST_DELIVERIES,
        categories=[category for category in all_categories() if not category.medic_only],
    )
