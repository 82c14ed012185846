"""The solver: no constraint is broken, and no other assignment is better."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.matching.assignment import (
    ALL_FULL,
    NOBODY_IN_REACH,
    Pairs,
    assign,
    assign_within_load,
    total_cost,
    why_left_out,
)

PAIRS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(-200, 200)),
    max_size=12,
    unique_by=lambda pair: pair[:2],
)
LOADS = st.lists(st.integers(0, 5), min_size=4, max_size=4)
SPACES = st.lists(st.integers(0, 8), min_size=3, max_size=3)
ROOM = st.lists(st.integers(0, 2), min_size=3, max_size=3)


def pairs_of(rows: list[tuple[int, int, int]]) -> Pairs:
    case, helper, cost = zip(*rows, strict=True) if rows else ((), (), ())
    return Pairs(np.array(case, np.int64), np.array(helper, np.int64), np.array(cost, np.float64))


def solved(rows: list[tuple[int, int, int]], room: list[int], **more: float) -> np.ndarray:
    return assign(pairs_of(rows), np.array(room, np.int64), np.ones(4, np.int64), **more)


def holds(rows: list[tuple[int, int, int]], room: list[int], chosen: tuple[int, ...]) -> bool:
    """Each case once, no helper above their room."""
    cases = [rows[n][0] for n in chosen]
    helpers = [rows[n][1] for n in chosen]
    return len(set(cases)) == len(cases) and all(helpers.count(j) <= room[j] for j in range(3))


def tried_out(rows: list[tuple[int, int, int]], room: list[int]) -> tuple[int, float]:
    """The most cases that can be served, and the least that costs, by looking at every choice."""
    best = (0, 0.0)
    for size in range(1, 5):
        for chosen in itertools.combinations(range(len(rows)), size):
            if holds(rows, room, chosen):
                best = min(best, (-size, float(sum(rows[n][2] for n in chosen))))
    return -best[0], best[1]


@settings(max_examples=150, deadline=None)
@given(PAIRS, ROOM)
def test_nothing_is_better_than_what_it_finds(rows: list[tuple[int, int, int]], room: list[int]) -> None:
    carried = solved(rows, room)
    chosen = tuple(np.flatnonzero(carried))
    assert holds(rows, room, chosen)
    assert (len(chosen), total_cost(pairs_of(rows), carried)) == pytest.approx(tried_out(rows, room))


@settings(max_examples=100, deadline=None)
@given(PAIRS, ROOM, st.floats(0, 30))
def test_spreading_the_work_serves_as_many(
    rows: list[tuple[int, int, int]], room: list[int], load_min: float
) -> None:
    carried = solved(rows, room, load_min=load_min)
    assert holds(rows, room, tuple(np.flatnonzero(carried)))
    assert carried.sum() == tried_out(rows, room)[0]


@settings(max_examples=100, deadline=None)
@given(PAIRS, ROOM)
def test_whoever_is_left_out_is_told_the_right_reason(
    rows: list[tuple[int, int, int]], room: list[int]
) -> None:
    carried = solved(rows, room)
    load = [sum(carried[n] for n, row in enumerate(rows) if row[1] == j) for j in range(3)]
    served = {rows[n][0] for n in np.flatnonzero(carried)}
    why = why_left_out(pairs_of(rows), carried, 4)
    assert set(why) == set(range(4)) - served
    for case, reason in why.items():
        candidates = [row[1] for row in rows if row[0] == case]
        assert reason == (ALL_FULL if candidates else NOBODY_IN_REACH)
        assert all(load[j] == room[j] for j in candidates)


def test_work_is_spread_where_the_ways_are_alike() -> None:
    rows = [(0, 0, 10), (1, 0, 10), (0, 1, 12), (1, 1, 12)]
    assert list(solved(rows, [2, 2, 0])) == [1, 1, 0, 0]
    spread = solved(rows, [2, 2, 0], load_min=5)
    assert spread[:2].sum() == spread[2:].sum() == 1


def test_a_fixed_number_is_served_at_the_lowest_cost() -> None:
    rows = [(0, 0, 30), (1, 1, 10), (2, 2, 20)]
    assert list(solved(rows, [1, 1, 1], serve=2)) == [0, 1, 1]


def test_a_case_of_several_units_is_shared_out() -> None:
    carried = assign(pairs_of([(0, 0, 1), (0, 1, 2)]), np.array([2, 2], np.int64), np.array([3], np.int64))
    assert list(carried) == [2, 1]


def loaded(rows: list[tuple[int, int, int]], room: list[int], loads: list[int], spaces: list[int]) -> Any:
    return assign_within_load(
        pairs_of(rows),
        np.array(room, np.int64),
        portions=np.array(loads, np.int64),
        space=np.array(spaces, np.int64),
        load_min=5.0,
    )


@settings(max_examples=300, deadline=None)
@given(PAIRS, ROOM, LOADS, SPACES)
def test_nobody_carries_more_than_their_vehicle_holds(
    rows: list[tuple[int, int, int]], room: list[int], loads: list[int], spaces: list[int]
) -> None:
    chosen = tuple(np.flatnonzero(loaded(rows, room, loads, spaces)))
    assert holds(rows, room, chosen)
    for helper in range(3):
        mine = [rows[n][0] for n in chosen if rows[n][1] == helper]
        assert sum(loads[case] for case in mine) <= spaces[helper]


@settings(max_examples=100, deadline=None)
@given(PAIRS, ROOM, LOADS)
def test_large_enough_vehicles_change_nothing(
    rows: list[tuple[int, int, int]], room: list[int], loads: list[int]
) -> None:
    free = solved(rows, room, load_min=5.0)
    carried = loaded(rows, room, loads, [99, 99, 99])
    assert carried.sum() == free.sum()
    assert total_cost(pairs_of(rows), carried) <= total_cost(pairs_of(rows), free) + 15


def test_what_does_not_fit_goes_to_somebody_else_and_the_pressing_stays() -> None:
    rows = [(0, 0, -50), (1, 0, 10), (1, 1, 60)]
    assert list(loaded(rows, [2, 2, 0], [3, 3, 0, 0], [4, 4, 0])) == [1, 0, 1]
