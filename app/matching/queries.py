"""Reads of plans. Where a volunteer starts from is theirs: distances come out coarse, and never a place."""

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, text

from app.core.db import db
from app.matching.pairs import Near

COARSE_M = 500
"""Distances are told in steps of this, so that a few of them do not lead to a volunteer's door."""

LINES = f"""
SELECT l.id, c.code, c.status, c.urgency, c.created_at, c.household_size, c.vulnerabilities,
       c.needs_text AS needs, k.name_vi, k.name_en, k.icon, ward.full_name AS ward,
       l.chosen, l.why_none, l.outcome, l.outcome_words, u.name AS volunteer, l.volunteer_id,
       ceil(greatest(l.metres, 1) / {COARSE_M}) * {COARSE_M} AS within_m,
       ST_X(c.public_position) AS lon, ST_Y(c.public_position) AS lat
FROM plan_line l
JOIN "case" c ON c.id = l.case_id
JOIN category k ON k.id = c.category_id
LEFT JOIN area ward ON ward.id = c.commune_id
LEFT JOIN "user" u ON u.id = l.volunteer_id
WHERE l.plan_id = :plan_id {{only}}
ORDER BY l.position
LIMIT 1000
"""  # noqa: S608
ALL_LINES, ONE_LINE = text(LINES.format(only="")), text(LINES.format(only="AND l.id = :line_id"))

RECENT = text(
    """
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
    ORDER BY p.created_at DESC
    LIMIT 20
    """
)
NAMES = text('SELECT id, name FROM "user" WHERE id = ANY(CAST(:ids AS uuid[]))')


class Option(NamedTuple):
    """A volunteer who could be given a case."""

    user_id: uuid.UUID
    name: str
    within_m: int
    held: int


def plan_lines(plan_id: uuid.UUID) -> Sequence[Row[Any]]:
    """The lines of a plan as the console shows them: public facts of the cases, names of the volunteers."""
    return db.session.execute(ALL_LINES, {"plan_id": plan_id}).all()


def plan_line(plan_id: uuid.UUID, line_id: uuid.UUID) -> Row[Any]:
    """One of these lines."""
    return db.session.execute(ONE_LINE, {"plan_id": plan_id, "line_id": line_id}).one()


def recent_plans(area_ids: Sequence[int]) -> Sequence[Row[Any]]:
    """The last plans for these areas."""
    return db.session.execute(RECENT, {"area_ids": list(area_ids)}).all()


def options(candidates: Sequence[Near]) -> list[Option]:
    """The candidates of a line with their names, nearest first."""
    ids = [str(pair.user_id) for pair in candidates]
    names = {row.id: row.name for row in db.session.execute(NAMES, {"ids": ids})}
    return [
        Option(
            pair.user_id, names[pair.user_id], -(-int(max(1, pair.metres)) // COARSE_M) * COARSE_M, pair.held
        )
        for pair in candidates
    ]
