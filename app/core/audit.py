"""The audit log: who did what with other people's data, and with what filter."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Key, db


class AuditRecord(Base):
    """One line of the audit log; never changed."""

    __tablename__ = "audit_record"

    id: Mapped[Key]
    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    actor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    action: Mapped[str]
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id", ondelete="SET NULL"))
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")


def record(
    action: str,
    actor_id: uuid.UUID | None,
    *,
    area_id: int | None = None,
    **details: Any,
) -> AuditRecord:
    """Write one audit line in the caller's transaction."""
    line = AuditRecord(action=action, actor_id=actor_id, area_id=area_id, details=details)
    db.session.add(line)
    db.session.flush()
    return line
