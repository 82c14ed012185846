"""Taking a case, and what a volunteer can do with a claim."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import func, select

from app.cases.life import SYSTEM, By, claims_with, end_claim, locked_case, settle_case
from app.cases.models import Case, Claim, ClaimNeed
from app.cases.policies import is_requester, may_take
from app.cases.rules import lease
from app.cases.views import facts_of, viewer_of
from app.core.clock import now
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.core.events import publish
from app.core.text import clean
from app.people.models import User
from app.web.filters import qty

LONGEST_REASON = 300


def take_case(
    code: str,
    *,
    by: User,
    needs: Mapping[uuid.UUID, Decimal] | None = None,
    assigned_by: User | None = None,
) -> Claim:
    """Promise what is left of the case, or the given quantities of its needs; of many at once one wins.

    `assigned_by` is the official who chose this volunteer for the case; the history keeps it.

    Locks the volunteer, then the case, so that neither a person's limit nor a need can be overrun. Raises
    Conflict "taken" when somebody was quicker, "ended" when it is over, "too-many-claims" at their limit.
    """
    db.session.scalar(select(User.id).where(User.id == by.id).with_for_update())
    case = locked_case(code)
    if case is None:
        raise NotFound(_("Không có trường hợp nào mang mã này."))
    _expire_lapsed(case)
    _check_may_take(case, by)
    _check_not_twice(case, by)
    if case.status != "open":
        raise Conflict(why_not(case.status), slug="taken" if case.status == "claimed" else "ended")
    _check_limit(by)
    lines = _wanted_lines(case, needs)
    settings = current_app.config["SETTINGS"]
    claim = Claim(
        case_id=case.id,
        volunteer_id=by.id,
        lease_until=now()
        + lease(
            case.urgency,
            minutes=settings.lease_minutes,
            minutes_life_threatening=settings.lease_minutes_life_threatening,
        ),
    )
    claim.lines = lines
    db.session.add(claim)
    for line in lines:
        line.need.pledged += line.quantity
    db.session.flush()
    assigned = {"assigned_by": str(assigned_by.id)} if assigned_by else {}
    settle_case(case, By(by.id, "volunteer"), "claimed", claim_id=str(claim.id), **assigned)
    publish("case_taken", case=case, claim=claim)
    return claim


def why_not(status: str) -> str:
    """Why a case of this status cannot be taken."""
    if status == "claimed":
        why = _("Vừa có người nhận giúp trường hợp này rồi. Cảm ơn bạn.")
    elif status in ("delivered", "closed"):
        why = _("Trường hợp này đã được giúp xong rồi. Cảm ơn bạn.")
    else:
        why = _("Trường hợp này không còn cần giúp nữa. Cảm ơn bạn.")
    return str(why)


def _check_may_take(case: Case, by: User) -> None:
    facts, viewer = facts_of(case), viewer_of(by)
    if may_take(viewer, facts):
        return
    if is_requester(viewer, facts):
        raise NotAllowed(_("Đây là trường hợp của chính bạn."), slug="own-case")
    if facts.medic_only:
        raise NotAllowed(_("Chỉ nhân viên y tế đã xác minh nhận được ca tư vấn y khoa."), slug="medic-only")
    raise NotAllowed(_("Hãy bật “Tôi muốn giúp” trong trang Tôi để nhận giúp."), slug="not-a-volunteer")


def _check_not_twice(case: Case, by: User) -> None:
    if any(claim.volunteer_id == by.id for claim in claims_with(case, "live")):
        raise Conflict(
            _("Bạn đang nhận giúp trường hợp này rồi. Giao xong phần đó rồi nhận thêm nhé."),
            slug="yours-already",
        )


def _check_limit(by: User) -> None:
    most = current_app.config["SETTINGS"].claims_per_person
    live = db.session.scalar(
        select(func.count()).select_from(Claim).where(Claim.volunteer_id == by.id, Claim.status == "live")
    )
    if (live or 0) >= most:
        raise Conflict(
            _("Bạn đang nhận %(n)s trường hợp, mức nhiều nhất. Giao xong rồi nhận tiếp nhé.", n=live),
            slug="too-many-claims",
        )


def _wanted_lines(case: Case, needs: Mapping[uuid.UUID, Decimal] | None) -> list[ClaimNeed]:
    """What the claim promises, checked against what is left."""
    if needs is None:
        return [ClaimNeed(need=need, quantity=need.left) for need in case.needs if need.left > 0]
    known = {need.id: need for need in case.needs}
    if not needs or set(needs) - set(known):
        raise Invalid(_("Chọn ít nhất một món của trường hợp này."), field="needs", slug="unknown-need")
    lines = []
    for need_id, quantity in needs.items():
        need = known[need_id]
        if not quantity.is_finite() or quantity <= 0 or quantity != quantity.quantize(Decimal("0.01")):
            words = _("%(item)s: số lượng phải lớn hơn 0.", item=need.item)
            raise Invalid(words, field="needs", slug="invalid-quantity")
        if quantity > need.left:
            left = qty(need.left)
            words = _("“%(item)s” chỉ còn %(left)s %(unit)s.", item=need.item, left=left, unit=need.unit)
            raise Conflict(words, slug="taken")
        lines.append(ClaimNeed(need=need, quantity=quantity))
    return lines


def extend_claim(claim_id: uuid.UUID, *, by: User, why: str) -> Claim:
    """Lengthen the lease by its first length again; once, with a reason."""
    claim, case = own_live_claim(claim_id, by)
    why = _reason(why, needed=True)
    if claim.extended_at is not None:
        raise Conflict(_("Bạn đã gia hạn một lần rồi."), slug="extended-before")
    settings = current_app.config["SETTINGS"]
    claim.extended_at = now()
    claim.extension_reason = why
    claim.lease_until = max(claim.lease_until, now()) + lease(
        case.urgency,
        minutes=settings.lease_minutes,
        minutes_life_threatening=settings.lease_minutes_life_threatening,
    )
    settle_case(case, By(by.id, "volunteer"), "extended", why=why, claim_id=str(claim.id))
    return claim


def release_claim(claim_id: uuid.UUID, *, by: User, why: str = "") -> Claim:
    """Give a promise back; what was promised is open again."""
    claim, case = own_live_claim(claim_id, by)
    why = _reason(why, needed=False)
    end_claim(claim, "released", why=why)
    settle_case(case, By(by.id, "volunteer"), "released", why=why, claim_id=str(claim.id))
    return claim


def deliver_claim(claim_id: uuid.UUID, *, by: User) -> Claim:
    """Say that what was promised has been handed over."""
    claim, case = own_live_claim(claim_id, by)
    end_claim(claim, "delivered")
    settle_case(case, By(by.id, "volunteer"), "delivered", claim_id=str(claim.id))
    publish("claim_delivered", case=case, claim=claim)
    return claim


def own_live_claim(claim_id: uuid.UUID, by: User) -> tuple[Claim, Case]:
    """The volunteer's own claim with its case locked; Conflict when it has ended."""
    code = db.session.scalar(
        select(Case.code).join(Claim).where(Claim.id == claim_id, Claim.volunteer_id == by.id)
    )
    case = locked_case(code) if code else None
    if case is None:
        raise NotFound(_("Không tìm thấy lần nhận giúp này."))
    claim = db.session.get_one(Claim, claim_id, populate_existing=True)
    if claim.status != "live":
        raise Conflict(
            _("Lần nhận giúp này đã kết thúc."),
            slug="claim-ended",
            extra={"current_status": claim.status},
        )
    return claim, case


def _reason(why: str, *, needed: bool) -> str:
    why = clean(why)
    if needed and not why:
        raise Invalid(_("Cho biết lý do ngắn gọn."), field="why", slug="reason-needed")
    if len(why) > LONGEST_REASON:
        raise Invalid(_("Lý do tối đa %(most)s ký tự.", most=LONGEST_REASON), field="why")
    return why


def _expire_lapsed(case: Case, at: datetime | None = None) -> int:
    """End the case's claims whose lease has run out; the caller holds the case's lock."""
    lapsed = [claim for claim in claims_with(case, "live") if claim.lease_until <= (at or now())]
    for claim in lapsed:
        end_claim(claim, "expired", why="lease")
        settle_case(case, SYSTEM, "lease_expired", claim_id=str(claim.id))
        publish("claim_expired", case=case, claim=claim)
    return len(lapsed)


def expire_leases(code: str) -> int:
    """End the lapsed claims of one case; returns how many."""
    case = locked_case(code)
    return _expire_lapsed(case) if case else 0
