"""Plans: proposals of who helps whom, looked at and changed by an official before they are applied."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Key

PLAN_STATUSES = ("draft", "applying", "applied", "discarded")


class Plan(Base):
    """One proposal for the open cases of an area."""

    __tablename__ = "plan"
    __table_args__ = (
        CheckConstraint(f"status IN {PLAN_STATUSES}", name="status"),
        Index("ix_plan_area", "area_id", "created_at"),
    )

    id: Mapped[Key]
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id", ondelete="RESTRICT"))
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    status: Mapped[str] = mapped_column(server_default="draft", default="draft")
    ended_at: Mapped[datetime | None]
    """When it was applied or discarded."""
    open_cases: Mapped[int]
    """How many were open in the area; the plan holds the most pressing of them."""
    waited_h: Mapped[int] = mapped_column(SmallInteger, server_default="0", default=0)
    """Only cases that had waited so long were asked for."""


class PlanLine(Base):
    """One case of a plan: who should help, or why nobody was found, and what came of it."""

    __tablename__ = "plan_line"
    __table_args__ = (UniqueConstraint("plan_id", "case_id"),)

    id: Mapped[Key]
    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    volunteer_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    supply_point_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("supply_point.id", ondelete="SET NULL"), index=True
    )
    """From where, when not from the volunteer's own base: the volunteer is then its owner."""
    portions: Mapped[int] = mapped_column(SmallInteger, server_default="1", default=1)
    """What is to be carried, as `volunteers.rules.portions_of` counts it."""
    cost_min: Mapped[float | None]
    metres: Mapped[float | None]
    """About how far it is from where help starts to the home: `Near.about_m`, never the exact way."""
    chosen: Mapped[bool]
    why_none: Mapped[str | None]
    outcome: Mapped[str | None]
    """`taken`, or the slug of the refusal; empty until the plan is applied."""
    outcome_words: Mapped[str | None]
    claim_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("claim.id", ondelete="SET NULL"))
