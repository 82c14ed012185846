"""Dispatches and the asks that they send: who was asked to help with which case, and the answers."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Key

DISPATCH_STATUSES = ("waiting", "enough", "nobody_found", "stopped")
ASK_STATUSES = ("sent", "accepted", "declined", "expired", "withdrawn")


class Dispatch(Base):
    """One search for helpers for one case, in waves; at most one of a case is under way."""

    __tablename__ = "dispatch"
    __table_args__ = (
        CheckConstraint(f"status IN {DISPATCH_STATUSES}", name="status"),
        Index("uq_dispatch_running", "case_id", unique=True, postgresql_where=text("status = 'waiting'")),
        Index("ix_dispatch_due", "next_at", postgresql_where=text("status = 'waiting'")),
        Index("ix_dispatch_case", "case_id", "started_at"),
        Index("ix_dispatch_nobody", "ended_at", postgresql_where=text("status = 'nobody_found'")),
    )

    id: Mapped[Key]
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(server_default="waiting", default="waiting")
    wave: Mapped[int] = mapped_column(SmallInteger, server_default="0", default=0)
    """How many waves were sent."""
    ring: Mapped[float] = mapped_column(server_default="0", default=0.0)
    """How far the last wave looked, as a share of the distance that each volunteer chose."""
    next_at: Mapped[datetime]
    """When it is looked at next: the end of the wave, or of the quiet hours."""
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    """When the officials were told that nobody was found."""


class Ask(Base):
    """One volunteer asked about one case ("lời nhờ"): at most once in a dispatch."""

    __tablename__ = "ask"
    __table_args__ = (
        CheckConstraint(f"status IN {ASK_STATUSES}", name="status"),
        UniqueConstraint("dispatch_id", "volunteer_id"),
        Index("ix_ask_volunteer", "volunteer_id", "sent_at"),
        Index("ix_ask_case", "case_id", "volunteer_id"),
        Index("ix_ask_deadline", "deadline", postgresql_where=text("status = 'sent'")),
        Index("ix_ask_untold", "sent_at", postgresql_where=text("told_at IS NULL")),
    )

    id: Mapped[Key]
    dispatch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("dispatch.id", ondelete="CASCADE"))
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"))
    volunteer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    wave: Mapped[int] = mapped_column(SmallInteger)
    status: Mapped[str] = mapped_column(server_default="sent", default="sent")
    sent_at: Mapped[datetime] = mapped_column(server_default=func.now())
    deadline: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    """When the message about it was written; until then a job has it to do."""
    why: Mapped[str | None]
    """Why they declined, if they said so."""
