"""One route serves browser and htmx: the same template, whole or only its part."""

from typing import Any

from flask import Response, current_app, has_request_context, make_response, render_template, request
from htmx_flask import Htmx
from htmx_flask import request as htmx_request

htmx = Htmx()


def wants_part() -> bool:
    """Whether htmx asks for a part; a history restore or a boosted link needs the whole page."""
    asked = getattr(htmx_request, "htmx", None)
    return asked is not None and bool(asked) and not asked.history_restore_request and not asked.boosted


def page(template: str, part: str | None = None, *, status: int = 200, **context: Any) -> Response:
    """Render `template`, or `part` when htmx asked for one.

    `part` is the name of a template of its own (`feed/_list.html`).
    """
    name = part if part and wants_part() else template
    response = make_response(render_template(name, **context), status)
    response.vary.add("HX-Request")
    return response


def wants_json() -> bool:
    """Whether this caller speaks JSON rather than HTML."""
    if request.path.startswith(("/api/", "/tiles/")):
        return True
    best = request.accept_mimetypes.best_match(
        ["text/html", "application/json", "application/problem+json"],
        default="text/html",
    )
    return best != "text/html"


def public_url(path: str) -> str:
    """The absolute address of `path` on this site, as people reach it."""
    settings = current_app.config["SETTINGS"]
    here = request.host_url if has_request_context() else f"http://127.0.0.1:{settings.port}"
    return str(settings.public_url or here).rstrip("/") + path
