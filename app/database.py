"""`flask database …`: look into the database, whichever this checkout uses."""

import subprocess
import sys

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import make_url

from app.core import embedded
from app.core.postgres import find

database = AppGroup("database", help="The database: where it is, and a shell in it.")


@database.command()
def where() -> None:
    """Print where the data is kept."""
    click.echo(embedded.data_dir() if embedded.is_embedded() else _url(hide_password=True))


@database.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1)
def shell(arguments: tuple[str, ...]) -> None:
    """Open psql on it; what follows is handed to psql."""
    psql = find().program("psql") if embedded.is_embedded() else "psql"
    ran = subprocess.run([psql, _url(hide_password=False), *arguments], check=False)
    sys.exit(ran.returncode)


def _url(*, hide_password: bool) -> str:
    """The address as psql takes it."""
    url = make_url(current_app.config["SQLALCHEMY_DATABASE_URI"]).set(drivername="postgresql")
    return url.render_as_string(hide_password=hide_password)
