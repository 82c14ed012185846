"""Dispatch waves: who was asked to help with which case, and what they answered."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Nothing yet."""
