"""Too many people are here: features rest up to a level, as the queue would have it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def crowded(app: Any, level: int = 4) -> Iterator[None]:
    """Inside, so many features rest."""
    mode = app.extensions["overload"]
    mode.level = level
    try:
        yield
    finally:
        mode.level = 0
