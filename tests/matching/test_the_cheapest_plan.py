"""Plans made over few pairs are the cheapest over all pairs, and what proves it is never too high."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.matching.assignment import Pairs, assign
from bench.cases_and_helpers import Cases, Helpers
from bench.columns import cheapest, cheapest_of, improved
from bench.nearest import Nearest
from bench.prices import lowest_prices


def somewhere(seed: int, cases: int, helpers: int, *, limits: bool = False, heavy: bool = True) -> Nearest:
    """A small area; with limits half of the helpers come a kilometre or two, or do one thing only."""
    rng = np.random.default_rng(seed)
    kinds = np.array(["food", "medicine", ""])
    return Nearest(
        Cases(
            np.arange(cases, dtype=float),
            10.7 + rng.normal(0, 0.02, cases).round(3),
            106.7 + rng.normal(0, 0.02, cases).round(3),
            rng.choice([1.0, 2.0, 4.0], cases) if heavy else np.ones(cases),
            kinds[rng.integers(0, 3, cases)],
        ),
        Helpers(
            10.71 + rng.normal(0, 0.02, helpers).round(3),
            106.7 + rng.normal(0, 0.02, helpers).round(3),
            rng.integers(0, 4, helpers),
            rng.choice([1_000.0, 2_500.0, np.inf], helpers) if limits else np.full(helpers, np.inf),
            [frozenset(rng.choice(kinds[:2], 1)) if n % 2 else frozenset() for n in range(helpers)]
            if limits
            else None,
        ),
    )


def everybody(nearest: Nearest) -> Pairs:
    cases, helpers = len(nearest.cases), len(nearest.helpers)
    return nearest.suiting(np.repeat(np.arange(cases), helpers), np.tile(np.arange(helpers), cases)).pairs


def solved(nearest: Nearest, serve: int | None = None) -> tuple[int, float]:
    pairs = everybody(nearest)
    carried = assign(pairs, nearest.helpers.capacity, np.ones(len(nearest.cases), np.int64), serve=serve)
    return int(carried.sum()), float((pairs.cost_min * carried).sum())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 25), st.booleans())
def test_as_many_are_served_as_over_all_pairs_at_the_same_cost(
    seed: int, cases: int, helpers: int, limits: bool
) -> None:
    nearest = somewhere(seed, cases, helpers, limits=limits)
    plan = cheapest(nearest, gap=0)
    served, minutes = solved(nearest)
    assert plan.served == served
    assert (plan.found.pairs.cost_min * plan.carried).sum() == pytest.approx(minutes, abs=0.1)
    assert plan.bound == pytest.approx(plan.cost, rel=1e-4, abs=1)
    assert plan.bound <= plan.cost + 0.01


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 30), st.booleans(), st.floats(0.1, 1))
def test_so_does_a_plan_that_begins_with_one_pair_each_and_serves_a_fixed_number(
    seed: int, cases: int, limits: bool, share: float
) -> None:
    nearest = somewhere(seed, cases, 15, limits=limits)
    whole = cheapest(nearest)
    serve = int(whole.served * share)
    plan = cheapest_of(nearest, serve, whole.found.only(np.flatnonzero(whole.carried)), gap=0)
    assert plan.served == serve
    assert (plan.found.pairs.cost_min * plan.carried).sum() == pytest.approx(
        solved(nearest, serve)[1], abs=0.1
    )
    assert plan.bound == pytest.approx(plan.cost, rel=1e-4, abs=1)


def test_few_pairs_grow_into_the_cheapest_plan() -> None:
    nearest = somewhere(1, 300, 200)
    few = nearest.of(np.arange(300), most=1)
    plan = improved(nearest, few, gap=0, without_m=50_000)
    assert len(few) < len(plan.found) < 300 * 200 / 4
    assert (plan.served, plan.cost) == (
        cheapest(nearest).served,
        pytest.approx(cheapest(nearest, gap=0).cost),
    )


def test_a_price_is_what_a_place_more_is_worth() -> None:
    nearest = somewhere(4, 20, 15, heavy=False)
    pairs, room, demand = everybody(nearest), nearest.helpers.capacity, np.ones(20, np.int64)
    assert room.sum() > 20

    def cost(room: np.ndarray) -> float:
        return float((pairs.cost_min * assign(pairs, room, demand, without_min=500)).sum())

    carried = assign(pairs, room, demand, without_min=500)
    lowest = lowest_prices(pairs, carried, 15, demand, 500_000).price / 1000
    for helper in np.flatnonzero(room):
        one = np.arange(15) == helper
        assert lowest[helper] == pytest.approx(cost(room) - cost(room + one), abs=0.05)
