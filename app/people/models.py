"""Users and what they may be."""

import uuid
from datetime import datetime

from flask_login import UserMixin
from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.clock import now
from app.core.db import Base, Key

ROLES = ("volunteer", "medic", "supplier", "official", "administrator")


class User(Base, UserMixin):  # type: ignore[misc]
    """A person with an account, known by phone number or e-mail address."""

    __tablename__ = "user"
    __table_args__ = (CheckConstraint("phone IS NOT NULL OR email IS NOT NULL", name="reachable"),)

    id: Mapped[Key]
    phone: Mapped[str | None] = mapped_column(unique=True)
    email: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    session_version: Mapped[int] = mapped_column(server_default="1", default=1)
    locale: Mapped[str] = mapped_column(server_default="vi", default="vi")
    is_demo: Mapped[bool] = mapped_column(server_default="false", default=False)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    deactivated_at: Mapped[datetime | None]

    roles: Mapped[list["UserRole"]] = relationship(
        back_populates="user",
        lazy="selectin",
        cascade="all, delete-orphan",
        foreign_keys="UserRole.user_id",
    )

    def get_id(self) -> str:
        """What the session cookie holds: signing out everywhere raises the version and so ends them all."""
        return f"{self.id}:{self.session_version}"

    @property
    def is_active(self) -> bool:
        """Whether this account may sign in."""
        return self.deactivated_at is None

    def has_role(self, role: str) -> bool:
        """Whether the person is `role` now; a medic counts only once verified."""
        return any(r.role == role and r.in_force for r in self.roles)

    @property
    def official_area_ids(self) -> frozenset[int]:
        """The areas that this official is responsible for."""
        return frozenset(r.area_id for r in self.roles if r.role == "official" and r.area_id is not None)


class UserRole(Base):
    """One role of one user; an official's holds for one area, a medic's only when verified."""

    __tablename__ = "user_role"
    __table_args__ = (
        UniqueConstraint("user_id", "role", "area_id", postgresql_nulls_not_distinct=True),
        CheckConstraint(f"role IN {ROLES}", name="role"),
        CheckConstraint("(role = 'official') = (area_id IS NOT NULL)", name="official_has_area"),
    )

    id: Mapped[Key]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    role: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="", default="")
    """What the person said when asking for it: a medic's licence and place of work."""
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id", ondelete="RESTRICT"), index=True)
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    user: Mapped[User] = relationship(back_populates="roles", foreign_keys=[user_id])

    @property
    def in_force(self) -> bool:
        """A medic's licence must have been verified; the other roles hold as soon as they are given."""
        return self.role != "medic" or self.verified_at is not None


class ApiToken(Base):
    """A personal access token for the API; only its hash is kept."""

    __tablename__ = "api_token"

    id: Mapped[Key]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @property
    def live(self) -> bool:
        """Whether the token still opens anything."""
        return self.revoked_at is None and self.expires_at > now()


class OneTimeCode(Base):
    """A short code sent to somebody to prove that they hold the phone or mailbox; only its hash is kept."""

    __tablename__ = "one_time_code"

    id: Mapped[Key]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str]
    code_hash: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(server_default="0", default=0)
    used_at: Mapped[datetime | None]
