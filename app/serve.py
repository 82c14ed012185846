"""`flask serve`: the whole site on one machine, under one Ctrl-C."""

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from typing import NoReturn

import click
from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.areas.load import load_default
from app.config import Settings
from app.core import embedded
from app.core.db import db, read_engine
from app.demo import ACCOUNTS, PASSWORD
from app.demo.load import is_loaded
from app.demo.load import load as load_demo
from app.parts import run_live, run_web, run_worker
from app.supervise import ENDINGS, Child, port_is_free, raise_file_limit, stop_all
from app.web.migrations import at_head

READY_WITHIN_S = 60.0
WATCH_EVERY_S = 0.5


@click.command()
@click.option(
    "--host", envvar="LALANH_HOST", default="127.0.0.1", show_default=True, help="Address to listen on."
)
@click.option(
    "--workers", envvar="LALANH_WORKERS", type=click.IntRange(1, 64), help="Web processes [one a core]."
)
def serve(host: str, workers: int | None) -> None:
    """Start web, worker and live updates together; Ctrl-C stops them."""
    settings: Settings = current_app.config["SETTINGS"]
    for number in ENDINGS:  # SIGINT too: a shell starts its background jobs with it ignored
        signal.signal(number, _stop)
    _check_ports(host, settings)
    raise_file_limit()
    children: list[Child] = []
    counts = settings.queue_dir or tempfile.mkdtemp(prefix="lalanh-queue-")
    try:
        try:
            _prepare(settings)
        except OperationalError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise click.ClickException(f"The database cannot be used: {reason}") from None
        _let_go_of_the_database()
        children += _children(host, settings, workers or os.cpu_count() or 1, counts)
        for child in children:
            child.start()
        _wait_until_ready(host, settings.port, children)
        _greet(host, settings)
        _let_go_of_the_database()
        _watch(children)
    except KeyboardInterrupt:
        pass
    finally:
        for number in ENDINGS:
            signal.signal(number, signal.SIG_IGN)
        click.echo("\nStopping …")
        stop_all(children)
        _let_go_of_the_database()
        embedded.stop()
        if not settings.queue_dir:
            shutil.rmtree(counts, ignore_errors=True)
        click.echo("Stopped. All data is kept." if embedded.is_embedded() else "Stopped.")


def _stop(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _check_ports(host: str, settings: Settings) -> None:
    for port, what in ((settings.port, "the site"), (settings.live_port, "live updates")):
        if not port_is_free(host, port):
            raise click.ClickException(
                f"Port {port}, meant for {what}, is in use on {host}."
                f" Is it running already? Or choose another: PORT={settings.port + 10} make run"
            )


def _prepare(settings: Settings) -> None:
    """Migrate, and fill an empty database."""
    with read_engine().connect() as connection:
        migrated = at_head(connection)
    if not migrated:
        click.echo("Preparing the database …")
        upgrade()
    if not _any("area"):
        load_default()
    if settings.demo and embedded.is_embedded() and not _any('"case"'):
        load_demo()


def _any(table: str) -> bool:
    with read_engine().connect() as connection:
        return bool(connection.execute(text(f"SELECT EXISTS (SELECT FROM {table})")).scalar())  # noqa: S608


def _children(host: str, settings: Settings, workers: int, counts: str) -> list[Child]:
    """The parts of the site; what they have to know they read from the environment, as everywhere else."""
    os.environ.pop("FLASK_DEBUG", None)
    os.environ |= {
        "PORT": str(settings.port),
        "LALANH_LIVE_PORT": str(settings.live_port),
        "LALANH_QUEUE_DIR": counts,
    }
    return [
        Child("web", run_web, (host, settings.port, workers)),
        Child("worker", run_worker),
        Child("live", run_live, (host, settings.live_port)),
    ]


def _let_go_of_the_database() -> None:
    """Close this process's own connections: children must not inherit them."""
    db.session.remove()
    db.engine.dispose()
    read_engine().dispose()


def _wait_until_ready(host: str, port: int, children: list[Child]) -> None:
    """Wait until the site answers and its worker lives; a child that cannot even start ends it all.

    One that somebody killed (its code is then the signal's, below 0) is brought back.
    """
    deadline = time.monotonic() + READY_WITHIN_S
    while not _answers(_reached_at(host), port):
        codes = {child.name: child.revive() for child in children}
        if dead := [name for name, code in codes.items() if code is not None and code >= 0]:
            raise click.ClickException(f"Could not start: {', '.join(dead)}. The reason stands above.")
        if time.monotonic() > deadline:
            raise click.ClickException("Could not start: the site does not answer.")
        time.sleep(0.1)


def _answers(host: str, port: int) -> bool:
    connection = HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _watch(children: list[Child]) -> NoReturn:
    """Until Ctrl-C: bring back whatever dies, the database first."""
    while True:
        time.sleep(WATCH_EVERY_S)
        with _complaint("database"):
            if embedded.restart_if_dead():
                click.echo("The database had died; it runs again.", err=True)
        for child in children:
            code = child.revive()
            if code is not None:
                click.echo(f"{child.name} ended with code {code}; starting it again.", err=True)


@contextlib.contextmanager
def _complaint(what: str) -> Iterator[None]:
    try:
        yield
    except embedded.EmbeddedError as error:
        click.echo(f"{what}: {error}", err=True)


def _greet(host: str, settings: Settings) -> None:
    click.echo(f"\n  Lá Lành runs at  http://{_in_url(_reached_at(host))}:{settings.port}/\n")
    if is_loaded():
        click.echo(f"  Demo accounts, each with the password  {PASSWORD}")
        for account in ACCOUNTS:
            click.echo(f"    {account.phone}  {account.says}")
        click.echo()
    click.echo("  Ctrl-C stops it.")


def _reached_at(host: str) -> str:
    """Where this machine reaches a server that listens on every address."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
