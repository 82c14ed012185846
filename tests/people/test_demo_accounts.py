"""Everybody knows the demo accounts' password: a production installation does not start with them."""

import pytest

from app import create_app
from app.config import Unsafe
from tests import make

PRODUCTION = {
    "env": "production",
    "secret_key": "s" * 40,
    "privacy_key": "p" * 40,
    "public_url": "https://lalanh.example",
}


@pytest.fixture
def production(worker_database):
    from app.web.limits import limiter

    yield lambda **more: create_app(**{**PRODUCTION, "database_url": worker_database.url, **more})
    limiter.enabled = False


def test_production_refuses_to_start_beside_demo_accounts(app, production) -> None:
    make.person("Cô Hạnh", "+84900000001", is_demo=True)
    with pytest.raises(Unsafe, match="demo accounts"):
        production()


def test_production_starts_without_them(app, production, lan_resident) -> None:
    assert production().config["SETTINGS"].production


def test_production_starts_on_a_database_that_is_still_empty(app, production, scratch_database) -> None:
    assert production(database_url=scratch_database(empty=True))


def test_production_has_no_outbox(app, production) -> None:
    assert production().test_client().get("/outbox").status_code == 404
