"""Dispatch: how a search ends, and what starts none."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, text

from app.areas.queries import area_by_id
from app.cases.bulk import BulkCase, add_cases
from app.cases.closing import verify_case
from app.cases.life import SYSTEM, record_event
from app.cases.posting import CaseRequest, NeedLine
from app.core.clock import Hand
from app.core.db import db, transaction
from app.emergencies.models import Emergency
from app.matching.dispatch import dispatch_due
from app.matching.dispatch_models import Dispatch
from app.matching.dispatch_queries import AGAIN, history_begins
from app.people.models import User
from tests import make
from tests.geography import SAI_GON
from tests.matching.dispatching import NOON, asks, helpers, posted, search, wave


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node of a plan with everything below it."""
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def test_the_cap_of_asks_ends_a_search(clock: Hand, settings: Any) -> None:
    settings.asks_per_case = 5
    helpers(9)
    case = posted()
    for _wave in range(3):
        wave(clock)
    assert len(asks(case)) == 5
    assert search(case).status == "nobody_found"


def test_after_some_hours_without_anybody_it_is_tried_again(clock: Hand) -> None:
    case = posted()
    wave(clock, 1)
    assert search(case).status == "nobody_found"
    helpers(1)
    wave(clock, 60)
    assert not asks(case)
    wave(clock, 60 * 5)
    assert asks(case, "sent")
    assert db.session.query(Dispatch).count() == 2


def test_searches_of_long_ago_are_read_no_more(clock: Hand) -> None:
    make.emergency()
    case = posted()
    add = "INSERT INTO dispatch (id, case_id, status, next_at, started_at, ended_at, told_at)"
    with transaction():
        db.session.execute(
            text(
                f"{add} SELECT gen_random_uuid(), :case_id, 'nobody_found', at, at, at, at"
                " FROM (SELECT CAST(:noon AS timestamptz) - n * interval '1 day' AS at"
                "       FROM generate_series(20, 3000) n) past"
            ),
            {"case_id": case.id, "noon": NOON},
        )
    db.session.execute(text("ANALYZE dispatch"))
    known = {"since": history_begins(NOON), "before": NOON, "limit": 500}
    [[plan]] = db.session.execute(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {AGAIN.text}"), known).tuples()
    [looked] = [node for node in nodes(plan[0]["Plan"]) if node.get("Alias") == "d"]
    assert looked["Actual Rows"] + looked.get("Rows Removed by Filter", 0) == 0


def test_an_emergency_that_is_over_asks_nobody(clock: Hand) -> None:
    helpers(1)
    case = posted()
    with transaction():
        db.session.get_one(Emergency, case.emergency_id).ends_at = NOON + timedelta(seconds=30)
    wave(clock, 1)
    assert search(case).status == "stopped"
    assert not asks(case)


def test_loading_many_cases_at_once_starts_no_search(clock: Hand) -> None:
    helpers(1)
    line = NeedLine("Gạo", Decimal(1), "kg")
    said = CaseRequest("essentials", [line], SAI_GON, source="import", source_id="1")
    with transaction():
        add_cases([BulkCase(said, make.category(), area_by_id(make.area_at(SAI_GON).id), None, NOON)])
    assert db.session.query(Dispatch).count() == 0


def test_a_vouched_for_case_that_found_nobody_is_not_started_over(clock: Hand, anh_official_w1: User) -> None:
    case = posted()
    wave(clock, 1)
    with transaction():
        verify_case(case.code, by=anh_official_w1)
    assert db.session.query(Dispatch).count() == 1


def test_it_can_be_switched_off(clock: Hand, settings: Any) -> None:
    settings.dispatch = False
    posted()
    assert db.session.query(Dispatch).count() == 0


def test_a_new_case_puts_its_job_into_the_same_transaction(clock: Hand) -> None:
    with pytest.raises(RuntimeError), transaction():
        record_event(make.make_case(), SYSTEM, "posted")
        raise RuntimeError
    count = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'matching.dispatch'")
    assert db.session.scalar(count) == 0
    posted()
    assert db.session.scalar(count) == 1


def test_what_somebody_else_holds_is_left_for_the_next_call(clock: Hand, worker_database: Any) -> None:
    helpers(1)
    case, other = posted(), posted()
    clock.forward(timedelta(minutes=1))
    with create_engine(worker_database.url, poolclass=NullPool).begin() as taker:
        # Should the planner wait after all, the database ends this, and the test fails instead of hanging.
        taker.execute(text("SET idle_in_transaction_session_timeout = '5s'"))
        taker.execute(text('SELECT FROM "case" WHERE id = :id FOR UPDATE'), {"id": case.id})
        dispatch_due()
        assert asks(other)
        assert not asks(case)
    dispatch_due()
    assert asks(case)


def test_officials_see_whom_the_search_found_nobody_for(
    clock: Hand, client_for: Any, anh_official_w1: User
) -> None:
    helpers(1, categories=("grocery_run",))
    waiting, nobody = posted(category_slug="grocery_run"), posted()
    official = client_for(anh_official_w1)
    wave(clock, 1)
    assert search(nobody).status == "nobody_found"
    listed = official.get("/authority/?search=nobody_found").text
    assert nobody.code in listed
    assert waiting.code not in listed
    asked = official.get("/authority/?search=waiting").text
    assert waiting.code in asked
    assert nobody.code not in asked
    assert "Không tìm được người" in official.get(f"/authority/cases/{nobody.code}").text
    assert "Đã hỏi 1 tình nguyện viên gần đó" in official.get(f"/authority/cases/{waiting.code}").text
    clock.forward(timedelta(hours=7))
    dispatch_due()
    assert nobody.code in official.get("/authority/?search=nobody_found").text, "tried again, not found yet"
