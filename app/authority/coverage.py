"""/authority/coverage: the wards of an official, the most behind first, and what the worker has warned of."""

from flask import Blueprint, Response

from app.authority import wording
from app.authority.jurisdiction import jurisdiction_of
from app.coverage import wording as coverage_words
from app.coverage.queries import alerts_of, measured_at, wards_of
from app.people.guards import role_required, signed_in_user
from app.web.pages import page

bp = Blueprint("authority_coverage", __name__, url_prefix="/authority/coverage")


@bp.get("/")
@role_required("official")
def index() -> Response:
    """Which of my wards falls behind, and the way to do something about it."""
    within = jurisdiction_of(signed_in_user())
    return page(
        "authority/coverage.html",
        within=within,
        words=wording,
        coverage_words=coverage_words,
        wards=wards_of(within.ids),
        alerts=alerts_of(within.ids),
        measured_at=measured_at(),
    )
