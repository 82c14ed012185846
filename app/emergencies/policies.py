"""Who may switch help on and off. Pure; tested as a table."""

from app.people.policies import Standing


def may_open_emergency(actor: Standing) -> bool:
    """Open or end an emergency: administrators."""
    return actor.administers


def may_add_category(actor: Standing) -> bool:
    """Add a category of help: administrators."""
    return actor.administers
