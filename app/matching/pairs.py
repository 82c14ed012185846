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
from app.volunteers.rules import PEOPLE_A_PORTION, VEHICLES

NEAREST = 60
"""So many of the nearest suitable volunteers are weighed for each case; docs/matching.md says why."""

# What somebody carries, and what a case is to carry, in portions: the same rules as in volunteers.rules.
CARRIES = " ".join(f"WHEN '{vehicle}' THEN {portions}" for vehicle, portions in VEHICLES.items())
PORTIONS = f"""CASE WHEN k.medic_only THEN 0
    ELSE (greatest(c.household_size, 1) + {PEOPLE_A_PORTION - 1}) / {PEOPLE_A_PORTION} END"""
ABOUT_DEGREES = 0.005
"""What is told of distances counts from the middle of such a square (some 550 m), not from a volunteer's
base: whoever knows many homes exactly could work out the base from the distances to all of them."""
POINT_CARRIES = VEHICLES["car"]
"""What a supply point brings at a time: it packs at the door, so only its number of deliveries is tight."""

# One person is one helper, however many places they start from: their own base, and each open supply point of
# theirs that delivers. One row for each start and each category that may be served from there, so that the
# index holds category and place together: the nearest suitable ones are found without passing by others. A
# medical row takes a verified licence.
FREE = f"""
WITH standing AS (
    SELECT user_id, bool_or(role = 'medic') AS medic, bool_or(role = 'supplier') AS supplies
    FROM user_role
    WHERE (role IN ('volunteer', 'supplier') OR role = 'medic' AND verified_at IS NOT NULL) {{of_one}}
    GROUP BY user_id
), start AS (
    SELECT user_id, NULL::uuid AS supply_point_id, base, radius_m, category_ids, capacity,
           CASE vehicle {CARRIES} END AS carries
    FROM volunteer WHERE available AND base IS NOT NULL {{of_one}}
    UNION ALL
    SELECT p.owner_id, p.id, p.position, p.radius_m, p.category_ids, p.deliveries, {POINT_CARRIES}
    FROM supply_point p JOIN standing s ON s.user_id = p.owner_id AND s.supplies
    WHERE p.active AND p.radius_m > 0
), person AS (
    SELECT user_id, least(max(capacity), :most_claims) AS capacity, max(carries) AS carries
    FROM start GROUP BY user_id
), busy AS (
    SELECT l.volunteer_id, count(*) AS held, sum({PORTIONS}) AS loaded
    FROM claim l JOIN "case" c ON c.id = l.case_id JOIN category k ON k.id = c.category_id
    WHERE l.status = 'live' AND l.volunteer_id IN (SELECT user_id FROM person)
    GROUP BY l.volunteer_id
)
SELECT k.id AS category_id, t.user_id, t.supply_point_id, t.base, t.radius_m, s.medic, p.capacity,
       coalesce(busy.held, 0) AS held, (p.carries - coalesce(busy.loaded, 0))::int AS space
FROM start t
JOIN person p USING (user_id)
JOIN standing s USING (user_id)
JOIN "user" u ON u.id = t.user_id AND u.deactivated_at IS NULL
JOIN category k ON k.id = ANY(t.category_ids) AND (s.medic OR NOT k.medic_only)
LEFT JOIN busy ON busy.volunteer_id = t.user_id
WHERE coalesce(busy.held, 0) < p.capacity
"""  # noqa: S608 - built from constants; ids are bound
FREE_HELPERS = text("CREATE TEMP TABLE free_helper ON COMMIT DROP AS" + FREE.format(of_one=""))
INDEX = text("CREATE INDEX ON free_helper USING gist (category_id, base)")
ANALYZE = text("ANALYZE free_helper")
DROP = text("DROP TABLE IF EXISTS pg_temp.free_helper")
WIDEST = text("SELECT coalesce(max(radius_m), 0) FROM free_helper")

OPEN_CASES = f"""
SELECT c.id, c.code, c.category_id, k.medic_only, c.urgency, c.created_at, c.vulnerabilities,
       {PORTIONS} AS portions
FROM "case" c JOIN category k ON k.id = c.category_id
WHERE c.status = 'open' AND (c.commune_id IN :communes OR c.province_id IN :provinces)
  AND c.created_at <= now() - make_interval(hours => :waited_h)
ORDER BY array_position(ARRAY['life_threatening', 'urgent', 'normal'], c.urgency), c.created_at, c.id
LIMIT :most
"""  # noqa: S608
# Who is on the case already, has given it back or let it lapse, did not bring what they said, or has said no.
NOT_AGAIN = """(
    SELECT ARRAY(
        SELECT volunteer_id FROM claim WHERE case_id = c.id AND status NOT IN ('delivered', 'confirmed')
        UNION ALL
        SELECT volunteer_id FROM ask WHERE case_id = c.id AND status = 'declined') AS ids
) not_again"""
# What makes a start right for a case, wherever both are held together: near enough, with room for the load,
# and nobody helps themselves, nor is given a case of which they have had enough.
SUITS = f"""
    f.category_id = c.category_id
    AND ST_DistanceSphere(f.base, coalesce(c.position, c.public_position)) <= f.radius_m
    AND (f.space >= {PORTIONS} OR :any_load)
    AND f.user_id IS DISTINCT FROM c.requester_id
    AND NOT f.user_id = ANY(not_again.ids)
"""
# The box of the widest radius ends each search early; the sphere decides.
NEAREST_HELPERS = text(
    f"""
    SELECT w.n - 1 AS n, near.*
    FROM unnest(CAST(:cases AS uuid[])) WITH ORDINALITY AS w(id, n)
    JOIN "case" c ON c.id = w.id
    JOIN category k ON k.id = c.category_id
    CROSS JOIN LATERAL (SELECT coalesce(c.position, c.public_position) AS at) p
    CROSS JOIN LATERAL {NOT_AGAIN}
    CROSS JOIN LATERAL (
        SELECT f.user_id, f.supply_point_id, ST_DistanceSphere(f.base, p.at) AS metres, f.radius_m, f.medic,
               f.capacity, f.held, f.space,
               ST_DistanceSphere(CASE WHEN f.supply_point_id IS NULL
                   THEN ST_SnapToGrid(f.base, {ABOUT_DEGREES}) ELSE f.base END, p.at) AS about_m
        FROM free_helper f
        WHERE {SUITS}
          AND f.base && ST_Expand(p.at, :widest / (111195 * cos(radians(ST_Y(p.at)))), :widest / 111195.0)
          AND NOT f.user_id = ANY(CAST(:full AS uuid[]))
        ORDER BY f.base <-> p.at
        LIMIT :nearest
    ) near
    """  # noqa: S608
)

