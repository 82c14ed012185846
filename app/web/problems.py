"""RFC 9457 problem details."""

import json
from typing import Any

from flask import Response, g

MIMETYPE = "application/problem+json"


def problem(
    status: int,
    title: str,
    *,
    slug: str = "about:blank",
    detail: str = "",
    errors: dict[str, list[str]] | None = None,
    **members: Any,
) -> Response:
    """A problem+json answer; `errors` holds the messages of each field."""
    body: dict[str, Any] = {
        "type": f"/problems/{slug}" if slug != "about:blank" else slug,
        "title": title,
        "status": status,
    }
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = errors
    body.update(members)
    if g.get("request_id"):
        body["request_id"] = g.request_id
    return Response(json.dumps(body, ensure_ascii=False, default=str), status, mimetype=MIMETYPE)
