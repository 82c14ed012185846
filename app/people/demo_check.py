"""Everybody knows the password of the demo accounts: they must not exist where real people are."""

from flask import Flask
from sqlalchemy.exc import OperationalError

from app.config import Unsafe
from app.core.db import db
from app.people.queries import demo_accounts_exist


def refuse_demo_accounts(app: Flask) -> None:
    """Raise Unsafe if the database of a production installation holds demo accounts.

    A database that is away or not migrated yet holds none; it is asked again at the next start.
    """
    with app.app_context():
        try:
            found = demo_accounts_exist()
        except OperationalError:
            return
        finally:
            db.session.remove()
            db.engine.dispose()
    if found:
        raise Unsafe(
            "This database holds demo accounts, whose password is public. Use a fresh database in production,"
            " or remove them first: LALANH_ENV=local flask demo clear."
        )
