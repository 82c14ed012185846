"""`flask people …`: what only who runs the machine can say about accounts."""

import click
from flask.cli import AppGroup

from app.core.db import transaction
from app.core.errors import Invalid
from app.people import queries, roles
from app.people.rules import read_identity
from app.web.i18n import phone_region

people = AppGroup("people", help="Accounts: name an administrator.")


@people.command("administrator")
@click.argument("identity", metavar="PHONE|EMAIL")
def administrator(identity: str) -> None:
    """Make somebody who has signed up an administrator: the first one of a new site."""
    try:
        known = read_identity(identity, region=phone_region())
    except Invalid as wrong:
        raise click.ClickException(str(wrong.message)) from None
    with transaction():
        user = queries.user_of(known)
        if user is None or not user.is_active:
            raise click.ClickException(f"nobody has signed up as {known.address}; do that on the site first")
        roles.name_administrator(user)
        click.echo(f"{user.name} ({known.address}) is an administrator.")
