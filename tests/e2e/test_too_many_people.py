"""A real crowd in front of the real site: what can rest does, help goes on, and calm returns."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from app.core.db import transaction
from app.live import BUSY
from app.people.tokens import create_token
from tests import make
from tests.e2e.accessibility import assert_accessible
from tests.geography import SAI_GON
from tests.site import Site

CROWD = 64
HELPING = 5
PATIENCE_S = 40
POSTED = {
    "category": "essentials",
    "needs": [{"item": "Gạo", "quantity": 5, "unit": "kg"}],
    "lat": SAI_GON.lat,
    "lon": SAI_GON.lon,
    "contact_name": "Nguyễn Thị Lan",
    "contact_phone": "0912345678",
}


@pytest.fixture
def small_site(worker_database: Any, app: Any, tmp_path: Path) -> Iterator[Site]:
    """A site with one web process, for which two that wait are many already."""
    settings = {"LALANH_WORKERS": "1", "LALANH_OVERLOAD_QUEUE": "2", "LALANH_OVERLOAD_CALM_S": "0.5"}
    site = Site(worker_database.url, tmp_path / "site.log", **settings)
    yield site.start()
    site.stop()


@contextmanager
def a_crowd(site: Site) -> Iterator[None]:
    """So many browsers that load the feed again and again, each time around another place.

    From memory the site would answer faster than this one process can ask.
    """
    over = threading.Event()
    places = count()

    def browse() -> None:
        while not over.is_set():
            connection = HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE_S)
            try:
                while not over.is_set():
                    connection.request("GET", f"/?near={SAI_GON.lat + next(places) * 1e-5:.5f},{SAI_GON.lon}")
                    connection.getresponse().read()
            except (OSError, HTTPException):
                continue
            finally:
                connection.close()

    people = [threading.Thread(target=browse) for _person in range(CROWD)]
    for person in people:
        person.start()
    try:
        yield
    finally:
        over.set()
        for person in people:
            person.join()


def ask(port: int, path: str, said: Any = None, **headers: str) -> tuple[int, str]:
    """The status of an answer and its words; posts what is `said`."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        body = None if said is None else json.dumps(said)
        method = "GET" if said is None else "POST"
        connection.request(method, path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        endless = answer.headers.get_content_type() == "text/event-stream"
        return answer.status, "" if endless else answer.read().decode()
    finally:
        connection.close()


def level(site: Site) -> int:
    """How many features rest, as the site's own metrics say."""
    lines = ask(site.port, "/metrics")[1].splitlines()
    return int(float(next(line.split()[1] for line in lines if line.startswith("lalanh_overload_level "))))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def live(site: Site) -> int:
    """The status of the event stream."""
    return ask(site.port + 1, "/live/events")[0]


@pytest.mark.slow
def test_a_crowd_rests_what_can_rest_and_help_goes_on(small_site: Site) -> None:
    make.emergency()
    codes = [make.make_case().code for _case in range(HELPING)]
    with transaction():
        token = create_token(make.minh_volunteer(), "test", ["claims:write"], days=1).text
        officials = create_token(make.anh_official_w1(), "test", ["exports:read"], days=1).text
    helper, official = {"Authorization": f"Bearer {token}"}, {"Authorization": f"Bearer {officials}"}
    assert level(small_site) == 0
    assert live(small_site) == 200

    with a_crowd(small_site):
        until(lambda: level(small_site) == 4)
        with ThreadPoolExecutor(2 * HELPING) as people:
            posts = [people.submit(ask, small_site.port, "/api/v1/cases", POSTED) for _code in codes]
            claims = [
                people.submit(ask, small_site.port, f"/api/v1/cases/{code}/claims", {}, **helper)
                for code in codes
            ]
        assert [each.result()[0] for each in posts + claims] == [201] * (2 * HELPING)
        assert ask(small_site.port, "/sign-in")[0] == 200
        assert ask(small_site.port, "/api/v1/cases?q=gao")[0] == 503
        assert ask(small_site.port, "/api/v1/exports/cases.csv", **official)[0] == 202
        assert live(small_site) == 503
        page = ask(small_site.port, "/")[1]
        assert "data-busy" in page
        assert "Danh sách gần nhất lúc" in page

    until(lambda: level(small_site) == 0)
    until(lambda: live(small_site) == 200)
    assert ask(small_site.port, "/api/v1/cases?q=gao")[0] == 200
    assert "data-busy" not in ask(small_site.port, "/")[1]


def test_a_page_whose_stream_rests_says_so_and_does_not_come_back_at_once(
    page: Page, live_site: Site
) -> None:
    asked: list[str] = []

    def rest(route: Route) -> None:
        asked.append(route.request.url)
        allowed = {"Access-Control-Allow-Origin": live_site.url}
        route.fulfill(content_type="text/event-stream", headers=allowed, body=BUSY.decode())

    page.goto("/")
    line = page.locator("#busy-line")
    expect(line).to_be_hidden()
    page.goto("about:blank")  # the page that is left asks no more
    page.route("**/live/events", rest)
    page.goto("/")
    expect(line).to_be_visible()
    assert_accessible(page)
    assert len(asked) == 1
