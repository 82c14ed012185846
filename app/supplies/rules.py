"""What may be said about a supply point. All of it is public, and said so where it is typed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext as _

from app.core.errors import Invalid
from app.core.geo import Point
from app.core.text import clean, phone_e164

KINDS = ("shop", "market", "charity_kitchen", "school", "rice_atm", "pharmacy", "other")
RADII_M = (0, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000)
LONGEST = {"name": 80, "goods": 300, "hours": 80, "address": 200}
POINTS_A_PERSON = 50
MOST_DELIVERIES = 20


@dataclass(frozen=True)
class SaidPoint:
    """A supply point as its owner describes it.

    `radius_m` is how far they deliver, 0 not at all; `deliveries` to how many households at a time.
    """

    name: str = ""
    kind: str = ""
    goods: str = ""
    hours: str = ""
    address: str = ""
    phone: str = ""
    position: Point | None = None
    radius_m: int = 0
    deliveries: int = 3
    categories: Sequence[str] = ("essentials",)


def check_point(said: SaidPoint, *, phone_region: str = "VN") -> SaidPoint:
    """The same, cleaned, or Invalid with everything that needs mending."""
    errors: dict[str, list[str]] = {}
    cleaned = replace(
        said,
        name=clean(said.name).replace("\n", " "),
        goods=clean(said.goods),
        hours=clean(said.hours),
        address=clean(said.address).replace("\n", " "),
    )
    for name, most in LONGEST.items():
        if (now := len(getattr(cleaned, name))) > most:
            errors[name] = [_("Dài quá: tối đa %(most)s ký tự, đang có %(now)s.", most=most, now=now)]
    if len(cleaned.name) < 3:
        errors["name"] = [_("Đặt tên để người ta nhận ra, ít nhất 3 chữ.")]
    if not cleaned.goods:
        errors["goods"] = [_("Ghi vài thứ bạn có.")]
    if said.kind not in KINDS:
        errors["kind"] = [_("Chọn một loại trong danh sách.")]
    if said.radius_m not in RADII_M:
        errors["radius_m"] = [_("Chọn một khoảng cách trong danh sách.")]
    if not 1 <= said.deliveries <= MOST_DELIVERIES:
        errors["deliveries"] = [_("Từ 1 đến %(n)s nhà.", n=MOST_DELIVERIES)]
    if said.position is None:
        errors["place"] = [_("Cho biết điểm ở đâu: dùng vị trí, kéo bản đồ hoặc gõ địa chỉ.")]
    if clean(said.phone):
        try:
            cleaned = replace(cleaned, phone=phone_e164(said.phone, region=phone_region))
        except Invalid as wrong:
            errors["phone"] = [wrong.message]
    else:
        cleaned = replace(cleaned, phone="")
    if errors:
        raise Invalid(_("Một vài chỗ cần sửa lại."), errors=errors)
    return cleaned
