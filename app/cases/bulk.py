"""Many cases at once, for imports: the same rules and the same blurring, in few statements."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, select

from app.areas.queries import AreaRow
from app.cases.announce import announce_many
from app.cases.models import Case, CaseEvent, Need
from app.cases.placing import ToBlur, public_points
from app.cases.posting import CaseRequest, needs_summary
from app.cases.privacy import household_of
from app.cases.rules import code_prefix, new_code
from app.core.clock import now
from app.core.db import db, new_id
from app.core.text import fold
from app.emergencies.models import Category

__all__ = ["BulkCase", "add_cases", "known_source_ids"]


class BulkCase(NamedTuple):
    """A checked request with everything that was looked up for it, and when it was made."""

    request: CaseRequest
    category: Category
    commune: AreaRow
    emergency_id: uuid.UUID | None
    created_at: datetime | None = None
    requester_id: uuid.UUID | None = None


def known_source_ids(source: str, ids: Sequence[str]) -> set[str]:
    """Which of the ids of a source are cases already."""
    query = select(Case.source_id).where(Case.source == source, Case.source_id.in_(ids))
    return {found for found in db.session.scalars(query) if found is not None}


def add_cases(rows: Sequence[BulkCase]) -> list[uuid.UUID]:
    """Insert the cases with their needs and first events; returns their keys in the order of `rows`.

    One announcement for all. Aim at 500-1,000 rows a call.
    """
    if not rows:
        return []
    keys = [new_id() for _row in rows]
    places = [
        ToBlur(row.request.position, _household(row.request, key), row.commune.id)
        for row, key in zip(rows, keys, strict=True)
    ]
    points = public_points(places)
    codes = _unused_codes(rows)
    cases = [
        _case_row(row, key, code, point.ewkt)
        for row, key, code, point in zip(rows, keys, codes, points, strict=True)
    ]
    db.session.execute(insert(Case), cases)
    db.session.execute(
        insert(Need), [n for row, key in zip(rows, keys, strict=True) for n in _need_rows(row, key)]
    )
    db.session.execute(insert(CaseEvent), [_event_row(row, key) for row, key in zip(rows, keys, strict=True)])
    announce_many()
    return keys


def _household(request: CaseRequest, key: uuid.UUID) -> str:
    return household_of(phone=request.contact_phone or None, requester=None, fallback=str(key))


def _unused_codes(rows: Sequence[BulkCase]) -> list[str]:
    """As many new codes, none of them in use and none twice."""
    prefixes = [code_prefix(fold(row.commune.province or "")) for row in rows]
    codes = [new_code(prefix) for prefix in prefixes]
    taken = set(db.session.scalars(select(Case.code).where(Case.code.in_(codes))))
    seen: set[str] = set()
    for number, prefix in enumerate(prefixes):
        while codes[number] in taken or codes[number] in seen:
            codes[number] = new_code(prefix)
        seen.add(codes[number])
    return codes


def _case_row(row: BulkCase, key: uuid.UUID, code: str, public_ewkt: str) -> dict[str, Any]:
    said = row.request
    made = row.created_at or now()
    return {
        "id": key,
        "code": code,
        "emergency_id": row.emergency_id,
        "category_id": row.category.id,
        "on_map": row.category.on_map,
        "status": "open",
        "urgency": said.urgency,
        "needs_text": needs_summary(said.needs),
        "household_size": said.household_size,
        "description": said.description,
        "contact_name": said.contact_name or None,
        "contact_phone": said.contact_phone or None,
        "address": said.address or None,
        "vulnerabilities": list(said.vulnerabilities),
        "on_behalf": said.on_behalf,
        "requester_id": row.requester_id,
        "position": said.position.ewkt,
        "public_position": public_ewkt,
        "commune_id": row.commune.id,
        "province_id": row.commune.province_id,
        "source": said.source,
        "source_id": said.source_id,
        "is_demo": said.is_demo,
        "created_at": made,
        # An old report is new here: it must not run out the moment it comes in.
        "status_at": now() if said.source == "import" else made,
    }


def _need_rows(row: BulkCase, key: uuid.UUID) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "case_id": key,
            "position": number,
            "item": need.item,
            "quantity": need.quantity,
            "unit": need.unit,
        }
        for number, need in enumerate(row.request.needs)
    ]


def _event_row(row: BulkCase, key: uuid.UUID) -> dict[str, Any]:
    return {
        "id": new_id(),
        "case_id": key,
        "actor_id": row.requester_id,
        "actor_kind": _who_posted(row),
        "action": "posted",
        "to_status": "open",
        "details": {"source": row.request.source},
        "at": row.created_at or now(),
    }


def _who_posted(row: BulkCase) -> str:
    """Imports are the system's doing; the rest came from people with or without an account."""
    if row.requester_id:
        return "requester"
    return "system" if row.request.source == "import" else "anonymous"
