"""How a case is dispatched: whom to ask at once, how far, how long to wait, when to stop. Plain rules.

A case asks in waves. Each wave asks just so many that somebody probably accepts: one alone may not look at
the phone, and a hundred would all set out, or learn to look away. What the numbers are, and why, is told in
docs/matching.md ("Dispatch").
"""

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from app.core.states import Flow
from app.matching.assignment import Pairs, assign

LIFE_THREATENING = "life_threatening"

DISPATCH_LIFE = Flow({"waiting": {"enough", "nobody_found", "stopped"}})
ASK_LIFE = Flow(
    {
        "sent": {"accepted", "declined", "expired", "withdrawn"},
        # Second thoughts and late answers are welcome as long as the case is open.
        "declined": {"accepted"},
        "expired": {"accepted", "declined"},
        "withdrawn": {"accepted"},
    }
)

OWN_RINGS = (1 / 3, 2 / 3, 1.0)
"""How far each wave looks, as shares of the distance that every volunteer chose for themselves."""
BEYOND = (1.5, 2.0)
"""Only where a life is in danger are people asked to go farther than they said."""

PRIOR_RATE = 0.3
PRIOR_ASKS = 4.0
"""A volunteer without answers counts as if they had been asked four times and said yes to 30 % of it."""

LOAD_MIN = 5.0
"""Each further ask to one volunteer counts as this many minutes of travel: asking is spread over helpers."""

OPENING = frozenset({"posted", "reopened", "released", "lease_expired"})
"""What happened to a case before it is looked for (again)."""


@dataclass(frozen=True)
class Terms:
    """How hard dispatch tries."""

    chance: float = 0.7
    """How likely somebody of a wave should accept: with time to ask others, fewer need be disturbed."""
    most_per_wave: int = 8
    most_per_case: int = 30


TERMS = Terms()
GRAVE_CHANCE = 0.9
"""Where a life is in danger there is no time to ask others."""


class Quiet(NamedTuple):
    """The hours in which nobody is asked, by the clock of the place; both alike: none."""

    since: time
    until: time
    zone: str


class Choice(NamedTuple):
    """A volunteer who could be asked about case number `case`."""

    case: int
    helper: Hashable
    cost_min: float
    chance: float
    """How likely they accept."""
    reach: float
    """How far it is for them, as a share of the distance that they chose."""


def acceptance_rate(accepted: int, answered: int) -> float:
    """How likely somebody accepts, from their own past, pulled towards the usual while that is short.

    No answer in time counts as an answer; what was withdrawn before they could answer does not.
    """
    return (accepted + PRIOR_RATE * PRIOR_ASKS) / (answered + PRIOR_ASKS)


def rings_of(urgency: str) -> tuple[float, ...]:
    """How far the waves of a case go, one after the other."""
    return OWN_RINGS + BEYOND if urgency == LIFE_THREATENING else OWN_RINGS


def how_many(chances: Iterable[float], chance: float = TERMS.chance) -> int:
    """How many of these, in this order, must be asked until one accepts with the given chance.

    One more than there are when all together do not reach it.
    """
    nobody, asked = 1.0, 0
    for asked, rate in enumerate(chances, start=1):
        nobody *= 1 - rate
        if nobody <= 1 - chance + 1e-9:
            return asked
    return asked + 1


def ring_for(choices: Sequence[Choice], urgency: str, wave: int, terms: Terms = TERMS) -> float:
    """How far wave number `wave` (from 0) looks.

    Each wave looks farther than the one before; and at once so far that enough can be asked, because waiting
    for the answer of the only one near costs the household more than the longer way costs the helper.
    """
    rings = rings_of(urgency)
    for ring in rings[min(wave, len(rings) - 1) :]:
        inside = sorted((c for c in choices if c.reach <= ring), key=lambda c: c.cost_min)
        if how_many([c.chance for c in inside], terms.chance) <= len(inside):
            return ring
    return rings[-1]


def answer_within(urgency: str, minutes: Mapping[str, float]) -> timedelta:
    """How long somebody has to answer."""
    return timedelta(minutes=minutes[urgency])


def window_end(at: datetime, seconds: float) -> datetime:
    """The end of the short window that `at` lies in: all cases of one window are planned together."""
    if seconds <= 0:
        return at
    moment = at.timestamp()
    return at + timedelta(seconds=math.ceil(moment / seconds) * seconds - moment)


