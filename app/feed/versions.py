"""How far the map has changed: asked of the database at most every `ASKED_EVERY_S`, for all squares at once.

A version is raised by triggers in the transaction of the change (migration 0009). So whoever sees a version
sees what it stands for: read the version first, then what is kept under it.
"""

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import current_app
from sqlalchemy import event, text

from app.core.db import db, read_engine
from app.core.geo import EARTH_RADIUS_M, Point
from app.feed import catalogue
from app.feed.rules import WEB_MERCATOR_EDGE, quadkey

ASKED_EVERY_S = 0.05
"""A browser that hears of a change asks for the list 150 ms later at the earliest (`static/js/live.js`)."""
SQUARE_ZOOM = 10
EVERYTHING = -1
"""The square that stands for what is in every answer: categories and areas."""
MOST_SQUARES = 64

VERSIONS = text("SELECT square, sum(version)::bigint FROM feed_square GROUP BY square")

Squares = frozenset[int]


@dataclass(frozen=True)
class Versions:
    """The version of every square that was ever changed, and of all of them together."""

    of_square: Mapping[int, int] = field(default_factory=dict)
    total: int = 0

    def of(self, squares: Squares | None) -> int:
        """One number that stays only as long as none of the squares changes; None means all of them."""
        if squares is None:
            return self.total
        known = self.of_square
        return known.get(EVERYTHING, 0) + sum(known.get(square, 0) for square in squares)


class _Asked:
    """What one process knows, and since when."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.versions = Versions()
        self.at = float("-inf")


def _asked() -> _Asked:
    asked: _Asked = current_app.extensions.setdefault("lalanh_feed_versions", _Asked())
    return asked


def current() -> Versions:
    """The versions as they are, or were `ASKED_EVERY_S` ago."""
    asked = _asked()
    if time.monotonic() - asked.at < ASKED_EVERY_S:
        return asked.versions
    with asked.lock:
        began = time.monotonic()
        with read_engine().connect() as connection:
            of_square = {square: int(version) for square, version in connection.execute(VERSIONS)}
        if of_square != asked.versions.of_square:
            if of_square.get(EVERYTHING) != asked.versions.of_square.get(EVERYTHING):
                catalogue.forget()
            asked.versions = Versions(of_square, sum(of_square.values()))
        asked.at = began
        return asked.versions


def ask_again(*_session: object) -> None:
    """Something was committed here: whoever comes next is answered by what is true now."""
    if current_app:
        _asked().at = float("-inf")


def follow_commits() -> None:
    """People see their own changes at once, whatever is kept."""
    if not event.contains(db.session, "after_commit", ask_again):
        event.listen(db.session, "after_commit", ask_again)


def square_of_tile(z: int, x: int, y: int) -> Squares | None:
    """The square that a tile lies in; None where it is larger than a square."""
    if z < SQUARE_ZOOM:
        return None
    return frozenset({quadkey(x >> z - SQUARE_ZOOM, y >> z - SQUARE_ZOOM)})


def squares_around(here: Point, metres: float) -> Squares | None:
    """The squares that a circle touches; None when they are many."""
    up = math.degrees(metres / EARTH_RADIUS_M) * 1.001 + 1e-6
    across = up / max(0.01, math.cos(math.radians(min(89.0, abs(here.lat) + up))))
    west, north = _column_and_row(here.lon - across, here.lat + up)
    east, south = _column_and_row(here.lon + across, here.lat - up)
    if (east - west + 1) * (south - north + 1) > MOST_SQUARES:
        return None
    edge = 2**SQUARE_ZOOM
    return frozenset(
        quadkey(x % edge, max(0, min(edge - 1, y)))
        for x in range(west, east + 1)
        for y in range(north, south + 1)
    )


def _column_and_row(lon: float, lat: float) -> tuple[int, int]:
    edge = 2**SQUARE_ZOOM
    held = math.radians(max(-WEB_MERCATOR_EDGE, min(WEB_MERCATOR_EDGE, lat)))
    row = (1 - math.asinh(math.tan(held)) / math.pi) / 2 * edge
    return math.floor((lon + 180) / 360 * edge), math.floor(row)
