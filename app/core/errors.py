"""How the domain says no. `app.web.handlers` alone decides what that means in HTTP."""

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):
    """Something that the person asked for cannot be done, said in their own language.

    `slug` names the kind of refusal for programs, `field` the input it belongs to, `extra` holds
    further members for problem+json (never anything private).
    """

    status = 400
    slug = "refused"
    retry_after_s: int | None = None

    def __init__(
        self,
        message: str,
        *,
        slug: str | None = None,
        field: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.slug = slug or self.slug
        self.field = field
        self.extra = dict(extra or {})

    @property
    def errors(self) -> dict[str, list[str]]:
        """Messages by field; empty when the refusal belongs to no field."""
        return {self.field: [str(self.message)]} if self.field else {}


class NotFound(Refusal):
    """There is no such thing, or this person may not know that there is."""

    status = 404
    slug = "not-found"


class SignInNeeded(Refusal):
    """The person must say who they are first."""

    status = 401
    slug = "sign-in-needed"


class NotAllowed(Refusal):
    """This person may not do that."""

    status = 403
    slug = "not-allowed"


class Conflict(Refusal):
    """It was possible a moment ago; somebody else was quicker, or the state has moved on."""

    status = 409
    slug = "conflict"


class TooMany(Refusal):
    """Too many tries in too short a time; `retry_after_s` says when the next one counts again."""

    status = 429
    slug = "too-many"

    def __init__(self, message: str, *, retry_after_s: int | None = None, **more: Any) -> None:
        super().__init__(message, **more)
        self.retry_after_s = retry_after_s


class Busy(Refusal):
    """It rests while too many people are here; `retry_after_s` says when to ask again."""

    status = 503
    slug = "busy"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Invalid(Refusal):
    """The input does not hold; `errors` says which field and why."""

    status = 422
    slug = "invalid"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        errors: Mapping[str, list[str]] | None = None,
        slug: str | None = None,
    ) -> None:
        super().__init__(message, slug=slug, field=field)
        self._errors = {name: [str(m) for m in messages] for name, messages in (errors or {}).items()}

    @property
    def errors(self) -> dict[str, list[str]]:
        """Messages by field."""
        return self._errors or super().errors
