"""From a request for help to a case."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.areas.queries import AreaRow
from app.cases.checking import CaseRequest, Findings, NeedLine, check_request
from app.cases.life import By, record_event
from app.cases.models import Case, Need
from app.cases.placing import ToBlur, commune_of, public_points
from app.cases.privacy import household_of
from app.cases.rules import code_prefix, new_code
from app.core.db import db, new_id
from app.core.errors import Conflict, Invalid
from app.core.text import clean, fold, mask_private
from app.emergencies.models import Category
from app.emergencies.queries import category_by_slug, open_emergencies
from app.people.models import User
from app.web.i18n import phone_region

__all__ = ["CaseRequest", "NeedLine", "Posted", "check_request", "needs_summary", "post_case"]

TRIES_FOR_A_CODE = 5
LONGEST_KEY = 200
LONGEST_SUMMARY = 160


class Posted(NamedTuple):
    """The case, and whether this call made it (False: the same request had been answered before)."""

    case: Case
    created: bool


def post_case(request: CaseRequest, *, by: User | None, idempotency_key: str | None = None) -> Posted:
    """Make a case of the request. The same key again gives the same case, however often it is sent."""
    key = _scoped_key(idempotency_key, by)
    fingerprint = fingerprint_of(request)
    if (earlier := _answered_before(key, fingerprint)) is not None:
        return Posted(earlier, False)
    request = check_request(request, phone_region=phone_region())
    category, commune, emergency_id = _check_place_and_category(request)
    try:
        with db.session.begin_nested():
            # Two copies of one request at the same instant: the second waits here and then finds the first.
            case = _insert(request, category, commune, emergency_id, by, key, fingerprint)
    except IntegrityError:
        earlier = _answered_before(key, fingerprint)
        if earlier is None:
            raise
        return Posted(earlier, False)
    who = By(by.id, "requester") if by else By(None, "anonymous")
    record_event(case, who, "posted", source=request.source)
    return Posted(case, True)


def case_of_key(key: str, by: User | None) -> Case | None:
    """The case that was made under this person's idempotency key."""
    return db.session.scalar(select(Case).where(Case.idempotency_key == _scoped_key(key, by)))


