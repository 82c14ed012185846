"""Tells the live feed that a case has changed: public facts only, through NOTIFY in the same transaction."""

import json
from typing import Any

from sqlalchemy import text

from app.cases.models import Case
from app.core.db import db

CHANNEL = "lalanh_live"

# Of a case that strangers may only count they learn no more than that its ward has changed.
NOTIFY = text(
    """
    SELECT pg_notify(:channel, (CASE WHEN c.on_map THEN
        jsonb_build_object(
            'code', c.code, 'status', c.status, 'category', g.slug, 'urgency', c.urgency,
            'g', CASE c.status WHEN 'open' THEN 'needs_help' WHEN 'claimed' THEN 'taken'
                               WHEN 'delivered' THEN 'helped' WHEN 'closed' THEN 'helped' END,
            'lon', round(ST_X(c.public_position)::numeric, 5),
            'lat', round(ST_Y(c.public_position)::numeric, 5))
        ELSE jsonb_build_object('category', g.slug) END
        || jsonb_build_object('commune', a.code))::text)
    FROM "case" c
    JOIN category g ON g.id = c.category_id
    LEFT JOIN area a ON a.id = c.commune_id
    WHERE c.id = :id
    """
)


def announce_case(case: Case, **_event: Any) -> None:
    """Tell everyone who watches the map."""
    db.session.execute(NOTIFY, {"channel": CHANNEL, "id": case.id})


def announce_many() -> None:
    """Many cases came or changed at once: watchers reload what they look at."""
    db.session.execute(
        text("SELECT pg_notify(:channel, :payload)"),
        {"channel": CHANNEL, "payload": json.dumps({"refresh": True})},
    )
