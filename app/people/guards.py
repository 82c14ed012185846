"""Who stands at a door. Every view carries one of these; a test walks all routes and fails on one without."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import g
from flask_babel import gettext as _
from flask_login import current_user as _session_user
from werkzeug.local import LocalProxy

from app.core.errors import NotAllowed, SignInNeeded
from app.people.models import User

View = TypeVar("View", bound=Callable[..., Any])


def _present_user() -> Any:
    """Whoever asks: the owner of the bearer token when one was shown, else of the session."""
    return g.get("token_user") or _session_user._get_current_object()


current_user: Any = LocalProxy(_present_user)


def this_user() -> User | None:
    """The user who asks, or None for a stranger."""
    return cast(User, current_user._get_current_object()) if current_user.is_authenticated else None


def signed_in_user() -> User:
    """The user who asks; a stranger is sent to sign in."""
    user = this_user()
    if user is None:
        raise SignInNeeded(_("Bạn cần đăng nhập trước."))
    return user


def _guarded(view: View, guard: str, check: Callable[[], None]) -> View:
    @wraps(view)
    def watched(*args: Any, **kwargs: Any) -> Any:
        check()
        return view(*args, **kwargs)

    watched.guard = guard  # type: ignore[attr-defined]
    return cast(View, watched)


def public(view: View) -> View:
    """Anybody may come in; the view itself shows each person only what is theirs to see."""
    view.guard = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Only with an account."""

    def check() -> None:
        signed_in_user()

    return _guarded(view, "signed_in", check)


def role_required(*roles: str) -> Callable[[View], View]:
    """Only for people with one of the roles."""

    def check() -> None:
        user = signed_in_user()
        if not any(user.has_role(role) for role in roles):
            raise NotAllowed(_("Trang này dành cho vai trò khác."))

    return lambda view: _guarded(view, "role:" + ",".join(roles), check)


def scope_required(scope: str) -> None:
    """Refuse a bearer token that was not given `scope`; a session has every scope."""
    token = g.get("api_token")
    if token is not None and scope not in token.scopes:
        raise NotAllowed(
            _("Mã truy cập này không có quyền đó."),
            slug="scope",
            extra={"scope": scope},
        )
