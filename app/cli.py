"""Every `flask …` command beside Flask's own."""

from flask import Flask


def set_up(app: Flask) -> None:
    """Register the command groups of the features."""
