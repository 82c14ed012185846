"""What volunteers set for themselves. Callers hold the transaction."""

import uuid
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select

from app.areas.queries import area_at
from app.core.db import db
from app.core.errors import Invalid, NotAllowed
from app.emergencies.models import Category
from app.people.models import User
from app.volunteers.models import Volunteer
from app.volunteers.queries import helping_of
from app.volunteers.rules import Helping, check_helping


def save_helping(user: User, said: Helping) -> None:
    """Keep what this volunteer says about themselves."""
    if not (user.has_role("volunteer") or user.has_role("medic")):
        raise NotAllowed(_("Trước hết hãy đăng ký làm tình nguyện viên."))
    said = check_helping(said)
    volunteer = db.session.get(Volunteer, user.id, with_for_update=True) or Volunteer(user_id=user.id)
    volunteer.base = said.base.ewkt if said.base else None
    ward = area_at(said.base) if said.base else None
    volunteer.commune_id, volunteer.province_id = (ward.id, ward.province_id) if ward else (None, None)
    volunteer.radius_m = said.radius_m
    volunteer.category_ids = _category_ids(said.categories, medic=user.has_role("medic"))
    volunteer.capacity = said.capacity
    volunteer.vehicle = said.vehicle
    volunteer.available = said.available
    db.session.add(volunteer)
    db.session.flush()


def _category_ids(slugs: tuple[str, ...], *, medic: bool) -> list[int]:
    known = db.session.execute(select(Category.slug, Category.id, Category.medic_only)).all()
    ids = {slug: key for slug, key, medic_only in known if medic or not medic_only}
    if set(slugs) - set(ids):
        raise Invalid(_("Có việc không có trong danh sách."), field="categories")
    return sorted(ids[slug] for slug in slugs)


def add_helping(user_id: uuid.UUID, bundle: dict[str, Any]) -> None:
    """A person's copy of their data holds their volunteer settings."""
    said = helping_of(user_id)
    if said:
        base = {"lat": said.base.lat, "lon": said.base.lon} if said.base else None
        bundle["helping"] = {**said.__dict__, "base": base}


def erase_helping(user_id: uuid.UUID) -> None:
    """Remove the settings of somebody who erases their account."""
    db.session.execute(delete(Volunteer).where(Volunteer.user_id == user_id))
