"""Who may do what with a case. Pure; tested as a table."""

import uuid
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Viewer:
    """Whoever asks, reduced to what decides."""

    user_id: uuid.UUID | None = None
    roles: frozenset[str] = frozenset()
    official_area_ids: frozenset[int] = frozenset()
    tracks: bool = False
    """Holds the case's tracking secret."""


@dataclass(frozen=True)
class CaseFacts:
    """A case, reduced to what decides."""

    requester_id: uuid.UUID | None
    commune_id: int | None
    province_id: int | None
    status: str
    medic_only: bool = False
    on_map: bool = True
    live_claimants: frozenset[uuid.UUID] = field(default_factory=frozenset)


STRANGERS_SEE = ("open", "claimed", "delivered", "closed")


def is_requester(viewer: Viewer, case: CaseFacts) -> bool:
    """Whether this is the person who asked for help."""
    return viewer.tracks or (viewer.user_id is not None and viewer.user_id == case.requester_id)


def is_claimant(viewer: Viewer, case: CaseFacts) -> bool:
    """Whether this person has a live claim on the case."""
    return viewer.user_id is not None and viewer.user_id in case.live_claimants


def is_official_of(viewer: Viewer, case: CaseFacts) -> bool:
    """Whether the case lies in an area that this official is responsible for."""
    here = {case.commune_id, case.province_id} - {None}
    return "official" in viewer.roles and bool(here & viewer.official_area_ids)


def may_see(viewer: Viewer, case: CaseFacts) -> bool:
    """Whether this person may know of the case at all."""
    return (
        case.status in STRANGERS_SEE
        or is_requester(viewer, case)
        or is_claimant(viewer, case)
        or is_official_of(viewer, case)
    )


def may_see_place(viewer: Viewer, case: CaseFacts) -> bool:
    """Whether this person may see even the blurred place and the needs (medical cases: medics only)."""
    return case.on_map or "medic" in viewer.roles or may_see_contact(viewer, case)


def may_see_contact(viewer: Viewer, case: CaseFacts) -> bool:
    """Name, phone, address and exact place: the requester, the helper on the way, the area's officials."""
    return is_requester(viewer, case) or is_claimant(viewer, case) or is_official_of(viewer, case)


def may_read_text(viewer: Viewer, case: CaseFacts) -> bool:
    """The free text; that of a medical case is between the requester and the medic."""
    if case.medic_only:
        return is_requester(viewer, case) or is_claimant(viewer, case)
    return may_see_contact(viewer, case)


def may_take(viewer: Viewer, case: CaseFacts) -> bool:
    """Volunteers take cases, medics alone take medical ones, and nobody takes their own."""
    if viewer.user_id is None or is_requester(viewer, case):
        return False
    if case.medic_only:
        return "medic" in viewer.roles
    return bool(viewer.roles & {"volunteer", "medic", "supplier"})


def may_answer(viewer: Viewer, case: CaseFacts) -> bool:
    """Confirm, reopen or cancel: the requester's word alone."""
    return is_requester(viewer, case)


def may_verify(viewer: Viewer, case: CaseFacts) -> bool:
    """Vouch for a case or reject it: officials of its area."""
    return is_official_of(viewer, case)
