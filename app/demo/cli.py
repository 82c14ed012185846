"""`flask demo …`: load and clear the demo city."""

import click
from flask.cli import AppGroup

from app.demo import ACCOUNTS, PASSWORD
from app.demo.clear import clear
from app.demo.load import CannotLoad, load

demo = AppGroup("demo", help="A demo city to try everything out: load, clear.")


@demo.command("load")
def load_demo() -> None:
    """Load the demo city; does nothing when it is there already."""
    try:
        made = load()
    except CannotLoad as reason:
        raise click.ClickException(str(reason)) from None
    click.echo("The demo city is loaded." if made else "The demo city is loaded already; nothing to do.")
    click.echo(f"Sign in with the password {PASSWORD} as:")
    for account in ACCOUNTS:
        click.echo(f"  {account.phone}  {account.says}")


@demo.command("clear")
def clear_demo() -> None:
    """Remove the demo city: its people, cases, supply points and emergency."""
    click.echo(f"Removed {clear()} demo cases and everything that belonged to them.")
