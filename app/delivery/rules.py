"""What is secret in a message, and how often a message is tried."""

import re

MOST_TRIES = 8
"""With waits of 3, 9, 27 … seconds between them the last one comes about an hour after the first."""

BACK_OFF_S = 3

SECRET_PURPOSES = frozenset({"reset_password"})
"""Messages that hold a code: once sent, it is not kept."""

_CODE = re.compile(r"\d{4,}")


def without_code(purpose: str, body: str) -> str:
    """The body as it is kept after sending."""
    return _CODE.sub("••••••", body) if purpose in SECRET_PURPOSES else body


def is_email(address: str) -> bool:
    """Whether the address is a mailbox rather than a phone number."""
    return "@" in address
