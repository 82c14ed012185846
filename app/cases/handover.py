"""The hand-over code: the requester reads four digits out at the door, the volunteer types them.

So delivery is proved without the requester signing in, and the case closes at once. The code is a keyed hash
of the case, stored nowhere; it proves one delivery, and after "it did not arrive" it is another one too. Four
digits are guessed in ten thousand tries: the few that a volunteer has are counted for them and the case, over
all of their claims, and for them alone over all of their cases of a day.
"""

import hmac
import uuid
from datetime import timedelta
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.cases.claiming import own_live_claim
from app.cases.closing import close_case
from app.cases.life import By, claims_with, end_claim, record_event, settle_case
from app.cases.models import Case, Claim
from app.cases.privacy import HANDOVER_DIGITS
from app.cases.tracking import handover_code
from app.core.clock import now
from app.core.db import db
from app.core.errors import Invalid, Refusal, TooMany
from app.core.events import publish
from app.people.models import User

MOST_TRIES = 5
"""Wrong codes of one volunteer at one case."""
MOST_TRIES_OF_ALL = 15
"""Wrong codes at one case, whoever typed them."""
MOST_TRIES_A_DAY = 20
"""Wrong codes of one volunteer at all the cases that they took in the last day."""


class HandedOver(NamedTuple):
    """What became of a typed code. Not raised: a wrong try must be counted, and raising would undo that."""

    claim: Claim
    refusal: Refusal | None


def hand_over(claim_id: uuid.UUID, *, by: User, code: str) -> HandedOver:
    """The volunteer typed the requester's code: their promise is kept and proved, or the try is counted.

    The case closes when nothing else of it is open, under way or unanswered. Commit in either case.
    """
    claim, case = own_live_claim(claim_id, by)
    typed = "".join(sign for sign in code if sign.isdecimal())
    if refusal := _unreadable(typed) or _too_many(case, by):
        return HandedOver(claim, refusal)
    # isdecimal() knows other scripts' digits too: they become ours before they are compared.
    if not hmac.compare_digest(f"{int(typed):04d}", handover_code(case)):
        claim.wrong_codes += 1
        db.session.flush()
        return HandedOver(claim, _too_many(case, by) or _wrong(case, by))
    _proved(case, claim, by)
    return HandedOver(claim, None)


def _proved(case: Case, claim: Claim, by: User) -> None:
    end_claim(claim, "delivered")
    who = By(by.id, "volunteer")
    settle_case(case, who, "delivered", claim_id=str(claim.id))
    if case.status == "delivered" and claims_with(case, "delivered") == [claim]:
        close_case(case, who, "handed_over")
    else:
        end_claim(claim, "confirmed")
        record_event(case, who, "handed_over", from_status=case.status, claim_id=str(claim.id))
    publish("claim_handed_over", case=case, claim=claim)


def _unreadable(typed: str) -> Refusal | None:
    if len(typed) == HANDOVER_DIGITS:
        return None
    return Invalid(_("Mã có 4 chữ số. Người nhận xem mã ở trang theo dõi hoặc trong tin nhắn."), field="code")


def _tries_left(case: Case, by: User) -> int:
    """How many wrong codes this volunteer may still type at this case; 0 or less: none."""
    here, mine = Claim.case_id == case.id, Claim.volunteer_id == by.id
    today = mine & (Claim.created_at > now() - timedelta(days=1))
    limits = ((MOST_TRIES, here & mine), (MOST_TRIES_OF_ALL, here), (MOST_TRIES_A_DAY, today))
    left = [most - func.coalesce(func.sum(Claim.wrong_codes).filter(whose), 0) for most, whose in limits]
    return int(min(db.session.execute(select(*left).where(here | today)).one()))


def _too_many(case: Case, by: User) -> Refusal | None:
    if _tries_left(case, by) > 0:
        return None
    return TooMany(
        _("Đã nhập sai quá nhiều lần. Hãy báo đã giao mà không có mã, người nhận sẽ tự xác nhận."),
        slug="code-locked",
        field="code",
    )


def _wrong(case: Case, by: User) -> Refusal:
    return Invalid(
        _("Mã chưa đúng. Hỏi lại người nhận nhé, bạn còn %(left)s lần nhập.", left=_tries_left(case, by)),
        field="code",
        slug="wrong-code",
    )
