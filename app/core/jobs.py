"""The job queue, in the same database as everything else (procrastinate).

Web processes only put jobs in, inside the caller's own transaction; `flask worker` takes them out.
"""

from typing import Any

import procrastinate
from procrastinate.contrib.sqlalchemy import SQLAlchemyPsycopg2Connector

from app.core.db import db

jobs = procrastinate.App(connector=SQLAlchemyPsycopg2Connector())


def defer(task: Any, *, at: Any = None, lock: str | None = None, **arguments: Any) -> None:
    """Put a job into the caller's transaction: it exists if, and only if, the transaction commits.

    `at` is the earliest moment to run it, `lock` a name of which only one job runs at a time.
    """
    task.configure(connection=db.session.connection(), schedule_at=at, lock=lock).defer(**arguments)
