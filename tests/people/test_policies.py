"""Who may do what: every role × every action × oneself or another, as one table."""

import inspect
import itertools
import uuid

import pytest

from app.emergencies import policies as emergencies
from app.people import policies
from app.people.policies import Standing

ME, OTHER = uuid.uuid4(), uuid.uuid4()
ACTORS = {
    "stranger": Standing(),
    "resident": Standing(ME),
    "volunteer": Standing(ME, frozenset({"volunteer"})),
    "medic": Standing(ME, frozenset({"volunteer", "medic"})),
    "supplier": Standing(ME, frozenset({"supplier"})),
    "official": Standing(ME, frozenset({"official"}), frozenset({1})),
    "administrator": Standing(ME, frozenset({"administrator"})),
}
ALL = frozenset(ACTORS)
MEMBERS = ALL - {"stranger"}
ADMIN = frozenset({"administrator"})
OFFICE = ADMIN | {"official"}
NOBODY = frozenset[str]()
ROLES = ("volunteer", "medic", "supplier", "official", "administrator")

# action → (who may, about themselves, who may, about somebody else)
TABLE = {
    "find_people": (lambda a, _w: policies.may_find_people(a), OFFICE, OFFICE),
    "browse_people": (lambda a, _w: policies.may_browse_people(a), ADMIN, ADMIN),
    "take volunteer": (lambda a, _w: policies.may_take_role(a, "volunteer"), MEMBERS, MEMBERS),
    "take supplier": (lambda a, _w: policies.may_take_role(a, "supplier"), MEMBERS, MEMBERS),
    "take medic": (lambda a, _w: policies.may_take_role(a, "medic"), MEMBERS, MEMBERS),
    "take official": (lambda a, _w: policies.may_take_role(a, "official"), NOBODY, NOBODY),
    "take administrator": (lambda a, _w: policies.may_take_role(a, "administrator"), NOBODY, NOBODY),
    "give up volunteer": (
        lambda a, _w: policies.may_give_up_role(a, "volunteer"),
        MEMBERS,
        MEMBERS,
    ),
    "give up official": (lambda a, _w: policies.may_give_up_role(a, "official"), NOBODY, NOBODY),
    "grant volunteer": (lambda a, w: policies.may_grant(a, "volunteer", to=w), ADMIN, ADMIN),
    "grant medic": (lambda a, w: policies.may_grant(a, "medic", to=w), NOBODY, ADMIN),
    "grant official": (lambda a, w: policies.may_grant(a, "official", to=w), NOBODY, ADMIN),
    "grant administrator": (lambda a, w: policies.may_grant(a, "administrator", to=w), NOBODY, ADMIN),
    "revoke volunteer": (lambda a, w: policies.may_revoke(a, "volunteer", of=w), ADMIN, ADMIN),
    "revoke official": (lambda a, w: policies.may_revoke(a, "official", of=w), ADMIN, ADMIN),
    "revoke administrator": (lambda a, w: policies.may_revoke(a, "administrator", of=w), NOBODY, ADMIN),
    "verify medic": (lambda a, w: policies.may_verify_medic(a, of=w), NOBODY, OFFICE),
    "appoint official": (lambda a, w: policies.may_appoint_official(a, whom=w), NOBODY, ADMIN),
    "open emergency": (lambda a, _w: emergencies.may_open_emergency(a), ADMIN, ADMIN),
    "add category": (lambda a, _w: emergencies.may_add_category(a), ADMIN, ADMIN),
}


@pytest.mark.parametrize(("actor", "action"), list(itertools.product(ACTORS, TABLE)))
def test_the_table(actor, action) -> None:
    may, about_self, about_other = TABLE[action]
    assert may(ACTORS[actor], ME) is (actor in about_self), "about oneself"
    assert may(ACTORS[actor], OTHER) is (actor in about_other), "about somebody else"


def test_the_table_names_every_policy() -> None:
    used = "".join(inspect.getsource(may) for may, *_rest in TABLE.values())
    for module in (policies, emergencies):
        for name, rule in inspect.getmembers(module, inspect.isfunction):
            if rule.__module__ == module.__name__:
                assert name in used, f"{name} is in no row of the table"
