"""The messages of dispatch: to those who are asked, and to the officials when nobody was found.

Waves only note that there is something to tell; a job writes the messages, each in the transaction that marks
it told: so a job that dies or runs twice tells everybody once.
"""

from collections.abc import Callable
from functools import partial

from flask_babel import gettext as _
from sqlalchemy import select, text

from app.cases.models import Case
from app.core.clock import now
from app.core.db import db, transaction
from app.core.jobs import defer, jobs
from app.delivery.actions import send_message
from app.matching.dispatch_models import Ask, Dispatch
from app.matching.dispatch_queries import history_begins
from app.people.models import User
from app.people.queries import officials_of
from app.web.i18n import in_language
from app.web.pages import public_url

AT_ONCE = 200
ASKS_PATH = "/me/asks"


# Whoever takes a case holds their own row and then waits for the asks. A message refers to its person, so
# their row is held here too, and neither is waited for: who is just taking a case is told a little later.
LOCK_UNTOLD = text(
    """
    SELECT a.id FROM ask a JOIN "user" u ON u.id = a.volunteer_id
    WHERE a.told_at IS NULL
    ORDER BY a.sent_at
    LIMIT :limit
    FOR UPDATE OF a SKIP LOCKED FOR KEY SHARE OF u SKIP LOCKED
    """
)


def tell_soon() -> None:
    """Queue the telling in the caller's transaction, if there is anything to tell."""
    untold = db.session.execute(
        text(
            "SELECT EXISTS (SELECT FROM ask WHERE told_at IS NULL)"
            " OR EXISTS (SELECT FROM dispatch"
            " WHERE status = 'nobody_found' AND ended_at > :since AND told_at IS NULL)"
        ),
        {"since": history_begins(now())},
    )
    if untold.scalar():
        defer(tell_dispatch)


@jobs.task(name="matching.tell_dispatch", retry=3)
def tell_dispatch() -> None:
    """Write every message of dispatch that is not written yet."""
    while tell_asked() == AT_ONCE:
        pass
    while tell_nobody_found() == AT_ONCE:
        pass


def tell_asked() -> int:
    """Write to those who were asked; who need not answer any more is not bothered. Returns how many."""
    with transaction():
        mine = list(db.session.scalars(LOCK_UNTOLD, {"limit": AT_ONCE}))
        rows = db.session.execute(
            select(Ask, Case, User)
            .join(Case, Case.id == Ask.case_id)
            .join(User, User.id == Ask.volunteer_id)
            .where(Ask.id.in_(mine))
            .order_by(Ask.sent_at)
        ).all()
        for ask, case, user in rows:
            ask.told_at = now()
            if ask.status == "sent" and ask.deadline > ask.told_at and user.is_active:
                _tell(user, "asked_to_help", partial(_asked, case), ASKS_PATH)
    return len(rows)


def _asked(case: Case) -> tuple[str, str]:
    if case.urgency == "life_threatening":
        subject = _("Có người nguy hiểm tính mạng gần bạn, bạn giúp được không?")
    else:
        subject = _("Có người gần bạn cần giúp")
    body = _("Bạn giúp được trường hợp %(code)s không? Xem và trả lời ở đây:", code=case.code)
    return subject, body


def tell_nobody_found() -> int:
    """Write to the officials of the ward and the province; returns about how many searches."""
    with transaction():
        rows = db.session.execute(
            select(Dispatch, Case)
            .join(Case, Case.id == Dispatch.case_id)
            .where(
                Dispatch.status == "nobody_found",
                Dispatch.ended_at > history_begins(now()),
                Dispatch.told_at.is_(None),
            )
            .order_by(Dispatch.ended_at)
            .limit(AT_ONCE)
            .with_for_update(of=Dispatch, skip_locked=True)
        ).all()
        for dispatch, case in rows:
            dispatch.told_at = now()
            officials = officials_of(case.commune_id, case.province_id) if case.status == "open" else ()
            for user in officials:
                _tell(user, "nobody_found", partial(_nobody, case), f"/authority/cases/{case.code}")
    return len(rows)


def _nobody(case: Case) -> tuple[str, str]:
    return (
        _("Chưa tìm được người giúp"),
        _("Đã hỏi các tình nguyện viên quanh trường hợp %(code)s mà chưa ai nhận. Nhờ cán bộ địa bàn xem:",
          code=case.code),
    )  # fmt: skip


def _tell(user: User, purpose: str, words: Callable[[], tuple[str, str]], path: str) -> None:
    with in_language(user.locale):
        subject, body = words()
        send_message(to_user=user, purpose=purpose, subject=subject, body=f"{body}\n{public_url(path)}")
