"""Telling those who were asked never stands in the way of somebody who takes the case at that moment."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.cases.claiming import take_case
from app.core.clock import held_at
from app.core.db import db, transaction
from app.matching import dispatch_telling
from app.matching.dispatch import dispatch_due
from app.matching.dispatch_models import Ask
from app.people.models import User
from tests.matching.dispatching import NOON, posted
from tests.waiting import until_it_waits


def test_taking_a_case_waits_for_the_telling_and_goes_through(
    app: Any, monkeypatch: pytest.MonkeyPatch, minh_volunteer: User
) -> None:
    with held_at(NOON) as clock:
        case = posted()
        clock.forward(timedelta(minutes=2))
        dispatch_due()
    code, taker = case.code, minh_volunteer.id
    assert db.session.scalar(select(Ask.id)) is not None
    db.session.rollback()
    troubles: list[Exception] = []

    def take() -> None:
        with app.app_context():
            try:
                with transaction():
                    take_case(code, by=db.session.get_one(User, taker))
            except Exception as error:
                troubles.append(error)
            finally:
                db.session.remove()

    threads: list[threading.Thread] = []
    told = dispatch_telling._tell

    def tell_while_it_is_taken(*said: Any) -> None:
        thread = threading.Thread(target=take)
        threads.append(thread)
        thread.start()
        until_it_waits(app, thread)
        told(*said)

    monkeypatch.setattr(dispatch_telling, "_tell", tell_while_it_is_taken)
    with held_at(clock.at):
        dispatch_telling.tell_asked()
    for thread in threads:
        thread.join(20)
    assert threads
    assert troubles == []
