"""Who is looking at a case just now, so that helpers spread over cases instead of meeting at one door.

Kept for minutes only, in an unlogged table; what is told of it is a number, never a name.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, db

JUST_NOW = timedelta(minutes=5)
"""A look counts this long."""
KEPT = timedelta(minutes=15)


class CaseLook(Base):
    """A helper had the page of a case before them at this time."""

    __tablename__ = "case_look"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


# Written anew only when the last look is a minute old: a page that reloads itself costs nothing.
LOOK = text(
    """
    INSERT INTO case_look (case_id, user_id, at) VALUES (:case_id, :user_id, :at)
    ON CONFLICT (case_id, user_id) DO UPDATE SET at = excluded.at
    WHERE case_look.at < excluded.at - interval '1 minute'
    """
)
LOOKING = text(
    """
    SELECT case_id, count(*) AS others FROM case_look
    WHERE case_id = ANY(CAST(:case_ids AS uuid[])) AND at > :since AND at <= :until
      AND user_id IS DISTINCT FROM :besides
    GROUP BY case_id
    """
)
FORGET = text("DELETE FROM case_look WHERE at < :before")


def note_look(case_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """This helper has the case before them now. The caller holds the transaction."""
    db.session.execute(LOOK, {"case_id": case_id, "user_id": user_id, "at": now()})


def others_looking(
    case_ids: Sequence[uuid.UUID], *, besides: uuid.UUID | None, at: datetime | None = None
) -> dict[uuid.UUID, int]:
    """How many other people had each case before them in the last minutes before `at`; none is left out."""
    until = at or now()
    said = {
        "case_ids": [str(case_id) for case_id in case_ids],
        "since": until - JUST_NOW,
        "until": until,
        "besides": besides,
    }
    return {row.case_id: row.others for row in db.session.execute(LOOKING, said)}


def look(case_id: uuid.UUID, user_id: uuid.UUID) -> int:
    """A helper opens the case: gives how many others look at it. The caller holds the transaction."""
    note_look(case_id, user_id)
    return others_looking([case_id], besides=user_id).get(case_id, 0)


def forget_looks() -> None:
    """Erase what is no longer counted. The caller holds the transaction."""
    db.session.execute(FORGET, {"before": now() - KEPT})
