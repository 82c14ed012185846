"""The columns of an export: a key for programs, a heading for people, and the kind of value."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from flask_babel import lazy_gettext
from flask_babel import lazy_gettext as _l

from app.authority.rules import LOCAL, phone_for_people
from app.authority.wording import SOURCE, STATUS, URGENCY, VULNERABILITY
from app.web.i18n import in_language

Kind = Literal["text", "phone", "phones", "names", "words", "bool", "integer", "degrees", "moment"]
Heading = Literal["key", "vi", "en"]
HEADINGS: tuple[Heading, ...] = ("key", "vi", "en")
LIST = "; "


class Column(NamedTuple):
    """One column; `field` is the name in `queries.ROWS`, `width` in characters."""

    key: str
    heading: Any
    kind: Kind
    width: int
    field: str = ""


COLUMNS = (
    Column("code", _l("Mã"), "text", 13),
    Column("category", _l("Nhóm hỗ trợ"), "words", 18),
    Column("needs", _l("Cần gì"), "text", 40),
    Column("description", _l("Lời nhắn"), "text", 40),
    Column("status", _l("Trạng thái"), "words", 17),
    Column("urgency", _l("Mức khẩn cấp"), "words", 17),
    Column("household_size", _l("Số người"), "integer", 9),
    Column("vulnerabilities", _l("Người dễ bị tổn thương"), "words", 24),
    Column("contact_name", _l("Người liên hệ"), "text", 22),
    Column("contact_phone", _l("Điện thoại"), "phone", 14),
    Column("on_behalf", _l("Đăng giúp người khác"), "bool", 10),
    Column("address", _l("Địa chỉ"), "text", 36),
    Column("ward", _l("Phường, xã"), "text", 24),
    Column("ward_code", _l("Mã phường, xã"), "text", 10),
    Column("province", _l("Tỉnh, thành phố"), "text", 24),
    Column("latitude", _l("Vĩ độ"), "degrees", 11, "lat"),
    Column("longitude", _l("Kinh độ"), "degrees", 11, "lon"),
    Column("created_at", _l("Đăng lúc"), "moment", 17),
    Column("status_at", _l("Trạng thái từ lúc"), "moment", 17),
    Column("claimed_by", _l("Người nhận giúp"), "names", 24, "names"),
    Column("claimed_by_phone", _l("Điện thoại người nhận giúp"), "phones", 16, "phones"),
    Column("delivered_at", _l("Giao lúc"), "moment", 17),
    Column("verified_at", _l("Xác minh lúc"), "moment", 17),
    Column("source", _l("Nguồn"), "words", 14),
    Column("source_id", _l("Mã ở nguồn"), "text", 16),
    Column("demo", _l("Dữ liệu mẫu"), "bool", 9, "is_demo"),
)


@dataclass(frozen=True)
class Sheet:
    """How one export is written: headings, and the value of each column of a row in plain Python types.

    Values are str, int, float, bool, an aware datetime, or None. With headings for people the values are
    words of that language and phones as people write them; with keys they are what the API speaks.
    """

    headings: tuple[str, ...]
    kinds: tuple[Kind, ...]
    widths: tuple[int, ...]
    for_people: bool
    readers: tuple[tuple[str, Callable[[Any], Any]], ...]

    def values(self, row: Any) -> list[Any]:
        """The cells of one row."""
        fields = row._mapping
        return [read(fields[name]) for name, read in self.readers]


def sheet_for(heading: Heading, categories: Mapping[str, tuple[str, str]]) -> Sheet:
    """The sheet in a language, or with keys. `categories`: the Vietnamese and English name of each slug."""
    words = {} if heading == "key" else _words(heading, categories)
    return Sheet(
        headings=tuple(c.key if heading == "key" else _in(heading, c.heading) for c in COLUMNS),
        kinds=tuple(c.kind for c in COLUMNS),
        widths=tuple(c.width for c in COLUMNS),
        for_people=heading != "key",
        readers=tuple((c.field or c.key, _reader(c, words.get(c.key), heading)) for c in COLUMNS),
    )


def local(moment: datetime) -> datetime:
    """A moment on the clock of the place, without its zone: what a spreadsheet calls a date."""
    return moment.astimezone(LOCAL).replace(tzinfo=None)


def _words(heading: Heading, categories: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    tables = {"status": STATUS, "urgency": URGENCY, "vulnerabilities": VULNERABILITY, "source": SOURCE}
    words = {key: {slug: _in(heading, word) for slug, word in table.items()} for key, table in tables.items()}
    words["category"] = {slug: names[heading == "en"] for slug, names in categories.items()}
    return words


def _in(heading: Heading, word: Any) -> str:
    with in_language("en" if heading == "en" else "vi"):
        return str(word)


def _reader(column: Column, words: Mapping[str, str] | None, heading: Heading) -> Callable[[Any], Any]:
    if column.kind == "words":
        return _worded(words or {})
    if column.kind in ("phone", "phones") and heading != "key":
        return lambda found: LIST.join(map(phone_for_people, _several(found)))
    if column.kind in ("names", "phones", "phone"):
        return lambda found: LIST.join(_several(found))
    if column.kind == "bool" and heading != "key":
        yes = _in(heading, lazy_gettext("Có"))
        return lambda found: yes if found else ""
    if column.kind == "text":
        return lambda found: found or ""
    return lambda found: found


def _worded(words: Mapping[str, str]) -> Callable[[Any], str]:
    return lambda found: LIST.join(words.get(slug, slug) for slug in _several(found))


def _several(found: str | Sequence[str] | None) -> Sequence[str]:
    return [found] if isinstance(found, str) else [each for each in found or [] if each]
