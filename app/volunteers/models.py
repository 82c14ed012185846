"""Volunteers."""

import uuid
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.volunteers.rules import USUAL_VEHICLE, VEHICLES


class Volunteer(Base):
    """What a helper has said about themselves: base, how far they go, what they do, how much."""

    __tablename__ = "volunteer"
    __table_args__ = (
        CheckConstraint("radius_m BETWEEN 100 AND 200000", name="radius"),
        CheckConstraint("capacity BETWEEN 1 AND 100", name="capacity"),
        CheckConstraint(f"vehicle IN {tuple(VEHICLES)}", name="vehicle"),
        Index("ix_volunteer_base", "base", postgresql_using="gist"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    base: Mapped[Any | None] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    radius_m: Mapped[int] = mapped_column(server_default="3000", default=3000)
    category_ids: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default="{}", default=list)
    capacity: Mapped[int] = mapped_column(SmallInteger, server_default="3", default=3)
    vehicle: Mapped[str] = mapped_column(server_default=USUAL_VEHICLE, default=USUAL_VEHICLE)
    available: Mapped[bool] = mapped_column(server_default="true", default=True)
    commune_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), index=True)
    """The ward of the base: all that ever leaves the server of where somebody starts from."""
    province_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
