"""The real worker, run until the queue is empty."""

import asyncio
from typing import Any

from app.core.db import db
from app.worker import work


def do_the_jobs(app: Any) -> None:
    """Everything that is due now is done, in the worker's own connections, before this returns."""
    db.session.rollback()
    asyncio.run(work(app, 2, wait=False))
    db.session.rollback()
