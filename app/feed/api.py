"""The feed in the API: cases as GeoJSON, made by the database and passed on as it is."""

import json
from urllib.parse import urlencode

from apiflask import APIBlueprint
from flask import Response, request
from flask_babel import gettext as _

from app.core.errors import NotAllowed
from app.feed.answers import GEOJSON, collection, geojson, next_address, refuse_words, with_link
from app.feed.filters import Filter
from app.feed.personal import suggested_to
from app.feed.queries import cases_geojson, features_with_ids
from app.feed.standing import is_helper, standing_of
from app.feed.suggesting import After
from app.feed.view import order_in
from app.feed.viewer import is_medic, is_stranger
from app.feed.wire import FEATURES, CaseQuery
from app.feed.wording import said
from app.people.guards import public, scope_required, signed_in_user
from app.web.openapi import ANYBODY, problems
from app.web.overload import busy, sheds
from app.web.pages import public_url

bp = APIBlueprint("feed_api", __name__, url_prefix="/api/v1", tag="Cases")


@bp.get("/cases")
@public
@bp.input(CaseQuery, location="query", arg_name="_documented")
@bp.doc(
    summary="Cases near a place, in a box or in an area",
    operation_id="list_cases",
    security=ANYBODY,
    responses=problems(401, 403, 422)
    | {200: {"description": "A page of public cases, in order.", "content": {GEOJSON: {"schema": FEATURES}}}},
)
def cases(_documented: CaseQuery) -> Response:
    """Open cases nearest to a place, or newest first without one, with public fields only.

    Places and distances are those of the blurred point. Follow `next` (also in the `Link` header) for more.
    """
    scope_required("cases:read")
    refuse_words()
    sort, after = order_in(request.args)
    asked = Filter.from_args(request.args)
    if sort == "suggested":
        return _suggested(asked, after)
    found = cases_geojson(asked, medic=is_medic())
    following = next_address(asked, found)
    return _for_them_alone(collection(found, following), following)


def _suggested(asked: Filter, after: After | None) -> Response:
    """The order of what suits the volunteer who asks, as on their page."""
    user = signed_in_user()
    if not is_helper(user):
        raise NotAllowed(_("Hãy bật “Tôi muốn giúp” trong trang Tôi để nhận giúp."), slug="not-a-volunteer")
    if sheds("ranking") and after is None:
        raise busy()
    personal = suggested_to(standing_of(user), asked, asked.near, after, features_with_ids)
    features = []
    for found in personal.found.cases:
        told = {"reasons": said(found.pop("reasons")), "looking": found.pop("looking")}
        features.append(found | {"properties": found["properties"] | told})
    following = _after_address(asked, personal.found.next) if personal.found.next else ""
    answer = {"type": "FeatureCollection", "features": features, "next": following or None}
    if personal.why_none:
        answer["why_none"] = personal.why_none
    return _for_them_alone(json.dumps(answer, ensure_ascii=False).encode(), following)


def _after_address(asked: Filter, after: After) -> str:
    pairs = [*asked.but().pairs(paging=True), ("sort", "suggested"), ("after", after.written())]
    return str(public_url("/api/v1/cases?" + urlencode(pairs, safe=",")))


def _for_them_alone(body: bytes, following: str) -> Response:
    response = Response(body, mimetype=GEOJSON)
    response.headers["Cache-Control"] = "private, no-store"
    return with_link(response, following)


@bp.before_request
def answer_strangers() -> Response | None:
    """What strangers ask for is answered before anything else is looked at, from memory where it can be."""
    if request.endpoint != "feed_api.cases" or request.method == "OPTIONS" or not is_stranger():
        return None
    if b"sort" in request.query_string and order_in(request.args)[0] == "suggested":
        signed_in_user()  # suggestions are for somebody: a stranger is told so
    return geojson()
