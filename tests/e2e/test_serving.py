"""The site as a whole: it answers, says when it is ready, and comes back after being killed."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.site import Site, alive


@pytest.fixture
def own_site(scratch_database: Callable[..., str], tmp_path: Path) -> Iterator[Site]:
    """A site of the test's own, on a database of its own."""
    site = Site(scratch_database(), tmp_path / "site.log")
    yield site.start()
    site.stop()


def until(condition: Callable[[], Any], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["web", "worker", "live"])
def test_a_killed_part_comes_back(own_site: Site, part: str) -> None:
    before = set(own_site.processes(part))
    assert before
    own_site.kill(part)
    until(lambda: set(own_site.processes(part)) - before)
    until(lambda: own_site.status("/readyz") == 200)


@pytest.mark.slow
def test_ctrl_c_leaves_nothing_behind(scratch_database: Callable[..., str], tmp_path: Path) -> None:
    site = Site(scratch_database(), tmp_path / "site.log").start()
    parts = site.processes()
    assert len(parts) >= 5
    assert site.stop() == 0
    assert site.status("/healthz") is None
    assert not any(map(alive, parts))


@pytest.mark.slow
def test_a_port_in_use_is_named(live_site: Site, tmp_path: Path, worker_database: Any) -> None:
    second = Site(worker_database.url, tmp_path / "site.log", PORT=str(live_site.port))
    with pytest.raises(AssertionError, match=f"Port {live_site.port}.*in use"):
        second.start()


@pytest.mark.slow
def test_killing_the_parent_ends_the_children(scratch_database: Callable[..., str], tmp_path: Path) -> None:
    site = Site(scratch_database(), tmp_path / "site.log").start()
    parts = site.processes()
    site.kill_parent()
    until(lambda: not any(map(alive, parts)))


@pytest.mark.slow
def test_a_phone_that_loses_its_network_in_the_middle_keeps_nobody_waiting(live_site: Site) -> None:
    begun = (
        b"POST /api/v1/cases HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 500\r\n\r\n{"
    )
    with ExitStack() as lost:
        for _phone in range(8):
            phone = lost.enter_context(socket.create_connection(("127.0.0.1", live_site.port)))
            phone.sendall(begun)
        assert [live_site.status("/healthz") for _try in range(3)] == [200, 200, 200]
