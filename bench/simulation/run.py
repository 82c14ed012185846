"""One run: events in the order of their time, on a clock that jumps from one to the next."""

import heapq
import math
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from flask import current_app
from tqdm import tqdm

from app.core.clock import Hand, held_at
from app.core.geo import Point
from app.matching.rules import travel_minutes
from bench.simulation.database import Claimed, Database
from bench.simulation.demand import Ask
from bench.simulation.lists import Board, Facts
from bench.simulation.people import (
    BEHAVIOUR,
    DAY_S,
    Behaviour,
    Person,
    around,
    cell_of,
    draw,
    make_people,
    sessions_of,
)
from bench.simulation.told import Outcome, told

POLICIES = ("newest", "nearest", "lalanh")
OBSERVED_S = DAY_S
"""Every case is watched for at least a day after it was posted."""
TICK_S = 120.0
"""The worker looks so often at what is due; on the site every minute, which would take twice as long."""
LOOKS_S = 600.0
"""So often at least, while a case is open: it may be time to try once more where nobody was found."""

# What a number was drawn for.
WILL, CARDS, MORE, SEES, WHEN, SAYS, PREPARES, FAILS, HOW, TAPS = range(10)


@dataclass(frozen=True)
class Setting:
    """What a run is made of."""

    asks: Sequence[Ask]
    volunteers: int
    seed: int
    policy: str
    behaviour: Behaviour = BEHAVIOUR
    quiet: bool = True
    """Without a progress bar."""


def simulate(setting: Setting) -> Outcome:
    """Play one policy over the demand, in the database of the present application; gives what came of it."""
    people = make_people(setting.asks, setting.volunteers, setting.seed, setting.behaviour)
    if not setting.asks:
        return told([], {}, [], [], 0, 0)
    zone = ZoneInfo(current_app.config["BABEL_DEFAULT_TIMEZONE"])
    midnight = min(ask.at for ask in setting.asks).replace(hour=0, minute=0, second=0, microsecond=0)
    with held_at(midnight.replace(tzinfo=zone).astimezone(UTC)) as hand:
        return _Run(setting, people, hand, midnight).play()


