"""People and cases reduced to what the policies decide on."""

from sqlalchemy import select

from app.cases.models import Case, Claim
from app.cases.policies import CaseFacts, Viewer
from app.core.db import db
from app.emergencies.models import Category
from app.people.models import ROLES, User


def viewer_of(user: User | None, *, tracks: bool = False) -> Viewer:
    """The person who asks, as the policies see them."""
    if user is None:
        return Viewer(tracks=tracks)
    return Viewer(
        user_id=user.id,
        roles=frozenset(role for role in ROLES if user.has_role(role)),
        official_area_ids=user.official_area_ids,
        tracks=tracks,
    )


def facts_of(case: Case) -> CaseFacts:
    """The case, as the policies see it."""
    category = db.session.get_one(Category, case.category_id)
    claimants = db.session.scalars(
        select(Claim.volunteer_id).where(Claim.case_id == case.id, Claim.status == "live").limit(1000)
    )
    return CaseFacts(
        requester_id=case.requester_id,
        commune_id=case.commune_id,
        province_id=case.province_id,
        status=case.status,
        medic_only=category.medic_only,
        on_map=case.on_map,
        live_claimants=frozenset(claimants),
    )
