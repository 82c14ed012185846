"""Reads about volunteers. Where they start from is theirs: nothing here is for pages of others."""

import uuid
from typing import NamedTuple

from sqlalchemy import func, select, text

from app.areas.models import Area
from app.core.db import db
from app.core.geo import Point
from app.emergencies.models import Category
from app.volunteers.models import Volunteer
from app.volunteers.rules import Helping


class InReach(NamedTuple):
    """A volunteer for whom a place is within the distance that they chose."""

    user_id: uuid.UUID
    distance_m: float
    capacity: int


WITHIN_REACH = text(
    """
    SELECT v.user_id, ST_DistanceSphere(v.base, p.at) AS distance_m, v.capacity
    FROM volunteer v
    JOIN "user" u ON u.id = v.user_id AND u.deactivated_at IS NULL
    CROSS JOIN (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS at) p
    WHERE v.available AND :category_id = ANY(v.category_ids)
      AND v.base && ST_Expand(p.at, :widest_lon, :widest_lat)
      AND ST_DistanceSphere(v.base, p.at) <= v.radius_m
    ORDER BY distance_m
    LIMIT :limit
    """
)
WIDEST_M = 50_000
METRES_A_DEGREE = 111_000


def helping_of(user_id: uuid.UUID) -> Helping | None:
    """What this volunteer has said, or None before they said anything."""
    row = db.session.execute(
        select(Volunteer, func.ST_X(Volunteer.base), func.ST_Y(Volunteer.base)).where(
            Volunteer.user_id == user_id
        )
    ).one_or_none()
    if row is None:
        return None
    volunteer, lon, lat = row
    slugs = db.session.scalars(
        select(Category.slug).where(Category.id.in_(volunteer.category_ids)).order_by(Category.position)
    )
    base = None if lon is None else Point(lon, lat)
    return Helping(
        base, volunteer.radius_m, tuple(slugs), volunteer.capacity, volunteer.vehicle, volunteer.available
    )


def volunteers_in_reach(place: Point, category_id: int, limit: int = 50) -> list[InReach]:
    """Available volunteers who help with this category and come as far as `place`, nearest first."""
    half = WIDEST_M / METRES_A_DEGREE
    known = {
        "lon": place.lon,
        "lat": place.lat,
        "category_id": category_id,
        "widest_lat": half,
        "widest_lon": half * 2 if abs(place.lat) < 60 else 180,
        "limit": limit,
    }
    return [InReach(*row) for row in db.session.execute(WITHIN_REACH, known)]


def middle_of(area_code: str) -> Point | None:
    """A point inside the area in force with this code, for a volunteer who names only their ward."""
    found = db.session.execute(
        select(func.ST_X(Area.label_point), func.ST_Y(Area.label_point)).where(
            Area.code == area_code, Area.valid_to.is_(None), Area.label_point.is_not(None)
        )
    ).first()
    return Point(*found) if found else None
