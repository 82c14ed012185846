"""Security headers: a strict content security policy with a nonce for each request."""

import re
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import BadRequest

from app.config import Settings

_UNHOLDABLE = re.compile("[\x00\ud800-\udfff]")


def csp_nonce() -> str:
    """This request's nonce for `<script>` and `<style>`."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def live_url(settings: Settings) -> str:
    """Where this browser finds the event stream."""
    if settings.live_url:
        return settings.live_url
    host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    return f"{request.scheme}://{host}:{settings.live_port}/live/events"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def policy(*, inline_styles: bool = False) -> str:
    """The content security policy of this answer; only the API's page needs inline styles."""
    settings = current_app.config["SETTINGS"]
    basemap = _origin(settings.basemap_style_url)
    live = _origin(live_url(settings))
    styles = "'unsafe-inline'" if inline_styles else f"'nonce-{csp_nonce()}'"
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{csp_nonce()}'",
            f"style-src 'self' {styles}",
            f"img-src 'self' data: blob: {basemap}".rstrip(),
            "font-src 'self'",
            f"connect-src 'self' {live} {basemap}".rstrip(),
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def set_up(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer, and `csp_nonce`, `live_url` to every template."""

    @app.before_request
    def refuse_nul() -> None:
        """PostgreSQL holds no NUL and UTF-8 no lone surrogate: no address with one means anything."""
        if _UNHOLDABLE.search(request.path) or any(
            _UNHOLDABLE.search(text) for pair in request.args.items(multi=True) for text in pair
        ):
            raise BadRequest

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", policy())
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "geolocation=(self), camera=(), microphone=()")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if settings.https:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store" if response.mimetype == "text/html" else "no-cache"
        return response

    @app.context_processor
    def for_templates() -> dict[str, object]:
        return {
            "csp_nonce": csp_nonce,
            "live_url": lambda: live_url(settings),
            "settings": settings,
        }
