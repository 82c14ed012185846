"""Reads about people, by name. Each carries a limit."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Date, Integer, String, column, func, select, table

from app.core.db import db
from app.core.text import fold
from app.people.models import ApiToken, User, UserRole
from app.people.rules import Identity

# Areas lie above people in the street; only the name of an official's area is read here, through the key
# that `user_role` holds.
AREA = table(
    "area",
    column("id", Integer),
    column("code", String),
    column("full_name", String),
    column("parent_id", Integer),
    column("valid_to", Date),
)


class RoleRow(NamedTuple):
    """One role of one person, with the name of the area for officials."""

    id: uuid.UUID
    role: str
    area_id: int | None
    area: str | None
    area_above: str | None
    note: str
    verified_at: datetime | None
    created_at: datetime

    @property
    def waits(self) -> bool:
        """Asked for and not yet verified."""
        return self.role == "medic" and self.verified_at is None


class PersonRow(NamedTuple):
    """A person in a list for administrators."""

    id: uuid.UUID
    name: str
    phone: str | None
    email: str | None
    is_demo: bool
    deactivated_at: datetime | None
    note: str = ""


MOST_OFFICIALS = 100


def officials_of(*area_ids: int | None) -> list[User]:
    """Who answers for one of these areas, at most MOST_OFFICIALS."""
    here = select(UserRole.user_id).where(UserRole.role == "official", UserRole.area_id.in_(area_ids))
    active = select(User).where(User.id.in_(here), User.deactivated_at.is_(None))
    return list(db.session.scalars(active.order_by(User.id).limit(MOST_OFFICIALS)))


def user_of(identity: Identity) -> User | None:
    """The account with this phone number or e-mail address."""
    known = User.phone == identity.phone if identity.phone else User.email == identity.email
    return db.session.scalar(select(User).where(known))


def roles_of(user_id: uuid.UUID) -> list[RoleRow]:
    """The roles of a person, oldest first."""
    above = AREA.alias("above")
    rows = db.session.execute(
        select(
            UserRole.id,
            UserRole.role,
            UserRole.area_id,
            AREA.c.full_name,
            above.c.full_name,
            UserRole.note,
            UserRole.verified_at,
            UserRole.created_at,
        )
        .outerjoin(AREA, AREA.c.id == UserRole.area_id)
        .outerjoin(above, above.c.id == AREA.c.parent_id)
        .where(UserRole.user_id == user_id)
        .order_by(UserRole.created_at, UserRole.role)
        .limit(200)
    )
    return [RoleRow(*row) for row in rows]


def area_id_of(code: str) -> int | None:
    """The area in force with this official code; a province's before a smaller unit's."""
    known = select(AREA.c.id).where(AREA.c.code == code, AREA.c.valid_to.is_(None))
    return db.session.scalar(known.order_by(AREA.c.parent_id.is_not(None), AREA.c.id).limit(1))


def tokens_of(user_id: uuid.UUID) -> Sequence[ApiToken]:
    """The live tokens of a person, newest first."""
    return db.session.scalars(
        select(ApiToken)
        .where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > func.now())
        .order_by(ApiToken.created_at.desc())
        .limit(100)
    ).all()


def people_named(words: str, limit: int = 20) -> list[PersonRow]:
    """Accounts whose name holds the words, with or without diacritics."""
    like = "%" + fold(words).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    return _people(func.vi_fold(User.name).like(like), limit)


def people_known_as(identity: Identity) -> list[PersonRow]:
    """The account with this phone number or e-mail address, as a list of none or one."""
    return _people(User.phone == identity.phone if identity.phone else User.email == identity.email, 1)


def medics_waiting(limit: int = 50) -> list[PersonRow]:
    """People who say that they are medics and whom nobody has verified, oldest request first."""
    rows = db.session.execute(
        select(*_PERSON, UserRole.note)
        .join(UserRole, UserRole.user_id == User.id)
        .where(UserRole.role == "medic", UserRole.verified_at.is_(None), User.deactivated_at.is_(None))
        .order_by(UserRole.created_at)
        .limit(limit)
    )
    return [PersonRow(*row) for row in rows]


def administrators_left(besides: uuid.UUID) -> int:
    """How many other people administer this installation."""
    others = select(func.count(UserRole.id)).join(User, User.id == UserRole.user_id)
    return (
        db.session.scalar(
            others.where(
                UserRole.role == "administrator", UserRole.user_id != besides, User.deactivated_at.is_(None)
            )
        )
        or 0
    )


def demo_accounts_exist() -> bool:
    """Whether any account is for demonstration; False as well while the table is not there yet."""
    if db.session.scalar(select(func.to_regclass("public.user"))) is None:
        return False
    return db.session.scalar(select(User.id).where(User.is_demo).limit(1)) is not None


_PERSON = (User.id, User.name, User.phone, User.email, User.is_demo, User.deactivated_at)


def _people(where: object, limit: int) -> list[PersonRow]:
    rows = db.session.execute(select(*_PERSON).where(where).order_by(User.name, User.id).limit(limit))  # type: ignore[arg-type]
    return [PersonRow(*row) for row in rows]
