"""Lá Lành: a community mutual-aid matching service."""

from typing import Any

from apiflask import APIFlask

from app import cli, models, sitemap, wiring
from app.config import ROOT, Settings
from app.people.demo_check import refuse_demo_accounts
from app.web import (
    database,
    drawing,
    frame,
    handlers,
    i18n,
    limits,
    logs,
    metrics,
    openapi,
    overload,
    security,
    sessions,
    statics,
)
from app.web import filters as template_filters


def create_app(**overrides: Any) -> APIFlask:
    """The whole application; `overrides` replace settings by name (for tests and tools)."""
    settings = Settings(**overrides)
    app = APIFlask(
        "app",
        title="Lá Lành",
        version="1",
        static_folder=str(ROOT / "static"),
        template_folder=str(ROOT / "templates"),
        **openapi.LOCATIONS,
    )
    app.config["SETTINGS"] = settings
    app.config["MODELS"] = models
    logs.set_up(app, settings)
    database.set_up(app, settings)
    i18n.set_up(app, settings)
    sessions.set_up(app, settings)
    security.set_up(app, settings)
    limits.set_up(app, settings)
    statics.set_up(app)
    template_filters.set_up(app)
    drawing.set_up(app)
    frame.set_up(app)
    handlers.set_up(app)
    openapi.set_up(app, settings)
    metrics.set_up(app)
    overload.set_up(app, settings)
    sitemap.set_up(app)
    wiring.set_up()
    cli.set_up(app)
    if settings.production:
        refuse_demo_accounts(app)
    return app
