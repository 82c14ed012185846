"""Following a case without an account: a link with a secret."""

import hmac

from flask import current_app

from app.cases import privacy
from app.cases.models import Case


def tracking_secret(case: Case) -> str:
    """The secret that opens this case."""
    return privacy.tracking_secret(str(case.id), case.tracking_version, current_app.config["PRIVACY_KEY"])


def tracking_path(case: Case) -> str:
    """The path of the tracking link."""
    return f"/t/{case.code}/{tracking_secret(case)}"


def tracks(case: Case, secret: str | None) -> bool:
    """Whether `secret` is this case's."""
    return bool(secret) and hmac.compare_digest(tracking_secret(case).encode(), str(secret).encode())
