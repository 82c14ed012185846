"""What every test gets: an own cluster, an own database, a named cast, and no way off the machine."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import surroundings

FOLDER = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Set the surroundings before anything of the application is imported."""
    if not hasattr(config, "workerinput"):
        config.stash[FOLDER] = surroundings.own_data_folder()
    surroundings.stay_on_this_machine()


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last one out removes the run's folder."""
    if folder := config.stash.get(FOLDER, None):
        from app.core import embedded

        embedded.stop()
        surroundings.clean_up(folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick tests first, then slow ones, then those in a browser."""
    for item in items:
        if "/e2e/" in item.path.as_posix():
            item.add_marker(pytest.mark.e2e)
    items.sort(
        key=lambda i: (i.get_closest_marker("e2e") is not None, i.get_closest_marker("slow") is not None)
    )


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    """A name that no other test worker of this run has."""
    return "test_" + getattr(request.config, "workerinput", {"workerid": "alone"})["workerid"]


@pytest.fixture(scope="session")
def worker_database(worker_name: str) -> Any:
    """The database of this test worker, with the small country of tests.geography and the categories."""
    from tests.database import Worker

    return Worker(worker_name)


@pytest.fixture(scope="session")
def application(worker_database: Any) -> Any:
    """The application, made once for a test worker."""
    from app import create_app
    from tests.client import Client

    app = create_app(database_url=worker_database.url)
    app.testing = True
    app.test_client_class = Client
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def app(application: Any, worker_database: Any) -> Iterator[Any]:
    """The application with its context pushed; what the test commits is swept away after it."""
    from app.core.db import db

    with application.app_context():
        yield application
        db.session.remove()
    worker_database.sweep()
    # The map from afar may be some seconds behind: not behind another test.
    application.extensions.pop("lalanh_feed_kept", None)


@pytest.fixture
def client(app: Any) -> Any:
    """A stranger's browser."""
    return app.test_client()


@pytest.fixture
def client_for(app: Any) -> Callable[[Any], Any]:
    """`client_for(user)` is the browser of somebody who has signed in."""
    return lambda user: app.test_client().sign_in(user)


@pytest.fixture
def with_csrf(app: Any) -> Iterator[None]:
    """Forms are refused without their token, as in production."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


@pytest.fixture
def scratch_database(worker_name: str) -> Iterator[Callable[..., str]]:
    """`scratch_database()` gives the address of one more clone, or with `empty=True` of an empty database."""
    from tests import database

    made: list[str] = []

    def make(*, empty: bool = False) -> str:
        database.build_template()
        made.append(f"{worker_name}_scratch{len(made)}")
        return database.clone(made[-1], "template0" if empty else database.TEMPLATE)

    yield make
    for name in made:
        database.drop(name)


@pytest.fixture(scope="session")
def _live_site(worker_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from tests.site import Site

    site = Site(worker_database.url, tmp_path_factory.mktemp("site") / "site.log").start()
    yield site
    site.stop()


@pytest.fixture
def live_site(app: Any, _live_site: Any) -> Any:
    """The whole site on a port of this machine, on the database that the test itself uses."""
    return _live_site


def _member(name: str) -> Any:
    @pytest.fixture(name=name)
    def member(app: Any) -> Any:
        from tests import make

        return getattr(make, name)()

    return member


# The cast, by name; see tests/make.py for who they are.
lan_resident = _member("lan_resident")
minh_volunteer = _member("minh_volunteer")
hoa_volunteer = _member("hoa_volunteer")
dr_tam_medic = _member("dr_tam_medic")
chi_supplier = _member("chi_supplier")
anh_official_w1 = _member("anh_official_w1")
ba_official_w2 = _member("ba_official_w2")
chu_province_official = _member("chu_province_official")
admin = _member("admin")
emergency = _member("emergency")
