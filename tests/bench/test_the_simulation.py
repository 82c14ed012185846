"""The simulation plays real claims and dispatches, the same way every time, within every rule."""

import json
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

import bench.simulate as command
from app.core.db import db
from bench.simulation.demand import Ask
from bench.simulation.people import make_people, sessions_of
from bench.simulation.run import POLICIES, Setting, simulate
from tests.geography import CHO_LON, SAI_GON

START = datetime.fromisoformat("2021-07-26T07:00")
KEYS = {
    "time_to_first_claim_p50_min",
    "time_to_first_claim_p90_min",
    "never_helped_share",
    "metres_per_delivery",
    "gini_wards",
    "messages_per_help",
}


def a_day(cases: int = 40) -> list[Ask]:
    """Requests in two quarters of the small country, some of them grave, one medical."""
    rng = Random(7)
    asks = []
    for number in range(cases):
        middle = SAI_GON if number % 3 else CHO_LON
        asks.append(
            Ask(
                str(number),
                START + timedelta(minutes=15 * number),
                middle.lat + rng.gauss(0, 0.006),
                middle.lon + rng.gauss(0, 0.006),
                "medical_advice" if number == 5 else "essentials",
                ("normal", "normal", "urgent", "life_threatening")[number % 4],
            )
        )
    return asks


@pytest.mark.parametrize("policy", POLICIES)
def test_help_arrives_under_each_policy_and_no_rule_is_broken(app: Any, policy: str) -> None:
    found = simulate(Setting(a_day(), 30, 1, policy))
    assert found.cases == 40
    assert found.deliveries > 10
    assert found.never_helped_share is not None
    assert 0 <= found.never_helped_share < 1
    row = db.session.execute(
        text(
            """
            SELECT (SELECT count(*) FROM need WHERE pledged > quantity OR delivered > pledged) AS overrun,
                   (SELECT count(*) FROM claim k JOIN "case" c ON c.id = k.case_id
                    JOIN category g ON g.id = c.category_id
                    JOIN user_role r ON r.user_id = k.volunteer_id
                    WHERE g.medic_only AND r.role <> 'medic') AS not_medics,
                   (SELECT count(*) FROM (SELECT FROM ask GROUP BY dispatch_id, volunteer_id
                    HAVING count(*) > 1) twice) AS asked_twice,
                   (SELECT count(*) FROM ask) AS asks,
                   (SELECT count(DISTINCT case_id) FROM claim) AS taken
            """
        )
    ).one()
    assert (row.overrun, row.not_medics, row.asked_twice) == (0, 0, 0)
    assert row.taken == found.claimed
    assert (row.asks > 0) == (policy == "lalanh")


def test_the_same_seed_plays_the_same_day(app: Any) -> None:
    once = simulate(Setting(a_day(16), 15, 3, "lalanh"))
    again = simulate(Setting(a_day(16), 15, 3, "lalanh"))
    other = simulate(Setting(a_day(16), 15, 4, "lalanh"))
    assert once == again
    assert once != other


@pytest.mark.parametrize("policy", POLICIES)
def test_one_case_all_at_one_place_and_nobody_to_help_are_fine(app: Any, policy: str) -> None:
    one = [Ask("a", START, 19.43, -99.13)]
    assert simulate(Setting(one, 0, 1, policy)).never_helped_share == 1
    alike = [Ask(str(n), START, 19.43, -99.13) for n in range(8)]
    found = simulate(Setting(alike, 12, 1, policy))
    assert found.gini_wards == 0
    assert found.claimed > 0
    assert simulate(Setting([], 5, 1, policy)).cases == 0


def test_volunteers_and_their_days_belong_to_the_seed_alone() -> None:
    asks = a_day()
    people, again = make_people(asks, 20, 1), make_people(asks, 20, 1)
    assert people == again
    assert people != make_people(asks, 20, 2)
    assert [sessions_of(p, 2, 1) for p in people] == [sessions_of(p, 2, 1) for p in again]
    assert all(2 * 86_400 <= at < 3 * 86_400 for p in people for at in sessions_of(p, 2, 1))


def test_json_prints_one_object_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, app: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    found = simulate(Setting(a_day(6), 6, 1, "nearest")).rounded()
    monkeypatch.setattr(command, "run", lambda policies, **_given: {policies[0]: found})
    assert command.main(["--policy", "nearest", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) >= KEYS


def test_a_file_that_cannot_be_read_ends_in_words(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--demand", str(tmp_path / "none.csv"), "--policy", "newest", "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "none.csv" in said.err


def test_the_table_says_how_ours_stands_to_the_targets() -> None:
    def told(p90: float, never: float, metres: float) -> dict[str, Any]:
        return {
            "time_to_first_claim_p90_min": p90,
            "never_helped_share": never,
            "metres_per_delivery": metres,
        }

    shown = command.table(
        {"newest": told(600, 0.3, 4000), "nearest": told(500, 0.2, 1000), "lalanh": told(150, 0.06, 1100)}
    )
    assert "0.25 (target: at most 0.50)" in shown
    assert "0.20 (target: at most 0.33)" in shown
    assert "1.10 (target: at most 1.20)" in shown
