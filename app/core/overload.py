"""Overload: above a queue length the site rests what people can do without, one thing after the other.

The queue is counted, not estimated: requests that have arrived and wait for a web process to answer them
(`gateway.py`). Each process writes its count into a folder once a second, where all of them read it; so
nothing that a stranger sends can switch this on. More: docs/decisions/0011-overload.md.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
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
"""A site that starts says nothing for a moment; after so many looks in vain the log hears of it."""
FRESH_S, KEPT_S = 3.0, 60.0
"""A count that is older is of a process that hangs or is gone, and is removed in the end."""
COUNT_OF = "lalanh-queue-"
"""How the name of such a file begins; nothing else in the folder is touched."""
RETRY_AFTER_S = 30
"""When a program that was sent away may ask again."""


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


class Queue:
    """Who waits in this process: how many now, and on average over the requests since the last look."""

    def __init__(self) -> None:
        self.length = 0
        self._seen = self._times = 0

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """One more waits, until the block ends. Whoever gets a turn sees how many are still waiting."""
        self.length += 1
        try:
            yield
        finally:
            self.length -= 1
            self._seen += self.length
            self._times += 1

    def look(self) -> float:
        """How many wait, fairly: those at this moment where nobody has had a turn since the last look."""
        seen, times, self._seen, self._times = self._seen, self._times, 0, 0
        return seen / times if times else float(self.length)


QUEUE = Queue()
"""That of this process."""


def say(folder: Path, waiting: float) -> None:
    """Write down how many wait in this process. Raises OSError."""
    (folder / f"{COUNT_OF}{os.getpid()}").write_text(f"{waiting:.2f}", encoding="ascii")


def waiting(folder: Path) -> float:
    """Requests that wait for each web process of this machine, on average, as these have written down.

    Raises OSError or ValueError where no process says anything.
    """
    counts = []
    for file in folder.glob(f"{COUNT_OF}*"):
        with contextlib.suppress(FileNotFoundError):
            age = time.time() - file.stat().st_mtime
            if age < FRESH_S:
                counts.append(float(file.read_text(encoding="ascii") or 0))
            elif age > KEPT_S:
                file.unlink()
    if not counts:
        raise ValueError("no web process says how many wait")
    return sum(counts) / len(counts)


class Watch:
    """Looks at the queue and keeps a mode right; each process that has to know holds its own."""

    def __init__(self, settings: Settings) -> None:
        self.fixed = settings.overload_level is not None
        self.folder = Path(settings.queue_dir) if settings.queue_dir else None
        self.mode = Mode(settings.overload_queue, settings.overload_calm_s, settings.overload_level or 0)
        self.blind = 0

    @property
    def needed(self) -> bool:
        """Whether there is anything to look at: a limit, somebody who counts, no level set by hand."""
        return self.mode.limit > 0 and self.folder is not None and not self.fixed

    def look(self, own: Queue | None = None) -> None:
        """One look, after writing down the `own` queue; where nobody says anything, nobody waits."""
        assert self.folder is not None, "`needed` says whether to look"
        try:
            if own is not None:
                say(self.folder, own.look())
            queue = waiting(self.folder)
            self.blind = 0
        except (OSError, ValueError):
            queue = 0.0
            self.blind += 1
            if self.blind == BLIND_LOOKS:
                log.warning("queue unknown", folder=str(self.folder))
        before = self.mode.level
        level = self.mode.look(queue, time.monotonic())
        if level != before:
            log.warning("overload", level=level, was=before, queue=round(queue, 1), rests=ORDER[:level])

    def keep_looking(self, own: Queue) -> None:
        """Look once a second for as long as the process lives."""
        while True:
            self.look(own)
            time.sleep(LOOK_EVERY_S)
