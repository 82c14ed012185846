"""/post: three short steps to ask for help, in one form that works without JavaScript too."""

import secrets
from dataclasses import replace
from typing import Any

from flask import Response, redirect, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.cases.checking import LARGEST_HOUSEHOLD, LONGEST, LONGEST_ITEM, LONGEST_UNIT
from app.cases.forms import (
    OWN_LINES,
    Fields,
    TypedNeed,
    beside_fields,
    chosen_category,
    read_request,
    typed_needs,
)
from app.cases.models import Case
from app.cases.posting import CaseRequest, case_of_key, check_request, post_case
from app.cases.routes.blueprint import bp
from app.cases.tracking import tracking_path
from app.cases.whereabouts import Whereabouts, whereabouts
from app.cases.wording import URGENCY, VULNERABILITY
from app.core.db import transaction
from app.core.errors import Invalid
from app.core.geo import Point
from app.core.text import phone_display
from app.emergencies.models import Category
from app.emergencies.queries import categories_on
from app.people.guards import public, this_user
from app.web.drafts import forget_draft
from app.web.i18n import phone_region
from app.web.limits import POSTS, limiter
from app.web.pages import page, wants_part

ANYWHERE = Point(0.0, 0.0)
"""Stands in while the place is still unknown, so that everything else is checked at once."""


@bp.get("/post")
@public
def new() -> Response:
    """The empty form, with what is known of somebody who has signed in."""
    user = this_user()
    known: Fields = MultiDict()
    if user is not None:
        known["contact_name"] = user.name
        known["contact_phone"] = phone_display(user.phone) if user.phone else ""
    return _form(known, key=secrets.token_urlsafe(18))


# Many people share one address behind a mobile network's gateway: generous.
@bp.post("/post")
@public
@limiter.limit(POSTS)
def create() -> Any:
    """Make a case of the form; the same form sent again leads to the same case."""
    typed, categories = request.form, categories_on()
    slug = chosen_category(typed, categories)
    category = next((c for c in categories if c.slug == slug), None)
    needs = typed_needs(typed, category)
    place = whereabouts(typed)
    asked = read_request(typed, slug, needs, place.position or ANYWHERE)
    if place.commune is not None and place.exact is False:
        asked = replace(asked, commune_code=place.commune.code)
    errors = _problems(asked, category, needs, place)
    if errors:
        return _form(typed, errors=errors, place=place, status=422)
    key = typed.get("key") or None
    try:
        with transaction():
            path = tracking_path(post_case(asked, by=this_user(), idempotency_key=key).case)
    except Invalid as refusal:
        return _refused(refusal, typed, needs, place)
    forget_draft("case-new")
    return _go(path + "?sent=1")


def again() -> Response:
    """The form with what was typed and a token that holds: the page had been open longer than the session."""
    typed = request.form
    return _form(typed, place=whereabouts(typed), stale=True, status=400)


create.form_again = again  # type: ignore[attr-defined]


def _problems(
    asked: CaseRequest, category: Category | None, needs: list[TypedNeed], place: Whereabouts
) -> dict[str, list[str]]:
    """Everything that can be said before the category and the ward are looked up together."""
    errors: dict[str, list[str]] = {}
    try:
        check_request(asked, phone_region=phone_region())
    except Invalid as wrong:
        errors = beside_fields(wrong.errors, needs)
    if category is None:
        unknown = _("Không có nhóm hỗ trợ này.") if asked.category else _("Chọn một nhóm hỗ trợ.")
        errors = {"category": [unknown], **errors}
    if not place.known:
        errors["place"] = [place.problem or _("Chọn phường, xã của bạn rồi gửi lại.")]
    return errors


def _refused(refusal: Invalid, typed: Fields, needs: list[TypedNeed], place: Whereabouts) -> Response:
    """The form again. Changed and sent anew after it had arrived: say so, and let it be another case."""
    if refusal.slug != "idempotency-key-reused":
        return _form(typed, errors=beside_fields(refusal.errors, needs), place=place, status=422)
    earlier = case_of_key(typed["key"], this_user())
    return _form(typed, place=place, key=secrets.token_urlsafe(18), earlier=earlier, status=409)


def _go(path: str) -> Any:
    """On to `path`: as a redirect, or by htmx's own header."""
    if wants_part():
        return Response("", 204, headers={"HX-Redirect": path})
    return redirect(path, 303)


@bp.post("/post/place")
@public
@limiter.limit("120/minute")
def place() -> Response:
    """An htmx part: the ward that the point, the choice or the words of the form mean."""
    return page("cases/_place.html", place=whereabouts(request.form), typed=request.form, errors={})


def _form(
    typed: Fields,
    *,
    errors: dict[str, list[str]] | None = None,
    place: Whereabouts | None = None,
    key: str | None = None,
    earlier: Case | None = None,
    stale: bool = False,
    status: int = 200,
) -> Response:
    categories = categories_on()
    return page(
        "cases/post.html",
        "cases/_form.html",
        status=status,
        typed=typed,
        filled=status != 200,
        errors=errors or {},
        place=place,
        key=key or typed.get("key") or secrets.token_urlsafe(18),
        earlier=earlier,
        stale=stale,
        earlier_path=tracking_path(earlier) if earlier else None,
        categories=categories,
        chosen=chosen_category(typed, categories),
        own_lines=range(OWN_LINES),
        urgencies=URGENCY,
        vulnerabilities=VULNERABILITY,
        longest=LONGEST | {"item": LONGEST_ITEM, "unit": LONGEST_UNIT},
        largest_household=LARGEST_HOUSEHOLD,
    )
