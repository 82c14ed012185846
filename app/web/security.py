"""Security headers: a strict content security policy with a nonce for each request."""

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from app.config import Settings


def csp_nonce() -> str:
    """This request's nonce for `<script>` and `<style>`."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def live_url(settings: Settings) -> str:
    """Where this browser finds the event stream."""
    if settings.live_url:
        return settings.live_url
    host = (
        request.host.rsplit(":", 1)[0]
        if not request.host.endswith("]")
        else request.host
    )
    return f"{request.scheme}://{host}:{settings.live_port}/live/events"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def set_up(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer, and `csp_nonce`, `live_url` to every template."""
    basemap = _origin(settings.basemap_style_url)

    def policy() -> str:
        live = _origin(live_url(settings))
        return "; ".join(
            (
                "default-src 'self'",
                f"script-src 'self' 'nonce-{csp_nonce()}'",
                f"style-src 'self' 'nonce-{csp_nonce()}'",
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

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", policy())
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault(
            "Permissions-Policy", "geolocation=(self), camera=(), microphone=()"
        )
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if settings.https:
            headers.setdefault(
                "Strict-Transport-Security", "max-age=31536000; includeSubDomains"
            )
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = (
                "no-store" if response.mimetype == "text/html" else "no-cache"
            )
        return response

    @app.context_processor
    def for_templates() -> dict[str, object]:
        return {
            "csp_nonce": csp_nonce,
            "live_url": lambda: live_url(settings),
            "settings": settings,
        }
