"""Overload: above a queue length the site rests what people can do without, one thing after the other.

The queue is what granian itself counts: requests that have arrived and wait for a web process's thread. It
says so on a port of its own on this machine (its Prometheus exporter), so nothing that a stranger sends can
switch this on. Why not an estimate: docs/decisions/0011-overload.md.
"""

import re
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Literal

import structlog

from app.config import Settings

log = structlog.get_logger("overload")

Feature = Literal["live", "search", "exports", "ranking"]
ORDER: tuple[Feature, ...] = ("live", "search", "exports", "ranking")
"""What rests first stands first. Asking for help, taking a case and signing in are not in it: never."""
STEPS = (1, 2, 4, 8)
"""At how many times the configured queue each of them rests."""
CALM_BELOW = 0.5
"""Of the queue that made a feature rest: it comes back once the queue stays below this part of it."""
LOOK_EVERY_S = 1.0
BLIND_LOOKS = 10
"""A server that starts says nothing for a moment; after so many looks in vain the log hears of it."""
RETRY_AFTER_S = 30
"""When a program that was sent away may ask again."""

_WAITING = re.compile(rb'^granian_blocking_queue\{worker="\d+"\} (\d+)', re.MULTILINE)


def level_for(queue: float, limit: float) -> int:
    """How many features should rest with this many requests waiting; none when the limit is 0."""
    return sum(queue > limit * step for step in STEPS) if limit > 0 else 0


@dataclass
class Mode:
    """How many features rest now (`level`, 0 to 4), decided look by look.

    It rises to what two looks in a row ask for, so that one crowded instant changes nothing, and falls by one
    each time the queue has been short for `calm_s` seconds, so that it does not flutter.
    """

    limit: float
    calm_s: float
    level: int = 0
    queue: float = 0.0
    long_at: float = float("-inf")

    def look(self, queue: float, at: float) -> int:
        """Take in the queue at a moment (seconds of any steady clock); returns the level."""
        wanted = level_for(min(queue, self.queue), self.limit)
        self.queue = queue
        if wanted > self.level:
            self.level, self.long_at = wanted, at
        elif self.level and queue > self.limit * STEPS[self.level - 1] * CALM_BELOW:
            self.long_at = at
        elif self.level and at - self.long_at >= self.calm_s:
            self.level, self.long_at = self.level - 1, at
        return self.level

    def sheds(self, feature: Feature) -> bool:
        """Whether this feature rests now."""
        return ORDER.index(feature) < self.level


def waiting(port: int) -> float:
    """Requests that wait for each web process of this machine, on average, by the server's own count.

    Raises OSError, HTTPException or ValueError when the server does not say.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/metrics")
        counts = [int(found) for found in _WAITING.findall(connection.getresponse().read())]
    finally:
        connection.close()
    if not counts:
        raise ValueError("no granian_blocking_queue in the answer")
    return sum(counts) / len(counts)


class Watch:
    """Looks at the queue and keeps a mode right; each process that has to know holds its own."""

    def __init__(self, settings: Settings) -> None:
        self.fixed = settings.overload_level is not None
        self.port = settings.queue_port
        self.mode = Mode(settings.overload_queue, settings.overload_calm_s, settings.overload_level or 0)
        self.blind = 0

    @property
    def needed(self) -> bool:
        """Whether there is anything to look at: a limit, a server that counts, no level set by hand."""
        return self.mode.limit > 0 and self.port > 0 and not self.fixed

    def look(self) -> None:
        """One look; a server that does not say counts as one with nobody waiting."""
        try:
            queue = waiting(self.port)
            self.blind = 0
        except (OSError, HTTPException, ValueError):
            queue = 0.0
            self.blind += 1
            if self.blind == BLIND_LOOKS:
                log.warning("queue unknown", port=self.port)
        before = self.mode.level
        level = self.mode.look(queue, time.monotonic())
        if level != before:
            log.warning("overload", level=level, was=before, queue=round(queue, 1), rests=ORDER[:level])

    def keep_looking(self) -> None:
        """Look once a second for as long as the process lives."""
        while True:
            self.look()
            time.sleep(LOOK_EVERY_S)
