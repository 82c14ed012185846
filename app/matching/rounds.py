"""What a volunteer does with a round: plan it, plan the rest anew, end it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import delete, func, select, update

from app.core.clock import now
from app.core.db import db, new_id
from app.core.errors import Conflict, Invalid
from app.core.geo import Point
from app.matching.round_models import Round, RoundStop
from app.matching.round_planning import Journey, Question, Wanted, question_of
from app.matching.round_queries import (
    Due,
    due_of,
    last_done,
    own_round,
    pick_up_point,
    start_of,
)
from app.matching.round_rules import (
    DROP_OFF,
    LONGEST_MIN,
    PICK_UP,
    Stop,
    why_left_out,
    window,
)
from app.matching.round_solver import best_order
from app.people.models import User
from app.volunteers.rules import USUAL_VEHICLE, VEHICLES

LARGEST_LOAD = 200


@dataclass(frozen=True)
class SaidRound:
    """What a volunteer says about a round that they want."""

    start: Point | None = None
    vehicle: str = USUAL_VEHICLE
    load_limit: int = VEHICLES[USUAL_VEHICLE]
    earliest: time | None = None
    latest: time | None = None
    returns: bool = False
    pick_ups: Mapping[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    """The supply point of each claim whose goods are fetched on the way; of the others they are on board."""
    later: frozenset[uuid.UUID] = frozenset()
    """Claims that are not part of this round."""


def plan_round(user: User, said: SaidRound, zone: ZoneInfo) -> Round:
    """Put the volunteer's live claims into the best order and keep it; a round under way ends."""
    _check(said)
    assert said.start is not None  # _check has seen to it
    wanted = [_wanted(due, said.pick_ups.get(due.claim_id), user) for due in _chosen(user, said)]
    open_now = window(said.earliest, said.latest, now(), zone)
    journey = Journey(
        said.start, open_now.start, open_now.end, said.vehicle, said.load_limit,
        said.start if said.returns else None,
    )  # fmt: skip
    question = question_of(journey, wanted)
    order = best_order(question.task)
    lock_rounds_of(user)
    db.session.execute(
        update(Round).where(Round.volunteer_id == user.id, Round.status == "active").values(status="ended")
    )
    round_ = Round(
        volunteer_id=user.id,
        vehicle=said.vehicle,
        load_limit=said.load_limit,
        start=said.start.ewkt,
        starts_at=open_now.start,
        ends_at=open_now.end,
        has_end=said.latest is not None,
        returns=said.returns,
    )
    db.session.add(round_)
    db.session.flush()
    _keep(round_, question, order, wanted)
    return round_


def _chosen(user: User, said: SaidRound) -> list[Due]:
    due = [one for one in due_of(user.id) if one.claim_id not in said.later]
    if not due:
        raise Invalid(_("Chọn ít nhất một trường hợp để đi giao."), field="claims", slug="no-claims")
    return due


def _wanted(due: Due, point_id: uuid.UUID | None, user: User) -> Wanted:
    if point_id is None or due.load == 0:
        return Wanted(due)
    point = pick_up_point(point_id, user.id)
    if point is None:
        raise Invalid(_("Điểm lấy hàng này đã đóng. Hãy chọn điểm khác."), field=f"from.{due.claim_id}")
    return Wanted(due, point.id, point.position)


def _check(said: SaidRound) -> None:
    errors: dict[str, list[str]] = {}
    if said.start is None:
        errors["place"] = [_("Cho biết bạn xuất phát từ đâu: dùng vị trí, kéo bản đồ hoặc gõ tên phường.")]
    if said.vehicle not in VEHICLES:
        errors["vehicle"] = [_("Chọn một phương tiện trong danh sách.")]
    if not 1 <= said.load_limit <= LARGEST_LOAD:
        errors["load_limit"] = [_("Từ 1 đến %(n)s phần.", n=LARGEST_LOAD)]
    if errors:
        raise Invalid(_("Một vài chỗ cần sửa lại."), errors=errors)


def lock_rounds_of(user: User) -> None:
    """One change of somebody's rounds at a time. Always the person first, then a round, then a case."""
    db.session.scalar(select(User.id).where(User.id == user.id).with_for_update())


