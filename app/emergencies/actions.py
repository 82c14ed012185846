"""Open and end emergencies, add categories; each leaves an audit line. Callers hold the transaction."""

import uuid

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.areas.models import Area
from app.core import audit
from app.core.clock import now
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.core.text import clean
from app.emergencies.models import Category, Emergency, EmergencyArea, EmergencyCategory
from app.emergencies.policies import may_add_category, may_open_emergency
from app.emergencies.rules import CategoryDraft, EmergencyDraft, check_category, check_emergency
from app.people.models import User
from app.people.standing import standing_of


def open_emergency(draft: EmergencyDraft, *, by: User, zone: str) -> Emergency:
    """Switch categories on in some areas for a while."""
    if not may_open_emergency(standing_of(by)):
        raise NotAllowed(_("Chỉ quản trị viên mở đợt ứng phó."))
    starts_at, ends_at = check_emergency(draft, now=now(), zone=zone)
    area_ids, category_ids = _areas(draft.areas), _categories(draft.categories)
    emergency = Emergency(
        name=clean(draft.name),
        name_en=clean(draft.name_en),
        starts_at=starts_at,
        ends_at=ends_at,
        created_by=by.id,
    )
    db.session.add(emergency)
    db.session.flush()
    db.session.add_all(EmergencyArea(emergency_id=emergency.id, area_id=key) for key in area_ids)
    db.session.add_all(EmergencyCategory(emergency_id=emergency.id, category_id=key) for key in category_ids)
    db.session.flush()
    audit.record(
        "emergency_opened",
        by.id,
        emergency=str(emergency.id),
        name=emergency.name,
        areas=list(draft.areas),
        categories=list(draft.categories),
    )
    return emergency


def end_emergency(emergency_id: uuid.UUID, *, by: User) -> Emergency:
    """Switch it off now; cases that were posted stay and are finished."""
    if not may_open_emergency(standing_of(by)):
        raise NotAllowed(_("Chỉ quản trị viên kết thúc đợt ứng phó."))
    emergency = db.session.get(Emergency, emergency_id, with_for_update=True)
    if emergency is None:
        raise NotFound(_("Không có đợt ứng phó này."))
    if emergency.ends_at is not None and emergency.ends_at <= now():
        raise Conflict(_("Đợt ứng phó này đã kết thúc."), slug="emergency-ended")
    emergency.ends_at = max(now(), emergency.starts_at)
    db.session.flush()
    audit.record("emergency_ended", by.id, emergency=str(emergency.id), name=emergency.name)
    return emergency


def add_category(draft: CategoryDraft, *, by: User) -> Category:
    """A new kind of help; emergencies opened later can switch it on."""
    if not may_add_category(standing_of(by)):
        raise NotAllowed(_("Chỉ quản trị viên thêm nhóm hỗ trợ."))
    category = Category(**check_category(draft))
    category.position = (db.session.scalar(select(func.max(Category.position))) or 0) + 1
    try:
        with db.session.begin_nested():
            db.session.add(category)
    except IntegrityError:
        raise Conflict(_("Đã có nhóm hỗ trợ với mã này."), slug="known-category", field="slug") from None
    audit.record("category_added", by.id, category=category.slug)
    return category


def _areas(codes: tuple[str, ...]) -> list[int]:
    known = select(Area.id, Area.code).where(Area.code.in_(codes), Area.valid_to.is_(None))
    found = {code: key for key, code in db.session.execute(known)}
    if set(codes) - set(found):
        raise Invalid(_("Có địa bàn không còn hiệu lực."), field="areas")
    return sorted(found.values())


def _categories(slugs: tuple[str, ...]) -> list[int]:
    known = select(Category.id, Category.slug).where(Category.slug.in_(slugs))
    found = {slug: key for key, slug in db.session.execute(known)}
    if set(slugs) - set(found):
        raise Invalid(_("Có nhóm hỗ trợ không có trong danh sách."), field="categories")
    return sorted(found.values())
