"""The engine for reads goes on after the database has closed its connections."""

from typing import Any

from sqlalchemy import text

from app.core.db import db, read_engine

ITSELF = text("SELECT pg_backend_pid()")


def test_a_connection_that_the_database_closed_costs_nobody_an_answer(app: Any) -> None:
    with read_engine().connect() as reads:
        before = reads.execute(ITSELF).scalar_one()
    db.session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": before})
    with read_engine().connect() as reads:
        assert reads.execute(ITSELF).scalar_one() != before


def test_a_connection_in_use_is_used_again_without_a_question(app: Any) -> None:
    last_said = text("SELECT query FROM pg_stat_activity WHERE pid = :pid")
    with read_engine().connect() as reads:
        pid = reads.execute(ITSELF).scalar_one()
    with read_engine().connect():
        assert db.session.execute(last_said, {"pid": pid}).scalar_one() == str(ITSELF)
