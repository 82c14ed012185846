"""The language of the page: what the person chose, else what the browser asks for, else Vietnamese."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app, g, has_app_context, has_request_context, request, session
from flask_babel import Babel, force_locale, get_locale
from flask_login import current_user

from app.config import Settings
from app.web.sessions import may_be_signed_in

LOCALES = ("vi", "en")
babel = Babel()


def choose_locale() -> str:
    """The locale of this request."""
    if not has_request_context():
        return "vi"
    chosen = None
    if not request.path.startswith("/api/") or request.path == "/api/docs":
        chosen = session.get("locale")
        if not chosen and may_be_signed_in():
            chosen = getattr(current_user, "locale", None)
    return chosen if chosen in LOCALES else _accepted()


def phone_region() -> str:
    """The country whose phone numbers need no prefix here."""
    return str(current_app.config["SETTINGS"].phone_region)


def locale_name() -> str:
    """The language that this request is answered in: "vi", "en".

    Kept with the request: a page asks two hundred times, and Flask-Babel takes several times as long.
    """
    try:
        return g.locale_name  # type: ignore[no-any-return]
    except (AttributeError, RuntimeError):
        locale = get_locale()
        name = str(locale.language) if locale else "vi"
    if has_app_context():
        g.locale_name = name
    return name


@contextmanager
def in_language(locale: str) -> Iterator[None]:
    """Speak this language meanwhile, as for a message to somebody else; in an application context."""
    before = g.pop("locale_name", None)
    try:
        with force_locale(locale):
            yield
    finally:
        g.pop("locale_name", None)
        if before:
            g.locale_name = before


def _accepted() -> str:
    default: str = g.get("default_locale", "vi")
    return request.accept_languages.best_match(LOCALES, default=default) or default


def set_up(app: Flask, settings: Settings) -> None:
    """Texts are in Vietnamese in the source; the catalogue holds the others."""
    app.config["BABEL_DEFAULT_LOCALE"] = settings.default_locale
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Ho_Chi_Minh"
    babel.init_app(app, locale_selector=choose_locale)

    @app.before_request
    def remember_default() -> None:
        g.default_locale = settings.default_locale
