"""Who may do what with a case: every role, every action, own, other and other area."""

import uuid

import pytest

from app.cases import policies
from app.cases.policies import CaseFacts, Viewer

WARD, OTHER_WARD, PROVINCE, OTHER_PROVINCE = 1, 2, 79, 75
LAN, MINH, HOA, TAM, CHI, ANH, ADMIN = (uuid.uuid4() for _person in range(7))

STRANGER = Viewer()
LINK = Viewer(tracks=True)
REQUESTER = Viewer(LAN)
RESIDENT = Viewer(uuid.uuid4())
CLAIMANT = Viewer(MINH, frozenset({"volunteer"}))
VOLUNTEER = Viewer(HOA, frozenset({"volunteer"}))
MEDIC = Viewer(TAM, frozenset({"volunteer", "medic"}))
SUPPLIER = Viewer(CHI, frozenset({"supplier"}))
WARD_OFFICIAL = Viewer(ANH, frozenset({"official"}), frozenset({WARD}))
PROVINCE_OFFICIAL = Viewer(ANH, frozenset({"official"}), frozenset({PROVINCE}))
NEXT_WARD_OFFICIAL = Viewer(ANH, frozenset({"official"}), frozenset({OTHER_WARD}))
NEXT_PROVINCE_OFFICIAL = Viewer(ANH, frozenset({"official"}), frozenset({OTHER_PROVINCE}))
ADMINISTRATOR = Viewer(ADMIN, frozenset({"administrator"}))

EVERYONE = {
    "stranger": STRANGER,
    "link": LINK,
    "requester": REQUESTER,
    "resident": RESIDENT,
    "claimant": CLAIMANT,
    "volunteer": VOLUNTEER,
    "medic": MEDIC,
    "supplier": SUPPLIER,
    "ward official": WARD_OFFICIAL,
    "province official": PROVINCE_OFFICIAL,
    "next ward's official": NEXT_WARD_OFFICIAL,
    "next province's official": NEXT_PROVINCE_OFFICIAL,
    "administrator": ADMINISTRATOR,
}

ORDINARY = CaseFacts(LAN, WARD, PROVINCE, "open", live_claimants=frozenset({MINH}))
MEDICAL = CaseFacts(
    LAN, WARD, PROVINCE, "open", medic_only=True, on_map=False, live_claimants=frozenset({MINH})
)
REJECTED = CaseFacts(LAN, WARD, PROVINCE, "rejected")
NOBODYS = CaseFacts(None, None, None, "open")

OWN = {"link", "requester"}
HELPER = {"claimant"}
AUTHORITY = {"ward official", "province official"}
ALL = set(EVERYONE)

TABLE = [
    ("may_see", ORDINARY, ALL),
    ("may_see", REJECTED, OWN | AUTHORITY),
    ("may_see_place", ORDINARY, ALL),
    ("may_see_place", MEDICAL, OWN | HELPER | AUTHORITY | {"medic"}),
    ("may_see_contact", ORDINARY, OWN | HELPER | AUTHORITY),
    ("may_see_contact", MEDICAL, OWN | HELPER | AUTHORITY),
    ("may_see_contact", NOBODYS, {"link"}),
    ("may_read_text", ORDINARY, OWN | HELPER | AUTHORITY),
    ("may_read_text", MEDICAL, OWN | HELPER),
    ("may_take", ORDINARY, {"claimant", "volunteer", "medic", "supplier"}),
    ("may_take", MEDICAL, {"medic"}),
    ("may_answer", ORDINARY, OWN),
    ("may_answer", NOBODYS, {"link"}),
    ("may_verify", ORDINARY, AUTHORITY),
    ("may_verify", NOBODYS, set()),
]


@pytest.mark.parametrize(("action", "facts", "allowed"), TABLE)
@pytest.mark.parametrize("who", EVERYONE)
def test_only_these_people(action: str, facts: CaseFacts, allowed: set[str], who: str) -> None:
    assert getattr(policies, action)(EVERYONE[who], facts) is (who in allowed)
