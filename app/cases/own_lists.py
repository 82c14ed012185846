"""The lists of a person's own: what they asked for, and what they promised."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from app.cases.access_records import record_access
from app.core.db import db

CASES_OF = text(
    """
    SELECT c.code, c.status, c.urgency, c.needs_text AS title, c.household_size, c.created_at, c.status_at,
           c.verified_at IS NOT NULL AS verified, a.full_name AS ward, g.slug AS category, g.icon,
           (SELECT count(*) FROM claim k WHERE k.case_id = c.id AND k.status = 'live') AS helpers
    FROM "case" c
    JOIN category g ON g.id = c.category_id
    LEFT JOIN area a ON a.id = c.commune_id
    WHERE c.requester_id = :user_id OR c.code = ANY(:codes)
    ORDER BY c.status NOT IN ('open', 'claimed', 'delivered'), c.created_at DESC
    LIMIT 200
    """
)

CLAIMS_OF = text(
    """
    SELECT k.id, k.status AS claim_status, k.created_at AS claimed_at, k.lease_until, k.ended_at,
           k.extended_at IS NOT NULL AS extended, k.end_reason,
           c.code, c.status, c.urgency, c.needs_text AS title, c.household_size, c.created_at,
           c.verified_at IS NOT NULL AS verified, a.full_name AS ward, g.slug AS category, g.icon,
           CASE WHEN k.status = 'live' THEN c.contact_name END AS contact_name,
           CASE WHEN k.status = 'live' THEN c.contact_phone END AS contact_phone,
           CASE WHEN k.status = 'live' THEN c.address END AS address,
           CASE WHEN k.status = 'live' THEN ST_X(c.position) END AS lon,
           CASE WHEN k.status = 'live' THEN ST_Y(c.position) END AS lat,
           CASE WHEN k.status = 'live' THEN (
               SELECT json_agg(json_build_object('item', n.item, 'quantity', l.quantity, 'unit', n.unit)
                               ORDER BY n.position)
               FROM claim_need l JOIN need n ON n.id = l.need_id WHERE l.claim_id = k.id) END AS lines,
           c.id AS case_id
    FROM claim k
    JOIN "case" c ON c.id = k.case_id
    JOIN category g ON g.id = c.category_id
    LEFT JOIN area a ON a.id = c.commune_id
    WHERE k.volunteer_id = :user_id AND (k.status = 'live') = :live
    ORDER BY CASE WHEN k.status = 'live' THEN k.lease_until END, k.created_at DESC
    LIMIT 100
    """
)


def cases_of(user_id: uuid.UUID | None, codes: Sequence[str] = ()) -> Sequence[Any]:
    """The person's own cases and those followed in this browser, live ones first; at most 200."""
    return db.session.execute(CASES_OF, {"user_id": user_id, "codes": list(codes)}).all()


def claims_of(user_id: uuid.UUID, *, live: bool) -> Sequence[Any]:
    """The volunteer's claims: the live ones by what runs out first (with contact), or the ended ones."""
    rows = db.session.execute(CLAIMS_OF, {"user_id": user_id, "live": live}).all()
    if live:
        for row in rows:
            record_access(row.case_id, user_id, "claim")
    return rows
