"""Exports that are made in the background."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Key


class ExportRequest(Base):
    """A file that an official has asked for. Its id is that of the export in the audit log.

    `filter` is what was asked, `area_ids` the areas that it was asked for: whoever fetches the file must
    still be responsible for them.
    """

    __tablename__ = "export_request"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'running', 'ready', 'failed')", name="status"),
        Index("ix_export_request_user", "user_id", "created_at"),
    )

    id: Mapped[Key]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    format: Mapped[str]
    headings: Mapped[str]
    separator: Mapped[str]
    locale: Mapped[str]
    via: Mapped[str]
    filter: Mapped[dict[str, Any]] = mapped_column(JSONB)
    area_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    status: Mapped[str] = mapped_column(server_default="waiting")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    rows: Mapped[int | None]
    filename: Mapped[str | None]
    why: Mapped[str | None]

    @property
    def pending(self) -> bool:
        """Whether the worker has not finished it."""
        return self.status in ("waiting", "running")

    @property
    def there(self) -> bool:
        """Whether its file can be fetched."""
        return self.status == "ready" and self.expires_at is not None and self.expires_at > now()
