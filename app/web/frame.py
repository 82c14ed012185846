"""What the frame around every page needs: one stylesheet, the places of the bar, the switch of language."""

import hashlib
import re
import time
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    redirect,
    request,
    session,
    url_for,
)
from flask_babel import lazy_gettext as _l
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from app.web.i18n import LOCALES, locale_name
from app.web.statics import YEAR_S

bp = Blueprint("frame", __name__)
KEPT_COOKIE = "styles"

# One request for all styles: on slow networks each further one would hold the first paint up by a round trip.
SHEETS = (
    "vendor/pico/pico.layer.css",
    "css/fonts.css",
    "css/tokens.css",
    "css/base.css",
    "css/frame.css",
    "css/buttons.css",
    "css/forms.css",
    "css/chips.css",
    "css/stepper.css",
    "css/tags.css",
    "css/card.css",
    "css/progress.css",
    "css/states.css",
    "css/sheet.css",
    "css/timeline.css",
    "css/table.css",
    "css/feed.css",
    "css/map.css",
)
# The bar holds only what is built: a place whose page is not there does not show.
PLACES = (
    ("feed.index", "map", _l("Bản đồ")),
    ("claims.mine", "claims", _l("Nhận giúp")),
    ("cases.new", "torn", _l("Cần giúp")),
    ("people.me", "person", _l("Tôi")),
)
# Pages that belong below a place of the bar, by endpoint or by the whole blueprint.
BELOW = {
    "claims": "claims.mine",
    "asks": "claims.mine",
    "rounds": "claims.mine",
    "people": "people.me",
    "volunteers": "people.me",
    "cases.mine": "people.me",
    "supplies.mine": "people.me",
}
_COMMENT = re.compile(r"/\*(?!!).*?\*/", re.DOTALL)
_SPACE = re.compile(r"\s+")
_URL = re.compile(r"url\(['\"]?\.\./([^'\")]+)['\"]?\)")


@cache
def _sheet(folder: str, _changed: float) -> tuple[str, str]:
    """All styles as one text, and its digest; `_changed` makes the cache notice an edit."""
    texts = [(Path(folder) / name).read_text(encoding="utf-8") for name in SHEETS]
    css = _SPACE.sub(" ", _COMMENT.sub("", "\n".join(texts)))
    css = _URL.sub(lambda found: f"url({url_for('static', filename=found[1])})", css)
    return css, hashlib.sha256(css.encode()).hexdigest()[:12]


@lru_cache(maxsize=2)
def _changed(folder: str, _second: int) -> float:
    """When a style was edited last; looked at once a second."""
    return max((Path(folder) / name).stat().st_mtime for name in SHEETS)


def sheet() -> tuple[str, str]:
    """The stylesheet of the site and the digest that names it."""
    folder = current_app.static_folder or "static"
    return _sheet(folder, _changed(folder, int(time.monotonic())))


def first_styles() -> Markup | None:
    """The styles themselves for a browser that has not kept them: its first page is painted after one answer.

    On slow 3G that is one second instead of two. `static/js/app.js` fetches the file afterwards and says so
    in the cookie. What htmx fetches comes into a page that has its styles, under another nonce.
    """
    css, digest = sheet()
    kept = request.cookies.get(KEPT_COOKIE) == digest or "HX-Request" in request.headers
    return None if kept else Markup(css)  # noqa: S704 (our own files)


@bp.get("/assets/<digest>.css")
def stylesheet(digest: str) -> Response:
    """Every style that pages use, in one answer that never changes under its name."""
    css, current = sheet()
    response = Response(css, mimetype="text/css")
    kept = f"public, max-age={YEAR_S}, immutable" if digest == current else "no-cache"
    response.headers["Cache-Control"] = kept
    return response


@bp.post("/language")
def language() -> Any:
    """Remember the language that this person chose, and go back to where they were."""
    chosen = request.form.get("locale", "")
    if chosen in LOCALES:
        session["locale"] = chosen
        session.permanent = True
    back = request.form.get("back", "/")
    inside = back.startswith("/") and not back.startswith(("//", "/\\"))
    return redirect(back if inside else "/", 303)


def came_from() -> str:
    """The page of ours where the person is: this one, or the one whose form was sent here; "" if unknown."""
    if request.method in ("GET", "HEAD"):
        return request.full_path if request.query_string else request.path
    referrer, host = request.referrer or "", request.host_url
    return "/" + referrer.removeprefix(host) if referrer.startswith(host) else ""


for view in (stylesheet, language):
    setattr(view, "guard", "public")  # noqa: B010 (guards live above web and cannot be imported here)


def import_map() -> Markup:
    """Where the browser finds each ES module: the name that modules import → its fingerprinted address."""
    return _import_map(current_app.static_folder or "static", request.script_root, int(time.monotonic()))


@lru_cache(maxsize=4)
def _import_map(folder: str, _root: str, _second: int) -> Markup:
    """The map of the modules as they are; looked at once a second."""
    modules = sorted(file.name for file in (Path(folder) / "js").glob("*.js"))
    names = [*(f"js/{name}" for name in modules), "vendor/maplibre/maplibre-gl.mjs"]
    imports = {url_for("static", filename=name, v=None): url_for("static", filename=name) for name in names}
    return htmlsafe_json_dumps({"imports": imports})


def places() -> list[dict[str, Any]]:
    """The places of the bar that exist, and in which of them, or below it, one is."""
    here = request.endpoint or ""
    place = BELOW.get(here) or BELOW.get(request.blueprint or "") or here
    return [
        {
            "url": url_for(endpoint),
            "icon": icon,
            "name": name,
            "here": "page" if endpoint == here else "true" if endpoint == place else "",
            "endpoint": endpoint,
        }
        for endpoint, icon, name in PLACES
        if endpoint in current_app.view_functions
    ]


def set_up(app: Flask) -> None:
    """Give every template what the frame of a page is made from."""

    @app.context_processor
    def for_frame() -> dict[str, object]:
        return {
            "styles_url": lambda: url_for("frame.stylesheet", digest=sheet()[1]),
            "first_styles": first_styles,
            "import_map": import_map,
            "places": places,
            "came_from": came_from,
            "locale_name": locale_name,
        }
