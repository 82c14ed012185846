"""Child processes that are started together, restarted when they die, and stopped together.

On Linux they are forked, so that everything is imported once: the site is up in half the time and the
processes share that memory. macOS cannot fork safely after its frameworks were used; there they start anew.
"""

import contextlib
import ctypes
import multiprocessing
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from typing import Any

LONGEST_PAUSE_S = 15.0
FIRST_PAUSE_S = 0.5
STEADY_AFTER_S = 30.0
LET_FINISH_S = 8.0
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15

_processes: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


@dataclass
class Child:
    """One part that should always run: `run(*arguments)` in a process of its own."""

    name: str
    run: Callable[..., None]
    arguments: tuple[object, ...] = ()
    process: BaseProcess | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    pause_s: float = field(default=FIRST_PAUSE_S)

    def start(self) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches only us and we stop it in order."""
        task = (self.name, os.getpid(), self.run, self.arguments)
        started: BaseProcess = _processes.Process(target=_become, args=task, name=self.name)
        started.start()
        self.process, self.started_at = started, time.monotonic()

    @property
    def alive(self) -> bool:
        """Whether it runs now."""
        return self.process is not None and self.process.is_alive()

    def revive(self) -> int | None:
        """Start it again if it died, after a pause that doubles each time; the exit code of one just dead."""
        now = time.monotonic()
        if self.alive:
            if now - self.started_at > STEADY_AFTER_S:
                self.pause_s = FIRST_PAUSE_S
            return None
        if self.process is not None:
            code = self.process.exitcode
            self.kill()  # what is left of its group would hold the port
            self.process = None
            self.start_again_at = now + self.pause_s
            self.pause_s = min(2 * self.pause_s, LONGEST_PAUSE_S)
            return code
        if now >= self.start_again_at:
            self.start()
        return None

    def kill(self) -> None:
        """End it and everything that it started, at once."""
        if self.process is not None and self.process.pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


def stop_all(children: Sequence[Child]) -> None:
    """Ask all to finish what they are doing, and end those that take too long."""
    started = [(child, child.process) for child in children if child.process is not None]
    for _child, process in started:
        process.terminate()
    deadline = time.monotonic() + LET_FINISH_S
    for child, process in started:
        process.join(max(0.0, deadline - time.monotonic()))
        child.kill()
        process.join()


def tie_to_parent() -> None:
    """On Linux: end in good order when the process that started this one is killed."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def raise_file_limit(wanted: int = 65_536) -> None:
    """Allow as many open connections as the system lets us have; thousands of phones hold event streams."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def _become(name: str, parent: int, run: Callable[..., None], arguments: tuple[object, ...]) -> None:
    """The first thing that a child does."""
    os.setsid()
    tie_to_parent()
    _prctl(PR_SET_NAME, f"lalanh-{name}".encode())
    if os.getppid() != parent:  # it died before we were tied to it
        return
    for number in ENDINGS:
        signal.signal(number, signal.SIG_DFL)
    run(*arguments)


def _prctl(option: int, value: int | bytes) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value)
