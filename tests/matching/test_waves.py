"""The rules of waves: how many are asked, how far, how long, and when nobody is woken."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from app.matching.waves import (
    GRAVE_CHANCE,
    OWN_RINGS,
    Choice,
    Quiet,
    Terms,
    acceptance_rate,
    first_wave_at,
    how_it_ended,
    how_many,
    ring_for,
    rings_of,
    share_out,
    still_waits,
    wakes_at,
    window_end,
)

URGENCIES = ("normal", "urgent", "life_threatening")
NIGHT = Quiet(time(21, 30), time(6, 30), "Asia/Ho_Chi_Minh")
MOMENTS = st.integers(1_577_836_800, 1_893_456_000).map(lambda s: datetime.fromtimestamp(s, UTC))
RATES = st.floats(0.01, 0.99)


@st.composite
def markets(draw: st.DrawFn) -> tuple[list[Choice], dict[object, int], dict[int, int], Terms]:
    """Some cases, some helpers with some room, and who could go where at what cost."""
    cases, helpers = draw(st.integers(1, 6)), draw(st.integers(1, 8))
    pairs = draw(st.sets(st.tuples(st.integers(0, cases - 1), st.integers(0, helpers - 1)), max_size=30))
    rate = draw(st.lists(RATES, min_size=helpers, max_size=helpers))
    choices = [
        Choice(case, f"h{helper}", draw(st.floats(-200, 200)), rate[helper], draw(st.floats(0, 2)))
        for case, helper in sorted(pairs)
    ]
    room: dict[object, int] = {f"h{n}": draw(st.integers(-1, 3)) for n in range(helpers)}
    most = {n: draw(st.integers(0, 6)) for n in range(cases)}
    return choices, room, most, Terms(draw(st.floats(0.5, 0.99)), draw(st.integers(1, 6)), 30)


@given(markets())
@settings(deadline=None)
def test_sharing_out_breaks_no_limit(market) -> None:
    choices, room, most, terms = market
    chosen = share_out(choices, room, most, terms)
    assert set(chosen) <= set(choices)
    assert len({(c.case, c.helper) for c in chosen}) == len(chosen), "nobody is asked twice about one case"
    for helper, many in room.items():
        assert sum(c.helper == helper for c in chosen) <= max(0, many)
    for case in most:
        mine = [c for c in chosen if c.case == case]
        assert len(mine) <= min(most[case], terms.most_per_wave)
        assert how_many([c.chance for c in mine[:-1]], terms.chance) > len(mine) - 1, "not one too many"


@given(markets())
@settings(deadline=None)
def test_sharing_out_leaves_no_case_short_while_somebody_has_room(market) -> None:
    choices, room, most, terms = market
    chosen = share_out(choices, room, most, terms)
    left = {helper: many - sum(c.helper == helper for c in chosen) for helper, many in room.items()}
    for case, many in most.items():
        mine = [c for c in chosen if c.case == case]
        if len(mine) >= min(many, terms.most_per_wave):
            continue
        if how_many([c.chance for c in mine], terms.chance) <= len(mine):
            continue
        assert all(left[c.helper] <= 0 for c in choices if c.case == case and c not in chosen)


@given(markets())
@settings(deadline=None)
def test_as_many_cases_as_can_be_get_somebody_before_any_gets_a_second(market) -> None:
    choices, room, most, terms = market
    seats = [(helper, n) for helper, many in room.items() for n in range(max(0, many))]
    pairs = {(c.case, c.helper) for c in choices}
    able = [[(case, helper) in pairs for helper, _n in seats] for case in most if most[case]]
    could = 0
    if able and seats:
        could = sum(maximum_bipartite_matching(csr_matrix(np.array(able)), perm_type="column") >= 0)
    assert len({c.case for c in share_out(choices, room, most, terms)}) == could


def test_the_only_neighbour_of_one_case_is_not_spent_on_another_with_many() -> None:
    near_both, elsewhere = "near both", "elsewhere"
    choices = [
        Choice(0, near_both, 1.0, 0.9, 0.1),
        Choice(0, elsewhere, 3.0, 0.9, 0.1),
        Choice(1, near_both, 2.0, 0.9, 0.1),
    ]
    chosen = share_out(choices, {near_both: 1, elsewhere: 1}, {0: 5, 1: 5})
    assert {(c.case, c.helper) for c in chosen} == {(0, elsewhere), (1, near_both)}


@given(st.lists(RATES, max_size=40), st.floats(0.5, 0.99))
def test_just_so_many_are_asked_that_somebody_probably_accepts(rates: list[float], chance: float) -> None:
    many = how_many(rates, chance)
    nobody = 1.0
    for rate in rates[:many]:
        nobody *= 1 - rate
    if many <= len(rates):
        assert 1 - nobody >= chance - 1e-6
        if many > 1:
            assert how_many(rates[: many - 1], chance) == many, "one fewer would not do"
    else:
        assert 1 - nobody < chance


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_rate_lies_between_the_past_and_the_usual(accepted: int, refused: int) -> None:
    rate = acceptance_rate(accepted, accepted + refused)
    assert 0 < rate < 1
    if accepted + refused:
        own = accepted / (accepted + refused)
        assert min(own, 0.3) - 1e-9 <= rate <= max(own, 0.3) + 1e-9
    assert acceptance_rate(accepted + 1, accepted + refused + 1) > rate
    assert acceptance_rate(accepted, accepted + refused + 1) < rate


def test_four_strangers_are_asked_at_first_and_seven_where_a_life_is_in_danger() -> None:
    assert acceptance_rate(0, 0) == pytest.approx(0.3)
    assert how_many([0.3] * 20) == 4
    assert how_many([0.3] * 20, GRAVE_CHANCE) == 7


@given(st.lists(st.tuples(RATES, st.floats(0, 2.5)), max_size=20), st.sampled_from(URGENCIES))
def test_rings_widen_and_only_danger_goes_beyond_what_people_chose(people, urgency: str) -> None:
    choices = [Choice(0, n, float(n), rate, reach) for n, (rate, reach) in enumerate(people)]
    rings = [ring_for(choices, urgency, wave) for wave in range(7)]
    assert rings == sorted(rings)
    assert set(rings) <= set(rings_of(urgency))
    assert max(rings) <= (2.0 if urgency == "life_threatening" else 1.0)
    assert rings[-1] == rings_of(urgency)[-1]


def test_a_ring_with_too_few_people_widens_at_once() -> None:
    crowd = [Choice(0, n, float(n), 0.3, 0.2) for n in range(9)]
    assert ring_for(crowd, "normal", 0) == OWN_RINGS[0]
    assert ring_for(crowd[:2], "normal", 0) == 1.0


@given(MOMENTS, st.sampled_from(URGENCIES))
def test_nobody_is_woken_unless_a_life_is_in_danger(at: datetime, urgency: str) -> None:
    then = wakes_at(at, urgency, NIGHT)
    assert then >= at
    if urgency == "life_threatening":
        assert then == at
        return
    local = then.astimezone(ZoneInfo(NIGHT.zone)).time()
    assert NIGHT.until <= local < NIGHT.since
    assert then - at <= timedelta(hours=9)
    assert wakes_at(then, urgency, NIGHT) == then


@pytest.mark.parametrize(
    ("local", "wakes"),
    [
        ("2026-03-10 21:29", "2026-03-10 21:29"),
        ("2026-03-10 21:30", "2026-03-11 06:30"),
        ("2026-03-11 00:10", "2026-03-11 06:30"),
        ("2026-03-11 06:29", "2026-03-11 06:30"),
        ("2026-03-11 06:30", "2026-03-11 06:30"),
    ],
)
def test_the_night_ends_in_the_morning_of_the_place(local: str, wakes: str) -> None:
    zone = ZoneInfo(NIGHT.zone)
    at = datetime.fromisoformat(local).replace(tzinfo=zone).astimezone(UTC)
    assert wakes_at(at, "normal", NIGHT) == datetime.fromisoformat(wakes).replace(tzinfo=zone)


def test_quiet_hours_may_lie_within_a_day_or_not_be_at_all() -> None:
    siesta = Quiet(time(12), time(14), "UTC")
    assert wakes_at(datetime(2026, 1, 1, 13, tzinfo=UTC), "urgent", siesta) == datetime(
        2026, 1, 1, 14, tzinfo=UTC
    )
    assert wakes_at(datetime(2026, 1, 1, 15, tzinfo=UTC), "urgent", siesta).hour == 15
    assert wakes_at(datetime(2026, 1, 1, 13, tzinfo=UTC), "urgent", Quiet(time(0), time(0), "UTC")).hour == 13


@given(MOMENTS, st.floats(1, 300))
def test_cases_of_one_window_are_planned_at_one_moment(at: datetime, seconds: float) -> None:
    end = window_end(at, seconds)
    assert timedelta(0) <= end - at <= timedelta(seconds=seconds + 0.001)
    later = min(at + timedelta(seconds=seconds / 7), end)
    assert abs(window_end(later, seconds) - end) <= timedelta(seconds=0.001) or later == end
    assert first_wave_at(at, "life_threatening", seconds) == at


def test_who_waits_for_busy_people_and_how_searches_end() -> None:
    began = datetime(2026, 1, 1, tzinfo=UTC)
    assert still_waits("normal", began, began + timedelta(minutes=119), 2)
    assert not still_waits("normal", began, began + timedelta(minutes=120), 2)
    assert not still_waits("life_threatening", began, began, 2)
    for status in ("claimed", "delivered", "closed"):
        assert how_it_ended(status) == "enough"
    for status in ("cancelled", "expired", "rejected", "over"):
        assert how_it_ended(status) == "stopped"
