"""The feed in the API: cases as GeoJSON, made by the database and passed on as it is."""

import json
from typing import Any

from apiflask import APIBlueprint
from flask import Response, request

from app.feed.filters import Filter
from app.feed.queries import GeoPage, cases_geojson
from app.feed.viewer import is_medic
from app.feed.wire import FEATURES, CaseQuery
from app.people.guards import public, scope_required
from app.web.openapi import ANYBODY, problems
from app.web.pages import public_url

bp = APIBlueprint("feed_api", __name__, url_prefix="/api/v1", tag="Cases")
GEOJSON = "application/geo+json"


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
    asked = Filter.from_args(request.args)
    found = cases_geojson(asked, medic=is_medic())
    return _answer(asked, found)


def _answer(asked: Filter, found: GeoPage) -> Response:
    following = _address(asked.but(cursor=found.next)) if found.next else None
    body = f'{{"type":"FeatureCollection","features":{found.features},"next":{json.dumps(following)}}}'
    response = Response(body, mimetype=GEOJSON)
    if following:
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response


def _address(asked: Filter) -> Any:
    return public_url("/api/v1/cases?" + asked.query_string(paging=True))
