"""What somebody wants to see: read strictly from an address, written back into one."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from app.cases.rules import URGENCIES
from app.core.errors import Invalid
from app.core.geo import Point
from app.core.text import clean
from app.feed import catalogue
from app.feed.catalogue import AreaFacts
from app.feed.cursor import Cursor
from app.feed.rules import (
    DEFAULT_LIMIT,
    DEFAULT_STATUSES,
    FARTHEST_RADIUS_M,
    LONGEST_QUERY,
    MOST_LIMIT,
    MOST_WORDS,
    STATUS_WORDS,
    Box,
    groups_of,
    statuses_of,
    words_for,
)

T = TypeVar("T")
_NUMBER = re.compile(r"[+-]?(\d{1,9}(\.\d{0,20})?|\.\d{1,20})", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
DIGITS = 6
"""Of a degree: a tenth of a metre, and short enough for an address."""
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,32}")

NOT_A_POINT = _l("Vị trí phải là vĩ độ, kinh độ, ví dụ 10.7769,106.7009.")
NOT_A_BOX = _l("Khung phải là tây,nam,đông,bắc theo độ, ví dụ 106.6,10.7,106.8,10.9.")


@dataclass(frozen=True)
class Filter:
    """One view of the feed. The list, the tiles and the API read the same one and show the same cases."""

    near: Point | None = None
    radius_m: int | None = None
    bbox: Box | None = None
    area: AreaFacts | None = None
    categories: tuple[str, ...] = ()
    urgencies: tuple[str, ...] = ()
    statuses: tuple[str, ...] = DEFAULT_STATUSES
    q: str = ""
    limit: int = DEFAULT_LIMIT
    cursor: Cursor | None = None
    by_group: bool = False
    """Whether what needs help comes before what is on the way, and that before what is done."""

    @property
    def groups(self) -> tuple[str, ...]:
        """The map's groups that can appear."""
        return groups_of(self.statuses)

    @property
    def words(self) -> list[str]:
        """The words of `q`; each must occur."""
        return self.q.split()[:MOST_WORDS]

    @classmethod
    def from_args(
        cls, args: MultiDict[str, str], *, statuses: tuple[str, ...] = DEFAULT_STATUSES
    ) -> "Filter":
        """The filter that a query string asks for, or Invalid with a message for each field.

        Empty values count as absent; unknown names are ignored. `statuses` apply when none are asked for.
        """
        read = _Reading(args)
        asked = cls(
            near=read.one("near", _point),
            radius_m=read.one("radius_m", _radius),
            bbox=read.one("bbox", _box),
            area=read.one("area", _area),
            categories=read.many("category", _category),
            urgencies=read.many("urgency", _urgency),
            statuses=statuses_of(read.many("status", _status)) or statuses,
            q=read.one("q", _words) or "",
            limit=read.one("limit", _limit) or DEFAULT_LIMIT,
            cursor=read.one("cursor", _cursor),
        )
        if asked.radius_m and asked.near is None and "near" not in read.errors:
            read.errors["radius_m"] = [_("Muốn lọc theo khoảng cách thì cần một vị trí (near).")]
        if (
            asked.cursor
            and (asked.cursor.metres is None) != (asked.near is None)
            and "near" not in read.errors
        ):
            read.errors["cursor"] = [_wrong_cursor()]
        if read.errors:
            raise Invalid(_("Bộ lọc chưa đúng."), errors=read.errors, slug="invalid-filter")
        return asked

    def but(self, **changes: Any) -> "Filter":
        """The same view with something changed, from its first page."""
        return replace(self, **({"cursor": None} | changes))

    def pairs(
        self, *, paging: bool = False, usual: tuple[str, ...] = DEFAULT_STATUSES
    ) -> list[tuple[str, str]]:
        """Names and values of the query string; `paging` adds the limit and the place in the list.

        `usual` statuses are not said: they hold where the string is read.
        """
        said = [
            ("near", (f"{self.near.lat:.{DIGITS}f},{self.near.lon:.{DIGITS}f}",) if self.near else ()),
            ("radius_m", (str(self.radius_m),) if self.radius_m else ()),
            ("bbox", (",".join(f"{side:.{DIGITS}f}" for side in self.bbox),) if self.bbox else ()),
            ("area", (self.area.code,) if self.area else ()),
            ("category", self.categories),
            ("urgency", self.urgencies),
            ("status", words_for(self.statuses) if self.statuses != usual else ()),
            ("q", (self.q,) if self.q else ()),
        ]
        if paging:
            said.append(("limit", (str(self.limit),) if self.limit != DEFAULT_LIMIT else ()))
            said.append(("cursor", (self.cursor.written(),) if self.cursor else ()))
        return [(name, value) for name, values in said for value in values]

    def query_string(self, *, paging: bool = False, usual: tuple[str, ...] = DEFAULT_STATUSES) -> str:
        """The view as a query string: reading it back with the same `usual` gives the same view."""
        return urlencode(self.pairs(paging=paging, usual=usual), safe=",")