def fingerprint_of(request: CaseRequest) -> str:
    """A hash of everything that was said, to tell a repeated request from another one under the same key."""
    said = json.dumps(asdict(request), sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


def _scoped_key(key: str | None, by: User | None) -> str | None:
    """The idempotency key as it is stored: hashed with its owner, so that nobody meets another's key."""
    if not key:
        return None
    if len(key) > LONGEST_KEY:
        raise Invalid(
            _("Idempotency-Key dài quá %(most)s ký tự.", most=LONGEST_KEY),
            field="Idempotency-Key",
        )
    owner = str(by.id) if by else "anonymous"
    return hashlib.sha256(f"{owner}|{key}".encode("utf-8", "replace")).hexdigest()


def _answered_before(key: str | None, fingerprint: str) -> Case | None:
    if key is None:
        return None
    case = db.session.scalar(select(Case).where(Case.idempotency_key == key))
    if case is not None and case.request_fingerprint != fingerprint:
        raise Invalid(
            _("Khóa gửi này đã dùng cho một tin khác. Hãy tải lại trang rồi gửi lại."),
            field="Idempotency-Key",
            slug="idempotency-key-reused",
        )
    return case


def _check_place_and_category(request: CaseRequest) -> tuple[Category, AreaRow, uuid.UUID]:
    """The category, the commune and the emergency that the case belongs to, or what is wrong with them."""
    found = Findings()
    category = category_by_slug(request.category)
    if category is None:
        found.add("category", _("Không có nhóm hỗ trợ này."))
    commune = None
    try:
        commune = commune_of(request.position, request.commune_code)
    except Invalid as wrong:
        for field, messages in wrong.errors.items():
            found.add(field, messages[0])
        if category is not None:
            raise
    found.raise_if_any()
    assert category is not None
    assert commune is not None
    return category, commune, emergency_for(category, commune, request.emergency_id)


def emergency_for(category: Category, commune: AreaRow, wanted: uuid.UUID | None = None) -> uuid.UUID:
    """The emergency that is on in this commune with this category, or Invalid saying which is missing."""
    on = open_emergencies([n for n in (commune.id, commune.province_id) if n is not None])
    if wanted is not None:
        on = [emergency for emergency in on if emergency.id == wanted]
    if not on:
        raise Invalid(
            _("Hiện chưa có đợt ứng phó nào ở %(area)s.", area=commune.full_name),
            field="position",
            slug="no-emergency-here",
        )
    for emergency in on:
        if category.id in emergency.category_ids:
            return emergency.id
    raise Invalid(
        _("Nhóm “%(name)s” hiện không mở ở %(area)s.", name=category.name, area=commune.full_name),
        field="category",
        slug="category-not-on",
    )


def needs_summary(needs: Sequence[NeedLine]) -> str:
    """What is needed, in one line that anybody may read: "Gạo, sữa"."""
    names = [*dict.fromkeys(mask_private(need.item) for need in needs)]
    summary = ", ".join([*names[:1], *map(_inside_a_line, names[1:])])
    return summary if len(summary) <= LONGEST_SUMMARY else summary[: LONGEST_SUMMARY - 1] + "…"


def _inside_a_line(name: str) -> str:
    """A name that does not begin the line: "sữa", but "TV" stays as it is."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def _insert(
    request: CaseRequest,
    category: Category,
    commune: AreaRow,
    emergency_id: uuid.UUID,
    by: User | None,
    key: str | None,
    fingerprint: str,
) -> Case:
    key_of_case = new_id()
    household = household_of(
        phone=request.contact_phone, requester=str(by.id) if by else None, fallback=str(key_of_case)
    )
    [public] = public_points([ToBlur(request.position, household, commune.id)])
    case = Case(
        id=key_of_case,
        code=unused_code(code_prefix(fold(commune.province or ""))),
        emergency_id=emergency_id,
        category_id=category.id,
        on_map=category.on_map,
        requester_id=by.id if by else None,
        commune_id=commune.id,
        province_id=commune.province_id,
        position=request.position.ewkt,
        public_position=public.ewkt,
        needs_text=needs_summary(request.needs),
        idempotency_key=key,
        request_fingerprint=fingerprint,
        **_said(request),
    )
    case.needs = [
        Need(position=number, item=line.item, quantity=line.quantity, unit=line.unit)
        for number, line in enumerate(request.needs)
    ]
    db.session.add(case)
    db.session.flush()
    return case


def _said(request: CaseRequest) -> dict[str, Any]:
    """The columns that hold what the person said, as they said it."""
    return {
        "description": request.description,
        "address": request.address or None,
        "contact_name": request.contact_name or None,
        "contact_phone": request.contact_phone or None,
        "household_size": request.household_size,
        "vulnerabilities": list(request.vulnerabilities),
        "urgency": request.urgency,
        "on_behalf": request.on_behalf,
        "source": request.source,
        "source_id": request.source_id,
        "is_demo": request.is_demo,
    }


def unused_code(prefix: str) -> str:
    """A code that no case has yet; the unique index has the last word."""
    for _try in range(TRIES_FOR_A_CODE):
        if not is_code(code := new_code(prefix)):
            return code
    raise Conflict(_("Chưa tạo được mã trường hợp. Hãy gửi lại."), slug="no-code")


def is_code(code: str) -> bool:
    """Whether some case is called so."""
    return bool(db.session.scalar(text('SELECT true FROM "case" WHERE code = :code'), {"code": code}))


def code_as_typed(typed: str) -> str:
    """A case code however it was typed: "hcm 7k3 qfa" is "HCM-7K3QFA"."""
    letters = "".join(ch for ch in clean(typed).upper() if ch.isalnum())
    return f"{letters[:-6]}-{letters[-6:]}" if len(letters) > 6 else letters
