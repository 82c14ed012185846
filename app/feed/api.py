"""The feed in the API: cases as GeoJSON, made by the database and passed on as it is."""

from apiflask import APIBlueprint
from flask import Response, request

from app.feed.answers import GEOJSON, collection, geojson, next_address, refuse_words, with_link
from app.feed.filters import Filter
from app.feed.queries import cases_geojson
from app.feed.viewer import is_medic, is_stranger
from app.feed.wire import FEATURES, CaseQuery
from app.people.guards import public, scope_required
from app.web.openapi import ANYBODY, problems

bp = APIBlueprint("feed_api", __name__, url_prefix="/api/v1", tag="Cases")


@bp.get("/cases")
@public
@bp.input(CaseQuery, location="query", arg_name="_documented")
@bp.doc(
    summary="Cases near a place, in a box or in an area",
    operation_id="list_cases",
    security=ANYBODY,
    responses=problems(422)
    | {200: {"description": "A page of public cases, in order.", "content": {GEOJSON: {"schema": FEATURES}}}},
)
def cases(_documented: CaseQuery) -> Response:
    """Open cases nearest to a place, or newest first without one, with public fields only.

    Places and distances are those of the blurred point. Follow `next` (also in the `Link` header) for more.
    """
    scope_required("cases:read")
    refuse_words()
    asked = Filter.from_args(request.args)
    found = cases_geojson(asked, medic=is_medic())
    following = next_address(asked, found)
    response = Response(collection(found, following), mimetype=GEOJSON)
    response.headers["Cache-Control"] = "private, no-store"
    return with_link(response, following)


@bp.before_request
def answer_strangers() -> Response | None:
    """What strangers ask for is answered before anything else is looked at, from memory where it can be."""
    if request.endpoint == "feed_api.cases" and request.method != "OPTIONS" and is_stranger():
        return geojson()
    return None
