"""Where strangers see a case: near its place, never at it.

The blurred point lies 150-300 m from the exact one, in a direction taken from a keyed hash of the household
and the 110 m cell it is in. So the same household posting again, with the usual jitter of a GPS, gets the
same offset and posts cannot be averaged; and somebody who posts trial cases around a home learns nothing
about its own offset, because theirs are another household's. See docs/decisions/0004-blurred-position.md.
"""

import hashlib
import hmac
import math
from collections.abc import Iterator

from app.core.geo import Point

NEAREST_M = 150.0
FARTHEST_M = 300.0
CANDIDATES = 12
CELL_DEGREES = 0.001
HANDOVER_DIGITS = 4


def household_of(*, phone: str | None, requester: str | None, fallback: str) -> str:
    """What stands for a household: its phone number, else its account, else the case alone."""
    return phone or requester or fallback


def blurred_candidates(position: Point, household: str, key: str) -> Iterator[Point]:
    """Places to show instead of `position`, in the order to try them; always the same ones."""
    column, row = math.floor(position.lon / CELL_DEGREES), math.floor(position.lat / CELL_DEGREES)
    for number in range(CANDIDATES):
        message = f"blur|{household}|{column}|{row}|{number}".encode()
        digest = hmac.new(key.encode(), message, hashlib.sha256).digest()
        turn = int.from_bytes(digest[:8], "big") / 2**64
        reach = int.from_bytes(digest[8:16], "big") / 2**64
        # Uniform over the ring's area, not its radius.
        metres = math.sqrt(NEAREST_M**2 + reach * (FARTHEST_M**2 - NEAREST_M**2))
        yield position.moved(metres, 2 * math.pi * turn)


def tracking_secret(case_id: str, version: int, key: str) -> str:
    """The secret of a case's tracking link: nothing to store, and always the same until its version rises."""
    digest = hmac.new(key.encode(), f"track|{case_id}|{version}".encode(), hashlib.sha256).hexdigest()
    return digest[:32]


def handover_code(case_id: str, version: int, turn: int, key: str) -> str:
    """The digits that prove a hand-over; `turn` rises whenever a delivery turned out not to have arrived."""
    message = f"handover|{case_id}|{version}|{turn}".encode()
    number = int.from_bytes(hmac.new(key.encode(), message, hashlib.sha256).digest()[:8], "big")
    return f"{number % 10**HANDOVER_DIGITS:0{HANDOVER_DIGITS}d}"
