"""The live-update process: a change reaches every open map within two seconds, with public facts only."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.core.embedded import CHECKOUT
from app.live import QUEUED_EVENTS, Client, Hub, allowed_origin, stream
from tests import make
from tests.geography import SAI_GON
from tests.site import two_free_ports

POSTED = {
    "category": "essentials",
    "needs": [{"item": "Gạo", "quantity": 5, "unit": "kg"}],
    "lat": SAI_GON.lat,
    "lon": SAI_GON.lon,
    "address": "12/3 Hẻm Kín",
    "contact_name": "Người Cần Giúp",
    "contact_phone": "0987654321",
}


# The process's one connection, by what it asked last.
CUT_OFF = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND (query LIKE '%SELECT c.code, p.code FROM area%' OR query = 'SELECT 1')"
)


class Listener:
    """A browser with the page open."""

    def __init__(self, port: int, query: str = "") -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=5)
        headers = {"Origin": f"http://127.0.0.1:{port - 1}", "Accept": "text/event-stream"}
        self.connection.request("GET", f"/live/events{query}", headers=headers)
        self.answer: HTTPResponse = self.connection.getresponse()
        assert self.answer.status == 200
        assert self.line().startswith("retry:")

    def line(self) -> str:
        return self.answer.readline().decode().rstrip("\n")

    def event(self) -> dict[str, Any]:
        """The next event."""
        while True:
            line = self.line()
            if line.startswith("data: "):
                return dict(json.loads(line.removeprefix("data: ")))

    def silent(self, seconds: float = 0.5) -> bool:
        """Whether no event comes for a while."""
        assert self.connection.sock is not None
        self.connection.sock.settimeout(seconds)
        try:
            self.event()
        except TimeoutError:
            return True
        return False


@pytest.fixture(scope="module")
def live_port(worker_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The real process, as `flask serve` starts it."""
    port = two_free_ports() + 1
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1"]
    with (tmp_path_factory.mktemp("live") / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--log-level", "warning", "app.live:application"],
            env={**os.environ, "DATABASE_URL": worker_database.url},
            cwd=CHECKOUT,
            stdout=log,
            stderr=log,
        )
    deadline = time.monotonic() + 60
    while health(port)[0] != 200:
        assert process.poll() is None, Path(log.name).read_text()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    yield port
    held = Listener(port)
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    process.wait(timeout=20)
    assert time.monotonic() - began < 8, "an open stream held the process up"
    held.connection.close()


def health(port: int) -> tuple[int, dict[str, Any]]:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/live/healthz")
        answer = connection.getresponse()
        return answer.status, dict(json.loads(answer.read()))
    except OSError:
        return 0, {}
    finally:
        connection.close()


@pytest.mark.slow
def test_a_posted_case_arrives_within_two_seconds(app: Any, client: Any, live_port: int) -> None:
    make.emergency()
    listener = Listener(live_port)
    answer = client.post("/api/v1/cases", json=POSTED)
    committed = time.monotonic()
    assert answer.status_code == 201
    event = listener.event()
    assert time.monotonic() - committed < 2
    assert (event["code"], event["g"], event["commune"]) == (answer.json["code"], "needs_help", "26740")
    assert set(event) == {"code", "status", "g", "category", "urgency", "lon", "lat", "commune"}
    assert abs(event["lon"] - SAI_GON.lon) + abs(event["lat"] - SAI_GON.lat) > 0.0005


@pytest.mark.slow
def test_a_medical_case_tells_only_that_its_ward_has_changed(app: Any, client: Any, live_port: int) -> None:
    make.emergency()
    listener = Listener(live_port)
    assert client.post("/api/v1/cases", json=POSTED | {"category": "medical_advice"}).status_code == 201
    assert listener.event() == {"category": "medical_advice", "commune": "26740"}


@pytest.mark.slow
def test_a_browser_hears_only_of_the_category_and_area_it_asked_for(
    app: Any, client: Any, live_port: int
) -> None:
    make.emergency()
    here, elsewhere = Listener(live_port, "?area=79"), Listener(live_port, "?area=75")
    other = Listener(live_port, "?category=grocery_run,school_supplies")
    code = client.post("/api/v1/cases", json=POSTED).json["code"]
    assert here.event()["code"] == code
    assert elsewhere.silent()
    assert other.silent()


@pytest.mark.slow
def test_pages_of_this_site_may_listen_and_others_may_not(live_port: int) -> None:
    assert (
        Listener(live_port).answer.headers["Access-Control-Allow-Origin"]
        == f"http://127.0.0.1:{live_port - 1}"
    )
    connection = HTTPConnection("127.0.0.1", live_port, timeout=5)
    connection.request("GET", "/live/events", headers={"Origin": "https://elsewhere.example"})
    assert "Access-Control-Allow-Origin" not in connection.getresponse().headers
    connection.close()


@pytest.mark.slow
def test_it_listens_again_after_the_database_has_let_go_of_it(
    app: Any, client: Any, live_port: int, worker_database: Any
) -> None:
    make.emergency()
    listener = Listener(live_port)
    with worker_database.engine.connect() as connection:
        cut = connection.execute(CUT_OFF).all()
    assert cut
    assert listener.event() == {"refresh": True}
    assert health(live_port)[0] == 200
    assert client.post("/api/v1/cases", json=POSTED).status_code == 201
    assert listener.event()["g"] == "needs_help"


def test_only_named_facts_pass_whatever_is_announced() -> None:
    hub, client = Hub(), Client()
    hub.clients.add(client)
    hub.announce(
        json.dumps({"code": "HCM-1", "g": "taken", "lon": 1, "lat": 2, "contact_phone": "0987654321"})
    )
    hub.announce(json.dumps({"code": "HCM-2", "g": None, "status": "rejected", "lon": 1, "lat": 2}))
    hub.announce("not json")
    hub.announce("[1]")
    events = [client.waiting.get_nowait() for _ in range(client.waiting.qsize())]
    said = [json.loads(event.split(b"data: ")[1]) for event in events if event]
    assert said == [{"code": "HCM-1", "g": "taken", "lon": 1, "lat": 2}, {"code": "HCM-2"}]


def test_who_does_not_keep_up_is_let_go_and_holds_nobody_up() -> None:
    async def scene() -> tuple[int, list[bytes]]:
        hub = Hub()
        slow, quick = Client(), Client()
        reading = stream(hub, slow)
        await anext(reading)
        hub.clients.add(quick)
        for number in range(QUEUED_EVENTS + 1):
            hub.announce(json.dumps({"code": f"HCM-{number}", "g": "taken"}))
            quick.waiting.get_nowait()
        return len(hub.clients), [event async for event in reading]

    left, heard = asyncio.run(scene())
    assert left == 1
    assert heard == []


@pytest.mark.parametrize(
    ("origin", "host", "public_url", "allowed"),
    [
        ("http://localhost:8000", "localhost:8001", "", True),
        ("http://192.168.1.5:8000", "192.168.1.5:8001", "", True),
        ("http://evil.example", "localhost:8001", "", False),
        ("null", "localhost:8001", "", False),
        ("https://lalanh.example", "live.lalanh.example", "https://lalanh.example", True),
        ("https://live.lalanh.example", "live.lalanh.example", "https://lalanh.example", False),
        ("http://lalanh.example", "live.lalanh.example", "https://lalanh.example", False),
    ],
)
def test_an_origin_is_ours_or_not(origin: str, host: str, public_url: str, allowed: bool) -> None:
    assert allowed_origin(origin, host, public_url) is allowed
