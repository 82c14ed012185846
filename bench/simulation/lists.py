"""What a volunteer's list shows under each policy: the cards, from the top."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.geo import EARTH_RADIUS_M, Point
from app.feed.suggesting import MOST_WEIGHED
from app.matching.rules import Candidate, Helper, rank, worth_going
from bench.simulation.database import code_of
from bench.simulation.demand import Ask
from bench.simulation.people import Person


class Card(NamedTuple):
    """A case on a list, with its public distance."""

    case: int
    metres: float


@dataclass(frozen=True)
class Facts:
    """What the rules ask of the application."""

    category_ids: dict[str, int]
    medic_only: set[str]


class Board:
    """The open cases, as strangers see them: by their blurred places."""

    def __init__(
        self, asks: Sequence[Ask], public: Sequence[Point], posted: Sequence[float], facts: Facts
    ) -> None:
        self.asks, self.facts = asks, facts
        self.posted = posted
        self.open = np.zeros(len(asks), bool)
        self.lat = np.radians([place.lat for place in public])
        self.lon = np.radians([place.lon for place in public])
        kinds = sorted(facts.category_ids)
        self.kind = np.array([kinds.index(ask.category) for ask in asks], np.int64)
        self.kinds = {kind: n for n, kind in enumerate(kinds)}

    def metres(self, person: Person, cases: NDArray[np.int64]) -> NDArray[np.float64]:
        """From home to each of these cases' public places (haversine)."""
        lat, lon = np.radians(person.lat), np.radians(person.lon)
        half = np.sin((self.lat[cases] - lat) / 2) ** 2
        half += np.cos(lat) * np.cos(self.lat[cases]) * np.sin((self.lon[cases] - lon) / 2) ** 2
        found: NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1, np.sqrt(half)))
        return found

    def cards(self, policy: str, person: Person, at: float, many: int, *, taps_on: bool = True) -> list[Card]:
        """The first cards of this volunteer's list: what is open and of the kinds that they serve.

        Where the suggested list ends, the plain one follows for who `taps_on`.
        """
        serves = np.zeros(len(self.kinds), bool)
        serves[[self.kinds[kind] for kind in person.categories]] = True
        shown = np.flatnonzero(self.open)
        shown = shown[serves[self.kind[shown]]]
        if not len(shown):
            return []
        metres = self.metres(person, shown)
        if policy == "newest":
            order = np.arange(len(shown))[::-1][:many]
            return [Card(int(shown[n]), float(metres[n])) for n in order]
        order = np.argsort(metres, kind="stable")[: max(many, MOST_WEIGHED)]
        nearest = [Card(int(shown[n]), float(metres[n])) for n in order]
        if policy == "nearest":
            return nearest[:many]
        first = self._suggested(person, nearest, at)[:many]
        others = (card for card in nearest if card not in first)
        return [*first, *islice(others, many - len(first))] if taps_on else first

    def _suggested(self, person: Person, nearest: Sequence[Card], at: float) -> list[Card]:
        """By the application's own rules."""
        by_code = {code_of(card.case): card for card in nearest if card.metres <= person.radius_m}
        candidates = [self.candidate(code, card, at) for code, card in by_code.items()]
        return [by_code[found.candidate.code] for found in worth_going(rank(self.helper(person), candidates))]

    def helper(self, person: Person) -> Helper:
        """The volunteer, as the rules of ranking see them."""
        return Helper(
            frozenset(self.facts.category_ids[kind] for kind in person.categories),
            person.medic,
            person.radius_m,
            len(person.held),
            person.capacity,
        )

    def candidate(self, code: str, card: Card, at: float) -> Candidate:
        """The case, as the rules of ranking see it."""
        ask = self.asks[card.case]
        return Candidate(
            code=code,
            category_id=self.facts.category_ids[ask.category],
            medic_only=ask.category in self.facts.medic_only,
            metres=card.metres,
            urgency=ask.urgency,
            hours_waited=(at - self.posted[card.case]) / 3600,
            vulnerabilities=frozenset(ask.vulnerabilities),
        )
