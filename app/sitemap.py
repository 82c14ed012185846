"""Every blueprint of the site. The guard of each view stands at the view; a test walks them all."""

from flask import Blueprint, Flask

from app.people import sessions
from app.web.frame import bp as frame
from app.web.metrics import bp as health
from app.web.pages import htmx

BLUEPRINTS: tuple[Blueprint, ...] = (health, frame)


def set_up(app: Flask) -> None:
    """Register every blueprint."""
    app.config["SESSION_LOADER"] = sessions.user_of_session
    htmx.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
