"""Every blueprint of the site. The guard of each view stands at the view; a test walks them all."""

from flask import Blueprint, Flask

from app.areas.api import bp as areas_api
from app.areas.routes import bp as areas
from app.areas.routes import tiles_bp as area_tiles
from app.authority.api import bp as exports_api
from app.authority.assign import bp as assign
from app.authority.coverage import bp as authority_coverage
from app.authority.files import bp as export_files
from app.authority.routes import bp as authority
from app.cases.api import bp as cases_api
from app.cases.routes import bp as cases
from app.cases.routes import claims_bp as claims
from app.coverage.api import bp as coverage_api
from app.coverage.routes import bp as coverage
from app.delivery.routes import bp as delivery
from app.emergencies.routes import bp as emergencies
from app.feed.api import bp as feed_api
from app.feed.routes import bp as feed
from app.feed.routes import tiles_bp as case_tiles
from app.matching.asks import bp as asks
from app.matching.asks_api import bp as asks_api
from app.matching.round_routes import bp as rounds
from app.people import api_auth, sessions
from app.people.api import bp as people_api
from app.people.routes import admin_bp as admin
from app.people.routes import bp as people
from app.supplies.routes import bp as supplies
from app.volunteers.routes import bp as volunteers
from app.web.frame import bp as frame
from app.web.metrics import bp as health
from app.web.openapi import bp as api_docs
from app.web.pages import htmx

BLUEPRINTS: tuple[Blueprint, ...] = (
    health,
    frame,
    areas,
    area_tiles,
    api_docs,
    areas_api,
    cases_api,
    cases,
    claims,
    rounds,
    feed_api,
    feed,
    case_tiles,
    coverage,
    coverage_api,
    authority,
    assign,
    authority_coverage,
    asks,
    asks_api,
    export_files,
    exports_api,
    people,
    people_api,
    admin,
    emergencies,
    delivery,
    volunteers,
    supplies,
)


def set_up(app: Flask) -> None:
    """Register every blueprint."""
    app.config["SESSION_LOADER"] = sessions.user_of_session
    htmx.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    api_auth.set_up(app)
