"""What a request for help must hold before it becomes a case."""

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from flask_babel import gettext as _

from app.cases.rules import URGENCIES, VULNERABILITIES
from app.core.errors import Invalid
from app.core.geo import Point
from app.core.text import clean, phone_e164

MOST_NEEDS = 10
MOST_OF_ONE = Decimal(10_000)
LONGEST = {"description": 1000, "address": 200, "contact_name": 80}
LONGEST_ITEM = 80
LONGEST_UNIT = 20
LARGEST_HOUSEHOLD = 100


@dataclass(frozen=True)
class NeedLine:
    """One thing asked for."""

    item: str
    quantity: Decimal
    unit: str = ""


@dataclass(frozen=True)
class CaseRequest:
    """Everything that somebody says when they ask for help; `position` is the exact place."""

    category: str
    needs: Sequence[NeedLine]
    position: Point
    description: str = ""
    address: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    household_size: int = 1
    vulnerabilities: Sequence[str] = ()
    urgency: str = "normal"
    on_behalf: bool = False
    commune_code: str | None = None
    emergency_id: uuid.UUID | None = None
    source: str = "web"
    source_id: str | None = None
    is_demo: bool = False


class Findings:
    """Collects what is wrong, field by field."""

    def __init__(self) -> None:
        self.errors: dict[str, list[str]] = {}

    def add(self, field: str, message: str) -> None:
        """Note that `field` needs mending."""
        self.errors.setdefault(field, []).append(message)

    def raise_if_any(self) -> None:
        """Refuse with everything found so far."""
        if self.errors:
            raise Invalid(_("Một vài chỗ cần sửa lại."), errors=self.errors)


def check_request(
    request: CaseRequest, *, phone_region: str = "VN", contact_needed: bool = True
) -> CaseRequest:
    """The request cleaned, or Invalid with a message for every field that needs mending.

    Reports brought in from elsewhere may lack a contact (`contact_needed=False`).
    """
    found = Findings()
    cleaned = replace(
        request,
        needs=_checked_needs(request.needs, found),
        description=_within(request, "description", found),
        address=_within(request, "address", found).replace("\n", " "),
        contact_name=_within(request, "contact_name", found).replace("\n", " "),
        contact_phone=_checked_phone(request.contact_phone, phone_region, contact_needed, found),
        vulnerabilities=tuple(dict.fromkeys(request.vulnerabilities)),
    )
    if contact_needed and not cleaned.contact_name:
        found.add("contact_name", _("Cho biết tên để người giúp tìm đúng người."))
    if request.urgency not in URGENCIES:
        found.add("urgency", _("Chọn mức khẩn cấp trong danh sách."))
    if not 1 <= request.household_size <= LARGEST_HOUSEHOLD:
        found.add("household_size", _("Số người từ 1 đến %(most)s.", most=LARGEST_HOUSEHOLD))
    if set(request.vulnerabilities) - set(VULNERABILITIES):
        found.add("vulnerabilities", _("Có lựa chọn không nằm trong danh sách."))
    try:
        Point.checked(request.position.lon, request.position.lat)
    except Invalid as wrong:
        found.add("position", wrong.message)
    found.raise_if_any()
    return cleaned


def _within(request: CaseRequest, field: str, found: Findings) -> str:
    text = clean(getattr(request, field))
    if len(text) > LONGEST[field]:
        found.add(
            field,
            _("Dài quá: tối đa %(most)s ký tự, đang có %(now)s.", most=LONGEST[field], now=len(text)),
        )
    return text


def _checked_phone(typed: str, region: str, needed: bool, found: Findings) -> str:
    if not clean(typed):
        if needed:
            found.add("contact_phone", _("Cần số điện thoại để người giúp gọi được cho bạn."))
        return ""
    try:
        return phone_e164(typed, region=region, field="contact_phone")
    except Invalid as wrong:
        found.add("contact_phone", wrong.message)
        return ""


def _checked_needs(needs: Sequence[NeedLine], found: Findings) -> tuple[NeedLine, ...]:
    if not needs:
        found.add("needs", _("Chọn ít nhất một thứ bạn cần."))
    if len(needs) > MOST_NEEDS:
        found.add("needs", _("Nhiều nhất %(most)s dòng cho một trường hợp.", most=MOST_NEEDS))
    return tuple(_checked_need(number, line, found) for number, line in enumerate(needs[:MOST_NEEDS]))


def _checked_need(number: int, line: NeedLine, found: Findings) -> NeedLine:
    item, unit = clean(line.item).replace("\n", " "), clean(line.unit).replace("\n", " ")
    if not 1 <= len(item) <= LONGEST_ITEM:
        found.add(f"needs.{number}.item", _("Ghi tên món cần, tối đa %(most)s ký tự.", most=LONGEST_ITEM))
    if len(unit) > LONGEST_UNIT:
        found.add(f"needs.{number}.unit", _("Đơn vị tối đa %(most)s ký tự.", most=LONGEST_UNIT))
    quantity = line.quantity
    if not math.isfinite(quantity) or not Decimal("0.01") <= quantity <= MOST_OF_ONE:
        words = _("%(item)s: số lượng phải lớn hơn 0 và không quá 10.000.", item=item or _("Món này"))
        found.add(f"needs.{number}.quantity", words)
        quantity = Decimal(1)
    return NeedLine(item, quantity.quantize(Decimal("0.01")), unit)
