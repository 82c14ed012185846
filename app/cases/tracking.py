"""What only the requester holds without an account: the link with a secret, and the hand-over code."""

import hmac

from flask import current_app
from sqlalchemy import func, select

from app.cases import privacy
from app.cases.models import Case, Claim
from app.core.db import db


def tracking_secret(case: Case) -> str:
    """The secret that opens this case."""
    return privacy.tracking_secret(str(case.id), case.tracking_version, current_app.config["PRIVACY_KEY"])


def tracking_path(case: Case) -> str:
    """The path of the tracking link."""
    return f"/t/{case.code}/{tracking_secret(case)}"


def tracks(case: Case, secret: str | None) -> bool:
    """Whether `secret` is this case's."""
    return bool(secret) and hmac.compare_digest(tracking_secret(case).encode(), str(secret).encode())


def handover_code(case: Case) -> str:
    """The four digits that prove one delivery: others after each that arrived, or turned out not to have."""
    over = select(func.count()).where(Claim.case_id == case.id, Claim.status.in_(("failed", "confirmed")))
    turn = db.session.scalar(over) or 0
    key = current_app.config["PRIVACY_KEY"]
    return privacy.handover_code(str(case.id), case.tracking_version, turn, key)
