"""The API's document (OpenAPI 3.1) and its readable page."""

from typing import Any

from apiflask import APIFlask
from flask import Blueprint, Response, make_response, render_template
from pydantic import BaseModel

from app.config import Settings
from app.web.problems import MIMETYPE
from app.web.security import policy

bp = Blueprint("api_docs", __name__)
LOCATIONS: dict[str, Any] = {"spec_path": "/api/v1/openapi.json", "docs_path": None}

REASONS = {
    400: "The request cannot be read.",
    401: "Sign in, or show a bearer token that is alive.",
    403: "Not for this person.",
    404: "There is no such thing, or it is not for this person to know.",
    409: "Somebody was quicker, or the state has moved on.",
    413: "The body is too large.",
    415: "Send JSON.",
    422: "Some fields do not hold; `errors` names them.",
    429: "Too many tries; `Retry-After` says when to come back.",
    503: "Busy or without its database; nothing was kept, ask again after `Retry-After` seconds.",
}
PROBLEM = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "request_id": {"type": "string"},
    },
}
SESSION_OR_TOKEN: list[str | dict[str, list[Any]]] = [{"Bearer": []}, {"Session": []}]
ANYBODY: list[str | dict[str, list[Any]]] = [{}, *SESSION_OR_TOKEN]
REQUESTER: list[str | dict[str, list[Any]]] = [{"TrackingToken": []}, *SESSION_OR_TOKEN]


def optional_body(model: type[BaseModel]) -> dict[str, Any]:
    """The request body of an operation that may come without one, for `@bp.doc(extensions=…)`."""
    schema = model.model_json_schema()
    inner = schema.pop("$defs", {})

    def inlined(node: Any) -> Any:
        if isinstance(node, dict) and "$ref" in node:
            return inlined(inner[node["$ref"].rsplit("/", 1)[-1]])
        if isinstance(node, dict):
            return {key: inlined(value) for key, value in node.items()}
        return [inlined(value) for value in node] if isinstance(node, list) else node

    return {"requestBody": {"required": False, "content": {"application/json": {"schema": inlined(schema)}}}}


def problems(*statuses: int) -> Any:
    """The answers of an operation that are problems, for `@bp.doc(responses=…)`."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    every = sorted({*statuses, 400, 429, 503})
    return {status: {"description": REASONS[status], "content": {MIMETYPE: schema}} for status in every}


def set_up(app: APIFlask, settings: Settings) -> None:
    """Say what the document should hold; the operations come from the API blueprints."""
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        SPEC_FORMAT="json",
        AUTO_404_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_AUTH_ERROR_RESPONSE=False,
        VALIDATION_ERROR_STATUS_CODE=422,
        VALIDATION_ERROR_DESCRIPTION="",
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
        "Bearer": {"type": "http", "scheme": "bearer", "description": "A personal access token."},
        "Session": {"type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"]},
        "TrackingToken": {
            "type": "apiKey",
            "in": "header",
            "name": "X-Tracking-Token",
            "description": "The secret of the tracking link, for who asked for help without an account.",
        },
    }

    @app.spec_processor
    def complete(spec: Any) -> Any:
        spec["components"].setdefault("schemas", {})["Problem"] = PROBLEM
        for path in spec["paths"].values():
            for operation in path.values():
                operation.get("requestBody", {}).setdefault("required", True)
        return spec


@bp.get("/api/docs")
def docs() -> Response:
    """The API's document as a page to read and to try, from local files."""
    response = make_response(render_template("api_docs.html"))
    # Swagger UI writes style attributes; scripts stay under the nonce.
    response.headers["Content-Security-Policy"] = policy(inline_styles=True)
    return response


docs.guard = "public"  # type: ignore[attr-defined]
