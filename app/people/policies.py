"""Who may do what with people's accounts and roles. Pure; tested as a table."""

import uuid
from dataclasses import dataclass

SELF_GIVEN = frozenset({"volunteer", "supplier"})
"""Roles that a person takes on by saying so."""

ASKED_FOR = frozenset({"medic"})
"""Roles that a person asks for and somebody verifies."""


@dataclass(frozen=True)
class Standing:
    """Whoever acts, reduced to what decides: roles in force and, for officials, their areas."""

    user_id: uuid.UUID | None = None
    roles: frozenset[str] = frozenset()
    area_ids: frozenset[int] = frozenset()

    @property
    def administers(self) -> bool:
        """Whether this is an administrator."""
        return self.user_id is not None and "administrator" in self.roles


def may_find_people(actor: Standing) -> bool:
    """Look an account up by its phone number: administrators, and officials, who verify medics."""
    return actor.administers or "official" in actor.roles


def may_browse_people(actor: Standing) -> bool:
    """Search accounts by name: administrators only."""
    return actor.administers


def may_take_role(actor: Standing, role: str) -> bool:
    """Become something by one's own word, or ask for it."""
    return actor.user_id is not None and role in SELF_GIVEN | ASKED_FOR


def may_give_up_role(actor: Standing, role: str) -> bool:
    """Lay down a role that one took or asked for oneself."""
    return actor.user_id is not None and role in SELF_GIVEN | ASKED_FOR


def may_grant(actor: Standing, role: str, *, to: uuid.UUID) -> bool:
    """Give a role to somebody: administrators; nobody raises themselves."""
    return actor.administers and (actor.user_id != to or role in SELF_GIVEN)


def may_revoke(actor: Standing, role: str, *, of: uuid.UUID) -> bool:
    """Take a role away: administrators, but not their own office, lest nobody be left."""
    return actor.administers and not (actor.user_id == of and role == "administrator")


def may_verify_medic(actor: Standing, *, of: uuid.UUID) -> bool:
    """Vouch for a medic's licence: officials and administrators, never for themselves."""
    return may_find_people(actor) and actor.user_id != of


def may_appoint_official(actor: Standing, *, whom: uuid.UUID) -> bool:
    """Make somebody the official of an area: administrators, not for themselves."""
    return actor.administers and actor.user_id != whom
