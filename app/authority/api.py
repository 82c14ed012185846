"""Exports for programs of the authorities."""

import uuid
from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, jsonify, request, url_for
from pydantic import Field

from app.authority.answers import ask_for_later, comes_later, download
from app.authority.background import request_of
from app.authority.columns import HEADINGS
from app.authority.export import SEPARATORS
from app.authority.files import send
from app.authority.models import ExportRequest
from app.core.db import transaction
from app.core.errors import Conflict
from app.core.overload import RETRY_AFTER_S
from app.people.guards import role_required, scope_required, signed_in_user
from app.web.asked import Asked
from app.web.openapi import SESSION_OR_TOKEN, problems

bp = APIBlueprint("exports_api", __name__, url_prefix="/api/v1", tag="exports")

BINARY = {"schema": {"type": "string", "format": "binary"}}
CONTENT: dict[str, Any] = {
    "CSV": {"text/csv": {"schema": {"type": "string"}}},
    "XLSX": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": BINARY},
    "GeoJSON": {"application/geo+json": {"schema": {"type": "object"}}},
}


SAID = "The file, streamed. It holds private data: every export is written to the audit log."
LATER: dict[int, Any] = {
    202: {
        "description": "Too many people are here: the file is made in the background. Ask at `Location`.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["id", "status", "location"],
                    "properties": {
                        "id": {"type": "string", "format": "uuid"},
                        "status": {"enum": ["waiting", "running", "ready"]},
                        "location": {"type": "string"},
                    },
                }
            }
        },
    }
}


def answers(kind: str) -> dict[int, Any]:
    """The file of one kind, as the document describes it."""
    return {200: {"description": SAID, "content": CONTENT[kind]}} | LATER


DAY: dict[str, Any] = {"pattern": r"^(\d{4}-\d{2}-\d{2})?$"}


def one_of(*choices: str) -> dict[str, Any]:
    """What the document says of an argument with few values; `app.authority.filters` checks it."""
    return {"enum": list(choices)}


class ExportQuery(Asked):
    """What to export. Lists are separated by commas; nothing given means all."""

    status: str = Field(
        "", description="open, claimed, delivered, closed, cancelled, expired, rejected, merged"
    )
    category: str = Field("", description="Slugs of categories.")
    urgency: str = Field("", description="normal, urgent, life_threatening")
    since: str = Field("", alias="from", description="First day, local: 2025-11-22.", json_schema_extra=DAY)
    until: str = Field("", alias="to", description="Last day, inclusive.", json_schema_extra=DAY)
    area: str = Field("", description="Official code of a unit inside your own jurisdiction.")
    q: str = Field("", description="Words in code, needs, name, address, or part of the phone number.")
    verified: str = Field("", description="yes or no", json_schema_extra=one_of("", "yes", "no"))
    headings: str = Field(
        "key",
        description="Headings and words in CSV and XLSX: `key` (stable, for programs), `vi` or `en`.",
        json_schema_extra=one_of(*HEADINGS),
    )
    separator: str = Field(
        "comma",
        description="CSV: `comma`, or `semicolon` with decimal commas for a Vietnamese Excel.",
        json_schema_extra=one_of(*SEPARATORS),
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


@bp.get("/exports/requests/<uuid:request_id>")
@bp.doc(
    summary="Fetch an export that is made in the background",
    operation_id="fetch_export",
    description="Only for who asked for it. 202 until it is made; it is kept for a day.",
    security=SESSION_OR_TOKEN,
    responses={200: {"description": SAID, "content": CONTENT["CSV"] | CONTENT["XLSX"] | CONTENT["GeoJSON"]}}
    | LATER
    | problems(401, 403, 404, 409),
)
@role_required("official")
def export_request(request_id: uuid.UUID) -> Response:
    """The file that a request for it was answered with."""
    scope_required("exports:read")
    with transaction():
        asked = request_of(signed_in_user(), request_id)
        if asked.pending:
            return _later(asked)
        if asked.status == "failed":
            raise Conflict(asked.why or "", slug="export-failed")
        return send(asked)


def _export(suffix: str, query: ExportQuery) -> Response:
    scope_required("exports:read")
    how: dict[str, Any] = {
        "headings": query.headings,
        "separator": query.separator,
        "via": "api",
        "limit": current_app.config["SETTINGS"].export_limit,
    }
    if comes_later():
        return _later(ask_for_later(suffix, request.args, **how))
    return download(suffix, request.args, **how)


def _later(asked: ExportRequest) -> Response:
    address = url_for("exports_api.export_request", request_id=asked.id)
    response = jsonify(id=str(asked.id), status=asked.status, location=address)
    response.status_code = 202
    response.headers["Location"] = address
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    response.headers["Cache-Control"] = "no-store"
    return response
