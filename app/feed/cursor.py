"""Where a page of the feed ended, so that the next one begins right after it."""

import base64
import binascii
import json
import math
import uuid
from datetime import datetime
from typing import NamedTuple, Self

FARTHEST_M = 21_000_000.0


class Cursor(NamedTuple):
    """The last case shown: its rank among the groups, its metres or its time, and its id."""

    rank: int
    metres: float | None
    created_at: datetime | None
    id: uuid.UUID

    def written(self) -> str:
        """As it stands in an address."""
        when = self.created_at.isoformat() if self.metres is None and self.created_at else None
        plain = json.dumps([self.rank, self.metres, when, self.id.hex], separators=(",", ":"))
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The cursor behind the text; None when it is not one of ours."""
        try:
            padded = text.encode("ascii") + b"=" * (-len(text) % 4)
            rank, metres, when, key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            moment = datetime.fromisoformat(when) if when is not None else None
            cursor = cls(rank, metres, moment, uuid.UUID(hex=key))
        except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
            return None
        return cursor if cursor._holds() else None

    def _holds(self) -> bool:
        if type(self.rank) is not int or not 0 <= self.rank <= 2:
            return False
        if self.metres is None:
            return self.created_at is not None and self.created_at.tzinfo is not None
        known = type(self.metres) in (int, float) and math.isfinite(self.metres)
        return known and 0 <= self.metres <= FARTHEST_M and self.created_at is None