# The same rules for one pair, at the moment when a plan is applied.
STILL_SUITS = text(
    f"""
    SELECT EXISTS (
        SELECT FROM ({FREE.format(of_one="AND user_id = :user_id")}) f
        JOIN "case" c ON c.id = :case_id
        JOIN category k ON k.id = c.category_id
        CROSS JOIN LATERAL {NOT_AGAIN}
        WHERE f.supply_point_id IS NOT DISTINCT FROM CAST(:supply_point_id AS uuid) AND {SUITS}
    )
    """  # noqa: S608
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
    portions: int = 1
    """What is to be carried."""


class Near(NamedTuple):
    """Somebody who suits case number `n`, from a start that is among the nearest of it."""

    n: int
    user_id: uuid.UUID
    supply_point_id: uuid.UUID | None
    metres: float
    radius_m: int
    medic: bool
    capacity: int
    held: int
    space: int
    """How many portions they can still load."""
    about_m: float
    """How far it is, as it may be told."""

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


def open_cases_in(
    communes: Sequence[int], provinces: Sequence[int], most: int, *, waited_h: int = 0
) -> list[OpenCase]:
    """The open cases of these areas that have waited so long, the most urgent and longest waiting first."""
    statement: TextClause = text(OPEN_CASES).bindparams(
        bindparam("communes", expanding=True), bindparam("provinces", expanding=True)
    )
    known: dict[str, Any] = {"communes": list(communes), "provinces": list(provinces), "most": most}
    known["waited_h"] = waited_h
    return [OpenCase(*row) for row in db.session.execute(statement, known)]


def still_suits(
    case_id: uuid.UUID, user_id: uuid.UUID, supply_point_id: uuid.UUID | None = None, *, most_claims: int
) -> bool:
    """Whether this helper is still free and right for this case, from this start."""
    known = {
        "case_id": case_id,
        "user_id": user_id,
        "supply_point_id": supply_point_id,
        "most_claims": most_claims,
        "any_load": False,
    }
    return bool(db.session.execute(STILL_SUITS, known).scalar())


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
        self,
        cases: Sequence[uuid.UUID],
        *,
        nearest: int = NEAREST,
        full: Sequence[uuid.UUID] = (),
        any_load: bool = False,
    ) -> list[Near]:
        """The nearest suitable starts of each case, leaving out helpers who are `full`.

        With `any_load` those too whose vehicle does not hold the case: to tell why nobody was found.
        """
        known = {
            "cases": [str(case_id) for case_id in cases],
            "full": [str(user_id) for user_id in full],
            "nearest": nearest,
            "widest": self.widest,
            "any_load": any_load,
        }
        return [Near(*row) for row in db.session.execute(NEAREST_HELPERS, known)]


class Weighed(NamedTuple):
    """Candidate pairs as the solver takes them, with who its helper numbers are and the room of each."""

    pairs: Pairs
    near: list[Near]
    helpers: list[uuid.UUID]
    capacity: Ints
    space: Ints
    """Portions that each helper can load."""
    portions: Ints
    """What each case is to carry."""


def weighed(cases: Sequence[OpenCase], near: Sequence[Near]) -> Weighed:
    """Number the helpers and cost the pairs; whoever reaches a case from two places starts at the nearer."""
    nearest: dict[tuple[int, uuid.UUID], Near] = {}
    for pair in near:
        known = nearest.get((pair.n, pair.user_id))
        if known is None or pair.metres < known.metres:
            nearest[pair.n, pair.user_id] = pair
    kept = list(nearest.values())
    numbers: dict[uuid.UUID, int] = {}
    for pair in kept:
        numbers.setdefault(pair.user_id, len(numbers))
    at = now()
    room = {pair.user_id: (pair.capacity - pair.held, pair.space) for pair in kept}
    return Weighed(
        Pairs(
            np.array([pair.n for pair in kept], np.int64),
            np.array([numbers[pair.user_id] for pair in kept], np.int64),
            np.array([pair.cost_of(cases[pair.n], at) for pair in kept], np.float64),
        ),
        kept,
        list(numbers),
        np.array([room[user_id][0] for user_id in numbers], np.int64),
        np.array([room[user_id][1] for user_id in numbers], np.int64),
        np.array([case.portions for case in cases], np.int64),
    )
