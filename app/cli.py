"""Every `flask …` command beside Flask's own, loaded only when it is asked for.

A web process never runs them, and what they import (loaders, demo data, the supervisor) would cost it memory.
"""

import click
from flask import Flask
from flask.cli import AppGroup
from werkzeug.utils import import_string

COMMANDS = {
    "serve": "app.serve:serve",
    "worker": "app.worker:worker",
    "database": "app.database:database",
    "areas": "app.areas.cli:areas",
    "cases": "app.authority.cli:cases",
    "demo": "app.demo.cli:demo",
    "people": "app.people.cli:people",
}


class Commands(AppGroup):
    """Flask's own group with ours in it, by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in order."""
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by name; ours is imported now."""
        if cmd_name in COMMANDS:
            found: click.Command = import_string(COMMANDS[cmd_name])
            return found
        return super().get_command(ctx, cmd_name)


def set_up(app: Flask) -> None:
    """Give the application our commands, keeping those that extensions have added."""
    commands = Commands(app.name)
    commands.commands.update(app.cli.commands)
    app.cli = commands
