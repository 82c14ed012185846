"""Every `flask …` command beside Flask's own."""

from flask import Flask

from app.areas.cli import areas
from app.authority.cli import cases
from app.database import database
from app.demo.cli import demo
from app.serve import serve
from app.worker import worker

COMMANDS = (serve, worker, database, areas, cases, demo)


def set_up(app: Flask) -> None:
    """Register the command groups of the features."""
    for command in COMMANDS:
        app.cli.add_command(command)
