"""Passwords at rest: argon2id with OWASP's parameters for small servers (19 MiB, 2 passes)."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.people.rules import normal_password

_hasher = PasswordHasher(memory_cost=19_456, time_cost=2, parallelism=1)


def hash_password(password: str) -> str:
    """The text to keep instead of the password."""
    return _hasher.hash(normal_password(password))


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody has this password")


def password_fits(password: str, kept: str | None) -> bool:
    """Whether `password` made `kept`; without an account as much work is done, so that time tells nothing."""
    try:
        return _hasher.verify(kept or _nobodys_hash(), normal_password(password)) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with other parameters and should be made anew."""
    return _hasher.check_needs_rehash(kept)
