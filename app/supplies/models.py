"""Supply points."""

import uuid
from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    SmallInteger,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Key
from app.supplies.rules import KINDS


class SupplyPoint(Base):
    """A public place with goods; all of it may be shown to everyone."""

    __tablename__ = "supply_point"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("radius_m BETWEEN 0 AND 200000", name="radius"),
        CheckConstraint("deliveries BETWEEN 1 AND 100", name="deliveries"),
        Index(
            "ix_supply_point_p3857",
            "p3857",
            postgresql_using="gist",
            postgresql_where=text("active"),
        ),
    )

    id: Mapped[Key]
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    kind: Mapped[str]
    goods: Mapped[str]
    hours: Mapped[str] = mapped_column(server_default="")
    address: Mapped[str] = mapped_column(server_default="")
    phone_public: Mapped[str | None]
    position: Mapped[Any] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    p3857: Mapped[Any] = mapped_column(
        Geometry("POINT", srid=3857, spatial_index=False),
        Computed("ST_Transform(position, 3857)", persisted=True),
    )
    radius_m: Mapped[int] = mapped_column(server_default="0", default=0)
    deliveries: Mapped[int] = mapped_column(SmallInteger, server_default="3", default=3)
    """To how many households it brings goods at a time, if it delivers at all."""
    commune_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), index=True)
    province_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), index=True)
    category_ids: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default="{}", default=list)
    active: Mapped[bool] = mapped_column(server_default="true", default=True)
    is_demo: Mapped[bool] = mapped_column(server_default="false", default=False)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
