"""Emergencies and categories."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, SmallInteger, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Key
from app.web.i18n import locale_name


class Category(Base):
    """A kind of help. A row, not an enum: an administrator can add one."""

    __tablename__ = "category"

    id: Mapped[int] = mapped_column(SmallInteger, Identity(), primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name_vi: Mapped[str]
    name_en: Mapped[str]
    icon: Mapped[str] = mapped_column(server_default="leaf")
    position: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    medic_only: Mapped[bool] = mapped_column(server_default="false", default=False)
    on_map: Mapped[bool] = mapped_column(server_default="true", default=True)
    """False: strangers learn only how many there are in a ward."""
    chips: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    """What people usually ask for: [{"item": "Gạo", "unit": "kg", "step": 5}]."""

    @property
    def name(self) -> str:
        """The name in the language of the page."""
        return self.name_en if locale_name() == "en" else self.name_vi


class Emergency(Base):
    """An activation with a name, areas, categories and a period."""

    __tablename__ = "emergency"

    id: Mapped[Key]
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(server_default="")
    starts_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ends_at: Mapped[datetime | None]
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    is_demo: Mapped[bool] = mapped_column(server_default="false", default=False)


class EmergencyArea(Base):
    """An area that an emergency covers, with everything under it."""

    __tablename__ = "emergency_area"

    emergency_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("emergency.id", ondelete="CASCADE"), primary_key=True
    )
    area_id: Mapped[int] = mapped_column(
        ForeignKey("area.id", ondelete="RESTRICT"), primary_key=True, index=True
    )


class EmergencyCategory(Base):
    """A category that is switched on in an emergency."""

    __tablename__ = "emergency_category"

    emergency_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("emergency.id", ondelete="CASCADE"), primary_key=True
    )
    category_id: Mapped[int] = mapped_column(
        ForeignKey("category.id", ondelete="RESTRICT"), primary_key=True, index=True
    )
