"""Who suits which case, and which comes first."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.matching.rules import Candidate, Helper, cost_of, rank, reasons, suits, worth_going

FOOD, ADVICE = 1, 2


def helper(**known: object) -> Helper:
    return Helper(**({"category_ids": frozenset({FOOD, ADVICE}), "medic": False, "radius_m": 5000.0,
                      "held": 0, "capacity": 3} | known))  # fmt: skip


def case(code: str = "A", **known: object) -> Candidate:
    return Candidate(**({"code": code, "category_id": FOOD, "medic_only": False, "metres": 600.0,
                         "urgency": "normal", "hours_waited": 1.0} | known))  # fmt: skip


def order(*cases: Candidate, of: Helper | None = None) -> list[str]:
    return [ranked.candidate.code for ranked in rank(of or helper(), cases)]


@pytest.mark.parametrize(
    ("who", "what"),
    [
        (helper(held=3), case()),
        (helper(), case(category_id=ADVICE, medic_only=True)),
        (helper(category_ids=frozenset({ADVICE})), case()),
        (helper(radius_m=500.0), case()),
    ],
)
def test_who_cannot_help_is_not_asked(who: Helper, what: Candidate) -> None:
    assert not suits(who, what)
    assert rank(who, [what]) == []


def test_a_verified_medic_is_asked_for_advice() -> None:
    assert suits(helper(medic=True), case(category_id=ADVICE, medic_only=True))


def test_all_else_equal_the_nearer_comes_first() -> None:
    assert order(case("far", metres=2000.0), case("near", metres=300.0)) == ["near", "far"]


def test_who_has_waited_long_comes_before_somebody_a_little_nearer() -> None:
    assert order(
        case("fresh", metres=600.0, hours_waited=0.2), case("old", metres=1500.0, hours_waited=30)
    ) == [
        "old",
        "fresh",
    ]


def test_a_life_in_danger_comes_first_within_the_radius() -> None:
    danger = case("danger", metres=4900.0, hours_waited=0.0, urgency="life_threatening")
    assert order(case("near", metres=50.0, hours_waited=48), danger) == ["danger", "near"]


def test_what_others_are_looking_at_waits_for_them() -> None:
    assert order(case("looked at", looking=2), case("left alone", metres=900.0)) == [
        "left alone",
        "looked at",
    ]


def test_a_helper_with_much_to_carry_is_sent_less_far() -> None:
    far = case(metres=4000.0)
    assert cost_of(helper(held=2), far) > cost_of(helper(), far)


def test_who_has_something_to_do_near_them_is_not_sent_far() -> None:
    near, far = case("near", metres=500.0), case("far", metres=4000.0)
    waiting, grave = (
        replace(far, code="waiting", hours_waited=30),
        replace(far, code="grave", urgency="urgent"),
    )

    def shown(*cases: Candidate) -> set[str]:
        return {one.candidate.code for one in worth_going(rank(helper(), cases))}

    assert shown(near, far) == {"near"}
    assert shown(near, waiting, grave) == {"near", "waiting", "grave"}
    assert shown(far) == {"far"}, "nothing is nearer: somebody is needed there"
    medic = helper(medic=True)
    advice = case("advice", category_id=ADVICE, medic_only=True, metres=4000.0)
    assert [one.candidate.code for one in worth_going(rank(medic, [advice, far]))] == ["advice"]


def test_a_card_can_say_why_it_is_shown() -> None:
    told = reasons(case(metres=600.0, hours_waited=9.0, vulnerabilities=frozenset({"children"})))
    assert told == [("near", 600.0), ("waiting", 9.0), ("children", 1.0)]


@given(
    st.lists(
        st.builds(
            case,
            st.text("ABC", min_size=1, max_size=4),
            metres=st.floats(0, 20_000),
            hours_waited=st.floats(0, 500),
            looking=st.integers(0, 9),
            medic_only=st.booleans(),
            category_id=st.sampled_from((FOOD, ADVICE, 3)),
            urgency=st.sampled_from(("normal", "urgent", "life_threatening")),
        ),
        max_size=30,
    ),
    st.builds(helper, held=st.integers(0, 4), medic=st.booleans()),
)
def test_the_order_breaks_no_hard_rule_and_does_not_depend_on_how_they_came(
    cases: list[Candidate], who: Helper
) -> None:
    ranked = rank(who, cases)
    assert all(suits(who, r.candidate) for r in ranked)
    assert [r.cost_min for r in ranked] == sorted(r.cost_min for r in ranked)
    assert [r.cost_min for r in rank(who, reversed(cases))] == [r.cost_min for r in ranked]
