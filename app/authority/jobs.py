"""What the worker does for officials."""

import uuid
from typing import Any, cast

import structlog
from flask import Flask, current_app

from app.authority import background
from app.core.db import db, transaction
from app.core.errors import Refusal
from app.core.jobs import defer, jobs

log = structlog.get_logger("export")
ONE_AT_A_TIME = "authority.make_export"


@jobs.task(name="authority.make_export")
def make_export(request_id: str) -> None:
    """Make one file; a job that runs twice makes it once."""
    key = uuid.UUID(request_id)
    with transaction():
        request = background.start(key)
    if request is None:
        return
    app = cast(Flask, cast(Any, current_app)._get_current_object())
    try:
        filename, rows = background.make_file(request, app)
    except Refusal as refusal:
        _give_up(key, refusal)
    except Exception as error:
        log.exception("export failed", exc_info=error)
        _give_up(key, None)
    else:
        with transaction():
            background.finish(key, filename, rows)


def _give_up(key: uuid.UUID, why: Refusal | None) -> None:
    db.session.rollback()
    with transaction():
        background.give_up(key, why)


def make_export_soon(request_id: uuid.UUID) -> None:
    """Queue the making in the caller's transaction; files are made one after the other."""
    defer(make_export, lock=ONE_AT_A_TIME, request_id=str(request_id))


@jobs.periodic(cron="*/10 * * * *")
@jobs.task(name="authority.forget_exports", queueing_lock="authority.forget_exports")
def forget_exports(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Files are kept for a day."""
    with transaction():
        background.forget_old()
