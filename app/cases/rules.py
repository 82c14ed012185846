"""The life of a case, as plain rules on plain data."""

import re
import secrets
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from app.core.states import Flow

URGENCIES = ("normal", "urgent", "life_threatening")
VULNERABILITIES = ("children", "elderly", "sick", "pregnant")

LIFE = Flow(
    {
        "open": {
            "claimed",
            "delivered",
            "closed",
            "cancelled",
            "expired",
            "rejected",
            "merged",
        },
        "claimed": {"open", "delivered", "closed", "cancelled", "rejected", "merged"},
        "delivered": {"closed", "open", "claimed"},
        "closed": {"open"},
        "expired": {"open"},
        "cancelled": {"open"},
    }
)
STATUSES = LIFE.statuses

CLAIM_LIFE = Flow(
    {
        "live": {"delivered", "released", "expired"},
        "delivered": {"confirmed", "failed"},
        "confirmed": {"failed"},
    }
)
CLAIM_STATUSES = CLAIM_LIFE.statuses

GROUPS = {
    "open": "needs_help",
    "claimed": "taken",
    "delivered": "helped",
    "closed": "helped",
}
"""How strangers see a status on the map; what is not here they do not see."""

REOPEN_WINDOW = timedelta(days=7)
"""How long after its end a case can be reopened."""

# No 0/O, 1/I/L, 2/Z, 5/S, 8/B: read out over a bad line, they sound or look alike.
CODE_ALPHABET = "ACDEFGHJKMNPQRTUVWXY34679"
CODE_LENGTH = 6


class Quantities(NamedTuple):
    """How much of one need is wanted, promised and delivered."""

    wanted: Decimal
    pledged: Decimal
    delivered: Decimal


def new_code(prefix: str) -> str:
    """A short code that can be read out over the phone: `HCM-7K3QFA`."""
    return f"{prefix}-" + "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def code_prefix(province: str | None) -> str:
    """Up to three capitals that stand for a province: "thanh pho ho chi minh" gives HCM; nothing known LL.

    `province` is the folded full name.
    """
    words = re.sub(r"^(thanh pho|tinh)\s+", "", province or "").split()
    letters = "".join(word[0] for word in words if word[0].isascii() and word[0].isalpha())
    return letters.upper()[:3] if len(letters) > 1 else "LL"


def status_from(needs: Iterable[Quantities]) -> str:
    """The status of a live case by what is promised and delivered of its needs.

    Open while something is left to pledge, delivered once everything is, claimed between.
    """
    lines = list(needs)
    if all(n.delivered >= n.wanted for n in lines):
        return "delivered"
    if all(n.pledged >= n.wanted for n in lines):
        return "claimed"
    return "open"


def lease(urgency: str, *, minutes: int, minutes_life_threatening: int) -> timedelta:
    """How long a claim holds before it runs out."""
    return timedelta(minutes=minutes_life_threatening if urgency == "life_threatening" else minutes)
