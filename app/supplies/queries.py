"""Reads about supply points; all of them are public while they are open."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text

from app.areas.models import Area
from app.core.db import db
from app.core.geo import Point
from app.core.text import fold

PAGE = 30
FARTHEST_PAGE = 50

COLUMNS = """
    s.id, s.name, s.kind, s.goods, s.hours, s.address, s.phone_public AS phone, s.radius_m, s.deliveries,
    s.active,
    s.is_demo, s.created_at, s.owner_id, ST_X(s.position) AS lon, ST_Y(s.position) AS lat,
    ward.full_name AS ward, province.full_name AS province,
    ARRAY(SELECT k.slug FROM category k WHERE k.id = ANY(s.category_ids) ORDER BY k.position) AS categories
"""
AREAS = "LEFT JOIN area ward ON ward.id = s.commune_id LEFT JOIN area province ON province.id = s.province_id"

# The index on p3857 gives the order; metres are true ones.
NEAREST = f"""
SELECT {COLUMNS}, ST_DistanceSphere(s.position, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)) AS distance_m
FROM (
    SELECT * FROM supply_point s
    WHERE s.active {{narrowed}}
    ORDER BY s.p3857 <-> ST_Transform(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), 3857)
    LIMIT :limit OFFSET :offset
) s {AREAS}
ORDER BY distance_m, s.id
"""  # noqa: S608 - built from constants; what people type is bound

ONE = f"SELECT {COLUMNS}, NULL AS distance_m FROM supply_point s {AREAS} WHERE s.id = :id"  # noqa: S608
OWN = f"""
SELECT {COLUMNS}, NULL AS distance_m FROM supply_point s {AREAS} WHERE s.owner_id = :owner
ORDER BY s.active DESC, s.created_at DESC LIMIT 200
"""  # noqa: S608


@dataclass(frozen=True)
class PointRow:
    """A supply point as it is shown."""

    id: uuid.UUID
    name: str
    kind: str
    goods: str
    hours: str
    address: str
    phone: str | None
    radius_m: int
    deliveries: int
    active: bool
    is_demo: bool
    created_at: datetime
    owner_id: uuid.UUID | None
    lon: float
    lat: float
    ward: str | None
    province: str | None
    categories: Sequence[str]
    distance_m: float | None

    @property
    def position(self) -> Point:
        """Where it is."""
        return Point(self.lon, self.lat)


def points_near(
    place: Point, *, kind: str = "", category: str = "", q: str = "", number: int = 1
) -> tuple[list[PointRow], bool]:
    """Page `number` of the open points, nearest first, and whether there are more."""
    known: dict[str, Any] = {
        "lon": place.lon,
        "lat": place.lat,
        "limit": PAGE + 1,
        "offset": (number - 1) * PAGE,
    }
    narrowed = ""
    if kind:
        narrowed += " AND s.kind = :kind"
        known["kind"] = kind
    if category:
        narrowed += " AND (SELECT k.id FROM category k WHERE k.slug = :category) = ANY(s.category_ids)"
        known["category"] = category
    if q:
        narrowed += " AND vi_fold(s.name || ' ' || s.goods) LIKE :q"
        known["q"] = "%" + fold(q).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    rows = db.session.execute(text(NEAREST.format(narrowed=narrowed)), known).all()
    return [PointRow(*row) for row in rows[:PAGE]], len(rows) > PAGE and number < FARTHEST_PAGE


def point_by_id(point_id: uuid.UUID) -> PointRow | None:
    """One point, open or closed."""
    row = db.session.execute(text(ONE), {"id": point_id}).one_or_none()
    return PointRow(*row) if row else None


def points_of(owner_id: uuid.UUID) -> list[PointRow]:
    """A person's own points, open ones first."""
    return [PointRow(*row) for row in db.session.execute(text(OWN), {"owner": owner_id})]


def middle_of(area_code: str) -> tuple[Point, str] | None:
    """A point inside the area in force with this code, and the area's name."""
    found = db.session.execute(
        select(func.ST_X(Area.label_point), func.ST_Y(Area.label_point), Area.full_name)
        .where(Area.code == area_code, Area.valid_to.is_(None), Area.label_point.is_not(None))
        .order_by(Area.level.desc(), Area.id)
    ).first()
    return (Point(found[0], found[1]), found[2]) if found else None
