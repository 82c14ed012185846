"""Strangers see a case near its place, never at it, and cannot work their way back."""

import random
import statistics

from hypothesis import given
from hypothesis import strategies as st

from app.cases.privacy import FARTHEST_M, NEAREST_M, blurred_candidates, household_of
from app.core.geo import Point

points = st.builds(Point, st.floats(-179.9, 179.9), st.floats(-80, 80))
HOME = Point(106.70085, 10.77695)


def first(position: Point, household: str, key: str = "secret") -> Point:
    return next(blurred_candidates(position, household, key))


@given(points, st.text(max_size=20))
def test_every_candidate_lies_150_to_300_m_away(position: Point, household: str) -> None:
    for candidate in blurred_candidates(position, household, "secret"):
        assert NEAREST_M - 2 <= position.metres_to(candidate) <= FARTHEST_M + 2


@given(points)
def test_the_same_household_at_the_same_place_is_always_shown_at_the_same_place(position: Point) -> None:
    assert first(position, "+84912345678") == first(position, "+84912345678")


def test_another_key_or_another_household_is_shown_elsewhere() -> None:
    assert first(HOME, "a") != first(HOME, "b")
    assert first(HOME, "a", "one key") != first(HOME, "a", "another key")


def test_posting_again_and_again_does_not_average_out_to_the_home() -> None:
    jitter = random.Random(7)
    shown = [
        first(HOME.moved(jitter.uniform(0, 8), jitter.uniform(0, 6.28)), "+84912345678") for _ in range(50)
    ]
    middle = Point(statistics.mean(p.lon for p in shown), statistics.mean(p.lat for p in shown))
    assert HOME.metres_to(middle) > 100


def test_a_household_is_known_by_its_phone_first() -> None:
    assert household_of(phone="+84912345678", requester="u1", fallback="c1") == "+84912345678"
    assert household_of(phone=None, requester="u1", fallback="c1") == "u1"
    assert household_of(phone=None, requester=None, fallback="c1") == "c1"
