"""What the worker does by the clock for dispatch and rounds; waves that start sooner have their own job."""

from app.core.db import transaction
from app.core.jobs import jobs
from app.matching import applying  # noqa: F401 (declares the job that applies a plan)
from app.matching.dispatch_sending import dispatch_soon
from app.matching.dispatch_telling import tell_soon
from app.matching.round_forgetting import erase_old_rounds


@jobs.periodic(cron="* * * * *")
@jobs.task(name="matching.every_minute", queueing_lock="matching.every_minute")
def every_minute(timestamp: int) -> None:  # noqa: ARG001
    """Waves whose time is over, and messages that a killed worker left unwritten."""
    dispatch_soon()
    with transaction():
        tell_soon()


@jobs.periodic(cron="27 3 * * *")
@jobs.task(name="matching.every_night", queueing_lock="matching.every_night")
def every_night(timestamp: int) -> None:  # noqa: ARG001
    """Rounds of long ago, with where somebody started from."""
    erase_old_rounds()
