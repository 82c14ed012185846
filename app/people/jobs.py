"""What the worker does for accounts."""

from app.core.db import transaction
from app.core.jobs import defer, jobs
from app.people import recovery
from app.people.limits import forget_old_tries
from app.people.rules import Identity


@jobs.task(name="people.send_code", retry=3)
def send_code(phone: str | None, email: str | None) -> None:
    """Make a one-time code for this address and hand it to the notifier; nothing for strangers."""
    with transaction():
        recovery.make_code(Identity(phone, email))


def send_code_soon(phone: str | None, email: str | None) -> None:
    """Queue the code in the caller's transaction."""
    defer(send_code, phone=phone, email=email)


@jobs.periodic(cron="17 3 * * *")
@jobs.task(name="people.forget_old_codes", queueing_lock="people.forget_old_codes")
def forget_old_codes(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Codes are kept for a day to count them, then no longer; so are tries that count no more."""
    with transaction():
        recovery.forget_old_codes()
        forget_old_tries()
