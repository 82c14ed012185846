"""Roles that administrators and officials give and take. Every change leaves an audit line."""

import uuid

from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from app.core import audit
from app.core.clock import now
from app.core.db import db, new_id
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.core.text import clean
from app.people import policies, queries
from app.people.models import ROLES, User, UserRole
from app.people.standing import standing_of


def person_with(user_id: uuid.UUID) -> User:
    """The account with this id, or NotFound."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound(_("Không có tài khoản này."))
    return user


def grant_role(whom: User, role: str, *, by: User, area: str = "") -> None:
    """Give a role, that of an official for the area with the code `area`; twice is once.

    A medic named by an administrator is verified at once.
    """
    if role not in ROLES:
        raise Invalid(_("Chọn một vai trò."), field="role")
    area_id = None
    if role == "official":
        area_id = _area_of_appointment(whom, area, by)
    elif not policies.may_grant(standing_of(by), role, to=whom.id):
        raise NotAllowed(_("Bạn không thể trao vai trò này."))
    verified = {"verified_at": now(), "verified_by": by.id} if role == "medic" else {}
    given = insert(UserRole).values(id=new_id(), user_id=whom.id, role=role, area_id=area_id, **verified)
    if db.session.scalar(given.on_conflict_do_nothing().returning(UserRole.id)):
        audit.record("role_granted", by.id, area_id=area_id, whom=str(whom.id), role=role)
    elif verified:
        verify_medic(whom, by=by)
    db.session.expire(whom, ["roles"])


def name_administrator(whom: User) -> None:
    """Make somebody an administrator on the word of who runs the machine; twice is once."""
    given = insert(UserRole).values(id=new_id(), user_id=whom.id, role="administrator")
    if db.session.scalar(given.on_conflict_do_nothing().returning(UserRole.id)):
        audit.record("role_granted", None, whom=str(whom.id), role="administrator", via="command line")
    db.session.expire(whom, ["roles"])


def _area_of_appointment(whom: User, area: str, by: User) -> int:
    if not policies.may_appoint_official(standing_of(by), whom=whom.id):
        raise NotAllowed(_("Chỉ quản trị viên bổ nhiệm cán bộ, và không phải cho chính mình."))
    area_id = queries.area_id_of(clean(area))
    if area_id is None:
        raise Invalid(_("Tìm rồi chọn một địa bàn."), field="area")
    return area_id


def revoke_role(whom: User, role_id: uuid.UUID, *, by: User) -> None:
    """Take one role away."""
    held = _held(whom, role_id)
    if not policies.may_revoke(standing_of(by), held.role, of=whom.id):
        raise NotAllowed(_("Bạn không thể thu vai trò này."))
    if held.role == "administrator" and not queries.administrators_left(besides=whom.id):
        raise Conflict(_("Đây là quản trị viên cuối cùng."), slug="last-administrator")
    audit.record("role_revoked", by.id, area_id=held.area_id, whom=str(whom.id), role=held.role)
    whom.roles.remove(held)
    db.session.flush()


def verify_medic(whom: User, *, by: User) -> None:
    """Vouch for a medic's licence; twice is once."""
    if not policies.may_verify_medic(standing_of(by), of=whom.id):
        raise NotAllowed(_("Bạn không thể xác minh nhân viên y tế này."))
    asked = next((r for r in whom.roles if r.role == "medic"), None)
    if asked is None:
        raise NotFound(_("Người này chưa đề nghị làm nhân viên y tế."))
    if asked.verified_at is None:
        asked.verified_at, asked.verified_by = now(), by.id
        db.session.flush()
        audit.record("medic_verified", by.id, whom=str(whom.id))


def refuse_medic(whom: User, *, by: User) -> None:
    """Turn a medic's request down."""
    if not policies.may_verify_medic(standing_of(by), of=whom.id):
        raise NotAllowed(_("Bạn không thể xác minh nhân viên y tế này."))
    asked = next((r for r in whom.roles if r.role == "medic" and r.verified_at is None), None)
    if asked is None:
        raise NotFound(_("Người này chưa đề nghị làm nhân viên y tế."))
    whom.roles.remove(asked)
    db.session.flush()
    audit.record("medic_refused", by.id, whom=str(whom.id))


def _held(whom: User, role_id: uuid.UUID) -> UserRole:
    held = next((r for r in whom.roles if r.id == role_id), None)
    if held is None:
        raise NotFound(_("Người này không còn vai trò đó."))
    return held
