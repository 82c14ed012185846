"""Rounds: several deliveries of one volunteer in one order, and the stops of each."""

import uuid
from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Key
from app.matching.round_rules import DROP_OFF, PICK_UP, REASONS
from app.volunteers.rules import VEHICLES

ROUND_STATUSES = ("active", "ended")
METRICS = ("line", "road", "road_away")
"""How ways were measured: straight lines, streets, or straight lines because the router did not answer."""
OUTCOMES = ("done", "late")
"""A stop was ticked; `late` when the claim had ended before the tick arrived."""


class Round(Base):
    """One volunteer's way through their deliveries. Where it starts is private to them."""

    __tablename__ = "round"
    __table_args__ = (
        CheckConstraint(f"status IN {ROUND_STATUSES}", name="status"),
        CheckConstraint(f"vehicle IN {tuple(VEHICLES)}", name="vehicle"),
        CheckConstraint(f"metric IN {METRICS}", name="metric"),
        CheckConstraint("load_limit BETWEEN 1 AND 1000", name="load_limit"),
        CheckConstraint("starts_at < ends_at", name="window"),
        Index("ix_round_volunteer", "volunteer_id", "created_at"),
        Index("uq_round_active", "volunteer_id", unique=True, postgresql_where=text("status = 'active'")),
        Index("ix_round_created", "created_at"),
    )

    id: Mapped[Key]
    volunteer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    status: Mapped[str] = mapped_column(server_default="active", default="active")
    vehicle: Mapped[str]
    load_limit: Mapped[int]
    """Portions on board at a time."""
    start: Mapped[Any] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    has_end: Mapped[bool] = mapped_column(server_default="false", default=False)
    """Whether the volunteer said by when it must be over; otherwise a day is the limit."""
    returns: Mapped[bool] = mapped_column(server_default="false", default=False)
    back_at: Mapped[datetime | None]
    """When it is over, the way back included if it returns."""
    metric: Mapped[str] = mapped_column(server_default="line", default="line")


class RoundStop(Base):
    """Where something is fetched or handed over for one claim; without a position when it did not fit."""

    __tablename__ = "round_stop"
    __table_args__ = (
        CheckConstraint(f"kind IN {(PICK_UP, DROP_OFF)}", name="kind"),
        CheckConstraint(f"left_out IN {REASONS}", name="left_out"),
        CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome"),
        CheckConstraint("(position IS NULL) = (left_out IS NOT NULL)", name="placed"),
        CheckConstraint("(outcome IS NULL) = (done_at IS NULL)", name="done"),
        CheckConstraint("load >= 0", name="load"),
        Index("uq_round_stop_claim", "round_id", "claim_id", "kind", unique=True),
    )

    id: Mapped[Key]
    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id", ondelete="CASCADE"))
    claim_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    supply_point_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("supply_point.id", ondelete="SET NULL"), index=True
    )
    kind: Mapped[str]
    position: Mapped[int | None] = mapped_column(SmallInteger)
    load: Mapped[int] = mapped_column(SmallInteger)
    """Portions."""
    planned_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    left_out: Mapped[str | None]
