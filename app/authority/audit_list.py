"""Who exported what: the audit lines that concern an official's areas."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.authority.export import BEGUN, ENDED
from app.authority.filters import written_cursor
from app.authority.jurisdiction import Jurisdiction, ids_above
from app.authority.queries import keys_after
from app.core.db import db

PAGE = 50

# An export that never ended (the server was killed under it) still shows by its first line.
EXPORTS = """
SELECT r.id, r.at, r.action, r.actor_id, u.name AS actor, r.details, areas.names,
       areas.ids && CAST(:own AS int[]) AS own
FROM audit_record r
LEFT JOIN "user" u ON u.id = r.actor_id
CROSS JOIN LATERAL (
    SELECT array_agg(a.id) AS ids, string_agg(a.full_name, ', ' ORDER BY a.folded) AS names
    FROM jsonb_array_elements_text(r.details->'area_ids') AS listed(id)
    JOIN area a ON a.id = CAST(listed.id AS int)
) areas
WHERE (r.action = :ended OR (r.action = :begun AND NOT EXISTS (
    SELECT FROM audit_record e WHERE e.action = :ended AND e.details->>'export' = r.details->>'export')))
  AND areas.ids && CAST(:seen AS int[]) {after}
ORDER BY r.at DESC, r.id DESC LIMIT :limit
"""


@dataclass(frozen=True)
class ExportLine:
    """One export, as somebody of the area sees it."""

    at: datetime
    actor: str | None
    areas: str
    format: str
    rows: int
    complete: bool
    ended: bool
    via: str
    filter: dict[str, Any]


def exports_of(
    within: Jurisdiction, viewer_id: uuid.UUID, cursor: str = "", limit: int = PAGE
) -> tuple[Sequence[ExportLine], str]:
    """Exports that held cases of the jurisdiction, newest first, and the cursor of the next page.

    Whoever exported a unit above exported this one too. The words that such a person searched for may name
    somebody elsewhere and are left out.
    """
    known: dict[str, Any] = {"begun": BEGUN, "ended": ENDED, "limit": limit + 1}
    known |= {"own": within.ids, "seen": within.ids + ids_above(within)}
    after = keys_after(cursor, "audit", (("r.at", "timestamptz"), ("r.id", "uuid")), "DESC", known)
    rows = db.session.execute(text(EXPORTS.format(after=after)), known).all()
    lines = [_line(row, own=row.own or row.actor_id == viewer_id) for row in rows[:limit]]
    following = written_cursor("audit", rows[limit - 1].at, rows[limit - 1].id) if len(rows) > limit else ""
    return lines, following


def _line(row: Any, *, own: bool) -> ExportLine:
    told = row.details
    asked = told.get("filter") or {}
    return ExportLine(
        at=row.at,
        actor=row.actor,
        areas=row.names,
        format=str(told.get("format", "")),
        rows=int(told.get("rows") or 0),
        complete=bool(told.get("complete")),
        ended=row.action == ENDED,
        via=str(told.get("via", "")),
        filter=asked if own else {key: value for key, value in asked.items() if key != "q"},
    )
