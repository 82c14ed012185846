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
CONTENT: dict[str, Any] = {
    "CSV": {"text/csv": {"schema": {"type": "string"}}},
    "XLSX": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": BINARY},
    "GeoJSON": {"application/geo+json": {"schema": {"type": "object"}}},
}


def answers(kind: str) -> dict[int, Any]:
    """The file of one kind, as the document describes it."""
    said = "The file, streamed. It holds private data: every export is written to the audit log."
    return {200: {"description": said, "content": CONTENT[kind]}}


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


def documented(kind: str) -> dict[str, Any]:
    """What the document says of one kind of file."""
    return {
        "summary": f"Export the cases of your areas as {kind}",
        "description": "Officials only; a bearer token needs the scope `exports:read`.",
        "security": SESSION_OR_TOKEN,
        "responses": answers(kind) | problems(401, 403, 422),
    }


@bp.get("/exports/cases.csv")
@bp.input(ExportQuery, location="query", arg_name="query")
@bp.doc(**documented("CSV"))
@role_required("official")
def cases_csv(query: ExportQuery) -> Response:
    """Cases of the official's own jurisdiction as CSV: UTF-8 with a byte order mark."""
    return _export("csv", query)


@bp.get("/exports/cases.xlsx")
@bp.input(ExportQuery, location="query", arg_name="query")
@bp.doc(**documented("XLSX"))
@role_required("official")
def cases_xlsx(query: ExportQuery) -> Response:
    """Cases of the official's own jurisdiction as an Excel workbook."""
    return _export("xlsx", query)


@bp.get("/exports/cases.geojson")
@bp.input(ExportQuery, location="query", arg_name="query")
@bp.doc(**documented("GeoJSON"))
@role_required("official")
def cases_geojson(query: ExportQuery) -> Response:
    """Cases of the official's own jurisdiction as GeoJSON (RFC 7946), with their exact places."""
    return _export("geojson", query)


def _export(suffix: str, query: ExportQuery) -> Response:
    scope_required("exports:read")
    limit = current_app.config["SETTINGS"].export_limit
    return download(
        suffix, request.args, headings=query.headings, separator=query.separator, via="api", limit=limit
    )
