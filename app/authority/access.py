"""Records that an official was shown private data: one row a case, written as a set."""

import uuid
from collections.abc import Iterable

from sqlalchemy import text

from app.core.db import db, new_id

RECORD = """
INSERT INTO access_record (id, case_id, viewer_id, at, reason)
SELECT shown.key, c.id, :viewer, now(), :reason
FROM unnest(CAST(:keys AS uuid[]), CAST(:cases AS uuid[])) AS shown(key, case_id)
JOIN "case" c ON c.id = shown.case_id
"""
# Leafing to and fro in a table is one look, as it is on the page of a case.
NOT_WITHIN_THE_HOUR = """
WHERE NOT EXISTS (
    SELECT FROM access_record a
    WHERE a.case_id = c.id AND a.viewer_id = :viewer AND a.reason = :reason
      AND a.at > now() - interval '1 hour'
)
"""


def record_looks(case_ids: Iterable[uuid.UUID], viewer_id: uuid.UUID) -> None:
    """Note, in the caller's transaction, that an official saw these cases; once an hour is enough."""
    _record(RECORD + NOT_WITHIN_THE_HOUR, case_ids, viewer_id, "official")


def record_exports(case_ids: Iterable[uuid.UUID], viewer_id: uuid.UUID) -> None:
    """Note, in the caller's transaction, that these cases left the system in a file; every time."""
    _record(RECORD, case_ids, viewer_id, "export")


def _record(statement: str, case_ids: Iterable[uuid.UUID], viewer_id: uuid.UUID, reason: str) -> None:
    cases = [str(case_id) for case_id in case_ids]
    if cases:
        keys = [str(new_id()) for _case in cases]
        values = {"keys": keys, "cases": cases, "viewer": viewer_id, "reason": reason}
        db.session.execute(text(statement), values)
