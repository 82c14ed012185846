"""Somebody presses two buttons at once: the limit of promises holds for the person, not for each case."""

import threading
from typing import Any

import pytest

from app.cases.claiming import take_case
from app.cases.models import Claim
from app.core.db import db, transaction
from app.core.errors import Conflict
from app.people.models import User
from tests import make
from tests.waiting import until_it_waits


def test_nobody_promises_more_than_the_limit(
    app: Any, minh_volunteer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.config["SETTINGS"], "claims_per_person", 1)
    first, second = make.make_case().code, make.make_case().code
    minh, refused = minh_volunteer.id, list[str | None]()

    def take_the_second() -> None:
        with app.app_context():
            try:
                with transaction():
                    take_case(second, by=db.session.get_one(User, minh))
            except Conflict as refusal:
                refused.append(refusal.slug)
            finally:
                db.session.remove()

    beside = threading.Thread(target=take_the_second)
    with transaction():
        take_case(first, by=db.session.get_one(User, minh))
        beside.start()
        until_it_waits(app, beside)
    beside.join(20)
    assert refused == ["too-many-claims"]
    assert db.session.query(Claim).count() == 1
