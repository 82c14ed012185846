"""/coverage: how well help reaches each ward, as a list for everyone and as figures for the map."""

from hashlib import blake2b
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for
from flask_babel import gettext as _

from app.core.errors import NotFound
from app.coverage import wording
from app.coverage.queries import PAGE, Place, measured_at, place_called, provinces_shown, wards_shown
from app.people.guards import public
from app.web.pages import page

bp = Blueprint("coverage", __name__)

FARTHEST_PAGE = 100
MOST_WARDS = 5_000
FILE_CACHE = "public, max-age=30, s-maxage=30"


@bp.get("/coverage")
@public
def index() -> Response:
    """The wards, the most behind first; with `area` those of a province."""
    place = _place()
    number = max(1, min(request.args.get("page", 1, type=int) or 1, FARTHEST_PAGE))
    found = wards_shown(place, limit=PAGE + 1, offset=(number - 1) * PAGE)
    return page(
        "coverage/list.html",
        "coverage/_wards.html" if number > 1 else "coverage/_list.html",
        wards=found[:PAGE],
        more_url=url_for(".index", page=number + 1, area=place.code if place else None)
        if len(found) > PAGE
        else None,
        place=place,
        provinces=provinces_shown(),
        measured_at=measured_at(),
        words=wording,
    )


@bp.get("/coverage.json")
@public
def figures() -> Response:
    """What the map's layer needs of each ward, short: code, level, and the figures to show on a tap."""
    wards = wards_shown(_place(), limit=MOST_WARDS)
    at = measured_at()
    rows: list[list[Any]] = [
        [w.code, w.level, w.open, w.waiting, w.counted_only, w.unmet_percent, w.helpers] for w in wards
    ]
    response = jsonify({"measured_at": at.isoformat(timespec="minutes") if at else None, "wards": rows})
    response.headers["Cache-Control"] = FILE_CACHE
    response.set_etag(blake2b(response.get_data(), digest_size=12).hexdigest())
    response.make_conditional(request)
    return response


def _place() -> Place | None:
    code = request.args.get("area", "").strip()
    place = place_called(code) if code else None
    if code and place is None:
        raise NotFound(_("Không có địa bàn nào mang mã này."))
    return place
