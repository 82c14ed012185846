"""Reads of rounds. A round is its volunteer's alone; homes and numbers stand in it while the claim lives."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Row, func, select, text

from app.cases.access_records import record_access
from app.core.db import db
from app.core.errors import NotFound
from app.core.geo import Point
from app.matching.round_models import Round, RoundStop
from app.matching.round_rules import load_of
from app.supplies.queries import PointRow, point_by_id, points_near, points_of
from app.volunteers.rules import portions_of

MOST_DUE = 60
NEAR_POINTS = 4
FARTHEST_POINT_M = 15_000

DUE = text(
    """
    SELECT k.id AS claim_id, k.lease_until, c.code, c.urgency, c.household_size, c.needs_text AS title,
           c.position IS NULL AS approximate, g.medic_only, g.slug AS category, g.icon,
           ward.full_name AS ward, ST_X(p.at) AS lon, ST_Y(p.at) AS lat,
           ARRAY(SELECT coalesce(l.quantity / n.quantity, 0)
                 FROM need n LEFT JOIN claim_need l ON l.need_id = n.id AND l.claim_id = k.id
                 WHERE n.case_id = c.id) AS shares
    FROM claim k
    JOIN "case" c ON c.id = k.case_id
    JOIN category g ON g.id = c.category_id
    LEFT JOIN area ward ON ward.id = c.commune_id
    CROSS JOIN LATERAL (SELECT coalesce(c.position, c.public_position) AS at) p
    WHERE k.volunteer_id = :user_id AND k.status = 'live'
    ORDER BY k.lease_until, k.id
    LIMIT :most
    """
)

STOPS = text(
    """
    SELECT s.id, s.kind, s.position, s.load, s.planned_at, s.done_at, s.outcome, s.left_out, s.claim_id,
           k.status AS claim_status, k.ended_at, k.lease_until, c.id AS case_id, c.code, c.urgency,
           c.needs_text AS title, c.household_size, g.icon, g.slug AS category, ward.full_name AS ward,
           CASE WHEN k.status = 'live' THEN c.contact_name END AS contact_name,
           CASE WHEN k.status = 'live' THEN c.contact_phone END AS contact_phone,
           CASE WHEN k.status = 'live' THEN c.address END AS address,
           CASE WHEN k.status = 'live' THEN ST_X(coalesce(c.position, c.public_position)) END AS lon,
           CASE WHEN k.status = 'live' THEN ST_Y(coalesce(c.position, c.public_position)) END AS lat,
           c.position IS NULL AS approximate,
           CASE WHEN k.status = 'live' THEN (
               SELECT json_agg(json_build_object('item', n.item, 'quantity', l.quantity, 'unit', n.unit)
                               ORDER BY n.position)
               FROM claim_need l JOIN need n ON n.id = l.need_id WHERE l.claim_id = k.id) END AS lines,
           s.supply_point_id, point.name AS point_name, point.address AS point_address,
           point.hours AS point_hours, point.phone_public AS point_phone, point.active AS point_active,
           ST_X(point.position) AS point_lon, ST_Y(point.position) AS point_lat
    FROM round_stop s
    JOIN claim k ON k.id = s.claim_id
    JOIN "case" c ON c.id = k.case_id
    JOIN category g ON g.id = c.category_id
    LEFT JOIN area ward ON ward.id = c.commune_id
    LEFT JOIN supply_point point ON point.id = s.supply_point_id
    WHERE s.round_id = :round_id
    ORDER BY s.position NULLS LAST, c.code, s.kind DESC
    LIMIT 200
    """
)

# Where the last ticked stop was: of what is over, the place is reckoned with and never shown.
LAST_DONE = text(
    """
    SELECT ST_X(p.at) AS lon, ST_Y(p.at) AS lat, s.done_at, s.kind
    FROM round_stop s
    JOIN claim k ON k.id = s.claim_id
    JOIN "case" c ON c.id = k.case_id
    LEFT JOIN supply_point point ON point.id = s.supply_point_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN s.kind = 'pickup' THEN point.position
               ELSE coalesce(c.position, c.public_position) END AS at
    ) p
    WHERE s.round_id = :round_id AND s.done_at IS NOT NULL AND p.at IS NOT NULL
    ORDER BY s.done_at DESC, s.position DESC LIMIT 1
    """
)


@dataclass(frozen=True)
class Due:
    """A live claim of a volunteer, reduced to what a round weighs, and what its form shows."""

    claim_id: uuid.UUID
    lease_until: datetime
    code: str
    urgency: str
    household_size: int
    title: str
    approximate: bool
    medic_only: bool
    category: str
    icon: str
    ward: str | None
    lon: float
    lat: float
    shares: Sequence[Decimal]

    @property
    def place(self) -> Point:
        """Where it is handed over."""
        return Point(self.lon, self.lat)

    @property
    def load(self) -> int:
        """How many portions it is."""
        portions = portions_of(self.household_size, carried=not self.medic_only)
        return load_of(portions, [float(share) for share in self.shares])


class LastDone(NamedTuple):
    """The stop that was ticked last."""

    place: Point
    at: datetime
    kind: str


def due_of(user_id: uuid.UUID) -> list[Due]:
    """The volunteer's live claims, what runs out first in front; at most MOST_DUE."""
    return [Due(*row) for row in db.session.execute(DUE, {"user_id": user_id, "most": MOST_DUE})]


