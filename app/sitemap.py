"""Every blueprint of the site. The guard of each view stands at the view; a test walks them all."""

from flask import Blueprint, Flask

from app.areas.routes import bp as areas
from app.areas.routes import tiles_bp as area_tiles
from app.authority.api import bp as exports_api
from app.authority.routes import bp as authority
from app.cases.api import bp as cases_api
from app.people import sessions
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
    cases_api,
    authority,
    exports_api,
)


def set_up(app: Flask) -> None:
    """Register every blueprint."""
    app.config["SESSION_LOADER"] = sessions.user_of_session
    htmx.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
