"""Which volunteers could take which open cases of an area: candidates made by the index, never all with all.

Works with exact places, inside the server only: nothing of it is for a page.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from flask import current_app
from sqlalchemy import TextClause, bindparam, text

from app.core.clock import now
from app.core.db import db
from app.matching.assignment import Ints, Pairs
from app.matching.rules import Candidate, Helper, cost_of

NEAREST = 60
"""So many of the nearest suitable volunteers are weighed for each case; docs/matching.md says why."""

# One row for each category that a volunteer may serve, so that the index holds category and place together:
# the nearest suitable ones are found without passing by others. A medical row takes a verified licence.
FREE_HELPERS = text(
    """
    CREATE TEMP TABLE free_helper ON COMMIT DROP AS
    WITH standing AS (
        SELECT user_id, bool_or(role = 'medic') AS medic FROM user_role
        WHERE role IN ('volunteer', 'supplier') OR role = 'medic' AND verified_at IS NOT NULL
        GROUP BY user_id
    ), busy AS (
        SELECT volunteer_id, count(*) AS held FROM claim WHERE status = 'live' GROUP BY volunteer_id
    )
    SELECT k.id AS category_id, v.user_id, v.base, v.radius_m, s.medic,
           least(v.capacity, :most_claims) AS capacity, coalesce(busy.held, 0) AS held
    FROM volunteer v
    JOIN standing s USING (user_id)
    JOIN "user" u ON u.id = v.user_id AND u.deactivated_at IS NULL
    JOIN category k ON k.id = ANY(v.category_ids) AND (s.medic OR NOT k.medic_only)
    LEFT JOIN busy ON busy.volunteer_id = v.user_id
    WHERE v.available AND v.base IS NOT NULL AND coalesce(busy.held, 0) < least(v.capacity, :most_claims)
    """
)
INDEX = text("CREATE INDEX ON free_helper USING gist (category_id, base)")
ANALYZE = text("ANALYZE free_helper")
DROP = text("DROP TABLE IF EXISTS pg_temp.free_helper")
WIDEST = text("SELECT coalesce(max(radius_m), 0) FROM free_helper")

OPEN_CASES = """
SELECT c.id, c.code, c.category_id, k.medic_only, c.urgency, c.created_at, c.vulnerabilities
FROM "case" c JOIN category k ON k.id = c.category_id
WHERE c.status = 'open' AND (c.commune_id IN :communes OR c.province_id IN :provinces)
ORDER BY array_position(ARRAY['life_threatening', 'urgent', 'normal'], c.urgency), c.created_at, c.id
LIMIT :most
"""
# The box of the widest radius ends each search early; the sphere decides. Nobody helps themselves, nor a case
# that they are on already.
NEAREST_HELPERS = text(
    """
    SELECT w.n - 1 AS n, near.*
    FROM unnest(CAST(:cases AS uuid[])) WITH ORDINALITY AS w(id, n)
    JOIN "case" c ON c.id = w.id
    CROSS JOIN LATERAL (SELECT coalesce(c.position, c.public_position) AS at) p
    CROSS JOIN LATERAL (
        SELECT f.user_id, ST_DistanceSphere(f.base, p.at) AS metres, f.radius_m, f.medic, f.capacity, f.held
        FROM free_helper f
        WHERE f.category_id = c.category_id
          AND f.base && ST_Expand(p.at, :widest / (111195 * cos(radians(ST_Y(p.at)))), :widest / 111195.0)
          AND ST_DistanceSphere(f.base, p.at) <= f.radius_m
          AND f.user_id IS DISTINCT FROM c.requester_id
          AND NOT f.user_id = ANY(CAST(:full AS uuid[]))
          AND (f.held = 0 OR NOT EXISTS (
              SELECT FROM claim cl
              WHERE cl.case_id = c.id AND cl.volunteer_id = f.user_id AND cl.status = 'live'))
        ORDER BY f.base <-> p.at
        LIMIT :nearest
    ) near
    """
)

# The same rules for one pair, at the moment when a plan is applied.
STILL_SUITS = text(
    """
    SELECT EXISTS (
        SELECT FROM volunteer v JOIN "case" c ON c.id = :case_id JOIN category k ON k.id = c.category_id
        WHERE v.user_id = :user_id AND v.available AND c.category_id = ANY(v.category_ids)
          AND ST_DistanceSphere(v.base, coalesce(c.position, c.public_position)) <= v.radius_m
          AND v.user_id IS DISTINCT FROM c.requester_id
          AND (SELECT count(*) FROM claim WHERE volunteer_id = v.user_id AND status = 'live') < v.capacity
          AND (NOT k.medic_only OR EXISTS (
              SELECT FROM user_role
              WHERE user_id = v.user_id AND role = 'medic' AND verified_at IS NOT NULL)))
    """
)


class OpenCase(NamedTuple):
    """An open case, reduced to what ranking weighs."""

    id: uuid.UUID
    code: str
    category_id: int
    medic_only: bool
    urgency: str
    created_at: datetime
    vulnerabilities: list[str]


class Near(NamedTuple):
    """A volunteer who suits case number `n` and is among the nearest of it."""

    n: int
    user_id: uuid.UUID
    metres: float
    radius_m: int
    medic: bool
    capacity: int
    held: int

    def cost_of(self, case: OpenCase, at: datetime) -> float:
        """What this pair costs by the rules of ranking, in minutes."""
        helper = Helper(frozenset({case.category_id}), self.medic, self.radius_m, self.held, self.capacity)
        candidate = Candidate(
            code=case.code,
            category_id=case.category_id,
            medic_only=case.medic_only,
            metres=self.metres,
            urgency=case.urgency,
            hours_waited=(at - case.created_at).total_seconds() / 3600,
            vulnerabilities=frozenset(case.vulnerabilities),
        )
        return cost_of(helper, candidate)


def open_cases_in(communes: Sequence[int], provinces: Sequence[int], most: int) -> list[OpenCase]:
    """The open cases of these areas, the most urgent and longest waiting first."""
    statement: TextClause = text(OPEN_CASES).bindparams(
        bindparam("communes", expanding=True), bindparam("provinces", expanding=True)
    )
    known: dict[str, Any] = {"communes": list(communes), "provinces": list(provinces), "most": most}
    return [OpenCase(*row) for row in db.session.execute(statement, known)]


def still_suits(case_id: uuid.UUID, user_id: uuid.UUID) -> bool:
    """Whether this volunteer is still free and right for this case."""
    return bool(db.session.execute(STILL_SUITS, {"case_id": case_id, "user_id": user_id}).scalar())


class Nearby:
    """The free volunteers of this moment, kept in the transaction with an index of their own."""

    def __init__(self) -> None:
        most = current_app.config["SETTINGS"].claims_per_person
        db.session.execute(DROP)
        db.session.execute(FREE_HELPERS, {"most_claims": most})
        db.session.execute(INDEX)
        db.session.execute(ANALYZE)
        self.widest = int(db.session.execute(WIDEST).scalar_one())

    def of(
        self, cases: Sequence[uuid.UUID], *, nearest: int = NEAREST, full: Sequence[uuid.UUID] = ()
    ) -> list[Near]:
        """The nearest suitable volunteers of each case, leaving out those who are `full`."""
        known = {
            "cases": [str(case_id) for case_id in cases],
            "full": [str(user_id) for user_id in full],
            "nearest": nearest,
            "widest": self.widest,
        }
        return [Near(*row) for row in db.session.execute(NEAREST_HELPERS, known)]


class Weighed(NamedTuple):
    """Candidate pairs as the solver takes them, with who its helper numbers are and the room of each."""

    pairs: Pairs
    near: list[Near]
    helpers: list[uuid.UUID]
    capacity: Ints


def weighed(cases: Sequence[OpenCase], near: Sequence[Near]) -> Weighed:
    """Number the helpers and cost the pairs; a pair that was found twice counts once."""
    kept = list({(pair.n, pair.user_id): pair for pair in near}.values())
    numbers: dict[uuid.UUID, int] = {}
    for pair in kept:
        numbers.setdefault(pair.user_id, len(numbers))
    at = now()
    room = {pair.user_id: pair.capacity - pair.held for pair in kept}
    return Weighed(
        Pairs(
            np.array([pair.n for pair in kept], np.int64),
            np.array([numbers[pair.user_id] for pair in kept], np.int64),
            np.array([pair.cost_of(cases[pair.n], at) for pair in kept], np.float64),
        ),
        kept,
        list(numbers),
        np.array([room[user_id] for user_id in numbers], np.int64),
    )
