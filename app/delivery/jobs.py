"""What the worker does with messages."""

import uuid

from procrastinate import JobContext, RetryStrategy

from app.core.db import transaction
from app.core.jobs import defer, jobs
from app.delivery.actions import erase_old_messages, hand_over, needs_another_try
from app.delivery.rules import BACK_OFF_S, MOST_TRIES

BATCH = 500


class TryAgain(Exception):
    """The message should be tried again later; what went wrong is in its row."""


@jobs.task(
    name="delivery.deliver",
    retry=RetryStrategy(max_attempts=MOST_TRIES, exponential_wait=BACK_OFF_S, retry_exceptions={TryAgain}),
    pass_context=True,
)
def deliver(context: JobContext, message_id: str) -> None:
    """Send one message; a job that runs twice sends once."""
    key = uuid.UUID(message_id)
    with transaction():
        hand_over(key, tries=context.job.attempts)
        again = needs_another_try(key)
    if again:
        raise TryAgain


@jobs.periodic(cron="37 3 * * *")
@jobs.task(name="delivery.every_night", queueing_lock="delivery.every_night")
def every_night(timestamp: int) -> None:  # noqa: ARG001
    """Messages end with the personal fields of the cases that they were about."""
    erased = BATCH
    while erased == BATCH:
        with transaction():
            erased = erase_old_messages(BATCH)


def deliver_soon(message_id: uuid.UUID) -> None:
    """Queue the sending in the caller's transaction."""
    defer(deliver, message_id=str(message_id))
