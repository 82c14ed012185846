"""Whether the answers are right: figures of wrong answers are worth nothing."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from app.core.db import db
from app.core.geo import Point
from app.feed import tiles
from bench.load import Answer
from bench.scenarios import LIMIT, feed_sql, tiles_of

TRUE_NEAREST = text(
    """
    SELECT min(ST_DistanceSphere(public_position, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)))
    FROM "case" WHERE status = 'open' AND on_map
    """
)
HELD = text(
    """SELECT count(*) FROM "case" WHERE cell >= :first AND cell < :beyond AND status = 'open' AND on_map"""
)
MADE = text("""SELECT count(*) FROM "case" WHERE source = 'api'""")
TAKEN = text("SELECT count(*), count(DISTINCT case_id) FROM claim WHERE status = 'live'")
TRUE_CHECKS = 12
"""So many places are checked by looking at every case."""


class Wrong(AssertionError):
    """The site gave a wrong answer."""


def check_plan(here: Point) -> None:
    """The feed walks an index in order: no sequential scan of the cases."""
    for statement in feed_sql(here):
        plan = db.session.execute(text("EXPLAIN (FORMAT JSON) " + statement.replace(":", r"\:"))).scalar()
        if any(n.get("Relation Name") == "case" and n["Node Type"] == "Seq Scan" for n in _nodes(plan)):
            raise Wrong("the feed scans all cases")


def _nodes(plan: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    waiting = [plan[0]["Plan"]]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += node.get("Plans", [])
    return found


def check_feed(people: Sequence[Point], answers: Sequence[Answer]) -> None:
    """Every page is full, in order, and (where that is looked at) begins with the truly nearest case."""
    for number, (here, answer) in enumerate(zip(people, answers, strict=False)):
        metres = [feature["properties"]["distance_m"] for feature in json.loads(answer.body)["features"]]
        if len(metres) != LIMIT or metres != sorted(metres):
            raise Wrong(f"the feed at {here} has {len(metres)} cases at {metres}")
        if number < TRUE_CHECKS:
            nearest = float(db.session.execute(TRUE_NEAREST, here._asdict()).scalar_one())
            if abs(metres[0] - nearest) > 1:
                raise Wrong(f"the first case at {here} is {metres[0]} m away, the nearest {nearest} m")


def check_tiles(people: Sequence[Point], zoom: int, answers: Sequence[Answer]) -> None:
    """Where there are cases there is something to draw."""
    shift = 2 * (tiles.CELL_ZOOM - zoom)
    for (x, y), answer in zip(tiles_of(people, zoom), answers, strict=False):
        key = tiles.quadkey(x, y)
        held = {"first": key << shift, "beyond": (key + 1) << shift}
        if db.session.execute(HELD, held).scalar_one() and not answer.body:
            raise Wrong(f"tile {zoom}/{x}/{y} is empty, though cases are there")


def check_posts(acknowledged: int, before: int) -> None:
    """What was acknowledged is stored."""
    if (stored := posts_made() - before) < acknowledged:
        raise Wrong(f"{acknowledged} posts were acknowledged, only {stored} are stored")


def posts_made() -> int:
    """How many cases came through the API."""
    db.session.rollback()
    return int(db.session.execute(MADE).scalar_one())


def check_claims(acknowledged: int) -> None:
    """Every claim that was acknowledged lives, and no case was given away twice."""
    db.session.rollback()
    live, cases = db.session.execute(TAKEN).one()
    if live < acknowledged or live != cases:
        raise Wrong(f"{acknowledged} claims were acknowledged; {live} live ones on {cases} cases")
