"""Who was shown the contact and the home of a case."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, text

from app.cases.models import AccessRecord
from app.core.db import db
from app.people.models import User

MOST_LISTED = 200


def record_access(case_id: uuid.UUID, viewer_id: uuid.UUID | None, reason: str) -> None:
    """Note that somebody was shown the private part; once an hour for each viewer is enough."""
    db.session.execute(
        text(
            """
            INSERT INTO access_record (id, case_id, viewer_id, reason)
            SELECT gen_random_uuid(), :case_id, :viewer_id, :reason
            WHERE NOT EXISTS (
                SELECT FROM access_record
                WHERE case_id = :case_id AND viewer_id IS NOT DISTINCT FROM :viewer_id AND reason = :reason
                  AND at > now() - interval '1 hour'
            )
            """
        ),
        {"case_id": case_id, "viewer_id": viewer_id, "reason": reason},
    )


def accesses(case_id: uuid.UUID) -> Sequence[Any]:
    """Who was shown the private part, newest first: (name, reason, at)."""
    query = (
        select(User.name, AccessRecord.reason, AccessRecord.at)
        .outerjoin(User, User.id == AccessRecord.viewer_id)
        .where(AccessRecord.case_id == case_id)
        .order_by(AccessRecord.at.desc())
    )
    return db.session.execute(query.limit(MOST_LISTED)).all()
