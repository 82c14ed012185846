"""What a volunteer sees of their asks: the public facts of a case, and how far it is for them."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, text

from app.core.clock import now
from app.core.db import db
from app.core.text import mask_private
from app.matching.rules import Candidate, reasons
from app.matching.wording import said
from app.people.models import User

SHOWN_FOR = timedelta(hours=24)
"""So long an ask that is over stays on the page, with what became of it."""

# The distance is to the blurred point: asks at several bases must not lead to a door. Medical cases are only
# for those who are medics now.
FACTS = """
    FROM ask a
    JOIN "case" c ON c.id = a.case_id
    JOIN category k ON k.id = c.category_id AND (k.on_map OR :medic)
    LEFT JOIN area ward ON ward.id = c.commune_id
    LEFT JOIN area province ON province.id = c.province_id
    LEFT JOIN volunteer v ON v.user_id = a.volunteer_id
"""
LIVE = text(
    f"""
    SELECT a.id, a.sent_at, a.deadline, c.code, c.status, c.urgency, c.needs_text AS title,
           c.household_size, c.household_size AS people, c.created_at, c.vulnerabilities,
           c.verified_at IS NOT NULL AS verified, k.id AS category_id, k.slug AS category, k.icon,
           ward.full_name AS ward, ward.code AS ward_code, province.full_name AS province,
           ST_DistanceSphere(v.base, c.public_position) AS metres,
           (SELECT json_agg(json_build_object('item', n.item, 'quantity', n.quantity, 'unit', n.unit,
                                              'left', n.quantity - n.pledged, 'pledged', n.pledged,
                                              'delivered', n.delivered)
                            ORDER BY n.quantity <= n.pledged, n.position)
            FROM need n WHERE n.case_id = c.id) AS needs
    {FACTS}
    WHERE a.volunteer_id = :user_id AND a.status = 'sent' AND a.deadline > :at AND c.status = 'open'
    ORDER BY c.urgency <> 'life_threatening', a.deadline, a.id
    LIMIT 100
    """  # noqa: S608 (constants)
)
OVER = text(
    f"""
    SELECT a.status AS answer, a.deadline <= :at AS late, coalesce(a.answered_at, a.deadline) AS over_at,
           c.code, c.status, c.needs_text AS title, ward.full_name AS ward
    {FACTS}
    WHERE a.volunteer_id = :user_id AND a.sent_at > :since AND a.status <> 'accepted'
      AND (a.status <> 'sent' OR a.deadline <= :at OR c.status <> 'open')
    ORDER BY over_at DESC, a.id
    LIMIT 10
    """
)
WAITING = text(
    """
    SELECT count(*) FROM ask a JOIN "case" c ON c.id = a.case_id AND c.status = 'open'
    WHERE a.volunteer_id = :user_id AND a.status = 'sent' AND a.deadline > :at
    """
)


class Asked(NamedTuple):
    """An ask that waits for an answer, with its case as the card shows it."""

    id: uuid.UUID
    deadline: datetime
    case: dict[str, Any]


def live_asks(user: User) -> list[Asked]:
    """What this volunteer is asked now, danger to life first, then what runs out first."""
    known = {"user_id": user.id, "at": now(), "medic": user.has_role("medic")}
    rows = db.session.execute(LIVE, known).mappings()
    return [Asked(row["id"], row["deadline"], _case(row)) for row in rows]


def past_asks(user: User) -> Sequence[RowMapping]:
    """The asks of the last day that need no answer any more, the latest first."""
    at = now()
    known = {"user_id": user.id, "at": at, "since": at - SHOWN_FOR, "medic": user.has_role("medic")}
    return db.session.execute(OVER, known).mappings().all()


def asks_waiting(user_id: uuid.UUID) -> int:
    """How many asks wait for this volunteer's answer."""
    return int(db.session.execute(WAITING, {"user_id": user_id, "at": now()}).scalar_one())


def _case(row: RowMapping) -> dict[str, Any]:
    metres = None if row["metres"] is None else max(50, round(row["metres"] / 50) * 50)
    needs = [
        need | {"item": mask_private(need["item"]), "unit": mask_private(need["unit"])}
        for need in row["needs"] or []
    ]
    return {**row, "distance_m": metres, "needs": needs, "why": _why(row, metres)}


def _why(row: RowMapping, metres: float | None) -> list[str]:
    """Why this one and not another: how near, how long it waits, who lives there."""
    candidate = Candidate(
        code=row["code"],
        category_id=row["category_id"],
        medic_only=False,
        metres=metres or 0.0,
        urgency=row["urgency"],
        hours_waited=(now() - row["created_at"]).total_seconds() / 3600,
        vulnerabilities=frozenset(row["vulnerabilities"]),
    )
    return said([reason for reason in reasons(candidate) if metres is not None or reason[0] != "near"])
