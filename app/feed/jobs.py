"""What the feed does by the clock."""

from app.cases.looking import forget_looks
from app.core.db import transaction
from app.core.jobs import jobs
from app.feed import tallies


@jobs.periodic(cron="*/5 * * * *")
@jobs.task(name="feed.forget_looks", queueing_lock="feed.forget_looks")
def forget(timestamp: int) -> None:  # noqa: ARG001
    """Erase who looked at which case some minutes ago."""
    with transaction():
        forget_looks()


@jobs.periodic(cron="* * * * * */5")
@jobs.task(name="feed.count_anew", queueing_lock="feed.count_anew", lock="feed.count_anew")
def count_anew(timestamp: int) -> None:  # noqa: ARG001
    """Count the squares of the map that have changed, every five seconds."""
    with transaction():
        tallies.count_anew()