class _Run:
    """The state of a run: who does what, what is open, what happens next."""

    def __init__(self, setting: Setting, people: list[Person], hand: Hand, midnight: datetime) -> None:
        self.setting, self.people, self.hand = setting, people, hand
        self.how, self.seed, self.start = setting.behaviour, setting.seed, hand.at
        self.posted = [(ask.at - midnight).total_seconds() for ask in setting.asks]
        self.end = max(self.posted) + OBSERVED_S
        moments = [self.start + timedelta(seconds=at) for at in self.posted]
        self.database = Database(setting.asks, people, moments)
        facts = Facts(self.database.category_ids, self.database.medic_only)
        self.board = Board(setting.asks, self.database.public, self.posted, facts)
        self.events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self.count = 0
        self.first_claim: dict[int, float] = {}
        self.ways: list[float] = []
        self.now = 0.0
        self.looked = 0.0
        self.checks: set[int] = set()
        """When the worker will look, in its ticks."""

    def later(self, at: float, action: Callable[..., None], *arguments: Any) -> None:
        """Let something happen; of two at the same moment the one that was planned first."""
        self.count += 1
        heapq.heappush(self.events, (at, self.count, action, arguments))

    def play(self) -> Outcome:
        """Everything until nothing happens any more."""
        for case, at in enumerate(self.posted):
            self.later(at, self.post, case)
        self.later(0.0, self.morning, 0)
        with tqdm(
            total=round(self.end / 3600), unit="h", desc=self.setting.policy, disable=self.setting.quiet
        ) as bar:
            while self.events:
                at, _count, action, arguments = heapq.heappop(self.events)
                self.hand.at = self.start + timedelta(seconds=at)
                self.now = at
                action(*arguments)
                bar.update(max(0, min(round(at / 3600), bar.total) - bar.n))
        return told(
            self.posted,
            self.first_claim,
            self.ways,
            [self.database.communes.get(n) or cell_of(a.lat, a.lon) for n, a in enumerate(self.setting.asks)],
            self.database.messages(),
            self.end,
        )

    # The day

    def morning(self, day: int) -> None:
        """Plan who opens the application when today."""
        self.database.tidy()
        for person in self.people:
            for at in sessions_of(person, day, self.seed):
                self.later(at, self.open_list, person, day)
        if (day + 1) * DAY_S < self.end:
            self.later((day + 1) * DAY_S, self.morning, day + 1)

    def post(self, case: int) -> None:
        """A household asks."""
        self.board.open[case] = True
        if self.setting.policy == "lalanh":
            self.database.look_for_helpers(case)
            self._dispatch_changed()

    # A volunteer looks for themselves

    def open_list(self, person: Person, day: int) -> None:
        """Look at the cards from the top and set out for the first that they are willing to help."""
        if self.now < person.until or len(person.held) >= person.capacity or self.now > self.end:
            return
        session = int(self.now)
        chance = draw(self.seed, CARDS, person.number, session)
        many = min(self.how.page, 1 + int(math.log(1 - chance) / math.log(1 - 1 / self.how.cards)))
        taps_on = draw(self.seed, TAPS, person.number, session) < self.how.taps_on
        read = self.now
        for card in self.board.cards(self.setting.policy, person, self.now, many, taps_on=taps_on):
            read += self.how.reading_s
            if self.would_go(person, card.case, card.metres, day):
                self.later(read, self.press_help, person, card.case)
                if draw(self.seed, MORE, person.number, session, card.case) >= self.how.goes_on:
                    break

    def would_go(self, person: Person, case: int, metres: float, day: int) -> bool:
        """Whether they help this case today, now that they know of it."""
        ask = self.setting.asks[case]
        eager = self.how.eager.get(ask.urgency, 1.0)
        near = 1.0 if self._by_phone(case) else math.exp(-metres / person.radius_m)
        chance = person.willing * eager * near * self.how.under_way ** len(person.held)
        return draw(self.seed, WILL, person.number, case, day) < chance

    def press_help(self, person: Person, case: int) -> None:
        """Take the case, unless somebody was quicker."""
        if len(person.held) < person.capacity and (claim := self.database.take(case, person.number)):
            self.set_out(person, case, claim)

    # A volunteer is asked

    def _check_at(self, at: float) -> None:
        """The worker looks at its next tick whether a dispatch is due."""
        tick = math.ceil(at / TICK_S)
        if tick not in self.checks and tick * TICK_S < self.end:
            self.checks.add(tick)
            self.later(tick * TICK_S, self.check, tick)

    def check(self, tick: int) -> None:
        """Send what is due, and look again when the next is."""
        self.checks.discard(tick)
        due = self.database.next_due()
        if (due is not None and due <= self.hand.at) or self.now >= self.looked + LOOKS_S:
            self.looked = self.now
            for key, case, number in self.database.dispatch(self.hand.at):
                self._send(self.people[number], key, case)
            due = self.database.next_due()
        again = math.inf if due is None else (due - self.start).total_seconds()
        if self.board.open.any():
            again = min(again, self.looked + LOOKS_S)
        if again < math.inf:
            self._check_at(max(again, self.now + 1))

    def _dispatch_changed(self) -> None:
        if self.setting.policy == "lalanh":
            self._check_at(self.now + 1)

    def _send(self, person: Person, key: uuid.UUID, case: int) -> None:
        """A message asks somebody: they see it soon, late, when they wake, or never."""
        person.asked = [at for at in person.asked if at > self.now - DAY_S]
        sees = self.how.sees * self.how.tires ** len(person.asked)
        person.asked.append(self.now)
        day = int(self.now // DAY_S)
        if draw(self.seed, SEES, person.number, case, day) < sees:
            late = around(
                self.how.sees_after_min, self.how.sees_spread, draw(self.seed, WHEN, person.number, case)
            )
            self.later(person.awake_from(self.now + 60 * late), self.answer, person, key, case)

    def answer(self, person: Person, key: uuid.UUID, case: int) -> None:
        """Say yes, say no, or say nothing; what somebody else has taken is of no interest any more."""
        if not self.board.open[case] or self.now > self.end:
            return
        metres = float(self.board.metres(person, np.array([case]))[0])
        if len(person.held) < person.capacity and self.would_go(person, case, metres, int(self.now // DAY_S)):
            if claim := self.database.accept(key, person.number):
                self.set_out(person, case, claim)
        elif draw(self.seed, SAYS, person.number, case) < self.how.declines:
            self.database.decline(key, person.number)
        self._dispatch_changed()

    # On the way

    def set_out(self, person: Person, case: int, claim: Claimed) -> None:
        """From home, or on from the last stop: prepare, go, hand over; or never get there."""
        self.first_claim.setdefault(case, self.now)
        self.board.open[case] = False
        person.held.add(case)
        self._dispatch_changed()
        if draw(self.seed, FAILS, person.number, case) < self.how.fails:
            self._never_arrive(person, case, claim)
            return
        ask, moving = self.setting.asks[case], self.now < person.until
        start = person.last_stop if moving else (person.lat, person.lon)
        metres = 0.0 if self._by_phone(case) else Point(start[1], start[0]).metres_to(Point(ask.lon, ask.lat))
        prepares = 5.0 if moving or ask.urgency == "life_threatening" else self._prepares(person, case)
        minutes = prepares + travel_minutes(metres) + self.how.hands_over_min
        person.until = max(self.now, person.until) + 60 * minutes
        if not self._by_phone(case):
            person.last_stop = (ask.lat, ask.lon)
        lease = (claim.lease_until - self.start).total_seconds()
        if person.until >= lease:
            self.later(lease - 60, self.extend, person, case, claim)
        self.later(person.until, self.arrive, person, case, claim, metres)

    def _prepares(self, person: Person, case: int) -> float:
        return around(self.how.prepares_min, 0.5, draw(self.seed, PREPARES, person.number, case))

    def _by_phone(self, case: int) -> bool:
        return self.setting.asks[case].category in self.board.facts.medic_only

    def extend(self, person: Person, case: int, claim: Claimed) -> None:
        """The way takes longer than the promise holds: say so, once."""
        self.database.extend(claim, person.number)
        self._end_with_lease(person, case, claim)

    def _end_with_lease(self, person: Person, case: int, claim: Claimed) -> None:
        lease = (claim.lease_until - self.start).total_seconds()
        self.later(math.ceil(lease / TICK_S) * TICK_S + TICK_S, self.lapse, person, case)

    def arrive(self, person: Person, case: int, claim: Claimed, metres: float) -> None:
        """Hand over; a way that ended too late counts as well."""
        if not self._by_phone(case):
            self.ways.append(metres)
        if case in person.held:
            self.database.deliver(claim, person.number)
            person.held.discard(case)

    def _never_arrive(self, person: Person, case: int, claim: Claimed) -> None:
        if draw(self.seed, HOW, person.number, case) < 0.5:
            self.later(self.now + 3600, self.give_back, person, case, claim)
        else:
            self._end_with_lease(person, case, claim)

    def give_back(self, person: Person, case: int, claim: Claimed) -> None:
        """It did not work out."""
        self.database.give_back(claim, person.number)
        self._open_again(person, case)

    def lapse(self, person: Person, case: int) -> None:
        """The lease runs out without a word."""
        if case in person.held and self.database.end_lease(case):
            self._open_again(person, case)

    def _open_again(self, person: Person, case: int) -> None:
        person.held.discard(case)
        self.board.open[case] = True
        self._dispatch_changed()
