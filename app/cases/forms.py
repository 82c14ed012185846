"""The posting form: what was typed, read into a request, and at which field each message stands."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from werkzeug.datastructures import MultiDict

from app.cases.checking import CaseRequest, NeedLine
from app.core.geo import Point
from app.core.text import clean
from app.emergencies.models import Category
from app.web.i18n import locale_name

OWN_LINES = 3
"""How many things of their own somebody can write beside what is offered."""

LONGEST_NUMBER = 12
_NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+")

Fields = MultiDict[str, str]


class TypedNeed(NamedTuple):
    """One line of needs as typed, and the names of its fields."""

    line: NeedLine
    fields: Mapping[str, str]


def chosen_category(typed: Fields, categories: Sequence[Category]) -> str:
    """The chosen category, or the only one that there is a choice of."""
    chosen = typed.get("category", "")
    return categories[0].slug if not chosen and len(categories) == 1 else chosen


def typed_needs(typed: Fields, category: Category | None) -> list[TypedNeed]:
    """The chosen things of the category, then what was written by hand; empty lines are left out."""
    return [*_offered(typed, category), *_own(typed)]


def _offered(typed: Fields, category: Category | None) -> list[TypedNeed]:
    if category is None:
        return []
    wanted = set(typed.getlist("want"))
    found = []
    for number, chip in enumerate(category.chips):
        key = f"{category.slug}.{number}"
        if key in wanted:
            quantity = read_number(typed.get(f"qty.{key}", ""))
            line = NeedLine(str(chip["item"]), quantity, str(chip.get("unit", "")))
            found.append(TypedNeed(line, dict.fromkeys(("item", "quantity", "unit"), f"qty.{key}")))
    return found


def _own(typed: Fields) -> list[TypedNeed]:
    found = []
    for number in range(OWN_LINES):
        fields = {part: f"own.{part}.{number}" for part in ("item", "quantity", "unit")}
        item, quantity, unit = (clean(typed.get(name, "")) for name in fields.values())
        if item or unit or quantity not in ("", "1"):
            found.append(TypedNeed(NeedLine(item, read_number(quantity or "1"), unit), fields))
    return found


def read_number(text: str) -> Decimal:
    """A number as people write it here: "2,5", "2.5", "1.000"; NaN when it is none."""
    plain = clean(text).replace(" ", "")[:LONGEST_NUMBER]
    comma = locale_name() != "en"
    if comma and ("," in plain or _THOUSANDS.fullmatch(plain)):
        plain = plain.replace(".", "").replace(",", ".", 1)
    else:
        plain = plain.replace(",", "")
    return Decimal(plain) if _NUMBER.fullmatch(plain) else Decimal("NaN")


def read_count(text: str) -> int:
    """A whole number of people; 0, which is refused, when it is none."""
    number = read_number(text)
    return int(number) if number.is_finite() and number == number.to_integral_value() else 0


def read_request(typed: Fields, category: str, needs: Sequence[TypedNeed], position: Point) -> CaseRequest:
    """What the domain takes."""
    return CaseRequest(
        category=category,
        needs=tuple(need.line for need in needs),
        position=position,
        description=typed.get("description", ""),
        address=typed.get("address", ""),
        contact_name=typed.get("contact_name", ""),
        contact_phone=typed.get("contact_phone", ""),
        household_size=read_count(typed.get("household_size", "1")),
        vulnerabilities=tuple(dict.fromkeys(typed.getlist("vulnerabilities"))),
        urgency=typed.get("urgency") or "normal",
        on_behalf=typed.get("on_behalf") == "1",
        commune_code=typed.get("area") or typed.get("commune_code") or None,
        source="web",
    )


def beside_fields(errors: Mapping[str, Sequence[str]], needs: Sequence[TypedNeed]) -> dict[str, list[str]]:
    """The messages of the domain by the id of the field on the page that each stands at."""
    placed: dict[str, list[str]] = {}
    for name, texts in errors.items():
        placed.setdefault(_field_of(name, needs), []).extend(texts)
    return placed


def _field_of(name: str, needs: Sequence[TypedNeed]) -> str:
    if name in ("position", "commune_code"):
        return "place"
    parts = name.split(".")
    if parts[0] == "needs" and len(parts) == 3:
        return needs[int(parts[1])].fields[parts[2]]
    return name
