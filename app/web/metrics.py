"""Health for load balancers and numbers for Prometheus."""

import hmac
import ipaddress
import time
from datetime import timedelta

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from flask_babel import gettext as _
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.config import Settings
from app.core.clock import now
from app.core.db import read_engine
from app.core.errors import NotFound
from app.web.migrations import at_head

bp = Blueprint("health", __name__)
REQUESTS = Counter("lalanh_requests_total", "Answered requests", ["method", "route", "status"])
SECONDS = Histogram("lalanh_request_seconds", "Time to answer", ["route"])
HEARTBEAT_GRACE = timedelta(minutes=3)


def set_up(app: Flask) -> None:
    """Count and time every request by its route."""

    @app.after_request
    def observe(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        REQUESTS.labels(request.method, route, response.status_code).inc()
        SECONDS.labels(route).observe(time.perf_counter() - g.get("started", time.perf_counter()))
        return response


def _may_read_metrics(settings: Settings) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.metrics_token:
        return hmac.compare_digest(given.encode(), settings.metrics_token.encode())
    if settings.trusted_proxies:
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


@bp.get("/metrics")
def metrics() -> Response:
    """Prometheus text; from this machine, or with the token."""
    if not _may_read_metrics(current_app.config["SETTINGS"]):
        raise NotFound(_("Không tìm thấy."))
    return Response(generate_latest(), mimetype=CONTENT_TYPE_LATEST.split(";")[0])


@bp.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> tuple[Response, int]:
    """The database answers, is at the newest migration, and a worker has been seen lately."""
    checks = {"database": False, "migrations": False, "worker": False}
    try:
        with read_engine().connect() as connection:
            checks["database"] = bool(connection.execute(text("SELECT true")).scalar())
            checks["migrations"] = at_head(connection)
            seen = connection.execute(text("SELECT at FROM heartbeat WHERE name = 'worker'")).scalar()
            checks["worker"] = seen is not None and now() - seen < HEARTBEAT_GRACE
    except SQLAlchemyError:
        pass
    ready = all(checks.values())
    return jsonify(status="ready" if ready else "not ready", checks=checks), 200 if ready else 503


metrics.guard = "public"  # type: ignore[attr-defined]
healthz.guard = "public"  # type: ignore[attr-defined]
readyz.guard = "public"  # type: ignore[attr-defined]
