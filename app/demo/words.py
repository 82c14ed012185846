"""The words of the demo city: reads `seed/demo` and puts names, texts and needs together."""

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

from app.cases.posting import NeedLine
from app.config import ROOT

FOLDER = ROOT / "seed" / "demo"
HOUSES = {
    "{n}/{a} {s}": 40,
    "{n}/{a}/{b} {s}": 18,
    "{n} {s}": 22,
    "Phòng {b}, nhà trọ {n}/{a} {s}": 13,
    "Căn hộ {b}{a:02}, {n} {s}": 7,
}
MOST_LINES = {"food": (2, 4), "household": (1, 2), "medical": (1, 2)}


@cache
def book(name: str) -> dict[str, Any]:
    """One file of `seed/demo`, read once."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Household:
    """Who lives there, as far as it decides what they ask for."""

    size: int
    vulnerabilities: tuple[str, ...]


def full_name(rng: Random) -> str:
    """A name as on an identity card: "Huỳnh Thị Kim Loan"."""
    people = book("people")
    family = rng.choices(list(people["family"]), list(people["family"].values()))[0]
    half = people[rng.choice(("women", "men"))]
    return f"{family} {rng.choice(half['middle'])} {rng.choice(half['given'])}"


def lane_name(rng: Random, *, old: bool) -> str:
    """A name as the neighbours call somebody: "Bà Sáu", "Chú Ba Lành"."""
    lane = book("people")["lane"]
    title = rng.choice(rng.choice((lane["old_women"], lane["old_men"])) if old else lane["younger"])
    tail = f" {rng.choice(lane['by_names'])}" if rng.random() < 0.4 else ""
    return f"{title} {rng.choice(lane['ranks'])}{tail}"


def household(rng: Random) -> Household:
    """A household of a usual size, with somebody who needs more care in about half of them."""
    size = rng.choices((1, 2, 3, 4, 5, 6, 7, 8, 11), (9, 17, 20, 23, 13, 8, 4, 4, 2))[0]
    chances = (("children", 0.30), ("elderly", 0.24), ("sick", 0.11), ("pregnant", 0.05))
    return Household(size, tuple(who for who, chance in chances if rng.random() < chance))


def need_lines(rng: Random, groups: Sequence[str], home: Household) -> list[NeedLine]:
    """What the household asks for out of each group, nothing twice."""
    lines: list[NeedLine] = []
    for group in groups:
        fits = [row for row in book("needs")[group] if row.get("with", "") in ("", *home.vulnerabilities)]
        for _ in range(rng.randint(*MOST_LINES.get(group, (1, 1)))):
            if fits:
                row = rng.choices(fits, [entry["share"] for entry in fits])[0]
                fits.remove(row)
                lines.append(NeedLine(row["item"], _quantity(rng, row, home.size), row["unit"]))
    return lines


def description(rng: Random, category: str, home: Household, lines: Sequence[NeedLine]) -> str:
    """A few sentences that fit the household; about a fifth of people write nothing."""
    words = book("words")
    if category == "essentials" and rng.random() < 0.2:
        return ""
    said = [rng.choice(words["situation"][category])]
    if home.vulnerabilities and category != "medical_advice" and rng.random() < 0.75:
        said.append(rng.choice(words["someone"][rng.choice(home.vulnerabilities)]))
    if rng.random() < 0.6:
        said.append(rng.choice(words["coming"]["lines"]))
    return " ".join(said).format(n=home.size, item=lines[0].item.lower())


def shop_address(rng: Random, ward: str) -> str:
    """A house on a street, as shops have them."""
    return f"{rng.randint(2, 690)} {rng.choice(book('words')['streets']['names'])}, {ward}"


def address(rng: Random, ward: str) -> str:
    """A house in a lane, a room or a flat, on a street of the city."""
    street = rng.choice(book("words")["streets"]["names"])
    number = rng.randint(2, 690)
    form = rng.choices(list(HOUSES), list(HOUSES.values()))[0]
    return form.format(n=number, a=rng.randint(1, 60), b=rng.randint(1, 15), s=street) + f", {ward}"


def why(rng: Random, what: str) -> str:
    """What somebody says when they extend, release, cancel or did not receive."""
    return str(rng.choice(book("words")["why"][what]))


def _quantity(rng: Random, row: dict[str, Any], people: int) -> Decimal:
    step = Decimal(str(row["step"]))
    wanted = row["each"] * people * rng.uniform(0.7, 1.3)
    steps: int = math.ceil(wanted / float(step) - 0.35)
    return max(step, step * steps)
