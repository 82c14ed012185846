"""A person's own: the cases that they asked for, the cases that they took."""

from typing import Any

from flask import Response

from app.cases.own_lists import cases_of, claims_of
from app.cases.routes.blueprint import bp, claims_bp
from app.cases.routes.following import followed
from app.cases.wording import CLAIM
from app.core.db import transaction
from app.people.guards import public, signed_in, signed_in_user, this_user
from app.web.pages import page


@bp.get("/me/cases")
@public
def mine() -> Response:
    """The person's own cases and those that this browser follows."""
    user = this_user()
    rows = cases_of(user.id if user else None, followed())
    return page("cases/mine.html", cases=[_shown(row) for row in rows], user=user)


def _shown(row: Any) -> dict[str, Any]:
    return {**row._mapping, "people": row.household_size}


@claims_bp.get("/me/claims", endpoint="mine")
@signed_in
def my_claims() -> Response:
    """What this volunteer has promised, what runs out first on top; and what is over."""
    user = signed_in_user()
    with transaction():
        live, ended = claims_of(user.id, live=True), claims_of(user.id, live=False)
        return page(
            "cases/claims.html",
            live=[_shown(row) for row in live],
            ended=[_shown(row) for row in ended],
            claim_words=CLAIM,
            helps=any(user.has_role(role) for role in ("volunteer", "medic", "supplier")),
        )
