"""Reads of plans. Where a volunteer starts from is theirs: distances come out coarse, and never a place."""

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, text

from app.core.db import db
from app.matching.pairs import Near

PAGE = 100
COARSE_M = 500
"""Distances are told in steps of this, and count from near a volunteer's base, not from it (`pairs`)."""

LINES = f"""
SELECT l.id, c.code, c.status, c.urgency, c.created_at, c.household_size, c.vulnerabilities,
       c.needs_text AS needs, k.name_vi, k.name_en, k.icon, ward.full_name AS ward,
       l.position, l.portions, l.chosen, l.why_none, l.outcome, l.outcome_words,
       u.name AS volunteer, l.volunteer_id,
       greatest(1, round(l.metres / {COARSE_M})) * {COARSE_M} AS about_m,
       s.name AS supply_point, l.supply_point_id
FROM plan_line l
JOIN "case" c ON c.id = l.case_id
JOIN category k ON k.id = c.category_id
LEFT JOIN area ward ON ward.id = c.commune_id
LEFT JOIN "user" u ON u.id = l.volunteer_id
LEFT JOIN supply_point s ON s.id = l.supply_point_id
WHERE l.plan_id = :plan_id AND {{only}}
ORDER BY l.position
LIMIT :limit
"""  # noqa: S608
NEXT_LINES = text(LINES.format(only="l.position > :after"))
ONE_LINE = text(LINES.format(only="l.id = :line_id"))
COUNTS = text(
    """
    SELECT count(*) AS cases, count(*) FILTER (WHERE chosen) AS found,
           count(*) FILTER (WHERE chosen AND outcome IS NOT NULL) AS done,
           count(*) FILTER (WHERE outcome = 'taken') AS taken
    FROM plan_line WHERE plan_id = :plan_id
    """
)

# What the map shows: cases where strangers see them too, supply points where they are, and of a volunteer no
# more than the middle of their ward.
DRAWN = text(
    """
    SELECT l.id, c.code, c.urgency, l.chosen, l.outcome, u.name AS helper, s.name AS supply_point,
           ST_X(c.public_position) AS lon, ST_Y(c.public_position) AS lat,
           ST_X(start.at) AS from_lon, ST_Y(start.at) AS from_lat
    FROM plan_line l
    JOIN "case" c ON c.id = l.case_id
    LEFT JOIN "user" u ON u.id = l.volunteer_id
    LEFT JOIN supply_point s ON s.id = l.supply_point_id
    LEFT JOIN volunteer v ON v.user_id = l.volunteer_id AND l.supply_point_id IS NULL
    LEFT JOIN area home ON home.id = v.commune_id
    CROSS JOIN LATERAL (SELECT coalesce(s.position, home.label_point) AS at) start
    WHERE l.plan_id = :plan_id
    ORDER BY l.position
    LIMIT 1000
    """
)

# Who answers for several areas may plan for all of them at once: a plan for nobody who answers for less.
ELSEWHERE = """
EXISTS (
    SELECT FROM plan_line l JOIN "case" c ON c.id = l.case_id
    WHERE l.plan_id = p.id
      AND NOT coalesce(c.commune_id = ANY(:communes), false)
      AND NOT coalesce(c.province_id = ANY(:provinces), false))
"""
READABLE = text(
    f"""
    SELECT EXISTS (
        SELECT FROM plan p WHERE p.id = :plan_id AND (p.created_by = :user_id OR NOT {ELSEWHERE}))
    """  # noqa: S608 (constants)
)
RECENT = text(
    f"""
    SELECT p.id, p.status, p.created_at, p.ended_at, a.full_name AS area, u.name AS official, lines.*
    FROM plan p
    JOIN area a ON a.id = p.area_id
    LEFT JOIN "user" u ON u.id = p.created_by
    CROSS JOIN LATERAL (
        SELECT count(*) AS cases, count(*) FILTER (WHERE chosen) AS found,
               count(*) FILTER (WHERE outcome = 'taken') AS taken
        FROM plan_line WHERE plan_id = p.id
    ) lines
    WHERE p.area_id = ANY(:area_ids) AND p.status <> 'discarded'
      AND (p.created_by = :user_id OR NOT {ELSEWHERE})
    ORDER BY p.created_at DESC
    LIMIT 20
    """  # noqa: S608
)
NAMES = text('SELECT id, name FROM "user" WHERE id = ANY(CAST(:ids AS uuid[]))')
POINTS = text("SELECT id, name FROM supply_point WHERE id = ANY(CAST(:ids AS uuid[]))")