class _Reading:
    """Reads one argument after the other and collects what is wrong with each."""

    def __init__(self, args: MultiDict[str, str]) -> None:
        self.args = args
        self.errors: dict[str, list[str]] = {}

    def one(self, name: str, parse: Callable[[str], T]) -> T | None:
        """The value of an argument that may be given once."""
        given = [value for value in self.args.getlist(name) if value.strip()]
        if not given:
            return None
        if len(given) > 1:
            self.errors[name] = [_("Chỉ được nêu một lần.")]
            return None
        return self._parsed(name, given[0], parse)

    def many(self, name: str, parse: Callable[[str], str]) -> tuple[str, ...]:
        """The values of an argument given several times, or once with commas; each once."""
        given = [
            part.strip() for value in self.args.getlist(name) for part in value.split(",") if part.strip()
        ]
        parsed = (self._parsed(name, part, parse) for part in given[:50])
        return tuple(dict.fromkeys(value for value in parsed if value is not None))

    def _parsed(self, name: str, given: str, parse: Callable[[str], T]) -> T | None:
        try:
            return parse(given)
        except _Wrong as wrong:
            self.errors[name] = [str(wrong)]
            return None


class _Wrong(ValueError):
    """What is wrong with one argument, in the person's language."""


def _numbers(given: str, count: int, message: Any) -> list[float]:
    parts = [part.strip() for part in given.split(",")]
    if len(parts) != count or not all(_NUMBER.fullmatch(part) for part in parts):
        raise _Wrong(message)
    return [round(float(part), DIGITS) for part in parts]


def _point(given: str) -> Point:
    lat, lon = _numbers(given, 2, NOT_A_POINT)
    if not (math.fabs(lat) <= 90 and math.fabs(lon) <= 180):
        raise _Wrong(NOT_A_POINT)
    return Point(lon, lat)


def _box(given: str) -> Box:
    box = Box(*_numbers(given, 4, NOT_A_BOX))
    if not (-180 <= box.west < box.east <= 180 and -90 <= box.south < box.north <= 90):
        raise _Wrong(NOT_A_BOX)
    return box


def _whole(given: str, least: int, most: int) -> int:
    if not _WHOLE.fullmatch(given.strip()) or not least <= int(given) <= most:
        raise _Wrong(_("Phải là số nguyên từ %(least)s đến %(most)s.", least=least, most=most))
    return int(given)


def _radius(given: str) -> int:
    return _whole(given, 1, FARTHEST_RADIUS_M)


def _limit(given: str) -> int:
    return _whole(given, 1, MOST_LIMIT)


def _area(given: str) -> AreaFacts:
    code = given.strip()
    found = catalogue.area(code) if _CODE.fullmatch(code) else None
    if found is None:
        raise _Wrong(_("Không có địa bàn nào mang mã này."))
    return found


def _category(given: str) -> str:
    if catalogue.category(given) is None:
        raise _Wrong(_("Không có nhóm hỗ trợ này."))
    return given


def _one_of(given: str, choices: Any) -> str:
    if given not in choices:
        raise _Wrong(_("Phải là một trong: %(choices)s.", choices=", ".join(choices)))
    return given


def _urgency(given: str) -> str:
    return _one_of(given, URGENCIES)


def _status(given: str) -> str:
    return _one_of(given, STATUS_WORDS)


def _words(given: str) -> str:
    if "\x00" in given:
        raise _Wrong(_("Từ tìm kiếm có ký tự không hợp lệ."))
    words = " ".join(clean(given).split())
    if len(words) > LONGEST_QUERY:
        raise _Wrong(_("Từ tìm kiếm dài quá %(most)s ký tự.", most=LONGEST_QUERY))
    return words


def _wrong_cursor() -> str:
    return str(_("Dấu trang không dùng được nữa, hãy xem lại từ đầu danh sách."))


def _cursor(given: str) -> Cursor:
    cursor = Cursor.read(given.strip())
    if cursor is None:
        raise _Wrong(_wrong_cursor())
    return cursor
