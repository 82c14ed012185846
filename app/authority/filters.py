"""Which cases an official asks for: read from a query string, kept in an address, told to the audit log."""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.authority.wording import SEARCH, SORT, STATUS, URGENCY, VERIFIED
from app.core.errors import Invalid
from app.core.text import clean

LONGEST_Q = 100


@dataclass(frozen=True)
class CaseFilter:
    """States, categories, urgencies (none chosen: all), local days from and to (inclusive), area, words."""

    status: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    urgency: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    area: str = ""
    q: str = ""
    verified: str = ""
    search: str = ""
    """What the search for helpers has come to."""
    sort: str = "newest"

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return replace(self, sort="newest") != CaseFilter()

    def described(self) -> dict[str, Any]:
        """What was asked for, in plain values: for the audit log and for addresses."""
        asked = {
            "status": list(self.status),
            "category": list(self.category),
            "urgency": list(self.urgency),
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
            "area": self.area,
            "q": self.q,
            "verified": self.verified,
            "search": self.search,
        }
        return {name: value for name, value in asked.items() if value}

    def query_string(self, **more: Any) -> str:
        """The filter as a query string, with further parameters."""
        asked = self.described()
        if self.sort != "newest":
            asked["sort"] = self.sort
        return urlencode(asked | {k: v for k, v in more.items() if v}, doseq=True)

    @classmethod
    def from_args(cls, args: "MultiDict[str, str]", categories: Iterable[str]) -> "CaseFilter":
        """Read it, or Invalid with a message for each parameter that cannot be read."""
        wrong: dict[str, list[str]] = {}
        read = cls(
            status=_chosen(args, "status", STATUS, wrong),
            category=_chosen(args, "category", list(categories), wrong),
            urgency=_chosen(args, "urgency", URGENCY, wrong),
            since=_day(args, "from", wrong),
            until=_day(args, "to", wrong),
            area=clean(args.get("area"))[:20],
            q=clean(args.get("q"))[:LONGEST_Q],
            verified=_one(args, "verified", VERIFIED, "", wrong),
            search=_one(args, "search", SEARCH, "", wrong),
            sort=_one(args, "sort", SORT, "newest", wrong),
        )
        if read.since and read.until and read.since > read.until:
            wrong["to"] = [_("Ngày cuối phải sau ngày đầu.")]
        if wrong:
            raise Invalid(_("Bộ lọc chưa đúng."), errors=wrong)
        return read


def _chosen(
    args: "MultiDict[str, str]", name: str, known: Iterable[str], wrong: dict[str, list[str]]
) -> tuple[str, ...]:
    """Values given several times or separated by commas, each one of `known`."""
    asked = [part.strip() for value in args.getlist(name) for part in value.split(",") if part.strip()]
    allowed = set(known)
    if strange := ", ".join(sorted(set(asked) - allowed)):
        wrong[name] = [_("Không có lựa chọn này: %(what)s.", what=strange[:80])]
        return ()
    return tuple(dict.fromkeys(asked))


def _one(
    args: "MultiDict[str, str]", name: str, known: Iterable[str], default: str, wrong: dict[str, list[str]]
) -> str:
    value = args.get(name, "").strip() or default
    if value != default and value not in set(known):
        wrong[name] = [_("Không có lựa chọn này: %(what)s.", what=value[:80])]
        return default
    return value


def _day(args: "MultiDict[str, str]", name: str, wrong: dict[str, list[str]]) -> date | None:
    value = args.get(name, "").strip()
    if not value:
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        wrong[name] = [_("Ngày viết theo dạng 2025-11-22.")]
        return None
    if not 1900 < day.year < 9000:
        wrong[name] = [_("Ngày viết theo dạng 2025-11-22.")]
        return None
    return day


def written_cursor(sort: str, *keys: Any) -> str:
    """The place after a row, as a short text for addresses."""
    packed = json.dumps([sort, *map(str, keys)]).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_cursor(cursor: str, sort: str) -> list[str] | None:
    """The keys behind a cursor of the same order; None for the beginning, Invalid for nonsense."""
    if not cursor:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        kept = json.loads(base64.urlsafe_b64decode(padded.encode()))
        if not (isinstance(kept, list) and kept[0] == sort and all(isinstance(k, str) for k in kept)):
            raise ValueError(cursor)
    except (ValueError, IndexError, KeyError, binascii.Error):
        raise wrong_cursor() from None
    return kept[1:]


def wrong_cursor() -> Invalid:
    """The refusal of a cursor that we did not write."""
    return Invalid(_("Địa chỉ trang không đúng, hãy mở lại từ đầu."), field="cursor")
