"""kill -9 of the worker at random moments: every search ends, nobody is asked or told the same twice."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from app.areas.queries import area_by_id
from app.cases.bulk import BulkCase, add_cases
from app.cases.models import Case
from app.cases.posting import CaseRequest, NeedLine
from app.core.clock import now
from app.core.db import db, transaction
from app.core.embedded import CHECKOUT
from app.core.errors import Refusal
from app.core.jobs import defer
from app.matching.dispatch import accept_ask, start_dispatch
from app.matching.dispatch_models import Ask
from app.matching.dispatch_sending import dispatch_soon
from app.people.models import User
from tests import make
from tests.geography import SAI_GON

CASES, HELPERS, KILLS = 1_000, 60, 6
DONE_WITHIN_S = 150
SETTINGS = {
    "LALANH_DISPATCH_WINDOW_S": "0",
    "LALANH_ASK_MINUTES": "0.01",
    "LALANH_ASKS_PER_HOUR": "100000",
    "LALANH_ASKS_PER_WAVE": "3",
    "LALANH_ASKS_PER_CASE": "6",
    "LALANH_DISPATCH_PATIENCE_HOURS": "0",
    "LALANH_DISPATCH_AGAIN_HOURS": "0",
    "LALANH_QUIET_FROM": "00:00",
    "LALANH_QUIET_UNTIL": "00:00",
    "LALANH_CLAIMS_PER_PERSON": "100",
}
SEARCHES = text("SELECT status, count(*) FROM dispatch GROUP BY status")
ASKED = text("SELECT count(*) FROM ask")
UNTOLD = text("SELECT count(*) FROM ask WHERE told_at IS NULL")
AGAIN_ASKED = text(
    "SELECT count(*) FROM (SELECT FROM ask GROUP BY case_id, volunteer_id HAVING count(*) > 1) x"
)
AGAIN_TOLD = text(
    """
    SELECT count(*) FROM (
        SELECT FROM message WHERE purpose IN ('asked_to_help', 'nobody_found')
        GROUP BY to_user_id, purpose, body HAVING count(*) > 1) x
    """
)
TOLD_FOR_NOTHING = text(
    """
    SELECT (SELECT count(*) FROM message WHERE purpose = 'asked_to_help')
         - (SELECT count(*) FROM ask WHERE told_at IS NOT NULL)
    """
)


# Somebody may still say yes after a search has given up.
ENDED_WRONGLY = text(
    """
    SELECT count(*) FROM dispatch d JOIN "case" c ON c.id = d.case_id
    LEFT JOIN claim k ON k.case_id = c.id AND k.status = 'live'
    WHERE (k.id IS NULL) <> (c.status = 'open') OR k.id IS NULL AND d.status = 'enough'
    """
)
NOT_ASKED = text(
    "SELECT count(*) FROM dispatch d WHERE NOT EXISTS (SELECT FROM ask WHERE dispatch_id = d.id)"
)
LEFT_OPEN = text(
    """
    SELECT count(*) FROM ask a JOIN dispatch d ON d.id = a.dispatch_id
    WHERE a.status = 'sent' OR a.wave > d.wave OR a.status = 'accepted' AND NOT EXISTS (
        SELECT FROM claim WHERE case_id = a.case_id AND volunteer_id = a.volunteer_id AND status = 'live')
    """
)


@pytest.fixture
def site(scratch_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An application with a database of its own, in which searches go fast."""
    from app import create_app

    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    app = create_app(database_url=scratch_database())
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@contextmanager
def worker(url: str, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The real `flask worker` in a process of its own, killed with -9 at the end."""
    with log.open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "app", "worker"],
            cwd=CHECKOUT,
            env={**os.environ, "DATABASE_URL": url},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def a_thousand_searches() -> None:
    """Cases that all open at once, around so many volunteers that some say yes."""
    make.emergency()
    for number in range(HELPERS):
        place = SAI_GON.moved(50.0 * number, 0.1 * number)
        make.volunteer(f"Người giúp {number}", f"+84911{number:06}", place, capacity=100)
    make.anh_official_w1()
    ward, category = area_by_id(make.area_at(SAI_GON).id), make.category()
    needs = [NeedLine("Gạo", Decimal(1), "kg")]
    rows = [
        BulkCase(
            CaseRequest("essentials", needs, SAI_GON.moved(1 + n, n), source="test", source_id=str(n)),
            category, ward, None, now() - timedelta(hours=1),
        )
        for n in range(CASES)
    ]  # fmt: skip
    with transaction():
        for key in add_cases(rows):
            start_dispatch(db.session.get_one(Case, key))


def hurry() -> None:
    """What the clock does each minute, now: look whether a wave is due."""
    with transaction():
        defer(dispatch_soon)


def some_say_yes(rng: Random) -> None:
    """A few of those who are asked accept, while the worker goes on beside them."""
    keys = db.session.execute(
        text("SELECT id, volunteer_id FROM ask WHERE status = 'sent' ORDER BY id LIMIT 400")
    ).all()
    db.session.rollback()
    for ask_id, volunteer_id in rng.sample(keys, min(3, len(keys))):
        try:
            with transaction():
                accept_ask(ask_id, by=db.session.get_one(User, volunteer_id))
        except Refusal:
            continue  # somebody was quicker, or they have enough


def counted(query: Any) -> int:
    """One number, as it is now."""
    db.session.rollback()
    return int(db.session.execute(query).scalar_one())


def still_waiting() -> int:
    """How many searches have not ended."""
    db.session.rollback()
    return dict(db.session.execute(SEARCHES).tuples().all()).get("waiting", 0)


def work_until(over: Callable[[], bool], rng: Random, deadline: float) -> None:
    """Let time pass and people answer until `over`."""
    while not over():
        assert time.monotonic() < deadline, f"{still_waiting()} searches still wait"
        hurry()
        some_say_yes(rng)
        time.sleep(0.1)


def something_moved() -> Callable[[], bool]:
    """Whether the worker has done anything since now."""
    asked, waiting = counted(ASKED), still_waiting()
    return lambda: counted(ASKED) > asked or still_waiting() < waiting


def later(seconds: float) -> Callable[[], bool]:
    """Whether so much time has passed since now."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


@pytest.mark.slow
@pytest.mark.alone
def test_every_search_ends_and_nobody_is_asked_twice(site: Any, tmp_path: Path) -> None:
    a_thousand_searches()
    url, log, rng = site.config["SQLALCHEMY_DATABASE_URI"], tmp_path / "worker.log", Random(7)
    deadline, killed_at_work = time.monotonic() + DONE_WITHIN_S, 0
    for _kill in range(KILLS):
        with worker(url, log):
            work_until(something_moved(), rng, deadline)
            work_until(later(rng.random()), rng, deadline)
        killed_at_work += still_waiting() > 0
    assert killed_at_work > 1, "the kills hit nobody at work: this test has shown nothing"
    with worker(url, log):
        work_until(lambda: not still_waiting(), rng, deadline)
        work_until(lambda: not counted(UNTOLD), rng, deadline)

    db.session.rollback()
    ended = dict(db.session.execute(SEARCHES).tuples().all())
    assert sum(ended.values()) == CASES
    assert set(ended) <= {"enough", "nobody_found", "stopped"}
    assert ended["enough"] > 0
    assert counted(ENDED_WRONGLY) == 0
    assert counted(NOT_ASKED) == 0
    assert counted(LEFT_OPEN) == 0
    assert counted(AGAIN_ASKED) == 0
    assert counted(AGAIN_TOLD) == 0
    assert counted(TOLD_FOR_NOTHING) <= 0
    assert db.session.query(Ask).count() <= CASES * int(SETTINGS["LALANH_ASKS_PER_CASE"])
