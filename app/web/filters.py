"""How moments, distances and quantities are written for people."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal
from flask import Flask
from flask_babel import get_timezone

from app.core.clock import now
from app.core.text import phone_display
from app.web.drawing import plain_words as _
from app.web.i18n import locale_name

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def _local(moment: datetime) -> datetime:
    return moment.astimezone(get_timezone() or ZoneInfo("Asia/Ho_Chi_Minh"))


def ago(moment: datetime) -> str:
    """How long ago: relative under a day, then the date."""
    passed = now() - moment
    if passed < _MINUTE:
        return _("vừa xong")
    if passed < _HOUR:
        return _("%(n)s phút trước", n=passed // _MINUTE)
    if passed < _DAY:
        return _("%(n)s giờ trước", n=passed // _HOUR)
    return dateshort(moment)


def left(moment: datetime) -> str:
    """How long from now: "còn 3 giờ 20 phút"."""
    ahead = max(moment - now(), timedelta(0))
    hours, minutes = ahead // _HOUR, (ahead % _HOUR) // _MINUTE
    if hours:
        return _("còn %(h)s giờ %(m)s phút", h=hours, m=minutes)
    return _("còn %(m)s phút", m=minutes)


def dateshort(moment: datetime) -> str:
    """Day and month, with the year when it is another one: "22/11", "22/11/2025"."""
    local = _local(moment)
    form = "%d/%m" if local.year == _local(now()).year else "%d/%m/%Y"
    return local.strftime(form)


def datetimeshort(moment: datetime) -> str:
    """Time and day: "14:05, 22/11"."""
    return f"{_local(moment):%H:%M}, {dateshort(moment)}"


def clock(moment: datetime) -> str:
    """The time of day: "14:05"."""
    return f"{_local(moment):%H:%M}"


def metres(distance_m: float | None) -> str:
    """A distance as people say it: "600 m", "1,2 km", "35 km"."""
    if distance_m is None:
        return ""
    if distance_m < 950:
        return f"{max(50, round(distance_m / 50) * 50)} m"
    km = distance_m / 1000
    return f"{_number(round(km, 1) if km < 10 else round(km))} km"


def qty(quantity: Decimal | float) -> str:
    """A quantity without needless zeros, in the decimal style of the language."""
    return _number(quantity)


def _number(value: Decimal | float) -> str:
    return _written(value, locale_name())


@lru_cache(maxsize=4096)
def _written(value: Decimal | float, locale: str) -> str:
    """Kept, as a page holds dozens of the same few figures, and Babel takes its time for each."""
    return str(format_decimal(Decimal(str(value)).normalize(), locale=locale))


def set_up(app: Flask) -> None:
    """Make them Jinja filters of the same names."""
    for filter_ in (ago, left, dateshort, datetimeshort, clock, metres, qty):
        app.jinja_env.filters[filter_.__name__] = filter_
    app.jinja_env.filters["phone"] = phone_display
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
