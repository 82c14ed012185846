"""The site as `make run` starts it, on a free port."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from app.config import ROOT

PARTS = ("web", "worker", "live")  # in the order in which `flask serve` starts them
READY_WITHIN_S = 300  # a first start makes a cluster and loads areas and the demo city


@dataclass(frozen=True)
class Site:
    """The running site: its port, its processes' head, and how long it took until it was ready."""

    port: int
    pid: int
    started_s: float

    def memory_mb(self) -> dict[str, float]:
        """Resident megabytes of the largest process of each part."""
        parts = zip(PARTS, sorted(_children(self.pid)), strict=True)
        sizes = {name: max(map(_resident_mb, [pid, *_children(pid)])) for name, pid in parts}
        return {"supervisor": _resident_mb(self.pid), **sizes}


@contextmanager
def running_site(database_url: str, **settings: str) -> Iterator[Site]:
    """`flask serve` on this database, with these settings in its environment."""
    port, began = _two_free_ports(), time.monotonic()
    site = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "app", "serve"],
        cwd=ROOT,
        env={**os.environ, "PORT": str(port), "DATABASE_URL": database_url, **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while not _ready(port):
            if site.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the site did not start")
            time.sleep(0.05)
        yield Site(port, site.pid, time.monotonic() - began)
    finally:
        site.send_signal(signal.SIGINT)
        site.wait(timeout=30)


def _children(pid: int) -> list[int]:
    """The numbers of its child processes."""
    return [int(n) for file in Path(f"/proc/{pid}/task").glob("*/children") for n in file.read_text().split()]


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _two_free_ports() -> int:
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
