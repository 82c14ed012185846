"""Officials are told of wards that fall behind: once in a while, by day. Callers hold the transaction."""

from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import text

from app.core.clock import now
from app.core.db import db
from app.coverage.counting import ONE_AT_A_TIME
from app.coverage.models import CoverageAlert
from app.coverage.queries import figures
from app.coverage.rules import ALERT_EVERY_H, Ward, may_tell_at, wards_behind
from app.delivery.actions import send_message
from app.people.queries import officials_of
from app.web.i18n import in_language
from app.web.pages import public_url

ALERTED = text("SELECT area_id FROM coverage_alert WHERE at > :since")
NAME = text("SELECT code, full_name FROM area WHERE id = :id")


def tell_of_wards_behind(at: datetime | None = None) -> int:
    """Tell the officials of every ward that falls behind; returns of how many wards.

    Of one ward they hear once in ALERT_EVERY_H hours, and never at night: the next count by day finds it.
    """
    at = at or now()
    if not may_tell_at(at):
        return 0
    db.session.execute(ONE_AT_A_TIME)
    told = set(db.session.scalars(ALERTED, {"since": at - timedelta(hours=ALERT_EVERY_H)}))
    behind = [ward for ward in wards_behind(figures()) if ward.area_id not in told]
    for ward in behind:
        _tell(ward, at)
    return len(behind)


def _tell(ward: Ward, at: datetime) -> None:
    """Write the alert down and a message to each official of the ward and of its province."""
    area = db.session.execute(NAME, {"id": ward.area_id}).one()
    officials = officials_of(ward.area_id, ward.province_id)
    for user in officials:
        with in_language(user.locale):
            send_message(
                to_user=user,
                purpose="ward_behind",
                subject=_("%(ward)s đang bị bỏ lại", ward=area.full_name),
                body=_(
                    "%(ward)s: %(waiting)s trong %(open)s trường hợp đang cần giúp đã chờ quá một ngày,"
                    " %(unmet)s%% những gì được nhờ chưa ai nhận. Xem và phân công ở đây:",
                    ward=area.full_name,
                    waiting=ward.waiting,
                    open=ward.open,
                    unmet=round(ward.unmet * 100),
                )
                + "\n"
                + public_url("/authority/coverage/"),
            )
    db.session.add(
        CoverageAlert(
            area_id=ward.area_id,
            at=at,
            open=ward.open,
            waiting=ward.waiting,
            unmet=ward.unmet,
            told=len(officials),
        )
    )
    db.session.flush()
