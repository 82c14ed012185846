"""The real worker, run until the queue is empty."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from app.core.db import db
from app.worker import work


def do_the_jobs(app: Any) -> None:
    """Everything that is due now is done, in the worker's own connections, before this returns."""
    db.session.rollback()
    # In a thread of its own: a test with a browser has a running event loop already.
    with ThreadPoolExecutor(1) as alone:
        alone.submit(lambda: asyncio.run(work(app, 2, wait=False))).result(timeout=60)
    db.session.rollback()