def active_round(user_id: uuid.UUID) -> Round | None:
    """The round that the volunteer is on."""
    return db.session.scalar(select(Round).where(Round.volunteer_id == user_id, Round.status == "active"))


def own_round(round_id: uuid.UUID, user_id: uuid.UUID, *, lock: bool = False) -> Round:
    """One's own round; somebody else's does not exist for this person."""
    found = db.session.get(Round, round_id, with_for_update=lock or None, populate_existing=lock)
    if found is None or found.volunteer_id != user_id:
        raise NotFound(_("Không có chuyến giao này."))
    return found


def fetched_from(round_id: uuid.UUID) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """The supply point of each claim whose goods are still to be fetched: (claim, point)."""
    query = select(RoundStop.claim_id, RoundStop.supply_point_id).where(
        RoundStop.round_id == round_id,
        RoundStop.supply_point_id.is_not(None),
        RoundStop.done_at.is_(None),
    )
    return [(claim_id, point_id) for claim_id, point_id in db.session.execute(query) if point_id]


def start_of(round_: Round) -> Point:
    """Where a round starts."""
    where = select(func.ST_X(Round.start), func.ST_Y(Round.start)).where(Round.id == round_.id)
    return Point(*db.session.execute(where).one())


def stop_rows(round_id: uuid.UUID, viewer_id: uuid.UUID) -> Sequence[Row[Any]]:
    """The stops of a round in their order, those that did not fit last; looking at a home is recorded."""
    rows = db.session.execute(STOPS, {"round_id": round_id}).all()
    for case_id in {row.case_id for row in rows if row.claim_status == "live"}:
        record_access(case_id, viewer_id, "claim")
    return rows


def last_done(round_id: uuid.UUID) -> LastDone | None:
    """The stop that was ticked last, if any was."""
    row = db.session.execute(LAST_DONE, {"round_id": round_id}).one_or_none()
    return LastDone(Point(row.lon, row.lat), row.done_at, row.kind) if row else None


def pick_up_points(due: Due, user_id: uuid.UUID) -> list[tuple[PointRow, float]]:
    """Where the goods of a claim can be fetched, with metres: one's own points first, then the nearest."""
    own = [p for p in points_of(user_id) if p.active and due.category in p.categories]
    near, _more = points_near(due.place, category=due.category)
    mine = {point.id for point in own}
    found = [(point, point.position.metres_to(due.place)) for point in own]
    others = [(p, p.distance_m or 0.0) for p in near if p.id not in mine]
    return found + [pair for pair in others if pair[1] <= FARTHEST_POINT_M][:NEAR_POINTS]


def pick_up_point(point_id: uuid.UUID, user_id: uuid.UUID) -> PointRow | None:
    """An open supply point, or one's own."""
    point = point_by_id(point_id)
    return point if point and (point.active or point.owner_id == user_id) else None