def first_wave_at(at: datetime, urgency: str, window_s: float) -> datetime:
    """When a case that opens now is planned: at once where a life is in danger, else with its window."""
    return at if urgency == LIFE_THREATENING else window_end(at, window_s)


def wakes_at(at: datetime, urgency: str, quiet: Quiet) -> datetime:
    """`at`, or the end of the quiet hours that it lies in; danger to life waits for nobody's sleep."""
    if urgency == LIFE_THREATENING or quiet.since == quiet.until:
        return at
    local = at.astimezone(ZoneInfo(quiet.zone))
    clock = local.time().replace(tzinfo=None)
    if quiet.since < quiet.until:
        asleep, next_day = quiet.since <= clock < quiet.until, False
    else:
        asleep, next_day = clock >= quiet.since or clock < quiet.until, clock >= quiet.since
    if not asleep:
        return at
    day = local.date() + timedelta(days=1) if next_day else local.date()
    return datetime.combine(day, quiet.until, local.tzinfo).astimezone(at.tzinfo)


def still_waits(urgency: str, started_at: datetime, at: datetime, patience_hours: float) -> bool:
    """Whether a case whose suitable volunteers are all busy goes on waiting for one of them.

    Where a life is in danger the officials are told at once.
    """
    return urgency != LIFE_THREATENING and at - started_at < timedelta(hours=patience_hours)


def how_it_ended(case_status: str) -> str:
    """The status of a dispatch whose case is not open any more."""
    return "enough" if case_status in ("claimed", "delivered", "closed") else "stopped"


def share_out(
    choices: Sequence[Choice],
    room: Mapping[Hashable, int],
    most: Mapping[int, int],
    terms: Terms = TERMS,
) -> list[Choice]:
    """Who is asked about which case: every case its first helper before any gets a second.

    `room` is how many asks each helper may get now, `most` how many each case may still send. In each round
    every case that still needs one gets one more ask, all of them together at the lowest total cost: so a
    helper who is the only one near a case is not spent on another that has many.
    """
    left = dict(room)
    chosen: list[Choice] = []
    missing = dict.fromkeys(most, 1.0)  # the chance that nobody accepts
    asked = dict.fromkeys(most, 0)
    pool = list(choices)
    while pool:
        pool = [
            c
            for c in pool
            if left.get(c.helper, 0) > 0
            and asked[c.case] < min(most[c.case], terms.most_per_wave)
            and missing[c.case] > 1 - terms.chance + 1e-9
        ]
        taken = set(_one_round(pool, left))
        for number in taken:
            choice = pool[number]
            chosen.append(choice)
            left[choice.helper] -= 1
            asked[choice.case] += 1
            missing[choice.case] *= 1 - choice.chance
        if not taken:
            break
        pool = [choice for number, choice in enumerate(pool) if number not in taken]
    return chosen


def _one_round(pool: Sequence[Choice], left: Mapping[Hashable, int]) -> Iterator[int]:
    """The numbers of the choices that are taken in one round: at most one for each case."""
    wanted: dict[Hashable, int] = {}
    cheapest: dict[int, int] = {}
    for number, choice in enumerate(pool):
        best = cheapest.get(choice.case)
        if best is None or choice.cost_min < pool[best].cost_min:
            cheapest[choice.case] = number
    for number in cheapest.values():
        wanted[pool[number].helper] = wanted.get(pool[number].helper, 0) + 1
    if all(many == 1 for many in wanted.values()):
        # Nobody is wanted twice: what is cheapest for each is cheapest for all.
        yield from cheapest.values()
        return
    cases = {case: n for n, case in enumerate(cheapest)}
    helpers = {helper: n for n, helper in enumerate(dict.fromkeys(c.helper for c in pool))}
    pairs = Pairs(
        np.array([cases[c.case] for c in pool], np.int64),
        np.array([helpers[c.helper] for c in pool], np.int64),
        np.array([c.cost_min for c in pool], np.float64),
    )
    capacity = np.array([min(left[helper], len(cases)) for helper in helpers], np.int64)
    carried = assign(pairs, capacity, np.ones(len(cases), np.int64), load_min=LOAD_MIN)
    yield from (int(number) for number in np.flatnonzero(carried))
