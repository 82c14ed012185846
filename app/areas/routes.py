"""Areas over HTTP: the tiles of the built-in basemap, and what the posting page asks for."""

from hashlib import blake2b

from flask import Blueprint, Response, jsonify, render_template, request
from flask_babel import gettext as _

from app.areas import queries, tiles
from app.areas.actions import places_of_address
from app.core.errors import Invalid, NotFound
from app.core.geo import Point
from app.people.guards import public

bp = Blueprint("areas", __name__, url_prefix="/areas")
tiles_bp = Blueprint("area_tiles", __name__, url_prefix="/tiles/areas")

SUGGESTIONS = 8
CACHE = "public, max-age=3600, stale-while-revalidate=86400"


@tiles_bp.get("/<int:z>/<int:x>/<int:y>.mvt")
@public
def tile(z: int, x: int, y: int) -> Response:
    """One tile of the built-in basemap."""
    if not tiles.is_tile(z, x, y):
        raise NotFound(_("Không có mảnh bản đồ này."))
    response = Response(tiles.area_tile(z, x, y), mimetype="application/vnd.mapbox-vector-tile")
    response.headers["Cache-Control"] = CACHE
    response.set_etag(blake2b(response.get_data(), digest_size=12).hexdigest())
    response.make_conditional(request)
    return response


@bp.get("/search")
@public
def search() -> str:
    """An htmx part: areas whose name matches `q`."""
    q = request.args.get("q", "")
    found = queries.search_areas(q, SUGGESTIONS, level=request.args.get("level") or None)
    return render_template("areas/_results.html", found=found, asked=q.strip())


@bp.get("/resolve")
@public
def resolve() -> str:
    """An htmx part: the communes that a free-text address may mean."""
    address = request.args.get("address", "")
    return render_template("areas/_results.html", found=places_of_address(address), asked=address.strip())


@bp.get("/at")
@public
def at() -> Response:
    """The commune at a place, as JSON."""
    area = queries.area_at(_asked_point())
    if area is None:
        raise NotFound(_("Vị trí này nằm ngoài mọi địa bàn."), slug="outside-every-area")
    return jsonify(
        id=area.id,
        code=area.code,
        name=area.full_name,
        province=area.province,
        province_code=area.province_code,
        label=area.label,
        approximate=area.approximate,
    )


def _asked_point() -> Point:
    try:
        lat, lon = float(request.args["lat"]), float(request.args["lon"])
    except (KeyError, ValueError):
        raise Invalid(_("Vị trí không hợp lệ."), field="position", slug="invalid-position") from None
    return Point.checked(lon, lat)
