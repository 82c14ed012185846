"""Static files under fingerprinted addresses, and compression of what goes over slow networks."""

import hashlib
import time
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request, url_for
from flask_compress import Compress

compress = Compress()
YEAR_S = 31_536_000


@cache
def fingerprint(path: str, _modified: float) -> str:
    """The first 12 hex digits of a file's SHA-256; `_modified` makes the cache notice a new file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=1024)
def _modified(path: str, _second: int) -> float | None:
    """When a file was edited last, None where there is none; looked at once a second."""
    file = Path(path)
    return file.stat().st_mtime if file.is_file() else None


@lru_cache(maxsize=1024)
def _address(filename: str, _root: str, _second: int) -> str:
    return url_for("static", filename=filename)


def static_url(filename: str) -> str:
    """The fingerprinted address of a static file, for templates; made once a second."""
    return _address(filename, request.script_root, int(time.monotonic()))


def set_up(app: Flask) -> None:
    """`url_for("static", …)` adds `?v=`; an answer to such an address never changes and may be kept."""
    app.config["COMPRESS_MIMETYPES"] = [
        "text/html",
        "text/css",
        "text/javascript",
        "application/javascript",
        "application/json",
        "application/geo+json",
        "application/problem+json",
        "application/vnd.mapbox-vector-tile",
        "image/svg+xml",
    ]
    app.config["COMPRESS_ALGORITHM"] = ["br", "gzip"]
    app.config["COMPRESS_BR_LEVEL"] = 5
    compress.init_app(app)
    folder = app.static_folder or "static"
    app.jinja_env.globals["static_url"] = static_url

    @app.url_defaults
    def add_fingerprint(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "v" not in values:
            path = f"{folder}/{values['filename']}"
            modified = _modified(path, int(time.monotonic()))
            if modified is not None:
                values["v"] = fingerprint(path, modified)

    @app.after_request
    def keep_long(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code == 200:
            if request.args.get("v"):
                response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
            else:
                response.headers["Cache-Control"] = "public, max-age=3600"
        return response
