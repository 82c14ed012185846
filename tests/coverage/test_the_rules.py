"""When a ward is behind, and when somebody must be told: pure rules, tried on any numbers."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.coverage.rules import (
    ALERT_LEAST_OPEN,
    HELPER_CLASSES,
    LEAST_WAITING,
    LEVELS,
    Ward,
    falls_behind,
    helpers_class,
    level_of,
    may_tell_at,
    wards_behind,
)


@st.composite
def wards(draw: st.DrawFn) -> Ward:
    open_cases = draw(st.integers(0, 40))
    return Ward(
        area_id=draw(st.integers(1, 10**6)),
        province_id=draw(st.sampled_from([1, 2, None])),
        open=open_cases,
        waiting=draw(st.integers(0, open_cases)),
        counted_only=draw(st.integers(0, 3)),
        asked=open_cases + draw(st.integers(0, 40)),
        unmet=draw(st.floats(0, 1)),
        helpers=draw(st.integers(0, 50)),
    )


def ward(open_cases: int = 10, waiting: int = 0, unmet: float = 1.0, **more: int) -> Ward:
    known = {"area_id": 1, "province_id": 1, "counted_only": 0, "asked": open_cases, "helpers": 0}
    return Ward(open=open_cases, waiting=waiting, unmet=unmet, **(known | more))


@pytest.mark.parametrize(
    ("one", "level"),
    [
        (ward(0), "none"),
        (ward(0, counted_only=1), "kept_up"),
        (ward(12, 0, 1.0), "kept_up"),
        (ward(12, 3, 0.2), "slow"),
        (ward(12, 6, 0.4), "slow"),
        (ward(12, 6, 0.5), "behind"),
        (ward(2, 2, 1.0), "slow"),
    ],
)
def test_how_far_behind_a_ward_is(one: Ward, level: str) -> None:
    assert level_of(one) == level


@given(wards())
def test_every_ward_has_one_level_and_only_waiting_makes_it_slow(one: Ward) -> None:
    assert level_of(one) in LEVELS
    if not one.waiting:
        assert level_of(one) in ("none", "kept_up")
    if level_of(one) == "behind":
        assert one.waiting >= LEAST_WAITING


@given(wards(), st.integers(1, 20))
def test_more_waiting_never_looks_better(one: Ward, more: int) -> None:
    worse = Ward(**(vars(one) | {"waiting": min(one.open, one.waiting + more)}))
    assert LEVELS.index(level_of(worse)) >= LEVELS.index(level_of(one))


@given(st.integers(0, 200), st.integers(0, 200))
def test_one_or_two_volunteers_never_show(helpers: int, open_cases: int) -> None:
    named = helpers_class(helpers, open_cases)
    assert named in HELPER_CLASSES
    if helpers < 3:
        assert named == "few"
    assert HELPER_CLASSES.index(helpers_class(helpers + 1, open_cases)) >= HELPER_CLASSES.index(named)


@given(wards(), st.lists(wards(), max_size=6))
def test_nobody_is_told_of_a_few_cases(one: Ward, others: list[Ward]) -> None:
    if falls_behind(one, others):
        assert one.open >= ALERT_LEAST_OPEN
        assert one.waiting >= LEAST_WAITING
        assert one.unmet >= 0.5
        assert one.waiting_share >= 0.5


def test_a_ward_is_held_against_the_others_of_its_province() -> None:
    fine = [ward(10, 1, 0.2, area_id=n) for n in range(2, 6)]
    left = ward(10, 7, 0.8)
    assert wards_behind([left, *fine]) == [left]
    usual = [ward(10, 7, 0.8, area_id=n) for n in range(2, 6)]
    assert wards_behind([left, *usual]) == []
    worst = ward(10, 10, 1.0)
    assert wards_behind([worst, *usual]) == [worst]
    elsewhere = [Ward(**(vars(other) | {"province_id": 2})) for other in usual]
    assert left in wards_behind([left, *fine, *elsewhere])


@pytest.mark.parametrize(("utc_hour", "told"), [(0, True), (13, True), (14, False), (23, False), (22, False)])
def test_officials_are_told_by_day(utc_hour: int, told: bool) -> None:
    assert may_tell_at(datetime(2026, 11, 22, utc_hour, 30, tzinfo=UTC)) is told
