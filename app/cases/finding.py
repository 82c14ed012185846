"""A lost tracking link, mended through the phone number that stands in the case."""

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select

from app.cases.models import Case
from app.cases.tracking import tracking_path
from app.core.db import db, transaction
from app.core.jobs import defer, jobs
from app.core.text import phone_e164
from app.delivery.actions import send_message
from app.web.i18n import in_language, phone_region
from app.web.pages import public_url

LIVE = ("open", "claimed", "delivered")
MOST_LINKS = 10


def ask_for_links(phone: str) -> None:
    """Have the tracking links of this phone's live cases sent to it, whether or not there are any.

    A job does the looking up, so that the answer takes the same time for every number. Raises Invalid.
    """
    defer(send_links, phone=phone_e164(phone, region=phone_region()))


@jobs.task(name="cases.send_links", retry=3)
def send_links(phone: str) -> None:
    """Send the links; nothing when the number is in no live case."""
    with transaction():
        cases = db.session.scalars(
            select(Case)
            .where(Case.contact_phone == phone, Case.status.in_(LIVE), Case.source != "import")
            .order_by(Case.created_at.desc())
            .limit(MOST_LINKS)
        ).all()
        if not cases:
            return
        with in_language(current_app.config["SETTINGS"].default_locale):
            lines = [f"{case.needs_text} ({case.code}): {public_url(tracking_path(case))}" for case in cases]
            send_message(
                address=phone,
                purpose="tracking_links",
                subject=_("Đường dẫn theo dõi của bạn"),
                body="\n".join([_("Mở đường dẫn để xem và trả lời trường hợp của bạn:"), *lines]),
            )
