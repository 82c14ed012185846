"""Every "after X do Y" of the application, on one page."""

from app.core.events import subscribe  # noqa: F401


def set_up() -> None:
    """Connect events to what follows from them."""
