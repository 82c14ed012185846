"""How long ways take: as the crow flies, along the streets of a router, and when the router is not there."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app.cases.claiming import take_case
from app.core.db import transaction
from app.matching import round_metric
from app.matching.round_metric import ways_between
from tests import make
from tests.geography import SAI_GON

PLACES = [SAI_GON, SAI_GON.moved(1000, 0.0), SAI_GON.moved(1000, 1.57)]


class Router(BaseHTTPRequestHandler):
    """Answers as OSRM's table service does: every way is three kilometres, and one is none."""

    def do_GET(self) -> None:
        server: Any = self.server
        server.asked.append(self.path)
        if server.mood == "slow":
            server.free.wait(10)
        count = self.path.partition("?")[0].count(";") + 1
        table = [[0 if a == b else 3000.0 for b in range(count)] for a in range(count)]
        table[0][count - 1] = None
        body = {"code": "Ok", "distances": table}
        if server.mood == "small":
            body["distances"] = [[0]]
        if server.mood == "negative":
            body["distances"][0][1] = -1
        self.send_response(500 if server.mood == "broken" else 200)
        self.end_headers()
        said = b"<html>" if server.mood == "html" else json.dumps(body).encode()
        for byte in range(len(said) if server.mood == "trickling" else 0):
            if server.free.wait(0.05):
                return
            self.wfile.write(said[byte : byte + 1])
        self.wfile.write(said if server.mood != "trickling" else b"")

    def log_message(self, *_words: Any) -> None:
        """Quiet."""


@pytest.fixture
def router() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Router)
    server.asked, server.mood, server.free = [], "", threading.Event()
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.free.set()
    server.shutdown()
    server.server_close()


def test_straight_lines_are_lengthened_and_slower_on_foot() -> None:
    ride, walk = ways_between(PLACES, "motorbike"), ways_between(PLACES, "on_foot")
    assert ride.metric == "line"
    assert ride.minutes[0][1] == pytest.approx(1000 * 1.35 / 250, rel=0.01)
    assert walk.minutes[0][1] == pytest.approx(1000 * 1.35 / 75, rel=0.01)


def test_streets_come_from_the_router_and_what_no_street_leads_to_as_the_crow_flies(router: Any) -> None:
    ways = ways_between(PLACES, "motorbike", router=router.url + "/")
    assert ways.metric == "road"
    assert ways.minutes[0][1] == pytest.approx(12)
    assert ways.minutes[0][2] == pytest.approx(1000 * 1.35 / 250, rel=0.01)
    [asked] = router.asked
    assert asked.startswith("/table/v1/driving/106.700900,10.776900;")
    assert asked.endswith("?annotations=distance")


@pytest.mark.parametrize("mood", ["broken", "html", "small", "negative", "slow", "trickling"])
def test_a_router_that_does_not_answer_well_is_passed_over(
    router: Any, mood: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(round_metric, "ANSWERS_WITHIN_S", 0.3)
    router.mood, began = mood, time.monotonic()
    ways = ways_between(PLACES, "motorbike", router=router.url)
    assert time.monotonic() - began < 2
    assert ways.metric == "road_away"
    assert ways.minutes == ways_between(PLACES, "motorbike").minutes


def test_a_router_that_is_not_there_is_told_on_the_page(
    app: Any, client_for: Any, minh_volunteer: Any, router: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = make.make_case(at=SAI_GON.moved(800, 1.0))
    with transaction():
        take_case(case.code, by=minh_volunteer)
    minh = client_for(minh_volunteer)
    typed = {"lat": f"{SAI_GON.lat}", "lon": f"{SAI_GON.lon}", "vehicle": "motorbike"}
    monkeypatch.setattr(app.config["SETTINGS"], "osrm_url", router.url)
    there = minh.post("/me/round", data=typed).headers["Location"]
    assert "chim bay" not in minh.get(there).text
    router.mood = "broken"
    away = minh.post("/me/round", data=typed).headers["Location"]
    assert "tính theo đường chim bay" in minh.get(away).text
