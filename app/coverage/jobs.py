"""The worker counts the wards every minute, and looks for those that fall behind every quarter of an hour."""

from app.core.db import transaction
from app.core.jobs import jobs
from app.coverage.alerts import tell_of_wards_behind
from app.coverage.counting import count_wards


@jobs.periodic(cron="* * * * *")
@jobs.task(name="coverage.every_minute", queueing_lock="coverage.every_minute")
def every_minute(timestamp: int) -> None:  # noqa: ARG001
    """The figures behind the map, the list and the console."""
    with transaction():
        count_wards()


@jobs.periodic(cron="7,22,37,52 * * * *")
@jobs.task(name="coverage.every_quarter", queueing_lock="coverage.every_quarter")
def every_quarter(timestamp: int) -> None:  # noqa: ARG001
    """Nobody has to keep looking at a table to learn that a ward is left behind."""
    with transaction():
        tell_of_wards_behind()
