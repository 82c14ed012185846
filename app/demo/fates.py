"""What becomes of each request: who takes it when, and how it ends."""

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from app.core.geo import Point
from app.demo import words
from app.demo.histories import ClaimPlayed, History
from app.demo.people import Person

# By age in hours: how many of a hundred are by now open, claimed, delivered, closed, cancelled.
FATES = ("open", "claimed", "delivered", "closed", "cancelled")
BY_AGE = (
    (3, (74, 20, 4, 0, 2)),
    (12, (45, 22, 19, 10, 4)),
    (48, (28, 11, 17, 39, 5)),
    (10_000, (17, 4, 5, 69, 5)),
)
MEDIAN_WAIT_H = {"normal": 2.2, "urgent": 0.9, "life_threatening": 0.3}
MOST_LIVE_OF_KNOWN = 2
ASKED_AFTER = timedelta(hours=24)


class Helpers:
    """The volunteers, and who of them has how many promises under way."""

    def __init__(self, volunteers: Sequence[Person], known: Sequence[Person], most_live: int) -> None:
        self.volunteers = volunteers
        self.known = {person.id for person in known}
        self.most_live = most_live
        self.live: Counter[uuid.UUID] = Counter()

    def near(
        self, rng: Random, place: Point, category: str, *, live: bool, but: Sequence[uuid.UUID] = ()
    ) -> Person:
        """One of the nearest eight who may and still can take it."""
        able = [
            person
            for person in self.volunteers
            if person.id not in but
            and (person.is_medic if category == "medical_advice" else True)
            and not (live and self._full(person))
        ]
        able.sort(key=lambda person: person.base.metres_to(place) if person.base else 1e9)
        chosen = rng.choice(able[:8])
        if live:
            self.live[chosen.id] += 1
        return chosen

    def _full(self, person: Person) -> bool:
        most = MOST_LIVE_OF_KNOWN if person.id in self.known else min(person.capacity, self.most_live)
        return not person.available or self.live[person.id] >= most


@dataclass(frozen=True)
class Stage:
    """What every history is played with."""

    rng: Random
    helpers: Helpers
    now: datetime
    new_key: Callable[[], uuid.UUID]
    official_of: Callable[[int], Person]


def fate_of(rng: Random, age: timedelta) -> str:
    """How a request of this age stands today."""
    hours = age.total_seconds() / 3600
    weights = next(weights for limit, weights in BY_AGE if hours < limit)
    return rng.choices(FATES, weights)[0]


def play(stage: Stage, history: History, place: Point, category: str, commune_id: int) -> None:
    """Let the week happen to one case."""
    rng, age = stage.rng, stage.now - history.at
    fate = fate_of(rng, age)
    scene = Scene(stage, history, place, category)
    if rng.random() < 0.13:
        official = stage.official_of(commune_id)
        history.verify(history.at + age * rng.uniform(0.002, 0.02), official.id)
    getattr(scene, fate)()


