"""The whole site as people reach it: real servers on a free port of this machine, on a test database."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

from app.core.embedded import CHECKOUT

READY_WITHIN_S = 90


class Site:
    """`flask serve` on the database at `url`."""

    def __init__(self, database_url: str, log: Path, **environment: str) -> None:
        self.port = two_free_ports()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self._environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "PORT": str(self.port),
            "LALANH_WORKERS": "1",
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Site":
        """Start it and wait until every part answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "app", "serve"],
                cwd=CHECKOUT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_WITHIN_S
        while self.status("/readyz") != 200:
            assert self._process.poll() is None, f"the site ended:\n{self.log.read_text()[-3000:]}"
            assert time.monotonic() < deadline, f"the site did not get ready:\n{self.log.read_text()[-3000:]}"
            time.sleep(0.1)
        return self

    def status(self, path: str) -> int | None:
        """The status of an answer, or None when there is none."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    def processes(self, part: str = "") -> list[int]:
        """The numbers of this site's processes; `part` is "web", "worker", "live" or "" for all."""
        assert self._process is not None
        found, parents = [], {self._process.pid}
        for number, parent, name in sorted(_running()):
            if number in parents or parent in parents:
                parents.add(number)
                if not part or name == f"lalanh-{part}":
                    found.append(number)
        return found

    def kill(self, part: str) -> None:
        """kill -9 every process of a part."""
        for number in self.processes(part):
            os.kill(number, signal.SIGKILL)

    def kill_parent(self) -> None:
        """kill -9 the process that watches over the parts."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self, number: int = signal.SIGINT) -> int:
        """Ctrl-C; gives the exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(timeout=30)


def _running() -> Iterator[tuple[int, int, str]]:
    """Every living process of this machine: its number, its parent's, its short name."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name, _bracket, rest = (folder / "stat").read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        state, parent = rest.split()[:2]
        if state != "Z":
            yield int(folder.name), int(parent), name


def alive(number: int) -> bool:
    """Whether a process still runs."""
    return any(number == running for running, _parent, _name in _running())


def two_free_ports() -> int:
    """A free port whose next neighbour is free as well."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
