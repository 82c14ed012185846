"""Plain rules of exports and filters: harmless cells, local days, phone numbers as people write them."""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.core.text import phone_display

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")

# What a spreadsheet takes for a formula at the start of a cell (OWASP, "CSV injection"), also full width.
_FORMULA = re.compile(r"^[\s\u00a0]*[=+\-@＝＋－＠]|^[\t\r\n]")
# A number or a phone number is no formula, whatever sign it starts with.
_NUMBER = re.compile(r"^[+-]?\d[\d .,()]*$")
# Where a reader that splits at another separator would see a cell begin.
_INNER = re.compile(r"([;\t,])(\s*)(?=[=@+\-＝＠＋－])")
_MOBILE = re.compile(r"^\+84([35789]\d{2})(\d{3})(\d{3})$")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet could run this cell as a formula."""
    return bool(_FORMULA.match(text)) and not _NUMBER.match(text)


def harmless(text: str, *, separator: str = ",") -> str:
    """The text with an apostrophe wherever a spreadsheet would otherwise start a formula.

    Phone numbers and negative numbers stay as they are. `separator` is the one of the file: the others could
    split the cell in a program set to them, and what comes after one must not start a formula either.
    """
    if is_formula(text):
        text = "'" + text
    return _INNER.sub(lambda m: m[0] if m[1] == separator else f"{m[1]}{m[2]}'", text)


@lru_cache(maxsize=4096)
def phone_for_people(e164: str) -> str:
    """The number as it is written in its own country; the usual mobile numbers by a short way.

    >>> phone_for_people("+84912345678")
    '0912 345 678'
    """
    found = _MOBILE.match(e164)
    return f"0{found[1]} {found[2]} {found[3]}" if found else phone_display(e164)


def day_start(day: date) -> datetime:
    """The first moment of a local day, in UTC."""
    return datetime.combine(day, time.min, LOCAL).astimezone(UTC)


def day_end(day: date) -> datetime:
    """The first moment after a local day, in UTC."""
    return day_start(day + timedelta(days=1))
