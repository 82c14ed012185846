"""Two workers plan at the same moment: nobody is asked about more than they have room for."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from app.cases.models import Case
from app.core.clock import held_at
from app.core.db import db
from app.matching import dispatch_sending
from app.matching.dispatch import dispatch_due
from app.matching.dispatch_models import Ask
from tests import make
from tests.geography import SAI_GON
from tests.matching.dispatching import NOON, posted
from tests.waiting import until_it_waits


def test_one_who_has_room_for_one_is_asked_once(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = make.volunteer("Người giúp", "+84911000001", SAI_GON, capacity=1).id
    threads: list[threading.Thread] = []
    planned = dispatch_sending.tell_soon

    def post_and_plan() -> None:
        with app.app_context():
            posted(urgency="urgent")
            dispatch_due()
            db.session.remove()

    def meanwhile() -> None:
        """The first planner has written its wave and not committed it: now another case opens."""
        if not threads:
            threads.append(threading.Thread(target=post_and_plan))
            threads[0].start()
            until_it_waits(app, threads[0])
        planned()

    monkeypatch.setattr(dispatch_sending, "tell_soon", meanwhile)
    with held_at(NOON) as clock:
        posted()
        clock.forward(timedelta(minutes=1))
        monkeypatch.setattr(app.config["SETTINGS"], "dispatch_window_s", 0)
        dispatch_due()
        threads[0].join(20)
    db.session.rollback()
    assert db.session.query(Case).count() == 2
    assert db.session.query(Ask).filter_by(volunteer_id=helper).count() == 1
