"""What `GET /api/v1/cases` takes and gives, for the API's document; `app.feed.filters` reads it."""

from typing import Any

from pydantic import BaseModel, Field

from app.cases.rules import URGENCIES
from app.feed.personal import WHY_NONE
from app.feed.rules import (
    DEFAULT_LIMIT,
    FARTHEST_RADIUS_M,
    LONGEST_QUERY,
    MOST_LIMIT,
    STATUS_WORDS,
)
from app.feed.view import SORTS

_NUMBER = r"[+-]?(\d{1,9}(\.\d{0,20})?|\.\d{1,20})"


def _listed(choices: tuple[str, ...]) -> dict[str, Any]:
    one = f"({'|'.join(choices)})"
    return {"type": "string", "pattern": f"^{one}(,{one})*$"}


def _said(schema: dict[str, Any], description: str) -> Any:
    """An argument that is documented by `schema` and passed on as text."""

    def document(made: dict[str, Any]) -> None:
        made.clear()
        made |= schema | {"description": description}

    return Field(default=None, json_schema_extra=document)


class CaseQuery(BaseModel):
    """The filter of the feed. Values that may be several are separated by commas, or the name is repeated."""

    near: str | None = _said(
        {"type": "string", "pattern": rf"^{_NUMBER},{_NUMBER}$", "examples": ["10.7769,106.7009"]},
        "Latitude, longitude. Cases come nearest first and carry `distance_m`; without it newest first.",
    )
    radius_m: str | None = _said(
        {"type": "integer", "minimum": 1, "maximum": FARTHEST_RADIUS_M},
        "Only cases within this many metres of `near`.",
    )
    bbox: str | None = _said(
        {
            "type": "string",
            "pattern": rf"^{_NUMBER}(,{_NUMBER}){{3}}$",
            "examples": ["106.6,10.7,106.8,10.9"],
        },
        "West, south, east, north in degrees; a box over the antimeridian is asked for in two halves.",
    )
    area: str | None = _said({"type": "string"}, "Official code of a province or commune in force.")
    category: str | None = _said(
        {"type": "string", "examples": ["essentials,grocery_run"]}, "Slugs of categories."
    )
    urgency: str | None = _said(_listed(URGENCIES), "How urgent.")
    status: str | None = _said(
        _listed(tuple(STATUS_WORDS)),
        "Statuses, or the groups of the map: needs_help (open), taken (claimed), helped (delivered, closed)."
        " Default: open.",
    )
    q: str | None = _said(
        {"type": "string", "maxLength": LONGEST_QUERY},
        "Words that all occur in what is needed or in the code; case and diacritics do not matter.",
    )
    limit: str | None = _said(
        {"type": "integer", "minimum": 1, "maximum": MOST_LIMIT, "default": DEFAULT_LIMIT},
        "Most features in one answer.",
    )
    cursor: str | None = _said({"type": "string"}, "Where the page before ended; take it from `next`.")
    sort: str | None = _said(
        {"enum": list(SORTS)},
        "`suggested`: for a volunteer or medic who is signed in, the open cases that suit them, whom to help"
        " first in front, going out from `near` or from where they said they start.",
    )
    after: str | None = _said(
        {"type": "string"}, "Where the page of suggestions before ended; take it from `next`."
    )


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _or_null(kind: str) -> dict[str, Any]:
    return {"type": [kind, "null"]}


TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}
FEATURE = _object(
    type={"const": "Feature"},
    id=TEXT,
    geometry=_object(
        type={"const": "Point"},
        coordinates={"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2},
    )
    | {"description": "The blurred place, longitude first: some 150 to 300 m from the home."},
    properties=_object(
        code=TEXT,
        category=TEXT,
        title=TEXT,
        needs={"type": "array", "items": _object(item=TEXT, quantity=NUMBER, unit=TEXT, left=NUMBER)},
        household_size={"type": "integer"},
        urgency={"enum": list(URGENCIES)},
        status=TEXT,
        group={"enum": ["needs_help", "taken", "helped"]},
        created_at={"type": "string", "format": "date-time"},
        ward=_or_null("string"),
        ward_code=_or_null("string"),
        province=_or_null("string"),
        distance_m=_or_null("number")
        | {"description": "From `near` to the blurred place; null without `near`."},
        verified={"type": "boolean"},
    ),
)
FEATURE["properties"]["properties"]["properties"] |= {
    "reasons": {
        "type": "array",
        "items": TEXT,
        "description": "Why it is suggested, in words; with `sort=suggested` alone, as `looking`.",
    },
    "looking": {"type": "integer", "description": "How many other helpers look at it just now."},
}
FEATURES = _object(
    type={"const": "FeatureCollection"},
    features={"type": "array", "items": FEATURE},
    next=_or_null("string") | {"description": "Address of the next page; null on the last."},
)
FEATURES["properties"]["why_none"] = {
    "enum": list(WHY_NONE),
    "description": "With `sort=suggested`: why there is nothing.",
}
