"""Takes the demo city out of the database again."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import delete, select, text, update

from app.cases.life import SYSTEM, end_claim, locked_case, settle_case
from app.cases.models import Case, CaseEvent, Claim
from app.core.audit import AuditRecord
from app.core.db import db, transaction
from app.demo.load import LOCK
from app.emergencies.models import Emergency
from app.people.models import User
from app.supplies.models import SupplyPoint


def clear() -> int:
    """Remove all demo rows; returns how many cases went. What real people made stays."""
    people = select(User.id).where(User.is_demo)
    emergencies = select(Emergency.id).where(Emergency.is_demo)
    with transaction():
        db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        _give_back_promises()
        with _history_unlocked():
            demo_cases = select(Case.id).where(Case.is_demo)
            db.session.execute(delete(CaseEvent).where(CaseEvent.case_id.in_(demo_cases)))
        gone = len(db.session.scalars(delete(Case).where(Case.is_demo).returning(Case.id)).all())
        db.session.execute(update(Case).where(Case.emergency_id.in_(emergencies)).values(emergency_id=None))
        db.session.execute(delete(Emergency).where(Emergency.is_demo))
        db.session.execute(delete(SupplyPoint).where(SupplyPoint.is_demo))
        db.session.execute(delete(AuditRecord).where(AuditRecord.actor_id.in_(people)))
        db.session.execute(delete(User).where(User.is_demo))
    return gone


def _give_back_promises() -> None:
    """What demo volunteers have promised to real people is open again before the volunteers go."""
    promises = db.session.execute(
        select(Claim.id, Case.code)
        .join(Case, Case.id == Claim.case_id)
        .join(User, User.id == Claim.volunteer_id)
        .where(Claim.status == "live", User.is_demo, Case.is_demo.is_(False))
    ).all()
    for claim_id, code in promises:
        case = locked_case(code)
        claim = db.session.get_one(Claim, claim_id, populate_existing=True)
        if case is not None and claim.status == "live":
            end_claim(claim, "released", why="demo cleared")
            settle_case(case, SYSTEM, "released", claim_id=str(claim_id))


@contextmanager
def _history_unlocked() -> Iterator[None]:
    """Histories are append-only for everyone; only the demo's may be thrown away, in this transaction."""
    db.session.execute(text("ALTER TABLE case_event DISABLE TRIGGER append_only"))
    yield
    db.session.execute(text("ALTER TABLE case_event ENABLE TRIGGER append_only"))
