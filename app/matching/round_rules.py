"""A round: several deliveries in one order. What holds for every order, and what makes one the better one.

Plain functions on plain values. Times are minutes after the departure, loads are portions (see
`app.volunteers.rules`), places are numbers into a table of travel minutes; 0 is where the round starts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import NamedTuple

from app.matching.rules import METRES_PER_MINUTE

SPEEDS = {"on_foot": 75.0, "bicycle": 180.0, "motorbike": METRES_PER_MINUTE, "car": 300.0}
"""Metres a minute in a town, stops at crossings included."""

PICK_UP, DROP_OFF = "pickup", "dropoff"
SERVICE_MIN = {PICK_UP: 4.0, DROP_OFF: 5.0}
"""How long somebody stays at a stop. Further pick-ups at the same counter take AT_SAME_PLACE_MIN each."""
AT_SAME_PLACE_MIN = 1.0

WAITING = {"life_threatening": 6.0, "urgent": 1.0, "normal": 0.1}
"""What each minute until a delivery costs, in minutes of travel: who is in danger comes first."""
LATE = {"life_threatening": 24.0, "urgent": 8.0, "normal": 4.0}
"""What each minute after the end of a promise costs on top: somebody else may be on the way by then."""
LEFT_OUT = {"life_threatening": 3_000_000.0, "urgent": 300_000.0, "normal": 100_000.0}
"""What it costs to leave a delivery out: more than any way round a town, so only what cannot be done is."""

LONGEST_MIN = 24 * 60.0

TOO_BIG, NO_ROOM, TOO_FAR, NO_TIME = "too_big", "no_room", "too_far", "no_time"
REASONS = (TOO_BIG, NO_ROOM, TOO_FAR, NO_TIME)


@dataclass(frozen=True)
class Delivery:
    """One claim: where its goods are fetched, if anywhere, where they go, how much, and until when."""

    drop_off: int
    pick_up: int | None = None
    """None when the goods are on board already."""
    load: int = 1
    urgency: str = "normal"
    lease_min: float = math.inf


class Stop(NamedTuple):
    """A stop of a round: the number of its delivery, and what is done there."""

    delivery: int
    kind: str


@dataclass(frozen=True)
class Task:
    """All that decides about a round."""

    minutes: Sequence[Sequence[float]]
    deliveries: Sequence[Delivery]
    load_limit: int
    time_limit: float = LONGEST_MIN
    """Everything must be over this many minutes after the departure."""
    home: int | None = None
    """The place that the round must be back at in the end, if any."""

    def place_of(self, stop: Stop) -> int:
        """Where a stop is."""
        delivery = self.deliveries[stop.delivery]
        place = delivery.pick_up if stop.kind == PICK_UP else delivery.drop_off
        assert place is not None  # there is no pick-up stop without a place
        return place

    def leg(self, here: Stop, there: Stop) -> float:
        """Minutes from the arrival at one stop to the arrival at the next."""
        one, other = self.place_of(here), self.place_of(there)
        if one == other and here.kind == there.kind == PICK_UP:
            return AT_SAME_PLACE_MIN
        return SERVICE_MIN[here.kind] + self.minutes[one][other]

    def last_leg(self, last: Stop) -> float:
        """Minutes from the arrival at the last stop to the end of the round."""
        back = 0.0 if self.home is None else self.minutes[self.place_of(last)][self.home]
        return SERVICE_MIN[last.kind] + back


class Timed(NamedTuple):
    """When each stop of an order is reached, and when the round is over."""

    arrivals: list[float]
    end: float


def stops_of(task: Task, deliveries: Sequence[int] | None = None) -> list[Stop]:
    """The stops that these deliveries need, in no particular order."""
    numbers = range(len(task.deliveries)) if deliveries is None else deliveries
    return [
        Stop(number, kind)
        for number in numbers
        for kind in (PICK_UP, DROP_OFF)
        if kind == DROP_OFF or task.deliveries[number].pick_up is not None
    ]


def timed(task: Task, order: Sequence[Stop]) -> Timed:
    """When each stop is reached when going in this order, without breaks."""
    if not order:
        return Timed([], 0.0)
    clock = task.minutes[0][task.place_of(order[0])]
    arrivals = [clock]
    for here, there in pairwise(order):
        clock += task.leg(here, there)
        arrivals.append(clock)
    return Timed(arrivals, clock + task.last_leg(order[-1]))


def heaviest(task: Task, order: Sequence[Stop]) -> int:
    """The largest load on the way. What is on board already is carried from the departure on."""
    load = sum(task.deliveries[s.delivery].load for s in order if s.kind == DROP_OFF)
    load -= sum(task.deliveries[s.delivery].load for s in order if s.kind == PICK_UP)
    most = load
    for stop in order:
        change = task.deliveries[stop.delivery].load
        load += change if stop.kind == PICK_UP else -change
        most = max(most, load)
    return most


def fetched_first(order: Sequence[Stop]) -> bool:
    """Whether everything that is fetched is fetched before it is handed over."""
    handed_over: set[int] = set()
    for stop in order:
        if stop.kind == DROP_OFF:
            handed_over.add(stop.delivery)
        elif stop.delivery in handed_over:
            return False
    return True


def cost_of(task: Task, order: Sequence[Stop]) -> float:
    """What an order costs, in minutes of travel; lower is better."""
    arrivals, end = timed(task, order)
    cost, there = end, {s.delivery for s in order if s.kind == DROP_OFF}
    for stop, arrival in zip(order, arrivals, strict=True):
        if stop.kind == DROP_OFF:
            delivery = task.deliveries[stop.delivery]
            cost += WAITING[delivery.urgency] * arrival
            cost += LATE[delivery.urgency] * max(0.0, arrival - delivery.lease_min)
    return cost + sum(LEFT_OUT[d.urgency] for n, d in enumerate(task.deliveries) if n not in there)


def why_left_out(task: Task, order: Sequence[Stop]) -> dict[int, str]:
    """The deliveries that the order does not hold, each with the reason."""
    there = {stop.delivery for stop in order}
    on_board = sum(task.deliveries[n].load for n in there if task.deliveries[n].pick_up is None)
    reasons = {}
    for number, delivery in enumerate(task.deliveries):
        if number in there:
            continue
        if delivery.load > task.load_limit:
            reasons[number] = TOO_BIG
        elif timed(task, stops_of(task, [number])).end > task.time_limit:
            reasons[number] = TOO_FAR
        elif delivery.pick_up is None and on_board + delivery.load > task.load_limit:
            reasons[number] = NO_ROOM
        else:
            reasons[number] = NO_TIME
    return reasons


def load_of(portions: int, shares: Sequence[float]) -> int:
    """How many portions a claim is that promises these shares of each line of its case.

    Kilos, boxes and bottles cannot be added up; portions can. The whole case is `portions`; half of its
    lines, or half of each of them, is half of that, rounded up.
    """
    if not portions:
        return 0
    share = sum(min(1.0, s) for s in shares) / len(shares) if shares else 1.0
    return max(1, math.ceil(portions * share - 1e-9))


class Window(NamedTuple):
    """From when to when somebody may be on the road."""

    start: datetime
    end: datetime

    @property
    def minutes(self) -> float:
        """How long that is."""
        return (self.end - self.start).total_seconds() / 60


def window(earliest: time | None, latest: time | None, moment: datetime, zone: tzinfo) -> Window:
    """The window between two times of day that is open at `moment`, or else the next one.

    It may go past midnight. Without an earliest time it is open now; without a latest one a day is enough.
    """
    here = moment.astimezone(zone)
    days = [here.date() + timedelta(days=n) for n in (-1, 0, 1)]
    if latest is None:
        start = max(here, datetime.combine(days[1], earliest, zone)) if earliest else here
        return Window(start, start + timedelta(minutes=LONGEST_MIN))
    for day in days:
        end = datetime.combine(day, latest, zone)
        start = datetime.combine(day, earliest, zone) if earliest else end - timedelta(days=1)
        if end <= start:
            end += timedelta(days=1)
        if end > here:
            break
    return Window(max(start, here), end)
