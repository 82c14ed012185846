"""Reads of the dispatcher, from the blurred place of a case: anybody may open accounts around it, and who of
them is asked first would lead to the door. Bases are exact, inside the server only.

Every moment is bound, never the database's own now(): a simulation holds the clock.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import Row, text

from app.core.db import db
from app.matching.rules import Candidate, Helper, cost_of
from app.matching.waves import Choice, acceptance_rate, rings_of

NEAREST = 40
"""So many of the nearest suitable volunteers are weighed for each case: several waves' worth."""

LATELY = timedelta(days=30)
"""How far back answers count for the acceptance rate."""

# What lies longest comes first, so that nothing is passed over for ever when there is more than one batch.
DUE = text(
    """
    SELECT d.id, d.case_id, d.wave, d.started_at, c.code,
           CASE WHEN e.ends_at <= :at THEN 'over' ELSE c.status END AS status,
           c.urgency, c.category_id, k.medic_only, c.created_at, c.vulnerabilities,
           (SELECT count(*) FROM ask a WHERE a.dispatch_id = d.id) AS asked,
           EXISTS (SELECT FROM ask a WHERE a.case_id = d.case_id) AS anybody_asked
    FROM dispatch d
    JOIN "case" c ON c.id = d.case_id
    JOIN category k ON k.id = c.category_id
    LEFT JOIN emergency e ON e.id = c.emergency_id
    WHERE d.status = 'waiting' AND d.next_at <= :at
    ORDER BY d.next_at, d.id
    LIMIT :limit
    """
)

# Who serves the category, holds the licence it takes, is available, has room, comes that far, was not asked
# in this search, and has neither declined nor given back this case before. The box of the widest radius ends
# each search early, the sphere decides. What was asked in the last hour and what waits for an answer come
# along: they are weighed for the whole batch together.
SUITS = """
    v.available AND c.category_id = ANY(v.category_ids)
    AND v.base && ST_Expand(p.at, :widest * w.reach / (111195 * cos(radians(ST_Y(p.at)))),
                            :widest * w.reach / 111195.0)
    AND ST_DistanceSphere(v.base, p.at) <= v.radius_m * w.reach
    AND v.user_id IS DISTINCT FROM c.requester_id
    AND EXISTS (
        SELECT FROM user_role r WHERE r.user_id = v.user_id
          AND (r.role = 'medic' AND r.verified_at IS NOT NULL
               OR NOT k.medic_only AND r.role IN ('volunteer', 'supplier')))
    AND NOT EXISTS (
        SELECT FROM ask a WHERE a.case_id = c.id AND a.volunteer_id = v.user_id
          AND (a.dispatch_id = d.id OR a.status = 'declined'))
    AND NOT EXISTS (
        SELECT FROM claim cl WHERE cl.case_id = c.id AND cl.volunteer_id = v.user_id
          AND cl.status NOT IN ('delivered', 'confirmed'))
"""
EACH = """
FROM unnest(CAST(:dispatches AS uuid[]), CAST(:reaches AS float8[])) WITH ORDINALITY AS w(id, reach, n)
JOIN dispatch d ON d.id = w.id
JOIN "case" c ON c.id = d.case_id
JOIN category k ON k.id = c.category_id
CROSS JOIN LATERAL (SELECT c.public_position AS at) p
"""
CANDIDATES = text(
    f"""
    SELECT w.n - 1 AS n, near.* {EACH}
    CROSS JOIN LATERAL (
        SELECT v.user_id, ST_DistanceSphere(v.base, p.at) AS metres, v.radius_m,
               least(v.capacity, :most_claims) AS capacity, busy.held,
               past.live, past.lately, past.accepted, past.answered
        FROM volunteer v
        JOIN "user" u ON u.id = v.user_id AND u.deactivated_at IS NULL
        CROSS JOIN LATERAL (
            SELECT count(*) AS held FROM claim WHERE volunteer_id = v.user_id AND status = 'live'
        ) busy
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE status = 'sent') AS live,
                   count(*) FILTER (WHERE sent_at > :hour_ago) AS lately,
                   count(*) FILTER (WHERE status = 'accepted') AS accepted,
                   count(*) FILTER (WHERE status IN ('accepted', 'declined', 'expired')) AS answered
            FROM ask WHERE volunteer_id = v.user_id AND sent_at > :since
        ) past
        WHERE {SUITS}
          AND busy.held < least(v.capacity, :most_claims)
          AND past.lately < :per_hour
        ORDER BY v.base <-> p.at
        LIMIT :nearest
    ) near
    """  # noqa: S608 (constants)
)
# Whether there would be somebody, were they not all busy.
SOMEBODY = text(
    f"""
    SELECT w.id {EACH}
    WHERE EXISTS (
        SELECT FROM volunteer v JOIN "user" u ON u.id = v.user_id AND u.deactivated_at IS NULL
        WHERE {SUITS})
    """  # noqa: S608 (constants)
)
WIDEST = text("SELECT coalesce(max(radius_m), 0) FROM volunteer WHERE available")