class Scene:
    """One case on the stage; each method ends with the status that it is named after."""

    def __init__(self, stage: Stage, history: History, place: Point, category: str) -> None:
        self.stage, self.history, self.place, self.category = stage, history, place, category
        self.rng, self.now = stage.rng, stage.now

    def open(self) -> None:
        """Nobody yet, or part of it, or somebody who had to give up."""
        luck = self.rng.random()
        if luck < 0.12:
            self._give_up(0.2, 0.6)
        elif luck < 0.36 and (part := self._half()):
            self._live(part)
        elif luck < 0.46 and (part := self._half()):
            taken = self._later(0.15, 0.5)
            self._hand_over(taken, self._within_lease(taken), part)
        asked = (self.history.status_at or self.history.posted_at) + ASKED_AFTER + timedelta(minutes=5)
        if asked < self.now:
            self.history.asked_at = asked

    def claimed(self) -> None:
        """Somebody is on the way, or two share it."""
        if self.rng.random() < 0.15:
            self._give_up(0.1, 0.4)
        if self.rng.random() < 0.2 and (part := self._half()):
            self._live(part)
        self._live()

    def delivered(self) -> None:
        """Handed over, not yet answered; at most two days ago."""
        longest = min(timedelta(hours=46), (self.now - self.history.at) * 0.8)
        handed = self.now - longest * self.rng.uniform(0.05, 1)
        gap = min((handed - self.history.at) * 0.8, self._lease() * self.rng.uniform(0.2, 0.9))
        self._hand_over(handed - gap, handed)

    def closed(self) -> None:
        """The whole way; now and then with a detour."""
        luck = self.rng.random()
        if luck < 0.08:
            self._give_up(0.02, 0.1)
        if luck > 0.85 and (part := self._half()):
            taken = self._take_time()
            self._hand_over(taken, self._within_lease(taken), part)
        taken = self._take_time()
        handed = self._within_lease(taken)
        self._hand_over(taken, handed)
        if 0.08 < luck < 0.11:
            self.history.reopen(self._later(0.1, 0.2), words.why(self.rng, "not_arrived"))
            taken = self._later(0.05, 0.3)
            handed = self._within_lease(taken)
            self._hand_over(taken, handed)
        if self.rng.random() < 0.2 and handed + timedelta(hours=48) < self.now:
            self.history.close_unanswered(handed + timedelta(hours=48, minutes=self.rng.randint(1, 9)))
        else:
            answer = timedelta(hours=min(30.0, self.rng.lognormvariate(0.6, 1.0)))
            self.history.confirm(min(handed + answer, handed + (self.now - handed) * 0.9))

    def cancelled(self) -> None:
        """No longer needed."""
        self.history.cancel(self._later(0.05, 0.7), words.why(self.rng, "cancel"))

    def _later(self, least: float, most: float) -> datetime:
        """A moment between the last thing that happened and now, as shares of that time."""
        return self.history.at + (self.now - self.history.at) * self.rng.uniform(least, most)

    def _take_time(self) -> datetime:
        wait = timedelta(hours=MEDIAN_WAIT_H[self.history.urgency] * self.rng.lognormvariate(0, 0.9))
        return min(self.history.at + wait, self._later(0.2, 0.5))

    def _within_lease(self, taken: datetime) -> datetime:
        return taken + min(self._lease() * self.rng.uniform(0.15, 0.92), (self.now - taken) * 0.6)

    def _lease(self) -> timedelta:
        return self.history.lease()

    def _helper(self, *, live: bool) -> uuid.UUID:
        busy = [claim.volunteer_id for claim in self.history.claims]
        requester = [self.history.requester_id] if self.history.requester_id else []
        chosen = self.stage.helpers.near(self.rng, self.place, self.category, live=live, but=busy + requester)
        return chosen.id

    def _half(self) -> dict[uuid.UUID, Decimal] | None:
        """About half of what is needed, or None when it cannot be divided."""
        needs = self.history.needs
        if len(needs) > 1:
            return {need.id: need.left for need in needs[: len(needs) // 2]}
        half = (needs[0].quantity / 2).to_integral_value()
        return {needs[0].id: half} if 0 < half < needs[0].quantity else None

    def _hand_over(
        self, taken: datetime, handed: datetime, part: dict[uuid.UUID, Decimal] | None = None
    ) -> ClaimPlayed:
        claim = self.history.claim(self.stage.new_key(), self._helper(live=False), taken, part)
        if handed - taken > self._lease() * 0.8 and self.rng.random() < 0.5:
            self.history.extend(claim, handed - (handed - taken) * 0.1, words.why(self.rng, "extend"))
        self.history.deliver(claim, handed)
        return claim

    def _live(self, part: dict[uuid.UUID, Decimal] | None = None) -> None:
        age = self.now - self.history.at
        since = min(self._lease() * self.rng.uniform(0.04, 0.6), age * 0.7)
        self.history.claim(self.stage.new_key(), self._helper(live=True), self.now - since, part)

    def _give_up(self, least: float, most: float) -> None:
        taken = self._later(least, most)
        claim = self.history.claim(self.stage.new_key(), self._helper(live=False), taken)
        if self.rng.random() < 0.4 and claim.lease_until < self.now - timedelta(minutes=10):
            self.history.lapse(claim)
        else:
            self.history.release(claim, self._within_lease(taken), words.why(self.rng, "release"))
