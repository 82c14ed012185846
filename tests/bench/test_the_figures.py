"""The figures of a simulation, against values worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.simulation.figures import gini, gini_of_help, percentile
from bench.simulation.told import told

DAY_S = 86_400.0


def test_percentiles_lie_between_neighbours_in_proportion() -> None:
    assert percentile([4, 1, 3, 2], 0.5) == 2.5
    assert percentile([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110], 0.9) == 100
    assert percentile([7], 0.9) == 7
    assert percentile([], 0.5) is None


def test_gini_is_nought_when_all_are_alike_and_nears_one_when_one_has_all() -> None:
    assert gini([3, 3, 3], [1, 1, 1]) == pytest.approx(0)
    assert gini([0, 0, 0, 1], [1, 1, 1, 1]) == pytest.approx(0.75)
    assert gini([1, 2, 3, 4, 5], [1] * 5) == pytest.approx(4 / 15)
    assert gini([0, 0], [1, 1]) == 0
    assert gini([], []) is None


def test_a_ward_weighs_as_much_as_its_cases() -> None:
    assert gini([0, 1], [3, 1]) == pytest.approx(gini([0, 0, 0, 1], [1] * 4))
    assert gini_of_help({"a": (0, 3), "b": (1, 1)}) == pytest.approx(0.75)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 50)), min_size=1, max_size=30))
def test_gini_lies_between_nought_and_one(wards: list[tuple[float, int]]) -> None:
    found = gini([value for value, _n in wards], [n for _value, n in wards])
    assert found is not None
    assert -1e-9 <= found <= 1


def test_a_case_that_nobody_took_has_waited_until_the_end() -> None:
    end = 2 * DAY_S
    found = told([0.0, 0.0, 600.0], {0: 600.0, 1: DAY_S + 60}, [100.0, 300.0], ["w", "w", "v"], 6, end)
    assert found.time_to_first_claim_p50_min == pytest.approx(1441)
    assert found.never_helped_share == pytest.approx(2 / 3)
    assert (found.metres_per_delivery, found.messages_per_help) == (200, 3)
    assert (found.cases, found.claimed, found.deliveries) == (3, 2, 2)


def test_nothing_measured_is_no_figure() -> None:
    found = told([], {}, [], [], 0, 0).rounded()
    assert {found[name] for name in found if name not in ("cases", "claimed", "deliveries")} == {None}
