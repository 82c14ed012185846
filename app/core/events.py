"""In-process events: a lower feature says what happened, `wiring.py` says what follows.

Subscribers run at once, in the caller's transaction; slow work they hand to a job in that same transaction.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

Subscriber = Callable[..., None]
_subscribers: dict[str, list[Subscriber]] = defaultdict(list)


def subscribe(name: str, subscriber: Subscriber) -> None:
    """Call `subscriber` with the event's payload whenever `name` is published; twice is once."""
    if subscriber not in _subscribers[name]:
        _subscribers[name].append(subscriber)


def publish(name: str, **payload: Any) -> None:
    """Tell everyone who subscribed to `name`."""
    for subscriber in _subscribers[name]:
        subscriber(**payload)
