"""How long the ways between places take: straight lines a little lengthened, or a router's streets.

Only metres are asked of the router; how fast somebody gets on depends on their vehicle, with or without it.
"""

import json
import time
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import structlog

from app.core.geo import Point
from app.matching.round_rules import SPEEDS
from app.matching.rules import DETOUR

ANSWERS_WITHIN_S = 2.0
LARGEST_ANSWER = 1_000_000
log = structlog.get_logger("rounds")


class Ways(NamedTuple):
    """Minutes from each place to each other, and how they were measured."""

    minutes: list[list[float]]
    metric: str
    """`line`, `road`, or `road_away` when the router did not answer."""


def ways_between(places: Sequence[Point], vehicle: str, *, router: str = "") -> Ways:
    """The travel minutes between all places by this vehicle; `router` is the address of an OSRM, or empty."""
    lines = [[here.metres_to(there) * DETOUR for there in places] for here in places]
    streets = _streets(router, places) if router else None
    # A place that no street leads to is reached as the crow flies.
    metres = (
        lines
        if streets is None
        else [
            [line if far is None else far for far, line in zip(row, straight, strict=True)]
            for row, straight in zip(streets, lines, strict=True)
        ]
    )
    metric = "road" if streets else "road_away" if router else "line"
    return Ways([[far / SPEEDS[vehicle] for far in row] for row in metres], metric)


def _streets(router: str, places: Sequence[Point]) -> list[list[float | None]] | None:
    """Metres along streets, from OSRM's table service; None when it does not answer well."""
    where = ";".join(f"{place.lon:.6f},{place.lat:.6f}" for place in places)
    try:
        answer = _ask(router, f"/table/v1/driving/{where}?annotations=distance")
        return _checked(answer["distances"], len(places))
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        log.warning("router away", error=type(error).__name__)
        return None


def _ask(router: str, path: str) -> Any:
    parts = urlsplit(router)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=ANSWERS_WITHIN_S)
    try:
        connection.request("GET", parts.path.rstrip("/") + path)
        answer = connection.getresponse()
        if answer.status != 200:
            raise ValueError(answer.status)
        return json.loads(_read(answer))
    finally:
        connection.close()


def _read(answer: HTTPResponse) -> bytes:
    """The body; OSError when it trickles in: the timeout of a socket begins anew with each byte."""
    deadline, body = time.monotonic() + ANSWERS_WITHIN_S, b""
    while len(body) < LARGEST_ANSWER and (more := answer.read1(LARGEST_ANSWER - len(body))):
        body += more
        if time.monotonic() > deadline:
            raise TimeoutError
    return body


def _checked(table: Any, size: int) -> list[list[float | None]]:
    """A table of this size of numbers that can be distances, with None for no way."""
    rows = [[None if far is None else float(far) for far in row] for row in table]
    if len(rows) != size or any(len(row) != size for row in rows):
        raise ValueError("not a table of these places")
    if any(far is not None and not 0 <= far < 1e7 for row in rows for far in row):
        raise ValueError("no distances")
    return rows
