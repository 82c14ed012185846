"""What volunteers may say about themselves."""

import math
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.errors import Invalid
from app.core.geo import Point

RADII_M = (1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 50_000)
LARGEST_CAPACITY = 20

VEHICLES = {"on_foot": 2, "bicycle": 4, "motorbike": 8, "car": 30}
"""How many portions somebody carries at once. A portion is a parcel for a household of up to four."""
USUAL_VEHICLE = "motorbike"
VEHICLE_WORDS = {
    "on_foot": _l("Đi bộ"),
    "bicycle": _l("Xe đạp"),
    "motorbike": _l("Xe máy"),
    "car": _l("Ô tô"),
}
PEOPLE_A_PORTION = 4


def portions_of(household_size: int, *, carried: bool = True) -> int:
    """How many portions a case is; advice is not carried and weighs nothing."""
    return math.ceil(max(1, household_size) / PEOPLE_A_PORTION) if carried else 0


@dataclass(frozen=True)
class Helping:
    """A volunteer's own settings: from where, how far, what, how many at a time, how, whether now."""

    base: Point | None = None
    radius_m: int = 3_000
    categories: tuple[str, ...] = ()
    capacity: int = 3
    vehicle: str = USUAL_VEHICLE
    available: bool = True


def check_helping(said: Helping) -> Helping:
    """The settings, or Invalid with everything that is wrong."""
    errors: dict[str, list[str]] = {}
    if said.radius_m not in RADII_M:
        errors["radius_m"] = [_("Chọn một khoảng cách trong danh sách.")]
    if not 1 <= said.capacity <= LARGEST_CAPACITY:
        errors["capacity"] = [_("Từ 1 đến %(n)s trường hợp.", n=LARGEST_CAPACITY)]
    if said.vehicle not in VEHICLES:
        errors["vehicle"] = [_("Chọn một phương tiện trong danh sách.")]
    if not said.categories:
        errors["categories"] = [_("Chọn ít nhất một việc bạn giúp được.")]
    if said.available and said.base is None:
        errors["place"] = [_("Cho biết bạn thường đi từ đâu: dùng vị trí, kéo bản đồ hoặc gõ tên phường.")]
    if errors:
        raise Invalid(_("Một vài chỗ cần sửa lại."), errors=errors)
    return said
