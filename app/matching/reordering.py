"""The order of a round changed by hand: a stop up, a stop down."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.matching.round_models import Round, RoundStop
from app.matching.round_planning import Journey, Wanted, question_of
from app.matching.round_queries import last_done, own_round
from app.matching.round_rules import PICK_UP, SERVICE_MIN, Stop, fetched_first, heaviest
from app.matching.rounds import journey_on, lock_rounds_of, still_wanted
from app.people.models import User


def move_stop(round_id: uuid.UUID, stop_id: uuid.UUID, step: int, *, by: User) -> None:
    """Move a stop (with what is fetched at the same counter) one place up (-1) or down (1).

    Refused when something would be handed over before it is fetched, or too much carried at once. Coming too
    late is not refused: the times show it, and the person decides.
    """
    lock_rounds_of(by)
    round_ = own_round(round_id, by.id, lock=True)
    wanted = {one.due.claim_id: one for one in still_wanted(round_, by)}
    groups = grouped([row for row in _to_do(round_) if row.claim_id in wanted])
    at = next((n for n, group in enumerate(groups) if stop_id in {row.id for row in group}), None)
    if at is None or round_.status != "active":
        raise NotFound(_("Điểm này không còn trong chuyến."))
    if not 0 <= at + step < len(groups):
        return
    groups[at], groups[at + step] = groups[at + step], groups[at]
    _put_in_order(round_, [row for group in groups for row in group], wanted)


def _to_do(round_: Round) -> Sequence[RoundStop]:
    query = select(RoundStop).where(
        RoundStop.round_id == round_.id, RoundStop.done_at.is_(None), RoundStop.position.is_not(None)
    )
    return db.session.scalars(query.order_by(RoundStop.position)).all()


def grouped(rows: Sequence[Any]) -> list[list[Any]]:
    """Stops as a person sees them: pick-ups one after another at the same counter are one stop."""
    groups: list[list[Any]] = []
    for row in rows:
        last = groups[-1][-1] if groups else None
        same = last is not None and last.supply_point_id == row.supply_point_id
        if same and last is not None and row.kind == last.kind == PICK_UP and row.supply_point_id:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _put_in_order(round_: Round, rows: Sequence[RoundStop], wanted: Mapping[uuid.UUID, Wanted]) -> None:
    """Check an order made by hand, and write it with its times."""
    ones = [wanted[key] for key in dict.fromkeys(row.claim_id for row in rows)]
    numbers = {one.due.claim_id: n for n, one in enumerate(ones)}
    question = question_of(_journey_by_hand(round_), ones)
    order = [Stop(numbers[row.claim_id], row.kind) for row in rows]
    if not fetched_first(order):
        raise Conflict(_("Phải lấy hàng trước rồi mới giao được."), slug="fetch-first")
    if (load := heaviest(question.task, order)) > round_.load_limit:
        raise Conflict(
            _("Đi thứ tự này có lúc phải chở %(load)s phần, quá mức %(limit)s phần.",
              load=load, limit=round_.load_limit),
            slug="too-heavy",
        )  # fmt: skip
    positions = sorted(row.position for row in rows if row.position is not None)
    for row, position, planned in zip(rows, positions, question.arrivals(order), strict=True):
        row.position, row.planned_at = position, planned
    round_.back_at = question.end(order)
    round_.metric = question.metric
    db.session.flush()


def _journey_by_hand(round_: Round) -> Journey:
    """Times count as they were planned: from the start, or from the end of the stop that was ticked last."""
    journey, last = journey_on(round_, None), last_done(round_.id)
    departure: datetime = round_.starts_at
    if last is not None:
        departure = max(departure, last.at + timedelta(minutes=SERVICE_MIN[last.kind]))
    return Journey(journey.start, departure, journey.end, journey.vehicle, journey.load_limit, journey.home)
