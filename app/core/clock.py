"""The one clock of the application, so that tests and simulations can hold it still."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


class Hand:
    """The hand of a held clock: it stands where it is put."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def forward(self, by: timedelta) -> None:
        """Let time pass."""
        self.at += by


_held: list[Hand] = []


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _held[-1].at if _held else datetime.now(UTC)


@contextmanager
def held_at(moment: datetime) -> Iterator[Hand]:
    """Hold the clock of this whole process; never in a process that serves people."""
    hand = Hand(moment)
    _held.append(hand)
    try:
        yield hand
    finally:
        _held.remove(hand)
