"""Administration of people: find somebody, give and take roles, verify medics."""

import uuid
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _

from app.core import audit
from app.core.db import transaction
from app.core.errors import Invalid
from app.people import policies, queries, roles
from app.people.guards import role_required, signed_in_user
from app.people.routes.blueprint import admin_bp
from app.people.rules import read_identity
from app.people.standing import standing_of
from app.web.i18n import phone_region
from app.web.pages import page, wants_part

GRANTABLE = ("volunteer", "supplier", "medic", "administrator")


@admin_bp.get("")
@role_required("administrator", "official")
def people() -> Response:
    """Find somebody; medics who wait to be verified."""
    typed = request.args.get("q", "").strip()
    found, problem = _found(typed) if typed else ([], None)
    return page(
        "admin/people.html",
        "admin/_people.html",
        q=typed,
        found=found,
        problem=problem,
        waiting=queries.medics_waiting(),
        by_name=policies.may_browse_people(standing_of(signed_in_user())),
    )


def _found(typed: str) -> tuple[list[queries.PersonRow], str | None]:
    try:
        return queries.people_known_as(read_identity(typed, region=phone_region(), field="q")), None
    except Invalid as refusal:
        if policies.may_browse_people(standing_of(signed_in_user())) and len(typed) > 1:
            return queries.people_named(typed), None
        return [], str(refusal.message)


@admin_bp.get("/<uuid:user_id>")
@role_required("administrator", "official")
def person(user_id: uuid.UUID) -> Response:
    """One person: roles, and what may be done with them. Looking leaves an audit line."""
    with transaction():
        whom = roles.person_with(user_id)
        audit.record("person_viewed", signed_in_user().id, whom=str(whom.id))
    return _person(user_id)


def _person(user_id: uuid.UUID, *, status: int = 200, errors: dict[str, list[str]] | None = None) -> Response:
    whom, actor = roles.person_with(user_id), standing_of(signed_in_user())
    rows = queries.roles_of(user_id)
    held = {row.role for row in rows}
    return page(
        "admin/person.html",
        "admin/_person.html",
        status=status,
        whom=whom,
        rows=rows,
        errors=errors or {},
        typed=request.form,
        grantable=[r for r in GRANTABLE if r not in held and policies.may_grant(actor, r, to=user_id)],
        revocable={row.id for row in rows if policies.may_revoke(actor, row.role, of=user_id)},
        may_verify=policies.may_verify_medic(actor, of=user_id),
        may_appoint=policies.may_appoint_official(actor, whom=user_id),
    )


def _done(user_id: uuid.UUID, text: str) -> Any:
    if wants_part():
        return _person(user_id)
    flash(text, "success")
    return redirect(url_for("admin.person", user_id=user_id), 303)


@admin_bp.post("/<uuid:user_id>/roles")
@role_required("administrator")
def grant(user_id: uuid.UUID) -> Any:
    """Give a role, or appoint the official of an area."""
    asked = request.form
    try:
        with transaction():
            roles.grant_role(
                roles.person_with(user_id),
                asked.get("role", ""),
                by=signed_in_user(),
                area=asked.get("area") or asked.get("q", ""),
            )
    except Invalid as refusal:
        return _person(user_id, status=422, errors=refusal.errors)
    return _done(user_id, _("Đã trao vai trò."))


@admin_bp.post("/<uuid:user_id>/roles/<uuid:role_id>/revoke")
@role_required("administrator")
def revoke(user_id: uuid.UUID, role_id: uuid.UUID) -> Any:
    """Take a role away."""
    with transaction():
        roles.revoke_role(roles.person_with(user_id), role_id, by=signed_in_user())
    return _done(user_id, _("Đã thu vai trò."))


@admin_bp.post("/<uuid:user_id>/medic/verify")
@role_required("administrator", "official")
def verify_medic(user_id: uuid.UUID) -> Any:
    """Vouch for a medic's licence."""
    with transaction():
        roles.verify_medic(roles.person_with(user_id), by=signed_in_user())
    return _done(user_id, _("Đã xác minh nhân viên y tế."))


@admin_bp.post("/<uuid:user_id>/medic/refuse")
@role_required("administrator", "official")
def refuse_medic(user_id: uuid.UUID) -> Any:
    """Turn a medic's request down."""
    with transaction():
        roles.refuse_medic(roles.person_with(user_id), by=signed_in_user())
    return _done(user_id, _("Đã từ chối đề nghị."))
