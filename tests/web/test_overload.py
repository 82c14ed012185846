"""Above a queue length the site rests what people can do without, in a fixed order, and comes back calmly."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config import Settings
from app.core.overload import BLIND_LOOKS, CALM_BELOW, ORDER, STEPS, Mode, Watch, level_for, waiting
from app.live import BUSY, Client, Hub, rest_when_busy, stream

LIMIT, CALM_S = 10.0, 5.0
LOOKS = st.lists(st.floats(0, 2000), min_size=1, max_size=60)


def after(queues: list[float], limit: float = LIMIT) -> list[int]:
    """The level after each of these looks, a second apart."""
    mode = Mode(limit, CALM_S)
    return [mode.look(queue, float(second)) for second, queue in enumerate(queues)]


@pytest.mark.parametrize(
    ("queue", "rests"),
    [
        (10, ()),
        (11, ("live",)),
        (21, ("live", "search")),
        (41, ("live", "search", "exports")),
        (81, ("live", "search", "exports", "ranking")),
    ],
)
def test_features_rest_one_after_the_other(queue: float, rests: tuple[str, ...]) -> None:
    mode = Mode(LIMIT, CALM_S)
    for second in range(2):
        mode.look(queue, second)
    assert tuple(feature for feature in ORDER if mode.sheds(feature)) == rests


def test_one_crowded_instant_changes_nothing() -> None:
    assert after([0, 500, 0, 500, 0]) == [0] * 5


def test_what_rests_comes_back_one_by_one_once_the_queue_has_been_short_for_a_while() -> None:
    levels = after([90] * 3 + [0] * 25)
    assert levels[1:3] == [4, 4]
    assert [levels[2 + int(CALM_S) * n] for n in range(5)] == [4, 3, 2, 1, 0]


def test_a_queue_about_as_long_as_before_keeps_things_at_rest() -> None:
    assert after([11] * 3 + [LIMIT * CALM_BELOW + 1] * 60)[-1] == 1


def test_a_limit_of_nothing_switches_it_off() -> None:
    assert after([5000] * 10, limit=0) == [0] * 10


@given(LOOKS)
def test_the_level_is_never_more_than_some_two_looks_in_a_row_asked_for(queues: list[float]) -> None:
    levels = after(queues)
    asked = [level_for(min(pair), LIMIT) for pair in zip([0.0, *queues], queues, strict=False)]
    for now, level in enumerate(levels):
        assert asked[now] <= level <= max(asked[: now + 1])


@given(LOOKS)
def test_it_falls_by_one_at_a_time_and_never_twice_within_the_calm_time(queues: list[float]) -> None:
    levels = [0, *after(queues)]
    falls = [second for second, (was, now) in enumerate(pairwise(levels)) if now < was]
    assert all(was - now <= 1 for was, now in pairwise(levels))
    assert all(later - earlier >= CALM_S for earlier, later in pairwise(falls))


@given(LOOKS)
def test_it_always_comes_to_rest(queues: list[float]) -> None:
    assert after(queues + [0.0] * int(CALM_S * len(STEPS) + 1))[-1] == 0


@given(LOOKS, st.floats(0, 500))
def test_a_longer_queue_never_asks_for_less(queues: list[float], more: float) -> None:
    assert all(level_for(queue + more, LIMIT) >= level_for(queue, LIMIT) for queue in queues)


SAID = b"""# TYPE granian_blocking_queue gauge
granian_blocking_queue{worker="1"} 23
granian_blocking_queue{worker="2"} 40
granian_blocking_busy_cumulative{worker="1"} 999
"""


@contextmanager
def server_that_says(said: bytes) -> Iterator[int]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_said: Any) -> None:
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def test_the_queue_is_the_servers_own_count_for_each_process() -> None:
    with server_that_says(SAID) as port:
        assert waiting(port) == 31.5


def test_a_server_that_does_not_count_is_told_from_one_with_nobody_waiting() -> None:
    with server_that_says(b"nothing of the kind") as port, pytest.raises(ValueError, match="blocking_queue"):
        waiting(port)


def test_watching_a_server_that_is_away_changes_nothing() -> None:
    with server_that_says(SAID) as port:
        watch = Watch(Settings(overload_queue=3, queue_port=port))
        watch.look()
        watch.look()
        assert watch.mode.level == 4
    for _look in range(BLIND_LOOKS):
        watch.look()
    assert watch.blind == BLIND_LOOKS
    assert watch.mode.queue == 0


@pytest.mark.parametrize(
    ("settings", "needed"),
    [
        ({"queue_port": 1}, True),
        ({"queue_port": 0}, False),
        ({"queue_port": 1, "overload_queue": 0}, False),
        ({"queue_port": 1, "overload_level": 2}, False),
    ],
)
def test_it_looks_only_where_there_is_something_to_see(settings: dict[str, Any], needed: bool) -> None:
    assert Watch(Settings(**settings)).needed is needed


def test_a_level_can_be_set_by_hand() -> None:
    mode = Watch(Settings(overload_level=2)).mode
    assert [mode.sheds(feature) for feature in ORDER] == [True, True, False, False]


def test_a_stream_says_that_it_rests_and_ends() -> None:
    async def scene() -> tuple[list[bytes], Hub]:
        hub, client = Hub(), Client()
        reading = stream(hub, client)
        await anext(reading)
        hub.announce('{"code": "HCM-1", "g": "taken"}')
        await rest_when_busy(hub, Watch(Settings(overload_level=1)))
        return [event async for event in reading], hub

    heard, hub = asyncio.run(scene())
    assert heard == [BUSY]
    assert hub.resting
    assert not hub.clients
