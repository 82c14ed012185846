"""A user, reduced to what policies decide by."""

from app.people.models import User
from app.people.policies import Standing


def standing_of(user: User | None) -> Standing:
    """The roles that count now; a stranger has none."""
    if user is None:
        return Standing()
    return Standing(
        user.id, frozenset(r.role for r in user.roles if r.in_force), frozenset(user.official_area_ids)
    )
