"""For tests of two at once: until the other one has come as far as it can."""

import threading
import time
from typing import Any

from sqlalchemy import create_engine, text

WAITING = text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")


def until_it_waits(app: Any, thread: threading.Thread) -> None:
    """Until the thread waits for a lock, or is through; bounded."""
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"], isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for _look in range(250):
            if connection.execute(WAITING).scalar() or not thread.is_alive():
                break
            time.sleep(0.02)
    engine.dispose()
