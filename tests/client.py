"""The test client: each request runs in a context of its own, as it would in the server."""

import contextvars
from typing import Any

from flask import has_app_context
from flask.testing import FlaskClient

from app.core.db import db
from app.people.models import User


class Client(FlaskClient):
    """Acts as one browser.

    A request must not see the application context of the test (and its `g`), and the test must see
    afterwards what the request has committed.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if has_app_context():
            db.session.rollback()
        answer = contextvars.Context().run(super().open, *args, **kwargs)
        if has_app_context():
            db.session.rollback()
        return answer

    def sign_in(self, user: User) -> "Client":
        """Be this user from now on."""
        key = user.get_id()
        contextvars.Context().run(self._keep, key)
        return self

    def _keep(self, key: str) -> None:
        with self.session_transaction() as session:
            session["_user_id"] = key
            session["_fresh"] = True
