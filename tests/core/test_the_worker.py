"""The worker: real jobs in the real queue, with the application's context, alive until told to stop."""

import os
import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import text

from app.core.db import db, transaction
from app.core.embedded import CHECKOUT
from app.core.heartbeat import Heartbeat
from app.core.jobs import defer, jobs
from app.delivery.actions import send_message
from app.delivery.models import Message
from tests.worker import do_the_jobs


@jobs.task(name="tests.note")
def note(word: str) -> None:
    with transaction():
        db.session.execute(text("INSERT INTO heartbeat (name) VALUES (:word)"), {"word": word})


@jobs.task(name="tests.fail")
def fail() -> None:
    with transaction():
        db.session.execute(text("INSERT INTO heartbeat (name) VALUES ('half done')"))
        db.session.flush()
        raise RuntimeError("half way")


def names() -> set[str]:
    return set(db.session.scalars(text("SELECT name FROM heartbeat")))


def test_a_job_does_its_work_in_a_transaction_of_its_own(app) -> None:
    with transaction():
        defer(note, word="done")
    do_the_jobs(app)
    assert "done" in names()


def test_a_job_that_fails_leaves_nothing_half_done_and_the_next_goes_on(app) -> None:
    with transaction():
        defer(fail)
        defer(note, word="after")
    do_the_jobs(app)
    assert "after" in names()
    assert "half done" not in names()


def test_the_worker_says_that_it_is_alive(app) -> None:
    do_the_jobs(app)
    assert db.session.get(Heartbeat, "worker") is not None


def test_every_feature_with_jobs_is_known_by_the_worker(app) -> None:
    do_the_jobs(app)
    assert {"delivery.deliver", "people.send_code", "people.forget_old_codes"} <= set(jobs.tasks)
    for name in ("delivery", "people", "cases"):
        assert f"app.{name}.jobs" in sys.modules


def test_old_codes_are_forgotten_by_the_clock(app) -> None:
    do_the_jobs(app)
    due = {task.task.name for task in jobs.periodic_registry.periodic_tasks.values()}
    assert "people.forget_old_codes" in due


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_command_works_until_it_is_told_to_stop_and_then_stops_cleanly(
    app, worker_database, lan_resident, stop
) -> None:
    environment = {**os.environ, "DATABASE_URL": worker_database.url}
    command = [sys.executable, "-m", "flask", "--app", "app", "worker"]
    running = subprocess.Popen(command, env=environment, cwd=CHECKOUT, stderr=subprocess.PIPE, text=True)
    try:
        with transaction():
            message = send_message(
                to_user=lan_resident, purpose="thanks", subject="Cảm ơn", body="Cảm ơn bạn"
            )
        key, deadline = message.id, time.monotonic() + 30
        while time.monotonic() < deadline:
            db.session.rollback()
            if db.session.get(Message, key, populate_existing=True).sent_at:
                break
            time.sleep(0.1)
        assert db.session.get(Message, key).sent_at is not None
        running.send_signal(stop)
        _out, said = running.communicate(timeout=15)
    finally:
        running.kill()
    assert running.returncode == 0, said
    assert "Traceback" not in said
