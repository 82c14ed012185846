"""The API's document (OpenAPI 3.1) and its readable page."""

from typing import Any

from apiflask import APIFlask

from app.config import Settings

LOCATIONS: dict[str, Any] = {"spec_path": "/api/v1/openapi.json", "docs_path": None}


def set_up(app: APIFlask, settings: Settings) -> None:
    """Say what the document should hold; the operations come from the API blueprints."""
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        SPEC_FORMAT="json",
        AUTO_404_RESPONSE=False,
        VALIDATION_ERROR_STATUS_CODE=422,
        INFO={
            "title": "Lá Lành API",
            "version": "1.0.0",
            "description": "Post a case, find what is near, take it, deliver it, confirm it, export it.",
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
    )
    if settings.public_url:
        app.config["SERVERS"] = [{"url": settings.public_url}]
    app.security_schemes = {
        "Bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A personal access token.",
        },
        "TrackingToken": {"type": "apiKey", "in": "header", "name": "X-Tracking-Token"},
    }
