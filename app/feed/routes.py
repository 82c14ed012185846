"""The feed page, its parts, and the tiles of its map."""

from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, Response, current_app, request
from flask_babel import gettext as _

from app.areas.queries import search_areas
from app.core.errors import NotFound
from app.feed import catalogue, tiles
from app.feed.filters import Filter
from app.feed.queries import Page, cases_page
from app.feed.rules import GROUP_STATUSES
from app.feed.view import PAGE_STATUSES, View
from app.feed.viewer import is_medic
from app.people.guards import public
from app.web.frame import places as stops
from app.web.pages import page, wants_part

bp = Blueprint("feed", __name__)
tiles_bp = Blueprint("case_tiles", __name__, url_prefix="/tiles/cases")

DISTANCES_M = (500, 1000, 2000, 5000, 10_000)
TILE_CACHE = "public, max-age=2, s-maxage=5"
SUGGESTIONS = 8


@bp.get("/")
@public
def index() -> Response:
    """The feed: map and list of one view. An htmx request gets the list, one with a cursor the next cards."""
    view = View.from_args(request.args, current_app.config["SETTINGS"])
    medic = is_medic()
    found = cases_page(view.asked, medic=medic)
    part = "feed/_cards.html" if view.asked.cursor else "feed/_list.html"
    response = page("feed/page.html", part, **_context(view, found, medic=medic))
    if wants_part() and not view.asked.cursor and "live" not in request.args:
        _write_address(response, view)
    return response


def _context(view: View, found: Page, *, medic: bool) -> dict[str, Any]:
    return {
        "view": view,
        "asked": view.asked,
        "cases": found.cases,
        "more_url": view.path(cursor=found.next) if found.next else None,
        "categories": [c for c in catalogue.categories().values() if c.on_map or medic],
        "groups": tuple(GROUP_STATUSES),
        "distances": DISTANCES_M,
        "ask_url": next((stop["url"] for stop in stops() if stop["endpoint"] == "cases.new"), None),
        "first_visit": not request.args and not request.cookies,
    }


def _write_address(response: Response, view: View) -> None:
    """The address follows the view: a new filter is a step to come back from, a move of the map is not."""
    before = dict(parse_qsl(urlsplit(request.headers.get("HX-Current-URL", "")).query))
    after = dict(parse_qsl(urlsplit(view.path()).query))
    moved_only = before | {"at": ""} == after | {"at": ""}
    response.headers["HX-Replace-Url" if moved_only else "HX-Push-Url"] = view.path()


@bp.get("/places")
@public
def places() -> Response:
    """Areas to look at, by name: a page, or for htmx the list of links."""
    view = View.from_args(request.args, current_app.config["SETTINGS"])
    typed = request.args.get("where", "").replace("\x00", "").strip()
    found = search_areas(typed, SUGGESTIONS) if typed else []
    links = [(hit.area.label, hit.formerly, view.to_area(hit.area.code)) for hit in found]
    return page("feed/places.html", "feed/_places.html", links=links, typed=typed, view=view)


@tiles_bp.get("/<int:z>/<int:x>/<int:y>.mvt")
@public
def tile(z: int, x: int, y: int) -> Response:
    """One tile of the cases that a filter shows; the same filter as the page's."""
    if not tiles.is_tile(z, x, y):
        raise NotFound(_("Không có mảnh bản đồ này."))
    asked = Filter.from_args(request.args, statuses=PAGE_STATUSES)
    response = Response(tiles.cases_tile(z, x, y, asked), mimetype=tiles.MIMETYPE)
    response.headers["Cache-Control"] = TILE_CACHE
    response.set_etag(blake2b(response.get_data(), digest_size=12).hexdigest())
    response.make_conditional(request)
    return response
