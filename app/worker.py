"""`flask worker`: does the jobs that the web processes have put into the queue, and says that it is alive."""

import asyncio
import contextlib
import importlib
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any, cast

import click
import procrastinate
import structlog
from flask import Flask, current_app
from procrastinate.exceptions import ProcrastinateException
from procrastinate.periodic import PeriodicRegistry, PeriodicTask
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import transaction
from app.core.heartbeat import beat
from app.core.jobs import jobs

PULSE_S = 20.0
FINISH_WITHIN_S = 6.0
log = structlog.get_logger("worker")


@click.command()
@click.option("--concurrency", default=2, show_default=True, help="How many jobs at a time.")
@click.option("--once", is_flag=True, help="Do what is queued now, then stop.")
def worker(concurrency: int, once: bool) -> None:
    """Do the queued jobs until told to stop."""
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
    asyncio.run(work(app, concurrency, wait=not once))


def know_every_job() -> None:
    """Import every feature's `jobs`: only the tasks that are declared can be done, or be due by the clock."""
    here = Path(__file__).parent
    for module in sorted(here.glob("*/jobs.py")):
        importlib.import_module(f"{__package__}.{module.parent.name}.jobs")


async def work(app: Flask, concurrency: int, *, wait: bool = True) -> None:
    """Do jobs until SIGINT or SIGTERM; without `wait`, until none is left."""
    know_every_job()
    connector = procrastinate.PsycopgConnector(conninfo=_conninfo(app), min_size=1, max_size=concurrency + 3)
    queue = _queue_with(connector)
    async with queue.open_async():
        pulse = asyncio.create_task(_pulse(app, queue))
        try:
            await queue.run_worker_async(
                concurrency=concurrency,
                wait=wait,
                delete_jobs="successful",
                shutdown_graceful_timeout=FINISH_WITHIN_S,
                task_middleware=[_in_a_context_of(app)],
            )
        finally:
            pulse.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await pulse


def _queue_with(connector: procrastinate.PsycopgConnector) -> procrastinate.App:
    """The queue as the worker needs it: fetching jobs, and deferring those due by the clock, asynchronously.

    Jobs that defer further jobs go on doing so through `app.core.jobs`, in their own transactions; so the
    declared tasks stay as they are, and only the clock gets copies that belong to the worker's queue.
    """
    queue = jobs.with_connector(connector)
    queue.periodic_registry = PeriodicRegistry()  # type: ignore[no-untyped-call]
    for key, due in jobs.periodic_registry.periodic_tasks.items():
        own = copy(due.task)
        own.blueprint = queue
        queue.periodic_registry.periodic_tasks[key] = PeriodicTask(
            task=own,
            cron=due.cron,
            periodic_id=due.periodic_id,
            configure_kwargs=due.configure_kwargs,
        )
    return queue


def _in_a_context_of(app: Flask) -> Any:
    """Each job gets an application context of its own, and so a database session of its own."""

    def in_context(call_next: Callable[[], Any], _context: Any, _worker: Any) -> Any:
        with app.app_context():
            return call_next()

    return in_context


async def _pulse(app: Flask, queue: procrastinate.App) -> None:
    """Say now and then that a worker is alive, and put back the jobs of workers that were killed."""
    while True:
        try:
            await asyncio.to_thread(_beat, app)
            for job in await queue.job_manager.get_stalled_jobs():
                await queue.job_manager.retry_job(job)
        except (SQLAlchemyError, ProcrastinateException) as error:
            log.warning("no pulse", error=type(error).__name__)
        await asyncio.sleep(PULSE_S)


def _beat(app: Flask) -> None:
    with app.app_context(), transaction():
        beat("worker")


def _conninfo(app: Flask) -> str:
    """The database's address as libpq takes it."""
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
