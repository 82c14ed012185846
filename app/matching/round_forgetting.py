"""What a person's own copy holds of their rounds, and their end: they say where somebody starts from."""

import uuid
from typing import Any

from flask import current_app
from sqlalchemy import delete, text

from app.core.db import db, transaction
from app.matching.round_models import Round

BATCH = 500

OWN_ROUNDS = text(
    """
    SELECT r.created_at, r.status, r.vehicle, r.load_limit, r.starts_at, r.ends_at, r.returns,
           ST_X(r.start) AS lon, ST_Y(r.start) AS lat,
           (SELECT json_agg(json_build_object('code', c.code, 'kind', s.kind, 'planned_at', s.planned_at,
                                              'done_at', s.done_at) ORDER BY s.position)
            FROM round_stop s JOIN claim k ON k.id = s.claim_id JOIN "case" c ON c.id = k.case_id
            WHERE s.round_id = r.id) AS stops
    FROM round r WHERE r.volunteer_id = :user_id ORDER BY r.created_at LIMIT 1000
    """
)
OLD = text(
    """
    DELETE FROM round WHERE id IN (
        SELECT id FROM round WHERE created_at < now() - make_interval(days => :days)
        ORDER BY created_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    """
)


def add_rounds(user_id: uuid.UUID, bundle: dict[str, Any]) -> None:
    """Add the person's rounds to their own copy."""
    if own := [dict(row._mapping) for row in db.session.execute(OWN_ROUNDS, {"user_id": user_id})]:
        bundle["rounds"] = own


def erase_rounds(user_id: uuid.UUID) -> None:
    """Remove the rounds of somebody who erases their account."""
    db.session.execute(delete(Round).where(Round.volunteer_id == user_id))


def erase_old_rounds() -> int:
    """Remove the rounds of long ago with where they started; the claims keep what was done."""
    days = current_app.config["SETTINGS"].erase_rounds_after_days
    erased = BATCH
    total = 0
    while erased == BATCH:
        with transaction():
            known = {"days": days, "limit": BATCH}
            erased = db.session.execute(OLD, known).rowcount  # type: ignore[attr-defined]
        total += erased
    return total
