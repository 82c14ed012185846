"""kill -9 in the middle of many posts: what was acknowledged is there afterwards, once."""

import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, text

from app.core.cluster import Cluster
from tests import geography
from tests.database import migrate
from tests.site import Site

POSTS = 500
KILL_AFTER = 200
SENDERS = 8
RETRY_FOR_S = 90

OPEN_EMERGENCY = """
WITH opened AS (INSERT INTO emergency (id, name) VALUES (gen_random_uuid(), 'Giãn cách') RETURNING id),
     areas AS (INSERT INTO emergency_area
               SELECT opened.id, area.id FROM opened, area WHERE level = 'province')
INSERT INTO emergency_category SELECT opened.id, category.id FROM opened, category
"""


class Mortal:
    """A site with a database cluster of its own, both of which can be killed."""

    def __init__(self, home: Path, log: Path) -> None:
        self.cluster = Cluster(home)
        self.site = Site(
            "", log, LALANH_DATA=str(home), LALANH_DEMO="0", LALANH_DB_FAST="0", LALANH_WORKERS="2"
        )

    def prepare(self) -> None:
        """Give the cluster the small country and an emergency that is on everywhere in it."""
        self.cluster.prepare()
        self.cluster.ensure_up()
        migrate(self.cluster.url)
        with self.engine().begin() as connection:
            geography.load(connection)
            connection.execute(text(OPEN_EMERGENCY))
        self.cluster.shut_down()

    def engine(self) -> Any:
        """A plain engine on the database."""
        return create_engine(self.cluster.url, poolclass=NullPool)

    def kill_both(self) -> None:
        """kill -9 every web process and every process of the database, at once."""
        data = self.cluster.data.resolve()
        servers = [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if _works_in(folder, data)]
        webs = self.site.processes("web")
        assert servers
        assert webs
        for number in [*servers, *webs]:
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:  # the server's own processes end each other
                continue


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").readlink() == folder
    except OSError:
        return False


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Mortal]:
    """A whole site of the test's own, in a folder that the database's user can reach."""
    home = Path(tempfile.mkdtemp(prefix="lalanh-mortal-"))
    mortal = Mortal(home, tmp_path / "site.log")
    mortal.prepare()
    mortal.site.start()
    yield mortal
    mortal.site.stop()
    mortal.cluster.shut_down()
    shutil.rmtree(home, ignore_errors=True)


def post(site: Site, number: int) -> str | None:
    """Send post `number` once; gives the case code if it was acknowledged."""
    said = {
        "category": "essentials",
        "needs": [{"item": "Gạo", "quantity": 5, "unit": "kg"}],
        "lat": geography.SAI_GON.lat + number * 1e-5,
        "lon": geography.SAI_GON.lon,
        "contact_name": f"Nhà số {number}",
        "contact_phone": "0912345678",
    }
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"kill-{number}"}
    connection = HTTPConnection("127.0.0.1", site.port, timeout=20)
    try:
        connection.request("POST", "/api/v1/cases", body=json.dumps(said).encode(), headers=headers)
        answer = connection.getresponse()
        body = json.loads(answer.read())
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()
    assert answer.status in (201, 500, 503), body
    return str(body["code"]) if answer.status == 201 else None


@pytest.mark.slow
@pytest.mark.alone
def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(mortal: Mortal) -> None:
    acknowledged: dict[int, list[str]] = {number: [] for number in range(POSTS)}
    lost_answers: list[int] = []

    def send(number: int) -> None:
        """As the page does: the same key again until somebody answers, and once more for good measure."""
        deadline = time.monotonic() + RETRY_FOR_S
        while (code := post(mortal.site, number)) is None:
            lost_answers.append(number)
            assert time.monotonic() < deadline, "the site did not come back"
            time.sleep(0.2)
        acknowledged[number].append(code)

    with ThreadPoolExecutor(SENDERS) as senders:
        sent = [senders.submit(send, number) for number in range(POSTS)]
        while sum(map(bool, acknowledged.values())) < KILL_AFTER:
            time.sleep(0.01)
        mortal.kill_both()
        for one in sent:
            one.result()
        for one in [senders.submit(send, number) for number in range(0, POSTS, 7)]:
            one.result()

    assert lost_answers, "the kill hit nobody: this test has shown nothing"
    assert all(len(set(codes)) == 1 for codes in acknowledged.values())
    with mortal.engine().connect() as connection:
        stored = list(connection.execute(text('SELECT code FROM "case"')).scalars())
        posted = connection.execute(text("SELECT count(*) FROM case_event WHERE action = 'posted'")).scalar()
    assert sorted(stored) == sorted(codes[0] for codes in acknowledged.values())
    assert posted == POSTS
