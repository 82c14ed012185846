"""Ticking the stops of a round. A tick may come late, from a phone without a network, and may come twice."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from app.cases.claiming import deliver_claim, take_case
from app.cases.handover import hand_over
from app.cases.models import Case, Claim
from app.cases.wording import CLAIM
from app.core.clock import now
from app.core.db import db
from app.core.errors import NotFound, Refusal
from app.matching.round_models import Round, RoundStop
from app.matching.round_queries import own_round
from app.matching.round_rules import PICK_UP
from app.matching.rounds import lock_rounds_of
from app.people.models import User

DELIVERED = ("delivered", "confirmed")


@dataclass(frozen=True)
class Tick:
    """What somebody ticked, and when. `offline`: they are no longer at the door when it arrives."""

    stops: Sequence[uuid.UUID]
    at: datetime | None = None
    code: str = ""
    offline: bool = False


@dataclass(frozen=True)
class Ticked:
    """What became of a tick, for the page that sent it."""

    stop_id: uuid.UUID
    outcome: str
    """`done`, `late`: kept, but the claim had ended; or `refused`: the code was wrong."""
    words: str = ""


def tick_stops(round_id: uuid.UUID, tick: Tick, *, by: User) -> list[Ticked]:
    """Mark stops as done; handing over is delivering the claim. The same tick again changes nothing."""
    lock_rounds_of(by)
    round_ = own_round(round_id, by.id, lock=True)
    chosen = select(RoundStop).where(RoundStop.round_id == round_.id, RoundStop.id.in_(tick.stops))
    stops = db.session.scalars(chosen.with_for_update()).all()
    if len(stops) != len(set(tick.stops)):
        raise NotFound(_("Điểm này không còn trong chuyến."))
    at = min(max(tick.at or now(), round_.created_at), now())
    ticked = [_tick(stop, tick, at, by) for stop in stops]
    db.session.flush()
    _end_when_all_is_done(round_)
    return ticked


def _tick(stop: RoundStop, tick: Tick, at: datetime, by: User) -> Ticked:
    if stop.outcome == "done":
        return Ticked(stop.id, "done")
    claim = db.session.get_one(Claim, stop.claim_id, populate_existing=True)
    if stop.kind == PICK_UP:
        return _done(stop, at) if claim.status in ("live", *DELIVERED) else _late(stop, claim, at)
    if claim.status == "live":
        return _hand_over(stop, claim, tick, at, by)
    if claim.status in DELIVERED:
        return _done(stop, claim.ended_at or at)
    if claim.status == "expired" and (again := _taken_again(claim, by)):
        stop.claim_id = again.id
        return _done(stop, at)
    return _late(stop, claim, at)


def _hand_over(stop: RoundStop, claim: Claim, tick: Tick, at: datetime, by: User) -> Ticked:
    """Deliver, by the code if one was typed. Away from the door a wrong code cannot be asked for again."""
    words = ""
    if tick.code.strip():
        refusal = hand_over(claim.id, by=by, code=tick.code).refusal
        if refusal is None:
            return _done(stop, at)
        if not tick.offline:
            return Ticked(stop.id, "refused", str(refusal.message))
        words = _("Mã nhận hàng chưa đúng: đã ghi là đã giao, người nhận sẽ được hỏi.")
    deliver_claim(claim.id, by=by)
    return _done(stop, at, words)


def _taken_again(claim: Claim, by: User) -> Claim | None:
    """The promise ran out before the tick arrived, and nobody else has come: the help counts all the same."""
    case = db.session.get_one(Case, claim.case_id)
    needs = {line.need_id: line.quantity for line in claim.lines}
    try:
        with db.session.begin_nested():
            again = take_case(case.code, by=by, needs=needs)
            return deliver_claim(again.id, by=by)
    except Refusal:
        return None


def _done(stop: RoundStop, at: datetime, words: str = "") -> Ticked:
    stop.done_at, stop.outcome = at, "done"
    return Ticked(stop.id, "done", words)


def _late(stop: RoundStop, claim: Claim, at: datetime) -> Ticked:
    stop.done_at, stop.outcome = stop.done_at or at, "late"
    ended = str(CLAIM.get(claim.status, claim.status))
    words = _(
        "Đã ghi lại lúc bạn giao. Nhưng lần nhận giúp này đã kết thúc trước đó (%(ended)s), nên trường hợp"
        " chưa được tính là đã giao. Hãy mở trường hợp để nhận lại, hoặc gọi cho người cần giúp.",
        ended=ended,
    )
    return Ticked(stop.id, "late", words)


def _end_when_all_is_done(round_: Round) -> None:
    """A round without anything left to do is over."""
    left = (
        select(RoundStop.id)
        .join(Claim, Claim.id == RoundStop.claim_id)
        .where(RoundStop.round_id == round_.id, RoundStop.done_at.is_(None), Claim.status == "live")
    )
    if db.session.scalar(left.limit(1)) is None:
        round_.status = "ended"
        db.session.flush()