def _keep(
    round_: Round,
    question: Question,
    order: Sequence[Stop],
    wanted: Sequence[Wanted],
    names: Mapping[tuple[uuid.UUID, str], uuid.UUID] | None = None,
) -> None:
    """Write the stops in their order after those that are ticked; what did not fit says why."""
    first = 1 + (
        db.session.scalar(select(func.max(RoundStop.position)).where(RoundStop.round_id == round_.id)) or 0
    )
    for n, (stop, planned) in enumerate(zip(order, question.arrivals(order), strict=True)):
        row = _row(round_, wanted[stop.delivery], stop.kind, names or {})
        row.position, row.planned_at = first + n, planned
        db.session.add(row)
    for number, reason in why_left_out(question.task, order).items():
        row = _row(round_, wanted[number], DROP_OFF, names or {})
        row.supply_point_id, row.left_out = wanted[number].point_id, reason
        db.session.add(row)
    round_.back_at = question.end(order) if order else None
    round_.metric = question.metric
    db.session.flush()


def _row(
    round_: Round, one: Wanted, kind: str, names: Mapping[tuple[uuid.UUID, str], uuid.UUID]
) -> RoundStop:
    return RoundStop(
        id=names.get((one.due.claim_id, kind)) or new_id(),
        round_id=round_.id,
        claim_id=one.due.claim_id,
        supply_point_id=one.point_id if kind == PICK_UP else None,
        kind=kind,
        load=one.due.load,
    )


def replan_round(round_id: uuid.UUID, *, by: User, here: Point | None = None) -> Round:
    """Order anew what is still to do, from `here`, from the last ticked stop, or from the start.

    What is ticked stays. What did not fit is tried again; what has ended meanwhile is not asked for.
    """
    lock_rounds_of(by)
    round_ = own_round(round_id, by.id, lock=True)
    if round_.status != "active":
        raise Conflict(_("Chuyến này đã kết thúc."), slug="round-ended")
    wanted = still_wanted(round_, by)
    # Stops keep their names, so that a tick still under way from a phone finds its own.
    mine = [one.due.claim_id for one in wanted]
    undone = (RoundStop.round_id == round_.id, RoundStop.done_at.is_(None), RoundStop.claim_id.in_(mine))
    named = select(RoundStop.claim_id, RoundStop.kind, RoundStop.id).where(*undone)
    names = {(claim_id, kind): key for claim_id, kind, key in db.session.execute(named)}
    db.session.execute(delete(RoundStop).where(*undone))
    journey = journey_on(round_, here)
    round_.ends_at = journey.end
    question = question_of(journey, wanted)
    _keep(round_, question, best_order(question.task), wanted, names)
    return round_


def still_wanted(round_: Round, by: User) -> list[Wanted]:
    """The live claims of a round that are not handed over; what was fetched is on board."""
    stops = db.session.scalars(select(RoundStop).where(RoundStop.round_id == round_.id)).all()
    done = {(stop.claim_id, stop.kind) for stop in stops if stop.done_at is not None}
    points = {stop.claim_id: stop.supply_point_id for stop in stops if stop.supply_point_id is not None}
    wanted = []
    for due in due_of(by.id):
        if due.claim_id not in {stop.claim_id for stop in stops} or (due.claim_id, DROP_OFF) in done:
            continue
        point_id = None if (due.claim_id, PICK_UP) in done else points.get(due.claim_id)
        point = pick_up_point(point_id, by.id) if point_id else None
        wanted.append(Wanted(due, point.id, point.position) if point else Wanted(due))
    return wanted


def journey_on(round_: Round, here: Point | None) -> Journey:
    """How the round goes on from now, or from its start when that is still to come."""
    start, last = start_of(round_), last_done(round_.id)
    departure = max(round_.starts_at, now())
    end = round_.ends_at if round_.has_end else departure + timedelta(minutes=LONGEST_MIN)
    return Journey(
        here or (last.place if last else start), departure, max(end, round_.starts_at + timedelta(minutes=1)),
        round_.vehicle, round_.load_limit, start if round_.returns else None,
    )  # fmt: skip


def end_round(round_id: uuid.UUID, *, by: User) -> None:
    """The volunteer is through with this round; the claims stay as they are."""
    own_round(round_id, by.id, lock=True).status = "ended"
    db.session.flush()
