"""Exports for programs of the authorities."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, request
from pydantic import BaseModel, Field

from app.authority.answers import download
from app.people.guards import role_required, scope_required
from app.web.openapi import SESSION_OR_TOKEN, problems

bp = APIBlueprint("exports_api", __name__, url_prefix="/api/v1", tag="exports")

BINARY = {"schema": {"type": "string", "format": "binary"}}
FILES: dict[int, Any] = {
    200: {
        "description": "The file, streamed. It holds private data: every export is written to the audit log.",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": BINARY,
            "application/geo+json": {"schema": {"type": "object"}},
        },
    }
}


class ExportQuery(BaseModel):
    """What to export. Lists are separated by commas; nothing given means all."""

    status: str = Field(
        "", description="open, claimed, delivered, closed, cancelled, expired, rejected, merged"
    )
    category: str = Field("", description="Slugs of categories.")
    urgency: str = Field("", description="normal, urgent, life_threatening")
    since: str = Field("", alias="from", description="First day, local time: 2025-11-22.")
    until: str = Field("", alias="to", description="Last day, inclusive.")
    area: str = Field("", description="Official code of a unit inside your own jurisdiction.")
    q: str = Field("", description="Words in code, needs, name, address, or part of the phone number.")
    verified: str = Field("", description="yes or no")
    headings: str = Field(
        "key",
        description="Headings and words in CSV and XLSX: `key` (stable, for programs), `vi` or `en`.",
    )
    separator: str = Field(
        "comma", description="CSV: `comma`, or `semicolon` with decimal commas for a Vietnamese Excel."
    )


@bp.get("/exports/cases.<any(csv, xlsx, geojson):suffix>")
@bp.input(ExportQuery, location="query", arg_name="query")
@bp.doc(
    summary="Export the cases of your areas",
    description="Officials only; a bearer token needs the scope `exports:read`.",
    security=SESSION_OR_TOKEN,
    responses=FILES | problems(401, 403, 422),
)
@role_required("official")
def cases(suffix: str, query: ExportQuery) -> Response:
    """Cases of the official's own jurisdiction as a file."""
    scope_required("exports:read")
    limit = current_app.config["SETTINGS"].export_limit
    return download(
        suffix, request.args, headings=query.headings, separator=query.separator, via="api", limit=limit
    )
