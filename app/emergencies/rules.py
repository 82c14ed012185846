"""What an emergency and a category must be, as plain rules on what was typed."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from app.core.errors import Invalid
from app.core.text import clean, fold

LONGEST_NAME = 120
LONGEST_PERIOD = timedelta(days=3 * 366)
MOST_CHIPS = 12
LARGEST_STEP = 10_000
ICONS = ("other", "rescue", "shelter", "oxygen", "water", "household", "package", "home", "child", "elderly")
_SLUG = re.compile(r"[a-z][a-z0-9_]{1,39}")

Errors = dict[str, list[str]]


@dataclass(frozen=True)
class EmergencyDraft:
    """An emergency as it was typed: texts, official codes of areas, slugs of categories."""

    name: str = ""
    name_en: str = ""
    starts_at: str = ""
    ends_at: str = ""
    areas: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class CategoryDraft:
    """A category as it was typed; `chips` holds one "item | unit | step" a line."""

    name_vi: str = ""
    name_en: str = ""
    slug: str = ""
    icon: str = "other"
    medic_only: bool = False
    on_map: bool = True
    chips: str = ""


def check_emergency(draft: EmergencyDraft, *, now: datetime, zone: str) -> tuple[datetime, datetime | None]:
    """From when to when it is on, or Invalid with everything that is wrong."""
    errors: Errors = {}
    if not clean(draft.name):
        errors["name"] = [_("Đặt tên cho đợt ứng phó.")]
    for field, name in (("name", draft.name), ("name_en", draft.name_en)):
        if len(clean(name)) > LONGEST_NAME:
            errors[field] = [_("Tên dài nhất %(n)s chữ.", n=LONGEST_NAME)]
    if not draft.areas:
        errors["areas"] = [_("Chọn ít nhất một địa bàn.")]
    if not draft.categories:
        errors["categories"] = [_("Chọn ít nhất một nhóm hỗ trợ.")]
    starts_at = _moment(draft.starts_at, zone, "starts_at", errors) or now
    ends_at = _moment(draft.ends_at, zone, "ends_at", errors)
    if ends_at and "ends_at" not in errors:
        if ends_at <= max(starts_at, now):
            errors["ends_at"] = [_("Ngày kết thúc phải sau bây giờ và sau ngày bắt đầu.")]
        elif ends_at - starts_at > LONGEST_PERIOD:
            errors["ends_at"] = [_("Một đợt kéo dài nhất ba năm.")]
    if errors:
        raise Invalid(_("Một vài chỗ cần sửa lại."), errors=errors)
    return starts_at, ends_at


def _moment(typed: str, zone: str, field: str, errors: Errors) -> datetime | None:
    """What `<input type="datetime-local">` sends, in the time zone of the site."""
    if not typed.strip():
        return None
    try:
        moment = datetime.fromisoformat(typed.strip())
    except ValueError:
        errors[field] = [_("Ngày giờ chưa đúng.")]
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def slug_for(name: str) -> str:
    """A slug made of a name: "Cứu hộ" → "cuu_ho"."""
    return re.sub(r"[^a-z0-9]+", "_", fold(name)).strip("_")[:40]


def check_category(draft: CategoryDraft) -> dict[str, Any]:
    """The columns of the new category, or Invalid with everything that is wrong."""
    errors: Errors = {}
    name_vi, name_en = clean(draft.name_vi), clean(draft.name_en)
    for field, name in (("name_vi", name_vi), ("name_en", name_en)):
        if not name:
            errors[field] = [_("Đặt tên cho nhóm hỗ trợ.")]
        elif len(name) > LONGEST_NAME:
            errors[field] = [_("Tên dài nhất %(n)s chữ.", n=LONGEST_NAME)]
    slug = draft.slug.strip() or slug_for(name_en or name_vi)
    if name_vi and not _SLUG.fullmatch(slug):
        errors["slug"] = [_("Mã gồm chữ thường không dấu, số và dấu gạch dưới, bắt đầu bằng chữ.")]
    if draft.icon not in ICONS:
        errors["icon"] = [_("Chọn một biểu tượng.")]
    chips = _chips(draft.chips, errors)
    if errors:
        raise Invalid(_("Một vài chỗ cần sửa lại."), errors=errors)
    return {
        "slug": slug,
        "name_vi": name_vi,
        "name_en": name_en,
        "icon": draft.icon,
        "medic_only": draft.medic_only,
        "on_map": draft.on_map,
        "chips": chips,
    }


def _chips(typed: str, errors: Errors) -> list[dict[str, Any]]:
    """One quick choice a line; "Gạo | kg | 5"."""
    chips = []
    for line in filter(None, map(str.strip, clean(typed).split("\n"))):
        item, unit, step = (*(part.strip() for part in line.split("|")), "", "")[:3]
        try:
            size = Decimal(step or "1")
        except InvalidOperation:
            size = Decimal(0)
        if not item or not unit or not size.is_finite() or not 0 < size <= LARGEST_STEP:
            errors["chips"] = [
                _("Mỗi dòng một món: món | đơn vị | bước. Dòng chưa đúng: %(line)s", line=line[:60])
            ]
            return []
        chips.append({"item": item[:60], "unit": unit[:20], "step": float(size) if size % 1 else int(size)})
    if len(chips) > MOST_CHIPS:
        errors["chips"] = [_("Nhiều nhất %(n)s món.", n=MOST_CHIPS)]
    return chips
