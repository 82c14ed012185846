"""How a volunteer stands now: what they said of themselves, and how much they hold already."""

import uuid
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import text

from app.core.db import db
from app.core.geo import Point
from app.matching.rules import Helper
from app.people.models import User

STANDING = text(
    """
    SELECT ST_X(base) AS lon, ST_Y(base) AS lat, radius_m, category_ids, capacity, available,
           ARRAY(SELECT case_id FROM claim WHERE volunteer_id = :user_id AND status = 'live') AS held
    FROM volunteer WHERE user_id = :user_id
    """
)


@dataclass(frozen=True)
class Standing:
    """A volunteer, reduced to what decides which cases they are offered."""

    user_id: uuid.UUID
    helper: Helper
    base: Point | None
    available: bool
    holds: tuple[uuid.UUID, ...] = ()
    """The cases that they are on already."""

    @property
    def full(self) -> bool:
        """Whether they hold as much as they said they can."""
        return self.helper.held >= self.helper.capacity


def is_helper(user: User) -> bool:
    """Whether suggestions are for this person."""
    return user.has_role("volunteer") or user.has_role("medic")


def standing_of(user: User) -> Standing | None:
    """How this volunteer stands; None before they have said from where and with what they help."""
    row = db.session.execute(STANDING, {"user_id": user.id}).one_or_none()
    if row is None:
        return None
    most = current_app.config["SETTINGS"].claims_per_person
    helper = Helper(
        category_ids=frozenset(row.category_ids),
        medic=user.has_role("medic"),
        radius_m=row.radius_m,
        held=len(row.held),
        capacity=min(row.capacity, most),
    )
    base = None if row.lon is None else Point(row.lon, row.lat)
    return Standing(user.id, helper, base, row.available, tuple(row.held))
