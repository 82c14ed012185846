"""/me/helping: a volunteer's own settings."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.areas.actions import places_of_address
from app.areas.queries import FoundArea, area_at
from app.core.db import transaction
from app.core.errors import Invalid
from app.core.geo import Point
from app.emergencies.queries import all_categories
from app.people.guards import signed_in, signed_in_user
from app.volunteers.actions import save_helping
from app.volunteers.queries import helping_of, middle_of
from app.volunteers.rules import (
    LARGEST_CAPACITY,
    RADII_M,
    USUAL_VEHICLE,
    VEHICLE_WORDS,
    VEHICLES,
    Helping,
)
from app.web.pages import page

bp = Blueprint("volunteers", __name__)


@bp.get("/me/helping")
@signed_in
def helping() -> Response:
    """Where I start from, how far I go, what I can do, how much, whether now."""
    user = signed_in_user()
    every = tuple(c.slug for c in all_categories() if not c.medic_only or user.has_role("medic"))
    return _form(helping_of(user.id) or Helping(categories=every))


@bp.post("/me/helping")
@signed_in
def save() -> Any:
    """Keep the settings, or look a place up first."""
    form = request.form
    if form.get("do") == "find" and form.get("place", "").strip():
        return _form(said_in(form), found=places_of_address(form["place"]))
    try:
        with transaction():
            save_helping(signed_in_user(), said_in(form))
    except Invalid as refusal:
        return _form(said_in(form), errors=refusal.errors)
    flash(_("Đã lưu. Cảm ơn bạn đã sẵn lòng giúp."), "success")
    return redirect(url_for("volunteers.helping"), 303)


def said_in(form: MultiDict[str, str]) -> Helping:
    """The settings as they were typed; numbers that are none become ones that are refused."""
    return Helping(
        base=_base(form),
        radius_m=_whole(form.get("radius_m", "")),
        categories=tuple(dict.fromkeys(form.getlist("categories"))),
        capacity=_whole(form.get("capacity", "")),
        vehicle=form.get("vehicle", USUAL_VEHICLE),
        available=form.get("available") == "1",
    )


def _base(form: MultiDict[str, str]) -> Point | None:
    """A ward chosen from the list wins, for it was chosen last; else the pin."""
    chosen = form.get("area", "")
    if chosen and (middle := middle_of(chosen)):
        return middle
    try:
        return Point.checked(float(form["lon"]), float(form["lat"]))
    except (KeyError, ValueError, Invalid):
        return None


def _whole(typed: str) -> int:
    typed = typed.strip()
    return int(typed) if typed.isdecimal() and len(typed) < 8 else 0


def _form(
    said: Helping, *, found: list[FoundArea] | None = None, errors: dict[str, list[str]] | None = None
) -> Response:
    user = signed_in_user()
    area = area_at(said.base) if said.base else None
    return page(
        "volunteers/helping.html",
        status=422 if errors else 200,
        said=said,
        area=area,
        found=found,
        place=request.form.get("place", ""),
        errors=errors or {},
        radii=RADII_M,
        most=LARGEST_CAPACITY,
        vehicles=[(name, VEHICLE_WORDS[name], carries) for name, carries in VEHICLES.items()],
        categories=[c for c in all_categories() if not c.medic_only or user.has_role("medic")],
        helps=user.has_role("volunteer") or user.has_role("medic"),
    )
