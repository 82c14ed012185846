"""The requester's answers: it arrived, it did not, no longer needed; and the officials' verdicts."""

import uuid
from dataclasses import dataclass

from flask_babel import gettext as _

from app.cases.claiming import LONGEST_REASON
from app.cases.life import (
    SYSTEM,
    By,
    claims_with,
    end_claim,
    locked_case,
    move_case,
    record_event,
    settle_case,
)
from app.cases.models import Case, Claim
from app.cases.policies import Viewer, may_answer, may_verify
from app.cases.rules import REOPEN_WINDOW
from app.cases.views import facts_of, viewer_of
from app.core.clock import now
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.core.events import publish
from app.core.text import clean
from app.people.models import User

REOPENABLE = ("delivered", "closed", "expired", "cancelled")


@dataclass(frozen=True)
class Actor:
    """Who answers: a user, or whoever holds the tracking link."""

    user: User | None = None
    tracks: bool = False

    @property
    def viewer(self) -> Viewer:
        """As the policies see them."""
        return viewer_of(self.user, tracks=self.tracks)

    @property
    def by(self) -> By:
        """As the history names them."""
        return By(self.user.id if self.user else None, "requester")


def _own_case(code: str, actor: Actor) -> Case:
    case = locked_case(code)
    if case is None:
        raise NotFound(_("Không có trường hợp nào mang mã này."))
    if not may_answer(actor.viewer, facts_of(case)):
        raise NotAllowed(_("Chỉ người gửi trường hợp này mới trả lời được."), slug="not-the-requester")
    return case


def confirm_case(code: str, *, actor: Actor) -> Case:
    """It arrived: close the case. With part of it delivered the requester may say that this is enough."""
    case = _own_case(code, actor)
    if case.status == "closed":
        return case
    if case.status not in ("open", "claimed", "delivered") or not any(n.delivered > 0 for n in case.needs):
        raise Conflict(
            _("Chưa có gì được giao cho trường hợp này."),
            slug="nothing-delivered",
            extra={"current_status": case.status},
        )
    close_case(case, actor.by, "confirmed")
    return case


def close_case(case: Case, by: By, action: str) -> None:
    """Close the locked case: what was delivered counts as received, promises under way end."""
    for claim in claims_with(case, "delivered"):
        end_claim(claim, "confirmed")
    _end_promises(case, "case closed")
    move_case(case, "closed", by, action)


def reopen_case(code: str, *, actor: Actor, why: str = "") -> Case:
    """It did not arrive, or help is needed again: what was said to be delivered counts no more.

    While the rest is still open or on its way, only what nobody has confirmed is taken back.
    """
    case = _own_case(code, actor)
    why = _short(why)
    if case.status in ("open", "claimed") and (unanswered := claims_with(case, "delivered")):
        return _reopened(case, unanswered, actor, why)
    if case.status not in REOPENABLE:
        raise Conflict(
            _("Trường hợp này vẫn đang mở."), slug="wrong-state", extra={"current_status": case.status}
        )
    if case.erased_at is not None or (case.status != "delivered" and now() - case.status_at > REOPEN_WINDOW):
        raise Conflict(_("Đã quá lâu để mở lại. Hãy gửi một tin mới."), slug="too-late")
    return _reopened(case, claims_with(case, "delivered", "confirmed"), actor, why)


def _reopened(case: Case, failed: list[Claim], actor: Actor, why: str) -> Case:
    for claim in failed:
        end_claim(claim, "failed", why=why or "did not arrive")
        publish("claim_failed", case=case, claim=claim)
    settle_case(case, actor.by, "reopened", why=why)
    return case


def cancel_case(code: str, *, actor: Actor, why: str = "") -> Case:
    """Help is no longer needed; volunteers under way are told."""
    case = _own_case(code, actor)
    why = _short(why)
    if case.status == "cancelled":
        return case
    if case.status not in ("open", "claimed"):
        raise Conflict(
            _("Trường hợp này đã kết thúc."), slug="wrong-state", extra={"current_status": case.status}
        )
    _end_promises(case, "case cancelled")
    move_case(case, "cancelled", actor.by, "cancelled", why=why)
    return case


def still_needed(code: str, *, actor: Actor) -> Case:
    """The requester still waits: the case stays on the map, and they are asked again when nothing happens."""
    case = _own_case(code, actor)
    if case.status != "open":
        raise Conflict(
            _("Trường hợp này không còn chờ người nhận."),
            slug="wrong-state",
            extra={"current_status": case.status},
        )
    case.asked_at = None
    record_event(case, actor.by, "still_needed", from_status=case.status)
    return case


def expire_case(case: Case) -> None:
    """Nobody answered for a long time: take the locked open case off the map."""
    _end_promises(case, "case expired")
    move_case(case, "expired", SYSTEM, "expired")
    publish("case_expired", case=case)


def verify_case(code: str, *, by: User) -> Case:
    """An official of the area vouches for the case."""
    case = _official_case(code, by)
    if case.verified_at is None:
        case.verified_at = now()
        case.verified_by = by.id
        record_event(case, By(by.id, "official"), "verified", from_status=case.status)
    return case


def reject_case(code: str, *, by: User, why: str) -> Case:
    """An official of the area takes a false case off the map, with a reason."""
    case = _official_case(code, by)
    why = _short(why)
    if not why:
        raise Invalid(_("Cho biết lý do ngắn gọn."), field="why", slug="reason-needed")
    if case.status not in ("open", "claimed"):
        raise Conflict(
            _("Trường hợp này đã kết thúc."), slug="wrong-state", extra={"current_status": case.status}
        )
    _end_promises(case, "case rejected")
    move_case(case, "rejected", By(by.id, "official"), "rejected", why=why)
    return case


def _official_case(code: str, by: User) -> Case:
    case = locked_case(code)
    if case is None or not may_verify(viewer_of(by), facts_of(case)):
        raise NotFound(_("Không có trường hợp nào mang mã này trong địa bàn của bạn."))
    return case


def _end_promises(case: Case, why: str) -> list[Claim]:
    live = claims_with(case, "live")
    for claim in live:
        end_claim(claim, "released", why=why)
        publish("claim_ended_by_case", case=case, claim=claim, why=why)
    return live


def _short(why: str) -> str:
    why = clean(why)
    if len(why) > LONGEST_REASON:
        raise Invalid(_("Lý do tối đa %(most)s ký tự.", most=LONGEST_REASON), field="why")
    return why


def claim_key(text: str) -> uuid.UUID:
    """A claim's key from an address; NotFound when it is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound(_("Không tìm thấy lần nhận giúp này.")) from None
