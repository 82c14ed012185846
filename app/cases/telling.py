"""What people are told when something happens to their case or their claim; `wiring.py` says when."""

import uuid
from collections.abc import Callable

from flask import current_app
from flask_babel import gettext as _

from app.cases.models import Case, Claim
from app.cases.tracking import handover_code, tracking_path
from app.core.db import db
from app.delivery.actions import send_message
from app.people.models import User
from app.web.i18n import in_language
from app.web.pages import public_url

Words = Callable[[], tuple[str, str]]


def tell_requester(case: Case, purpose: str, words: Words) -> None:
    """Tell whoever asked for help, by account or by the phone number they left, with the tracking link."""
    user = db.session.get(User, case.requester_id) if case.requester_id else None
    if user is None and not case.contact_phone:
        return
    if case.source == "import":
        return  # A report brought in from elsewhere: nobody there has agreed to messages from here.
    with in_language(user.locale if user else current_app.config["SETTINGS"].default_locale):
        subject, body = words()
        send_message(
            to_user=user,
            address="" if user else str(case.contact_phone),
            purpose=purpose,
            subject=subject,
            body=f"{body}\n{public_url(tracking_path(case))}",
        )


def tell_volunteer(case: Case, claim: Claim, purpose: str, words: Words) -> None:
    """Tell the volunteer of a claim."""
    user = db.session.get_one(User, claim.volunteer_id)
    if not user.is_active:
        return
    with in_language(user.locale):
        subject, body = words()
        send_message(
            to_user=user,
            purpose=purpose,
            subject=subject,
            body=f"{body}\n{public_url('/cases/' + case.code)}",
        )


def _name_of(user_id: uuid.UUID) -> str:
    return db.session.get_one(User, user_id).name


def case_taken(case: Case, claim: Claim) -> None:
    """The requester learns who is coming."""
    name = _name_of(claim.volunteer_id)
    tell_requester(
        case,
        "case_taken",
        lambda: (
            _("%(name)s đã nhận giúp bạn", name=name),
            _("%(name)s đã nhận giúp trường hợp %(code)s. Mã nhận hàng %(digits)s: chỉ đọc cho người giao khi"
              " đã cầm đồ trong tay. Xem ai đang tới và trả lời ở đây:",
              name=name, code=case.code, digits=handover_code(case)),
        ),
    )  # fmt: skip


def claim_delivered(case: Case, claim: Claim) -> None:
    """The requester is asked to confirm."""
    name = _name_of(claim.volunteer_id)
    tell_requester(
        case,
        "claim_delivered",
        lambda: (
            _("Bạn đã nhận được chưa?"),
            _("%(name)s báo đã giao cho trường hợp %(code)s. Hãy trả lời đã nhận được hay chưa ở đây:",
              name=name, code=case.code),
        ),
    )  # fmt: skip


def claim_handed_over(case: Case, claim: Claim) -> None:
    """The requester learns that their code was used: had it been somebody else's doing, they can object.

    Where more is to come, the code for that is another one.
    """
    name = _name_of(claim.volunteer_id)

    def words() -> tuple[str, str]:
        said = _("%(name)s đã giao cho trường hợp %(code)s và nhập đúng mã.", name=name, code=case.code)
        if case.status in ("open", "claimed"):
            said += " " + _("Mã nhận hàng cho lần sau là %(digits)s.", digits=handover_code(case))
        return _("Đã giao đúng mã nhận hàng"), said + " " + _("Nếu bạn chưa nhận được, hãy báo ở đây:")

    tell_requester(case, "claim_handed_over", words)


def claim_expired(case: Case, claim: Claim) -> None:
    """The volunteer learns that the time ran out."""
    tell_volunteer(
        case,
        claim,
        "claim_expired",
        lambda: (
            _("Lần nhận giúp đã hết giờ"),
            _("Đã hết giờ giữ trường hợp %(code)s. Nếu còn giúp được, bạn nhận lại ở đây:",
              code=case.code),
        ),
    )  # fmt: skip


def claim_ended_by_case(case: Case, claim: Claim, why: str) -> None:
    """The volunteer under way learns that nobody needs them there any more."""
    del why
    tell_volunteer(
        case,
        claim,
        "claim_ended_by_case",
        lambda: (
            _("Không cần tới nữa"),
            _("Trường hợp %(code)s đã kết thúc, bạn không cần tới nữa. Cảm ơn bạn.", code=case.code),
        ),
    )


def claim_failed(case: Case, claim: Claim) -> None:
    """The volunteer learns that the requester says nothing arrived."""
    tell_volunteer(
        case,
        claim,
        "claim_failed",
        lambda: (
            _("Người cần giúp báo chưa nhận được"),
            _("Trường hợp %(code)s được mở lại vì người cần giúp báo chưa nhận được.", code=case.code),
        ),
    )


def case_auto_closed(case: Case) -> None:
    """The requester learns that silence closed the case, and that it can be opened again."""
    tell_requester(
        case,
        "case_auto_closed",
        lambda: (
            _("Trường hợp của bạn đã được đóng"),
            _("Không thấy trả lời nên trường hợp %(code)s được đóng. Nếu chưa nhận được, hãy mở lại ở đây:",
              code=case.code),
        ),
    )  # fmt: skip


def case_waiting(case: Case) -> None:
    """The requester is asked whether help is still needed."""
    tell_requester(
        case,
        "case_waiting",
        lambda: (
            _("Bạn còn cần giúp không?"),
            _(
                "Trường hợp %(code)s vẫn đang chờ người nhận. Còn cần hay không, hãy báo ở đây:",
                code=case.code,
            ),
        ),
    )


def case_expired(case: Case) -> None:
    """The requester learns that the case left the map."""
    tell_requester(
        case,
        "case_expired",
        lambda: (
            _("Trường hợp của bạn đã hết hạn"),
            _("Trường hợp %(code)s đã lâu không ai trả lời nên rời bản đồ. Còn cần giúp thì mở lại ở đây:",
              code=case.code),
        ),
    )  # fmt: skip


EVENTS: dict[str, Callable[..., None]] = {
    "case_taken": case_taken,
    "claim_delivered": claim_delivered,
    "claim_handed_over": claim_handed_over,
    "claim_expired": claim_expired,
    "claim_ended_by_case": claim_ended_by_case,
    "claim_failed": claim_failed,
    "case_auto_closed": case_auto_closed,
    "case_waiting": case_waiting,
    "case_expired": case_expired,
}
