"""What the feed remembers: versions of map squares and who is looking at what."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Nothing yet."""
