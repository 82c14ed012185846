"""The figures of each ward, and who was told when."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Key
from app.coverage.rules import LEVELS


class AreaCoverage(Base):
    """The figures of one ward where somebody asks or was helped lately; the worker keeps them."""

    __tablename__ = "area_coverage"
    __table_args__ = (CheckConstraint(f"level IN {LEVELS}", name="level"),)

    area_id: Mapped[int] = mapped_column(
        ForeignKey("area.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    province_id: Mapped[int | None] = mapped_column(ForeignKey("area.id", ondelete="CASCADE"), index=True)
    open: Mapped[int]
    """Open cases that the map shows."""
    waiting: Mapped[int]
    """Those of them that have waited for more than a day."""
    counted_only: Mapped[int]
    """Open cases that strangers may only count (medical advice); they are in no other figure."""
    asked: Mapped[int]
    """Cases that `unmet` is reckoned from: open, on the way, and helped in the last days."""
    unmet: Mapped[float]
    helpers: Mapped[int]
    """Exact, for the rules alone: it leaves the server as a coarse class."""
    level: Mapped[str]


class CoverageAlert(Base):
    """Officials were told that a ward falls behind; the figures are those of that moment."""

    __tablename__ = "coverage_alert"
    __table_args__ = (Index(None, "area_id", "at"),)

    id: Mapped[Key]
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    open: Mapped[int]
    waiting: Mapped[int]
    unmet: Mapped[float]
    told: Mapped[int]
    """How many officials got a message; an exact copy of it is in their messages."""
