"""Who suits which case, and which case should be helped first. Plain functions on plain values.

Every consideration is counted in one unit: minutes of travel that it is worth. A case that has waited nine
hours may be 13 minutes farther away than a fresh one and still come first. The weights are in `Weights`; see
docs/matching.md for why they are what they are.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

DETOUR = 1.35
"""Streets are this much longer than the straight line (typical of dense cities)."""
METRES_PER_MINUTE = 250.0
"""A motorbike in town: 15 km/h with stops."""


@dataclass(frozen=True)
class Weights:
    """What each consideration is worth, in minutes of travel."""

    life_threatening: float = 180.0
    urgent: float = 20.0
    doubled_wait: float = 4.0
    """For each doubling of the time waited, counted from one hour."""
    vulnerable: float = 8.0
    most_vulnerable: float = 20.0
    looked_at: float = 6.0
    """Taken away for each other helper who is looking at it just now."""
    most_looked_at: float = 18.0
    held: float = 0.3
    """Each case a helper already holds makes a way this much longer."""


WEIGHTS = Weights()


@dataclass(frozen=True)
class Helper:
    """Somebody who can help, reduced to what decides."""

    category_ids: frozenset[int]
    medic: bool
    radius_m: float
    held: int
    """Live claims now."""
    capacity: int


@dataclass(frozen=True)
class Candidate:
    """An open case seen from one helper."""

    code: str
    category_id: int
    medic_only: bool
    metres: float
    urgency: str
    hours_waited: float
    vulnerabilities: frozenset[str] = frozenset()
    looking: int = 0
    """How many other helpers looked at it in the last minutes."""


@dataclass(frozen=True)
class Ranked:
    """A candidate with what it costs, and why it stands where it stands."""

    candidate: Candidate
    cost_min: float
    weights: Weights = WEIGHTS

    @property
    def reasons(self) -> Sequence[tuple[str, float]]:
        """(kind, amount), the weightiest first: near (m), waiting (h), life_threatening, children …"""
        return reasons(self.candidate, self.weights)


def suits(helper: Helper, case: Candidate) -> bool:
    """The hard rules: room left, a category they serve, the licence it takes, within their radius."""
    if helper.held >= helper.capacity:
        return False
    if case.medic_only and not helper.medic:
        return False
    return case.category_id in helper.category_ids and case.metres <= helper.radius_m


def travel_minutes(metres: float) -> float:
    """How long the way takes, from the straight line."""
    return metres * DETOUR / METRES_PER_MINUTE


def worth_of(case: Candidate, weights: Weights = WEIGHTS) -> dict[str, float]:
    """What speaks for helping this case before others, in minutes of travel, by kind."""
    worth = {"waiting": weights.doubled_wait * math.log2(1 + max(0.0, case.hours_waited))}
    if case.urgency in ("urgent", "life_threatening"):
        worth[case.urgency] = getattr(weights, case.urgency)
    if case.vulnerabilities:
        share = min(weights.most_vulnerable, weights.vulnerable * len(case.vulnerabilities))
        worth |= {kind: share / len(case.vulnerabilities) for kind in sorted(case.vulnerabilities)}
    return worth


def cost_of(helper: Helper, case: Candidate, weights: Weights = WEIGHTS) -> float:
    """Minutes of travel, longer for who holds much already, less what speaks for the case. Lower is first."""
    way = travel_minutes(case.metres) * (1 + weights.held * helper.held)
    crowd = min(weights.most_looked_at, weights.looked_at * case.looking)
    return way + crowd - sum(worth_of(case, weights).values())


def rank(helper: Helper, cases: Iterable[Candidate], weights: Weights = WEIGHTS) -> list[Ranked]:
    """The cases that suit, the one to help first at the front; the code decides between equals."""
    ranked = [Ranked(case, cost_of(helper, case, weights), weights) for case in cases if suits(helper, case)]
    return sorted(ranked, key=lambda r: (r.cost_min, r.candidate.code))


WORTH_GOING_MIN = 5.0
"""A way may cost so many minutes more than what speaks for the case; a longer one is for somebody nearer."""


def worth_going(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Those that are worth the way; all of them when none is.

    Whoever has something to do near them is not sent far; whoever has not is needed elsewhere. Medical advice
    goes by phone: no way is too long for it.
    """
    near = [one for one in ranked if one.candidate.medic_only or one.cost_min <= WORTH_GOING_MIN]
    return near or list(ranked)


MOST_REASONS = 4


def reasons(case: Candidate, weights: Weights = WEIGHTS) -> list[tuple[str, float]]:
    """Why a card is shown: how near first, then what weighs most."""
    weighty = sorted(worth_of(case, weights).items(), key=lambda item: -item[1])
    amounts = {"waiting": case.hours_waited}
    told = [(kind, amounts.get(kind, 1.0)) for kind, minutes in weighty if minutes >= 3.0]
    return [("near", case.metres), *told][:MOST_REASONS]
