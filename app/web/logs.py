"""Structured logs: one JSON line an event, with the request's id, never with personal data."""

import logging
import re
import time
import uuid

import structlog
from flask import Flask, Response, g, request

from app.config import Settings

_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
QUIET = ("/static/", "/healthz", "/readyz", "/metrics")


def set_up(app: Flask, settings: Settings) -> None:
    """Configure structlog and log every answered request by its route, not its path or query."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.WARNING if settings.env == "test" else logging.INFO
        ),
        cache_logger_on_first_use=True,
    )
    log = structlog.get_logger("web")

    @app.before_request
    def begin() -> None:
        g.started = time.perf_counter()
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        if not request.path.startswith(QUIET):
            log.info(
                "request",
                method=request.method,
                route=request.url_rule.rule if request.url_rule else None,
                status=response.status_code,
                ms=round(
                    (time.perf_counter() - g.get("started", time.perf_counter())) * 1000,
                    1,
                ),
            )
        return response
