"""Dispatch: asks the best volunteers in waves until somebody takes the case, or the officials are told.

Locks. Who takes a case holds their own row, then the case, then its dispatch and asks. The planner
(`dispatch_due`) takes what it needs without ever waiting for a row, so the two cannot wait for each other.
"""

import uuid
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select, text

from app.cases.claiming import LONGEST_REASON, take_case
from app.cases.models import Case, Claim
from app.core.clock import now
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.jobs import defer
from app.core.text import clean, mask_private
from app.matching.dispatch_models import Ask, Dispatch
from app.matching.dispatch_sending import dispatch_due, dispatch_soon, here, insert_dispatch, quiet_here
from app.matching.waves import ASK_LIFE, OPENING, first_wave_at, how_it_ended, wakes_at
from app.people.models import User

__all__ = [
    "accept_ask", "add_asks", "decline_ask", "dispatch_due", "erase_asks", "follow_case", "start_dispatch",
]  # fmt: skip

END_OF_CASE = text(
    "UPDATE dispatch SET status = :status, ended_at = :at WHERE case_id = :case_id AND status = 'waiting'"
)
# Whoever has taken the case has said yes, by whatever way; when nothing is left, the others need not answer.
SETTLE = text(
    """
    UPDATE ask SET answered_at = :at, status = CASE WHEN EXISTS (
            SELECT FROM claim WHERE case_id = ask.case_id AND volunteer_id = ask.volunteer_id
              AND status = 'live') THEN 'accepted' ELSE 'withdrawn' END
    WHERE case_id = :case_id AND status = 'sent' AND (:over OR EXISTS (
        SELECT FROM claim WHERE case_id = ask.case_id AND volunteer_id = ask.volunteer_id
          AND status = 'live'))
    """
)
WAVE_OVER = text(
    """
    UPDATE dispatch d SET next_at = :at
    WHERE case_id = :case_id AND status = 'waiting' AND wave > 0 AND next_at > :at
      AND NOT EXISTS (SELECT FROM ask WHERE dispatch_id = d.id AND status = 'sent')
    RETURNING id
    """
)


def start_dispatch(case: Case, **_event: Any) -> None:
    """Look for helpers for an open case, unless that is under way; the job is in the same transaction."""
    settings, at = here(), now()
    if case.status != "open" or not settings.dispatch:
        return
    first = wakes_at(first_wave_at(at, case.urgency, settings.dispatch_window_s), case.urgency, quiet_here())
    if insert_dispatch(case.id, at, first):
        defer(dispatch_soon, at=first if first > at else None)


def follow_case(case: Case, action: str, **_event: Any) -> None:
    """What a change of a case means for its dispatch: begin, end, or hear who has taken it."""
    at, over = now(), case.status != "open"
    if over:
        known = {"case_id": case.id, "at": at, "status": how_it_ended(case.status)}
        db.session.execute(END_OF_CASE, known)
    elif action in OPENING:
        start_dispatch(case)
    if action != "posted":
        db.session.execute(SETTLE, {"case_id": case.id, "at": at, "over": over})
        go_on_early(case.id)


def go_on_early(case_id: uuid.UUID) -> None:
    """When nobody of the wave has still to answer, the next one need not wait."""
    if db.session.execute(WAVE_OVER, {"case_id": case_id, "at": now()}).first():
        defer(dispatch_soon)


def accept_ask(ask_id: uuid.UUID, *, by: User) -> Claim:
    """Take the case that the ask is about, as if from the map: late or after a no is fine while it is open.

    Raises Conflict "taken" when somebody was quicker, and whatever else `take_case` refuses.
    """
    ask = own_ask(ask_id, by)
    code = db.session.scalars(select(Case.code).where(Case.id == ask.case_id)).one()
    claim = take_case(code, by=by)
    _answer(ask, "accepted")
    return claim


def decline_ask(ask_id: uuid.UUID, *, by: User, why: str = "") -> Ask:
    """Not this time. Nobody is asked again about the same case then; saying it twice is once."""
    ask = own_ask(ask_id, by)
    why = mask_private(clean(why))
    if len(why) > LONGEST_REASON:
        raise Invalid(_("Lý do tối đa %(most)s ký tự.", most=LONGEST_REASON), field="why")
    # The dispatch before the ask: the order of everybody who holds both.
    db.session.execute(select(Dispatch.id).where(Dispatch.id == ask.dispatch_id).with_for_update())
    db.session.refresh(ask, with_for_update=True)
    if ask.status in ("declined", "withdrawn"):
        return ask
    if ask.status == "accepted":
        raise Conflict(_("Bạn đã nhận giúp trường hợp này rồi."), slug="answered-already")
    _answer(ask, "declined")
    ask.why = why or None
    db.session.flush()
    go_on_early(ask.case_id)
    return ask


def own_ask(ask_id: uuid.UUID, by: User) -> Ask:
    """The ask, if it is this person's; else NotFound."""
    ask = db.session.scalar(select(Ask).where(Ask.id == ask_id, Ask.volunteer_id == by.id))
    if ask is None:
        raise NotFound(_("Không tìm thấy lời nhờ này."))
    return ask


def _answer(ask: Ask, answer: str) -> None:
    db.session.refresh(ask, with_for_update=True)
    if ask.status != answer:
        ASK_LIFE.check(ask.status, answer)
        ask.status, ask.answered_at = answer, now()
        db.session.flush()


OWN_ASKS = text(
    """
    SELECT c.code, a.status, a.sent_at, a.deadline, a.answered_at, a.why
    FROM ask a JOIN "case" c ON c.id = a.case_id
    WHERE a.volunteer_id = :user_id ORDER BY a.sent_at LIMIT 10000
    """
)


def add_asks(user_id: uuid.UUID, bundle: dict[str, Any]) -> None:
    """A person's copy of their data holds what they were asked, and what they answered."""
    rows = db.session.execute(OWN_ASKS, {"user_id": user_id})
    bundle["asks"] = [dict(row._mapping) for row in rows]


def erase_asks(user_id: uuid.UUID) -> None:
    """Remove what somebody who erases their account was asked."""
    db.session.execute(delete(Ask).where(Ask.volunteer_id == user_id))