class Due(NamedTuple):
    """A dispatch whose time has come, with what of its case is weighed."""

    id: uuid.UUID
    case_id: uuid.UUID
    wave: int
    started_at: datetime
    code: str
    status: str
    """Of the case; `over` when its emergency is."""
    urgency: str
    category_id: int
    medic_only: bool
    created_at: datetime
    vulnerabilities: list[str]
    asked: int
    """How many asks it has sent."""
    anybody_asked: bool = False
    """Whether anybody was ever asked about this case, in this search or one before."""


class Found(NamedTuple):
    """A volunteer who suits dispatch number `n` of the batch."""

    n: int
    user_id: uuid.UUID
    metres: float
    radius_m: int
    capacity: int
    held: int
    live: int
    """Asks that they have not answered yet."""
    lately: int
    """Asks of the last hour."""
    accepted: int
    answered: int

    def choice(self, due: Due, at: datetime) -> Choice:
        """As the rules of waves weigh it."""
        helper = Helper(frozenset({due.category_id}), True, self.radius_m, self.held, self.capacity)
        candidate = Candidate(
            code=due.code,
            category_id=due.category_id,
            medic_only=due.medic_only,
            metres=self.metres,
            urgency=due.urgency,
            hours_waited=(at - due.created_at).total_seconds() / 3600,
            vulnerabilities=frozenset(due.vulnerabilities),
        )
        return Choice(
            self.n,
            self.user_id,
            cost_of(helper, candidate),
            acceptance_rate(self.accepted, self.answered),
            self.metres / self.radius_m,
        )


def due_dispatches(at: datetime, limit: int) -> list[Due]:
    """The dispatches to look at now."""
    return [Due(*row) for row in db.session.execute(DUE, {"at": at, "limit": limit})]


def candidates(batch: Sequence[Due], at: datetime, *, per_hour: int, most_claims: int) -> list[Found]:
    """The nearest suitable volunteers of each dispatch, out to its last ring."""
    known = _places(batch) | {
        "hour_ago": at - timedelta(hours=1),
        "since": at - LATELY,
        "per_hour": per_hour,
        "most_claims": most_claims,
        "nearest": NEAREST,
    }
    return [Found(*row) for row in db.session.execute(CANDIDATES, known)]


def with_somebody(batch: Sequence[Due]) -> set[uuid.UUID]:
    """Those of the dispatches that would have somebody left to ask, if everybody had room."""
    return set(db.session.scalars(SOMEBODY, _places(batch))) if batch else set()


def _places(batch: Sequence[Due]) -> dict[str, Any]:
    return {
        "dispatches": [str(due.id) for due in batch],
        "reaches": [rings_of(due.urgency)[-1] for due in batch],
        "widest": int(db.session.execute(WIDEST).scalar_one()),
    }


AGAIN = text(
    """
    SELECT c.id, c.urgency FROM dispatch d JOIN "case" c ON c.id = d.case_id AND c.status = 'open'
    WHERE d.status = 'nobody_found' AND d.ended_at > :since AND d.ended_at <= :before
      AND NOT EXISTS (SELECT FROM dispatch l WHERE l.case_id = c.id AND l.started_at > d.started_at)
    ORDER BY d.ended_at
    LIMIT :limit
    FOR KEY SHARE OF c SKIP LOCKED
    """
)


def history_begins(at: datetime) -> datetime:
    """What ended before is over for good: the case, which nobody has touched since, has expired by now.

    Searches that found nobody are kept for ever; without this bound each look would read all of them.
    """
    return at - timedelta(hours=current_app.config["SETTINGS"].expire_after_hours, days=1)


def to_try_again(before: datetime, limit: int) -> list[tuple[uuid.UUID, str]]:
    """Open cases whose last search found nobody, before this moment, with their urgency."""
    known = {"since": history_begins(before), "before": before, "limit": limit}
    return list(db.session.execute(AGAIN, known).tuples())


SEARCH = text(
    """
    SELECT CASE WHEN ended.status = 'nobody_found' THEN ended.status ELSE 'waiting' END AS status, asks.*
    FROM "case" c
    LEFT JOIN LATERAL (
        SELECT status FROM dispatch WHERE case_id = c.id AND status <> 'waiting'
        ORDER BY started_at DESC LIMIT 1
    ) ended ON true
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT volunteer_id) AS asked, max(sent_at) AS last_at FROM ask WHERE case_id = c.id
    ) asks
    WHERE c.id = :case_id AND c.status = 'open' AND (ended.status = 'nobody_found' OR EXISTS (
        SELECT FROM dispatch WHERE case_id = c.id AND status = 'waiting'))
    """
)


def search_for(case_id: uuid.UUID) -> Row[Any] | None:
    """How the search for helpers of an open case stands: (status, asked, last_at), for its officials."""
    return db.session.execute(SEARCH, {"case_id": case_id}).one_or_none()
