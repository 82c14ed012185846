"""The feed page, its parts, and the tiles of its map."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, Response, current_app, make_response, render_template, request
from flask_babel import gettext as _
from markupsafe import Markup

from app.areas.queries import search_areas
from app.core.errors import NotFound
from app.feed import answers, catalogue, tiles
from app.feed.answers import without_words
from app.feed.cards import cards_of
from app.feed.kept import Answer, response_of
from app.feed.personal import Personal, personal_feed
from app.feed.queries import Page, cases_page
from app.feed.rules import GROUP_STATUSES
from app.feed.standing import is_helper
from app.feed.view import View
from app.feed.viewer import is_stranger, who_asks
from app.feed.whole import may_be_kept, whole_page
from app.people.guards import public
from app.web.overload import sheds
from app.web.pages import page, wants_part

bp = Blueprint("feed", __name__)
tiles_bp = Blueprint("case_tiles", __name__, url_prefix="/tiles/cases")

DISTANCES_M = (500, 1000, 2000, 5000, 10_000)
SUGGESTIONS = 8
FAR_M = 50_000
"""Whoever is farther away than this is not around here."""


@bp.get("/")
@public
def index() -> Response:
    """The feed: map and list of one view. An htmx request gets the list, one with a cursor the next cards."""
    return _for_strangers() if is_stranger() or _plain_for_all() else _for_people()


def _plain_for_all() -> bool:
    """Whether this person gets what strangers get, because personal ranking rests.

    Medics go on seeing what only they may see, and whoever leafs through suggestions comes to their end.
    """
    if not sheds("ranking") or request.args.get("after"):
        return False
    user = who_asks()
    return user is None or not user.has_role("medic")


def _view() -> View:
    return View.from_args(request.args, current_app.config["SETTINGS"])


def _part() -> str:
    following = request.args.get("cursor") or request.args.get("after")
    return "feed/_cards.html" if following else "feed/_list.html"


def _for_strangers() -> Response:
    """The list comes from memory where it can; the page around it is made for each browser."""
    part = _part()
    if not wants_part():
        return _page_for_strangers()
    key, answer = answers.list_answer(_view, part, _list_context)
    response = _varied(response_of(key, answer))
    if part == "feed/_list.html" and "live" not in request.args:
        _write_address(response, answer.address)
    return response


def _page_for_strangers() -> Response:
    def make() -> tuple[str, Answer]:
        view = _view()
        _key, whole = answers.list_answer(lambda: view, "feed/_list.html", _list_context)
        context = _page_context(view, whole.body.decode(), medic=False)
        return render_template("feed/page.html", **context), whole

    if is_stranger() and may_be_kept():
        response = whole_page(make, first_visit=_first_visit(), at_least_s=answers.snapshot_s())
    else:
        response = make_response(make()[0])
    return _varied(response)


def _for_people() -> Response:
    """Made for this person alone: medics see more, helpers get suggestions. Nothing of it is kept."""
    view, user = _view(), who_asks()
    medic = user is not None and user.has_role("medic")
    ranked = not sheds("ranking") or view.after is not None
    personal = personal_feed(view, user) if user and ranked else None
    helper = user is not None and is_helper(user) and ranked
    if personal:
        context = _suggested_context(view, personal)
    else:
        context = _list_context(view, cases_page(without_words(view.asked), medic=medic))
    context["order"] = ("suggested" if personal else "nearest") if helper else ""
    if not wants_part():
        whole = render_template("feed/_list.html", **context)
        around = _page_context(view, whole, medic=medic, order=context["order"])
        return _varied(make_response(render_template("feed/page.html", **around)))
    part = _part()
    response = _varied(make_response(render_template(part, **context)))
    if part == "feed/_list.html" and "live" not in request.args:
        _write_address(response, view.path())
    return response


def _page_context(view: View, whole_list: str, *, medic: bool, order: str = "") -> dict[str, Any]:
    return {
        "view": view,
        "asked": view.asked,
        "list": Markup(whole_list),  # noqa: S704 (rendered by our own template)
        "groups": tuple(GROUP_STATUSES),
        "distances": DISTANCES_M,
        "first_visit": _first_visit(),
        "categories": [c for c in catalogue.categories().values() if c.on_map or medic],
        "order": order,
    }


def _first_visit() -> bool:
    return not request.args and not request.cookies


def _varied(response: Response) -> Response:
    response.vary.update(("HX-Request", "Accept-Language", "Cookie"))
    return response


def _list_context(view: View, found: Page) -> dict[str, Any]:
    """What the list of a view needs: nothing in it depends on who looks."""
    return {
        "view": view,
        "asked": view.asked,
        "cases": cards_of(found.cases),
        "more_url": view.path(cursor=found.next) if found.next else None,
        "far_m": _far_m(view, found),
    }


def _far_m(view: View, found: Page) -> float | None:
    """How far the nearest is, where the list begins so far away that it is not about this place any more."""
    if not found.cases or view.asked.area or view.asked.cursor:
        return None
    metres: float | None = found.cases[0]["distance_m"]
    return metres if metres is not None and metres > FAR_M else None


def _suggested_context(view: View, personal: Personal) -> dict[str, Any]:
    following = personal.found.next
    return {
        "view": view,
        "asked": view.asked,
        "cases": cards_of(personal.found.cases),
        "more_url": view.following(following) if following else None,
        "personal": personal,
        "served": _served(personal),
    }


def _served(personal: Personal) -> list[str]:
    """The names of what this volunteer does."""
    mine = personal.standing.helper.category_ids if personal.standing else frozenset()
    return [c.name for c in catalogue.categories().values() if c.id in mine]


def _write_address(response: Response, address: str) -> None:
    """The address follows the view: a new filter is a step to come back from, a move of the map is not."""
    before = dict(parse_qsl(urlsplit(request.headers.get("HX-Current-URL", "")).query))
    after = dict(parse_qsl(urlsplit(address).query))
    moved_only = before | {"at": ""} == after | {"at": ""}
    response.headers["HX-Replace-Url" if moved_only else "HX-Push-Url"] = address


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
    return answers.tile_answer(z, x, y)
