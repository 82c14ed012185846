"""The volunteers of a simulation, and how they behave: the same under every policy.

Nothing here knows what a policy does. Every decision is drawn from a number that belongs to the volunteer,
the case and the day (or session), not to a stream that one policy would use up faster than another: whoever
would go to a case on Tuesday would go under all three, if only they came to know of it ("common random
numbers").
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

from bench.simulation.demand import Ask

DAY_S = 86_400.0
METRES_A_DEGREE = 111_195.0
CELL_M = 2_000.0

# How likely people open the application in each hour of the day, from midnight.
HOURS = (1, 0, 0, 0, 0, 2, 5, 8, 9, 9, 8, 8, 9, 8, 7, 7, 8, 9, 9, 10, 10, 8, 5, 2)
RADII_M = (1_000, 2_000, 3_000, 5_000, 10_000, 20_000)
RADIUS_SHARES = (0.08, 0.18, 0.32, 0.25, 0.12, 0.05)
MEDIC_RADIUS_M = 50_000
"""Advice goes by phone: who gives it may be far away."""


@dataclass(frozen=True)
class Behaviour:
    """What is assumed about volunteers; docs/benchmarks.md says on what grounds."""

    sessions_a_day: float = 1.5
    """How often they open the application, on average; some hardly ever, a few all day long."""
    cards: float = 10.0
    """How many cards of a list they look at, on average; never more than a page."""
    page: int = 20
    willing: float = 0.45
    """How likely they go to a case at their own door, on average."""
    eager: Mapping[str, float] = field(default_factory=lambda: {"urgent": 1.3, "life_threatening": 1.8})
    """How much likelier when the card says that it is urgent."""
    under_way: float = 0.6
    """How likely still, for each case that they hold already."""
    goes_on: float = 0.3
    """How likely they look for one more in the same session."""
    taps_on: float = 0.3
    """How likely they tap on to the plain list where the suggested one ends."""
    reading_s: float = 15.0
    """For each card."""
    sees: float = 0.8
    """How likely they see a message that asks them for help at all ..."""
    tires: float = 0.95
    """... and how much less with each that they had in the last 24 hours."""
    sees_after_min: float = 4.0
    """Median; half of all see it later, some much later."""
    sees_spread: float = 1.2
    declines: float = 0.5
    """How likely somebody who will not go says so instead of saying nothing."""
    prepares_min: float = 30.0
    """Median of the shopping before the way; 5 minutes where life is in danger, or on the way already."""
    hands_over_min: float = 5.0
    fails: float = 0.04
    """How likely somebody who has taken a case never gets there; half of these say so after an hour."""


BEHAVIOUR = Behaviour()
_NORMAL = NormalDist()


def draw(seed: int, *keys: int) -> float:
    """A number in [0, 1) that belongs to these keys (splitmix64 over each of them)."""
    state = seed & 0xFFFFFFFFFFFFFFFF
    for key in (*keys, len(keys)):
        state = (state + 0x9E3779B97F4A7C15 * (key + 1)) & 0xFFFFFFFFFFFFFFFF
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 31
    return (state >> 11) / 2.0**53


def around(median: float, spread: float, chance: float) -> float:
    """The value of a log-normal distribution at this chance."""
    return median * math.exp(spread * _NORMAL.inv_cdf(min(max(chance, 1e-9), 1 - 1e-9)))


@dataclass
class Person:
    """A volunteer: who they are, and what they are doing."""

    number: int
    lat: float
    lon: float
    radius_m: int
    capacity: int
    categories: frozenset[str]
    medic: bool
    sessions_a_day: float
    willing: float
    wakes_h: float
    sleeps_h: float

    held: set[int] = field(default_factory=set)
    until: float = 0.0
    """When the last stop of the way they are on is done."""
    last_stop: tuple[float, float] = (0.0, 0.0)
    asked: list[float] = field(default_factory=list)

    def awake_from(self, at: float) -> float:
        """`at`, or the moment they wake up."""
        hour = at % DAY_S / 3600
        if hour < self.wakes_h:
            return at + (self.wakes_h - hour) * 3600
        if hour >= self.sleeps_h:
            return at + (24 + self.wakes_h - hour) * 3600
        return at


def make_people(asks: Sequence[Ask], number: int, seed: int, how: Behaviour = BEHAVIOUR) -> list[Person]:
    """Volunteers who live where many live: near places that ask, more of them where many ask."""
    if not asks:
        return []
    rng = np.random.default_rng([seed, 1])
    cells = [cell_of(ask.lat, ask.lon) for ask in asks]
    many = Counter(cells)
    people = []
    for n in range(number):
        first, other = (int(i) for i in rng.integers(len(asks), size=2))
        crowded = max(first, other, key=lambda i: many[cells[i]])
        home = asks[crowded if rng.random() < 0.5 else first]
        north, east = (float(m) for m in rng.normal(0, 800, 2))
        lat = max(-89.0, min(89.0, home.lat + north / METRES_A_DEGREE))
        lon = home.lon + east / (METRES_A_DEGREE * math.cos(math.radians(lat)))
        medic = bool(rng.random() < 0.04)
        people.append(
            Person(
                number=n,
                lat=lat,
                lon=(lon + 180) % 360 - 180,
                radius_m=MEDIC_RADIUS_M if medic else int(rng.choice(RADII_M, p=RADIUS_SHARES)),
                capacity=int(rng.integers(1, 6)),
                categories=_categories(*rng.random(2), medic=medic),
                medic=medic,
                sessions_a_day=float(rng.gamma(1.0, how.sessions_a_day)),
                willing=float(rng.beta(9 * how.willing, 9 * (1 - how.willing))),
                wakes_h=float(rng.uniform(5, 8)),
                sleeps_h=float(rng.uniform(21, 23.9)),
            )
        )
    return people


def _categories(grocery: float, school: float, *, medic: bool) -> frozenset[str]:
    """Goods for everybody, more for some; medics do what only they may do."""
    if medic:
        return frozenset({"medical_advice"})
    kinds = {"essentials": True, "grocery_run": grocery < 0.5, "school_supplies": school < 0.25}
    return frozenset(kind for kind, serves in kinds.items() if serves)


def cell_of(lat: float, lon: float) -> tuple[int, int]:
    """The square of two kilometres that a place lies in."""
    row = math.floor(lat * METRES_A_DEGREE / CELL_M)
    width = max(0.01, math.cos(math.radians(row * CELL_M / METRES_A_DEGREE)))
    return row, math.floor(lon * METRES_A_DEGREE * width / CELL_M)


def sessions_of(person: Person, day: int, seed: int) -> list[float]:
    """When somebody opens the application on one day, in seconds of the simulation."""
    rng = np.random.default_rng([seed, 2, person.number, day])
    number = int(rng.poisson(person.sessions_a_day))
    chances = np.array(HOURS, float) / sum(HOURS)
    hours = rng.choice(24, number, p=chances) + rng.random(number)
    return [day * DAY_S + float(hour) * 3600 for hour in np.sort(hours)]
