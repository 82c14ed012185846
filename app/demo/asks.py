"""The requests for help of the week: what, where, who and when."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from app.cases.posting import CaseRequest
from app.demo import words
from app.demo.people import Person, demo_phone
from app.demo.places import Home, Ward, place_in
from app.demo.words import Household

DAYS = 7
LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
# How likely people write in each hour of the day, from midnight.
HOURS = (2, 1, 1, 1, 1, 3, 7, 11, 13, 13, 12, 10, 8, 8, 9, 10, 10, 10, 11, 12, 11, 9, 6, 3)

# Of 100 cases: food 94, household goods 35, medical items 14, medical advice 3. The lines sum to 100.
MIX: tuple[tuple[float, str, tuple[str, ...]], ...] = (
    (49.5, "essentials", ("food",)),
    (27.0, "essentials", ("food", "household")),
    (7.0, "essentials", ("food", "household", "medical")),
    (5.0, "essentials", ("food", "medical")),
    (0.5, "essentials", ("household", "medical")),
    (0.5, "essentials", ("household",)),
    (1.5, "essentials", ("medical",)),
    (5.5, "grocery_run", ("grocery",)),
    (3.0, "medical_advice", ("advice",)),
    (0.5, "school_supplies", ("school",)),
)


@dataclass(frozen=True)
class Ask:
    """One request, who sent it (None: without an account), where it belongs and when it came."""

    request: CaseRequest
    requester: Person | None
    ward: Ward
    at: datetime


@dataclass(frozen=True)
class Setting:
    """What all requests of the demo city have in common."""

    wards: Sequence[Ward]
    weights: Sequence[float]
    residents: Sequence[Person]
    emergency_id: uuid.UUID
    now: datetime


def make_asks(rng: Random, count: int, setting: Setting) -> list[Ask]:
    """`count` requests over the last seven days, oldest first."""
    kinds = _kinds(count)
    rng.shuffle(kinds)
    moments = sorted(_moment(rng, setting.now) for _ in range(count))
    return [_ask(rng, *kind, at, setting) for kind, at in zip(kinds, moments, strict=True)]


def ask_by_hand(
    rng: Random,
    setting: Setting,
    requester: Person,
    ward: Ward,
    hours_ago: float,
    **said: object,
) -> Ask:
    """A request of one of the known accounts, with its own words."""
    home = _home_of(rng, requester, ward)
    request = CaseRequest(
        position=home.place,
        contact_name=requester.name,
        contact_phone=requester.phone,
        address=home.address,
        commune_code=ward.code,
        emergency_id=setting.emergency_id,
        source="demo",
        is_demo=True,
        **said,  # type: ignore[arg-type]
    )
    return Ask(request, requester, ward, setting.now - timedelta(hours=hours_ago))


def _kinds(count: int) -> list[tuple[str, tuple[str, ...]]]:
    """The mix in exact shares, the largest group taking what rounding leaves over."""
    kinds = [(category, groups) for share, category, groups in MIX for _ in range(round(share * count / 100))]
    _share, category, groups = MIX[0]
    return [(category, groups)] * (count - len(kinds)) + kinds[max(0, len(kinds) - count) :]


def _moment(rng: Random, now: datetime) -> datetime:
    """A moment of the week: more in the daytime, and more every day as word spreads."""
    while True:
        at = now - timedelta(seconds=rng.triangular(0, DAYS * 86_400, DAYS * 86_400 * 0.25))
        if rng.random() * max(HOURS) < HOURS[at.astimezone(LOCAL).hour]:
            return at


def _ask(rng: Random, category: str, groups: tuple[str, ...], at: datetime, setting: Setting) -> Ask:
    ward = rng.choices(setting.wards, setting.weights)[0]
    people = words.household(rng)
    requester = rng.choice(setting.residents) if rng.random() < 0.3 else None
    on_behalf = rng.random() < 0.17
    lines = words.need_lines(rng, groups, people)
    name, phone = _contact(rng, requester, people, on_behalf)
    home = _home_of(rng, None if on_behalf else requester, ward)
    request = CaseRequest(
        category=category,
        needs=lines,
        position=home.place,
        description=words.description(rng, category, people, lines),
        address=home.address,
        contact_name=name,
        contact_phone=phone,
        household_size=people.size,
        vulnerabilities=people.vulnerabilities,
        urgency=_urgency(rng, category, people),
        on_behalf=on_behalf,
        commune_code=home.ward.code,
        emergency_id=setting.emergency_id,
        source="demo",
        is_demo=True,
    )
    return Ask(request, requester, home.ward, at)


def _home_of(rng: Random, person: Person | None, ward: Ward) -> Home:
    """Where this person lives, always the same once it is known; for somebody unknown a place in the ward."""
    if person is not None and person.home is not None:
        return person.home
    home = Home(ward, place_in(rng, ward), words.address(rng, ward.full_name))
    if person is not None:
        person.home = home
    return home


def _contact(rng: Random, requester: Person | None, home: Household, on_behalf: bool) -> tuple[str, str]:
    if requester and not on_behalf:
        return requester.name, requester.phone
    old = "elderly" in home.vulnerabilities
    by_lane = rng.random() < (0.45 if old else 0.12)
    name = words.lane_name(rng, old=old) if by_lane else words.full_name(rng)
    return name, demo_phone(rng.randint(5000, 9999))


def _urgency(rng: Random, category: str, home: Household) -> str:
    fragile = len(home.vulnerabilities)
    chance = 0.10 + 0.09 * fragile + (0.25 if category == "medical_advice" else 0)
    if rng.random() > chance:
        return "normal"
    grave = 0.22 if category == "medical_advice" or "sick" in home.vulnerabilities else 0.07
    return "life_threatening" if rng.random() < grave else "urgent"
