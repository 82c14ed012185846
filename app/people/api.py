"""API: a token for a phone number or e-mail address and a password, and its end."""

from datetime import datetime
from typing import Annotated, Literal, Self

from apiflask import APIBlueprint
from flask import g
from flask_babel import gettext as _
from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.db import transaction
from app.core.errors import SignInNeeded
from app.people import actions, tokens
from app.people.guards import public, signed_in, signed_in_user
from app.people.limits import guesses_per_account, guesses_per_address
from app.web.asked import Body
from app.web.i18n import phone_region
from app.web.openapi import problems

bp = APIBlueprint("people_api", __name__, url_prefix="/api/v1", tag="Tokens")

Scope = Literal["cases:read", "cases:write", "claims:write", "exports:read"]
EVERY_SCOPE: tuple[Scope, ...] = ("cases:read", "cases:write", "claims:write", "exports:read")


class TokenRequest(Body):
    """Who asks, and what the token should be able to do."""

    phone: Annotated[str, Field(max_length=40)] | None = None
    email: Annotated[str, Field(max_length=254)] | None = None
    password: Annotated[str, Field(min_length=1, max_length=200)]
    name: Annotated[str, Field(max_length=60)] = "API"
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=8)] = list(EVERY_SCOPE)
    days: Annotated[int, Field(ge=1, le=365)] = 30

    @model_validator(mode="after")
    def one_identity(self) -> Self:
        """Exactly one of phone and email."""
        if bool(self.phone) == bool(self.email):
            raise PydanticCustomError("one_identity", str(_("Cho phone hoặc email, một trong hai.")))
        return self


class Token(BaseModel):
    """A new token; its text is told this once."""

    token: str
    expires_at: datetime
    scopes: list[str]


@bp.post("/tokens")
@public
@guesses_per_account
@guesses_per_address
@bp.input(TokenRequest)
@bp.output(Token, status_code=201)
@bp.doc(
    summary="Get a token",
    operation_id="create_token",
    security=[],
    responses=problems(401, 422),
)
def create_token(json_data: TokenRequest) -> Token:
    """Get a token for a phone number or e-mail address and a password."""
    typed = json_data.phone or json_data.email or ""
    with transaction():
        user = actions.recognise(typed, json_data.password, region=phone_region())
        if user is None:
            raise SignInNeeded(_("Số điện thoại, e-mail hoặc mật khẩu chưa đúng."), slug="wrong-password")
        made = tokens.create_token(user, json_data.name, json_data.scopes, days=json_data.days)
        return Token(token=made.text, expires_at=made.row.expires_at, scopes=made.row.scopes)


@bp.delete("/tokens/current")
@signed_in
@bp.output({}, status_code=204)
@bp.doc(
    summary="End this token", operation_id="end_token", security=[{"Bearer": []}], responses=problems(401)
)
def end_token() -> tuple[str, int]:
    """End the token that this call carries."""
    token = g.get("api_token")
    if token is None:
        raise SignInNeeded(_("Lời gọi này cần mã truy cập trong Authorization."))
    with transaction():
        tokens.revoke_token(signed_in_user(), token.id)
    return "", 204
