"""The people of the demo city: nine who can be signed in as, their neighbours, volunteers and suppliers."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from app.core.geo import Point
from app.core.text import phone_e164
from app.demo import ACCOUNTS
from app.demo.places import HOME_WARD, OTHER_WARD, Home, Ward, place_in
from app.demo.words import full_name

VOLUNTEERS = 300
MEDICS = 12
RESIDENTS = 420
SUPPLIERS = 120
RADII_M = (1000, 2000, 3000, 3000, 5000, 8000)


@dataclass
class Person:
    """One user with their roles; a volunteer also has a base."""

    id: uuid.UUID
    phone: str
    name: str
    created_at: datetime
    roles: list[str] = field(default_factory=list)
    official_of: int | None = None
    base: Point | None = None
    radius_m: int = 3000
    capacity: int = 3
    categories: list[str] = field(default_factory=list)
    available: bool = True
    verified: bool = True
    home: Home | None = None

    @property
    def is_medic(self) -> bool:
        """A medic whose licence somebody has verified."""
        return "medic" in self.roles and self.verified


@dataclass(frozen=True)
class Town:
    """Everybody, by what they do; the nine known accounts by their phone number."""

    known: dict[str, Person]
    residents: list[Person]
    volunteers: list[Person]
    suppliers: list[Person]

    def everyone(self) -> list[Person]:
        """Each person once."""
        groups = (list(self.known.values()), self.residents, self.volunteers, self.suppliers)
        return list({person.id: person for group in groups for person in group}.values())


def demo_phone(number: int) -> str:
    """A number of the block that the demo uses, +84 90 000 xxxx; nothing is ever sent there."""
    return phone_e164(f"090000{number:04}")


def make_town(
    rng: Random,
    wards: Sequence[Ward],
    now: datetime,
    make_id: Callable[[datetime], uuid.UUID],
) -> Town:
    """Everybody, deterministic by `rng`."""
    by_code = {ward.code: ward for ward in wards}
    weights = [ward.people for ward in wards]

    def person(number: int, name: str, roles: list[str]) -> Person:
        since = now - timedelta(days=rng.uniform(7.2, 30))
        return Person(make_id(since), demo_phone(number), name, since, roles)

    known = {a.phone: person(int(a.phone[-4:]), a.name, _roles(a.role)) for a in ACCOUNTS}
    known["0900000005"].official_of = by_code[HOME_WARD].id
    known["0900000006"].official_of = by_code[HOME_WARD].province_id
    known["0900000009"].official_of = by_code[OTHER_WARD].id
    helpers = [known[phone] for phone in ("0900000002", "0900000003", "0900000008")]
    for helper in helpers:
        _settle(rng, helper, by_code[HOME_WARD])
        helper.radius_m, helper.capacity, helper.available = 5000, 5, True
    for number in range(VOLUNTEERS - len(helpers)):
        roles = ["volunteer", "medic"] if number < MEDICS else ["volunteer"]
        helper = person(1000 + number, full_name(rng), roles)
        helper.verified = number != MEDICS - 1
        _settle(rng, helper, rng.choices(wards, weights)[0])
        helpers.append(helper)
    residents = [person(2000 + n, full_name(rng), []) for n in range(RESIDENTS)]
    suppliers = [person(4000 + n, full_name(rng), ["supplier"]) for n in range(SUPPLIERS)]
    return Town(known, residents, helpers, [known["0900000004"], *suppliers])


def _roles(role: str) -> list[str]:
    """What somebody called `role` in the list of accounts may do."""
    return {"resident": [], "medic": ["volunteer", "medic"]}.get(role, [role])


def _settle(rng: Random, helper: Person, ward: Ward) -> None:
    helper.base = place_in(rng, ward)
    helper.radius_m = rng.choice(RADII_M)
    helper.capacity = rng.randint(1, 5)
    helper.available = rng.random() < 0.86
    helper.categories = ["essentials"]
    if rng.random() < 0.5:
        helper.categories.append("grocery_run")
    if rng.random() < 0.25:
        helper.categories.append("school_supplies")
    if "medic" in helper.roles:
        helper.categories.append("medical_advice")
