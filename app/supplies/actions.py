"""What suppliers do with their points. Callers hold the transaction."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, func, select

from app.areas.queries import AreaRow, area_at
from app.core.db import db
from app.core.errors import Invalid, NotAllowed, NotFound
from app.core.geo import Point
from app.emergencies.models import Category
from app.people.models import User
from app.supplies.models import SupplyPoint
from app.supplies.queries import points_of
from app.supplies.rules import POINTS_A_PERSON, SaidPoint, check_point
from app.web.i18n import phone_region


def add_point(user: User, said: SaidPoint) -> SupplyPoint:
    """Register a supply point of this supplier."""
    if not user.has_role("supplier"):
        raise NotAllowed(_("Trước hết hãy nhận vai trò người cung cấp."))
    said = check_point(said, phone_region=phone_region())
    own = db.session.scalar(select(func.count()).where(SupplyPoint.owner_id == user.id)) or 0
    if own >= POINTS_A_PERSON:
        raise Invalid(_("Mỗi người có nhiều nhất %(n)s điểm cung cấp.", n=POINTS_A_PERSON), field="name")
    point = SupplyPoint(owner_id=user.id)
    _describe(point, said)
    db.session.add(point)
    db.session.flush()
    return point


def change_point(user: User, point_id: uuid.UUID, said: SaidPoint) -> SupplyPoint:
    """Describe one's own point anew."""
    point = _own_point(user, point_id)
    _describe(point, check_point(said, phone_region=phone_region()))
    db.session.flush()
    return point


def open_point(user: User, point_id: uuid.UUID, *, active: bool) -> None:
    """Close one's own point, or open it again."""
    _own_point(user, point_id).active = active
    db.session.flush()


def _own_point(user: User, point_id: uuid.UUID) -> SupplyPoint:
    """The point, locked; somebody else's does not exist for this person."""
    point = db.session.get(SupplyPoint, point_id, with_for_update=True)
    if point is None or point.owner_id != user.id:
        raise NotFound(_("Bạn không có điểm cung cấp này."))
    return point


def _describe(point: SupplyPoint, said: SaidPoint) -> None:
    assert said.position is not None  # check_point has seen to it
    area = _area_of(said.position)
    point.name, point.kind, point.goods = said.name, said.kind, said.goods
    point.hours, point.address, point.phone_public = said.hours, said.address, said.phone or None
    point.position = said.position.ewkt
    point.radius_m, point.deliveries = said.radius_m, said.deliveries
    point.commune_id, point.province_id = area.id, area.province_id
    point.category_ids = _category_ids(said.categories)


def _area_of(position: Point) -> AreaRow:
    area = area_at(position)
    if area is None:
        raise Invalid(_("Chỗ này nằm ngoài mọi địa bàn. Hãy đặt ghim lại."), field="place")
    return area


def _category_ids(slugs: Sequence[str]) -> list[int]:
    rows = db.session.execute(select(Category.slug, Category.id)).all()
    known = {row.slug: row.id for row in rows}
    if set(slugs) - set(known):
        raise Invalid(_("Có nhóm không có trong danh sách."), field="categories")
    return sorted(known[slug] for slug in set(slugs))


def add_points(user_id: uuid.UUID, bundle: dict[str, Any]) -> None:
    """A person's copy of their data holds their supply points."""
    if own := points_of(user_id):
        hidden = {"id", "owner_id", "is_demo", "distance_m"}
        bundle["supply_points"] = [
            {key: value for key, value in vars(point).items() if key not in hidden}
            | {"created_at": point.created_at.isoformat()}
            for point in own
        ]


def erase_points(user_id: uuid.UUID) -> None:
    """Remove the points of somebody who erases their account."""
    db.session.execute(delete(SupplyPoint).where(SupplyPoint.owner_id == user_id))
