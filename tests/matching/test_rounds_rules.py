"""The order of a round: whatever the claims, it can be gone, and it is about as good as any."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, time
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.matching.round_rules import (
    DROP_OFF,
    NO_ROOM,
    NO_TIME,
    PICK_UP,
    REASONS,
    TOO_BIG,
    TOO_FAR,
    Delivery,
    Stop,
    Task,
    cost_of,
    fetched_first,
    heaviest,
    load_of,
    stops_of,
    timed,
    why_left_out,
    window,
)
from app.matching.round_solver import best_order

KM_MIN = 1000 * 1.35 / 250
URGENCIES = ("normal", "urgent", "life_threatening")
HCM = ZoneInfo("Asia/Ho_Chi_Minh")


def between(points: list[tuple[float, float]]) -> list[list[float]]:
    return [[math.dist(here, there) * KM_MIN for there in points] for here in points]


@st.composite
def tasks(draw: st.DrawFn, most: int = 8) -> Task:
    """A town of six kilometres, some counters that several claims share, hours that are often too short."""
    km = st.floats(0, 6).map(lambda far: round(far, 2))
    counters = draw(st.integers(1, 3))
    points = [(3.0, 3.0), *((draw(km), draw(km)) for _ in range(counters))]
    deliveries = []
    for _ in range(draw(st.integers(1, most))):
        points.append((draw(km), draw(km)))
        pick_up = draw(st.one_of(st.none(), st.integers(1, counters)))
        lease = draw(st.floats(0, 240))
        urgency = draw(st.sampled_from(URGENCIES))
        deliveries.append(Delivery(len(points) - 1, pick_up, draw(st.integers(0, 5)), urgency, lease))
    home = draw(st.sampled_from([None, 0]))
    return Task(
        between(points), deliveries, draw(st.integers(1, 8)), draw(st.sampled_from([0, 45, 120, 600])), home
    )


def feasible(task: Task, order: Sequence[Stop]) -> bool:
    """Whether the order keeps the hard rules: fetched first, never too heavy, over in time."""
    in_time = timed(task, order).end <= task.time_limit + 1e-6
    return in_time and fetched_first(order) and heaviest(task, order) <= task.load_limit


def cheapest(task: Task) -> float:
    """The cost of the best order of all there are; only for very small rounds."""
    best = cost_of(task, [])
    for chosen in range(2 ** len(task.deliveries)):
        some = [n for n in range(len(task.deliveries)) if chosen >> n & 1]
        for order in permutations(stops_of(task, some)):
            if feasible(task, order):
                best = min(best, cost_of(task, order))
    return best


@settings(max_examples=60, deadline=None)
@given(tasks())
def test_every_order_can_be_gone(task: Task) -> None:
    order = best_order(task)
    assert fetched_first(order)
    assert heaviest(task, order) <= task.load_limit
    arrivals, end = timed(task, order)
    assert arrivals == sorted(arrivals)
    # Seconds are rounded for the solver: a second for each stop at most.
    assert end <= task.time_limit + (len(order) + 1) / 60 or not order


@settings(max_examples=60, deadline=None)
@given(tasks())
def test_every_claim_is_in_the_round_or_listed_with_a_reason(task: Task) -> None:
    order = best_order(task)
    reasons = why_left_out(task, order)
    there = {stop.delivery for stop in order}
    assert there | set(reasons) == set(range(len(task.deliveries)))
    assert not there & set(reasons)
    assert set(reasons.values()) <= set(REASONS)
    assert sorted(order) == sorted(stops_of(task, sorted(there)))


@settings(max_examples=30, deadline=None)
@given(tasks(most=3))
def test_small_rounds_are_as_good_as_the_best_of_all(task: Task) -> None:
    assert cost_of(task, best_order(task)) <= cheapest(task) * 1.03 + 0.5


def test_the_same_question_has_the_same_answer() -> None:
    points = [(0, 0), *((n * 7 % 5, n * 3 % 4) for n in range(1, 21))]
    deliveries = [Delivery(2 * n + 2, 2 * n + 1, 1 + n % 3, URGENCIES[n % 3], 60.0) for n in range(10)]
    task = Task(between(points), deliveries, 6)
    assert best_order(task) == best_order(task)


def line(*deliveries: Delivery, limit: int = 8, minutes: float = 600, home: int | None = None) -> Task:
    """Places a kilometre apart in a row."""
    return Task(between([(n, 0) for n in range(10)]), deliveries, limit, minutes, home)


def test_who_is_in_danger_comes_first_although_others_lie_on_the_way() -> None:
    task = line(Delivery(1), Delivery(2), Delivery(3, urgency="life_threatening"))
    assert best_order(task)[0] == Stop(2, DROP_OFF)


def test_goods_of_one_counter_are_fetched_together() -> None:
    order = best_order(line(Delivery(4, 1), Delivery(5, 1)))
    assert [stop.kind for stop in order] == [PICK_UP, PICK_UP, DROP_OFF, DROP_OFF]


def test_a_small_bag_goes_twice_to_the_counter() -> None:
    order = best_order(line(Delivery(2, 1, load=2), Delivery(3, 1, load=2), limit=3))
    assert [stop.kind for stop in order] == [PICK_UP, DROP_OFF, PICK_UP, DROP_OFF]


def test_the_way_home_counts_when_the_round_must_be_back() -> None:
    there = 9 * KM_MIN + 5
    assert best_order(line(Delivery(9), minutes=there + 1))
    assert best_order(line(Delivery(9), minutes=there + 1, home=0)) == []


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        (line(Delivery(1, load=9)), TOO_BIG),
        (line(Delivery(1, load=5), Delivery(2, load=5)), NO_ROOM),
        (line(Delivery(9), minutes=20), TOO_FAR),
        (line(Delivery(3), Delivery(4, 5), minutes=42), NO_TIME),
    ],
    ids=["too big for the vehicle", "no room beside the others", "too far by itself", "no time for both"],
)
def test_what_does_not_fit_says_why(task: Task, reason: str) -> None:
    assert list(why_left_out(task, best_order(task)).values()) == [reason]


def test_rather_a_late_delivery_than_none() -> None:
    task = line(Delivery(5, lease_min=1.0))
    assert best_order(task) == [Stop(0, DROP_OFF)]


@pytest.mark.parametrize(
    ("portions", "shares", "load"),
    [
        (2, [1, 1], 2),
        (2, [0.5, 0.5], 1),
        (3, [1, 0], 2),
        (1, [0.1], 1),
        (0, [1], 0),
        (4, [], 4),
        (2, [1.5, 1], 2),
    ],
)
def test_part_of_a_case_is_part_of_its_portions(portions: int, shares: list[float], load: int) -> None:
    assert load_of(portions, shares) == load


@pytest.mark.parametrize(
    ("now", "earliest", "latest", "start", "end"),
    [
        ("10:00", None, "18:00", "23T10:00", "23T18:00"),
        ("10:00", "06:00", "18:00", "23T10:00", "23T18:00"),
        ("05:00", "06:00", "18:00", "23T06:00", "23T18:00"),
        ("19:00", "06:00", "18:00", "24T06:00", "24T18:00"),
        ("19:00", None, "18:00", "23T19:00", "24T18:00"),
        ("23:00", "22:00", "02:00", "23T23:00", "24T02:00"),
        ("01:00", "22:00", "02:00", "23T01:00", "23T02:00"),
        ("03:00", "22:00", "02:00", "23T22:00", "24T02:00"),
        ("10:00", None, None, "23T10:00", "24T10:00"),
        ("10:00", "13:00", None, "23T13:00", "24T13:00"),
        ("10:00", "08:00", None, "23T10:00", "24T10:00"),
    ],
)
def test_the_window_is_the_one_that_is_open_or_the_next(
    now: str, earliest: str | None, latest: str | None, start: str, end: str
) -> None:
    moment = datetime.fromisoformat(f"2026-11-23T{now}").replace(tzinfo=HCM).astimezone(UTC)
    times = [time.fromisoformat(t) if t else None for t in (earliest, latest)]
    found = window(times[0], times[1], moment, HCM)
    assert [f"{at.astimezone(HCM):%dT%H:%M}" for at in found] == [start, end]
