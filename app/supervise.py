"""Child processes that are started together, restarted when they die, and stopped together."""

import contextlib
import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PR_SET_PDEATHSIG = 1
LONGEST_PAUSE_S = 15.0
STEADY_AFTER_S = 30.0
LET_FINISH_S = 8.0


@dataclass
class Child:
    """One program that should always run."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    pause_s: float = field(default=0.5)

    def start(self) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches only us and we stop it in order."""
        self.process = subprocess.Popen(
            self.command,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - we have no other thread when we start children
        )
        self.started_at = time.monotonic()

    @property
    def alive(self) -> bool:
        """Whether it runs now."""
        return self.process is not None and self.process.poll() is None

    def revive(self) -> int | None:
        """Start it again if it died, after a pause that doubles each time; the exit code of one just dead."""
        now = time.monotonic()
        if self.alive:
            if now - self.started_at > STEADY_AFTER_S:
                self.pause_s = 0.5
            return None
        if self.process is not None:
            code = self.process.returncode
            self.signal(signal.SIGKILL)  # what is left of its group would hold the port
            self.process = None
            self.start_again_at = now + self.pause_s
            self.pause_s = min(2 * self.pause_s, LONGEST_PAUSE_S)
            return code
        if now >= self.start_again_at:
            self.start()
        return None

    def signal(self, number: int) -> None:
        """Send a signal to the program and everything that it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


def stop_all(children: Sequence[Child]) -> None:
    """Ask all to finish what they are doing, and end those that take too long."""
    for child in children:
        if child.alive and child.process is not None:
            child.process.terminate()
    deadline = time.monotonic() + LET_FINISH_S
    for child in children:
        if child.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, deadline - time.monotonic()))
            child.signal(signal.SIGKILL)
            child.process.wait()


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


def _die_with_parent() -> None:
    """On Linux: end in good order when whoever started us is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def tie_to_parent() -> None:
    """The same for a process that its supervisor's child has started in turn."""
    if os.environ.get("LALANH_SUPERVISED"):
        _die_with_parent()
