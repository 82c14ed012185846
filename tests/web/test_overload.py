"""Above a queue length the site rests what people can do without, in a fixed order, and comes back calmly."""

import asyncio
import os
import time
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config import Settings
from app.core.overload import (
    BLIND_LOOKS,
    CALM_BELOW,
    COUNT_OF,
    FRESH_S,
    KEPT_S,
    ORDER,
    STEPS,
    Mode,
    Queue,
    Watch,
    level_for,
    say,
    waiting,
)
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


def test_the_queue_is_what_all_web_processes_say_on_average(tmp_path: Path) -> None:
    (tmp_path / f"{COUNT_OF}101").write_text("23")
    (tmp_path / f"{COUNT_OF}102").write_text("40")
    assert waiting(tmp_path) == 31.5


def test_a_process_that_is_gone_says_nothing_any_more(tmp_path: Path) -> None:
    for number, age in ((101, 0), (102, FRESH_S + 1), (103, KEPT_S + 1)):
        write(tmp_path / f"{COUNT_OF}{number}", "40" if age else "2", age)
    assert waiting(tmp_path) == 2
    assert {file.name for file in tmp_path.iterdir()} == {f"{COUNT_OF}101", f"{COUNT_OF}102"}


def test_what_else_lies_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "letters.txt", "99", KEPT_S + 1)
    write(tmp_path / "104", "99", 0)
    say(tmp_path, 1)
    assert waiting(tmp_path) == 1
    assert (tmp_path / "letters.txt").exists()


def write(file: Path, text: str, age_s: float) -> None:
    file.write_text(text)
    os.utime(file, (time.time() - age_s,) * 2)


def test_where_nobody_counts_is_told_from_where_nobody_waits(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no web process"):
        waiting(tmp_path)
    say(tmp_path, 0)
    assert waiting(tmp_path) == 0


def test_a_queue_is_what_those_saw_who_had_their_turn() -> None:
    queue = Queue()
    with ExitStack() as first, ExitStack() as second, queue.waiting():
        first.enter_context(queue.waiting())
        second.enter_context(queue.waiting())
        first.close()
        second.close()
        assert queue.look() == 1.5, "two waited behind the first, one behind the second"
        assert queue.look() == 1, "nobody had a turn since; one waits"
    assert queue.look() == 0


def test_watching_a_site_that_is_away_changes_nothing(tmp_path: Path) -> None:
    watch = Watch(Settings(overload_queue=3, queue_dir=str(tmp_path)))
    say(tmp_path, 31.5)
    watch.look()
    watch.look()
    assert watch.mode.level == 4
    (tmp_path / f"{COUNT_OF}{os.getpid()}").unlink()
    for _look in range(BLIND_LOOKS):
        watch.look()
    assert watch.blind == BLIND_LOOKS
    assert watch.mode.queue == 0


def test_a_web_process_writes_down_its_own_queue_before_it_looks(tmp_path: Path) -> None:
    watch, own = Watch(Settings(queue_dir=str(tmp_path))), Queue()
    with own.waiting(), own.waiting():
        watch.look(own)
    assert watch.mode.queue == 2


@pytest.mark.parametrize(
    ("settings", "needed"),
    [
        ({"queue_dir": "/tmp"}, True),
        ({"queue_dir": ""}, False),
        ({"queue_dir": "/tmp", "overload_queue": 0}, False),
        ({"queue_dir": "/tmp", "overload_level": 2}, False),
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
