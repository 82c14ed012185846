"""Cookies, sign-in state and CSRF."""

from datetime import timedelta

from flask import Flask, Response, current_app, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import LoginManager
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app.config import Settings, local_secret
from app.core import embedded

login = LoginManager()
csrf = CSRFProtect()


class Sessions(SecureCookieSessionInterface):
    """Sessions whose cookie never travels with an answer that others may be given too.

    Flask lengthens a lasting session with every answer: with a tile or a picture, a cache on the way would
    keep somebody's cookie beside it.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Save what has changed; an answer for everybody leaves the session as it is."""
        if response.cache_control.public:
            if not session.modified:
                return
            response.headers["Cache-Control"] = "private, no-store"
        super().save_session(app, session, response)


def may_be_signed_in() -> bool:
    """Whether this browser's cookies name somebody; nobody is looked up for that."""
    return "_user_id" in session or current_app.config["REMEMBER_COOKIE_NAME"] in request.cookies


def set_up(app: Flask, settings: Settings) -> None:
    """Cookies are HttpOnly, SameSite=Lax and, over https, Secure; every form carries a CSRF token."""
    app.session_interface = Sessions()
    app.secret_key = settings.secret_key or local_secret(embedded.data_dir(), "secret_key")
    app.config["PRIVACY_KEY"] = settings.privacy_key or local_secret(embedded.data_dir(), "privacy_key")
    app.config.update(
        SESSION_COOKIE_NAME="__Host-lalanh" if settings.https else "lalanh",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.https,
        PERMANENT_SESSION_LIFETIME=timedelta(days=60),
        REMEMBER_COOKIE_NAME="__Host-remember" if settings.https else "lalanh_remember",
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=settings.https,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        MAX_CONTENT_LENGTH=1_000_000,
        PREFERRED_URL_SCHEME="https" if settings.https else "http",
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    login.init_app(app)
    csrf.init_app(app)