class Option(NamedTuple):
    """A volunteer who could be given a case."""

    user_id: uuid.UUID
    name: str
    about_m: int
    held: int
    supply_point: str | None


def plan_lines(plan_id: uuid.UUID, *, after: int = -1) -> tuple[Sequence[Row[Any]], int | None]:
    """A page of the lines as the console shows them, and after which position the next page begins.

    Public facts of the cases, and names of the helpers.
    """
    known = {"plan_id": plan_id, "after": after, "limit": PAGE + 1}
    rows = db.session.execute(NEXT_LINES, known).all()
    return rows[:PAGE], rows[PAGE - 1].position if len(rows) > PAGE else None


def plan_counts(plan_id: uuid.UUID) -> Row[Any]:
    """How many cases the plan holds, has helpers for, has dealt with, and has given away."""
    return db.session.execute(COUNTS, {"plan_id": plan_id}).one()


def plan_map(plan_id: uuid.UUID) -> list[dict[str, Any]]:
    """Each line of the plan for the map: the case's public place, and from where help starts, coarsely."""
    drawn = db.session.execute(DRAWN, {"plan_id": plan_id})
    return [
        {
            "id": str(row.id),
            "code": row.code,
            "urgent": row.urgency == "life_threatening",
            "state": _state(row),
            "helper": row.supply_point or row.helper or "",
            "point": row.supply_point is not None,
            "at": [row.lon, row.lat],
            "from": None if row.from_lon is None or not row.chosen else [row.from_lon, row.from_lat],
        }
        for row in drawn
    ]


def _state(row: Row[Any]) -> str:
    if row.outcome:
        return "taken" if row.outcome == "taken" else "refused"
    return "chosen" if row.chosen else "left_out"


def plan_line(plan_id: uuid.UUID, line_id: uuid.UUID) -> Row[Any]:
    """One of these lines."""
    return db.session.execute(ONE_LINE, {"plan_id": plan_id, "line_id": line_id, "limit": 1}).one()


class Reader(NamedTuple):
    """Who looks at plans, and the communes and provinces that they answer for."""

    user_id: uuid.UUID
    communes: Sequence[int]
    provinces: Sequence[int]

    @property
    def known(self) -> dict[str, Any]:
        """As the statements take it."""
        return {
            "user_id": self.user_id,
            "communes": list(self.communes),
            "provinces": list(self.provinces),
        }


def may_read(plan_id: uuid.UUID, reader: Reader) -> bool:
    """Whether every case of the plan is this official's to see, or they made it themselves."""
    return bool(db.session.execute(READABLE, reader.known | {"plan_id": plan_id}).scalar())


def recent_plans(area_ids: Sequence[int], reader: Reader) -> Sequence[Row[Any]]:
    """The last plans for these areas that this official may read."""
    return db.session.execute(RECENT, reader.known | {"area_ids": list(area_ids)}).all()


def options(candidates: Sequence[Near]) -> list[Option]:
    """The candidates of a line with their names, nearest first as far as their distances are told."""
    ids = [str(pair.user_id) for pair in candidates]
    names = {row.id: row.name for row in db.session.execute(NAMES, {"ids": ids})}
    points = [str(pair.supply_point_id) for pair in candidates if pair.supply_point_id]
    shops = {row.id: row.name for row in db.session.execute(POINTS, {"ids": points})}
    known = [
        Option(
            pair.user_id,
            names[pair.user_id],
            max(1, round(pair.about_m / COARSE_M)) * COARSE_M,
            pair.held,
            shops.get(pair.supply_point_id) if pair.supply_point_id else None,
        )
        for pair in candidates
    ]
    return sorted(known, key=lambda option: (option.about_m, option.name, option.user_id))
