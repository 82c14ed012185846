"""The embedded database: found by itself, started by the first process that needs it, stopped by the last.

Each process that uses the cluster holds a shared lock on `users.lock`; the kernel lets go of it however the
process ends. Who leaves and can take that lock alone was the last one and stops the cluster. Starting
and stopping happen under `admin.lock`. See docs/decisions/0002-embedded-cluster.md.
"""

import atexit
import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from app.core.cluster import Cluster
from app.core.postgres import EmbeddedError

__all__ = [
    "EmbeddedError",
    "data_dir",
    "database_url",
    "is_embedded",
    "restart_if_dead",
    "start",
    "stop",
]

CHECKOUT = Path(__file__).resolve().parents[2]
SYSTEM_DATA = Path("/var/lib/lalanh")

_guard = threading.RLock()
_joined: "Membership | None" = None


def is_embedded() -> bool:
    """Whether this process uses the embedded database rather than a server of its own."""
    return not os.environ.get("DATABASE_URL")


def database_url() -> str:
    """DATABASE_URL as SQLAlchemy wants it; without one, the embedded database, started if it is down."""
    given = os.environ.get("DATABASE_URL")
    if not given:
        return start()
    scheme, separator, rest = given.partition("://")
    return f"postgresql+psycopg2{separator}{rest}" if scheme in ("postgres", "postgresql") else given


def data_dir() -> Path:
    """Where this checkout keeps its data: LALANH_DATA, else always the same place.

    That is `var` in the checkout; for root a folder under /var/lib, since the database never runs as root
    and the checkout may be closed to other users.
    """
    if given := os.environ.get("LALANH_DATA"):
        return Path(given).expanduser().absolute()
    own = CHECKOUT / "var"
    system = SYSTEM_DATA / f"{CHECKOUT.name}-{sha256(os.fsencode(CHECKOUT)).hexdigest()[:8]}"
    if (own / "db").exists():
        return own
    if os.geteuid() == 0:
        return system
    if system.exists():
        raise EmbeddedError(
            f"This checkout's database is in {system}: it was first started by root.\n"
            "Start it with sudo, or set LALANH_DATA to a folder of your own for a separate database."
        )
    return own


def start() -> str:
    """Join the users of the cluster, starting it if it is down, and give its address."""
    global _joined
    with _guard:
        if _joined is None:
            cluster = Cluster(data_dir(), fast=os.environ.get("LALANH_DB_FAST") == "1")
            _joined = Membership(cluster)
            atexit.register(stop)
        return _joined.cluster.url


def stop() -> None:
    """Leave; the last process to leave stops the cluster. No harm when this process never joined."""
    global _joined
    with _guard:
        leaving, _joined = _joined, None
        atexit.unregister(stop)
        if leaving is not None:
            leaving.end()


def restart_if_dead() -> bool:
    """Start the cluster again if it died under us. True if it had to."""
    with _guard:
        return _joined is not None and _joined.revive()


class Membership:
    """This process's place among the users of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        cluster.prepare()
        with self._admin():
            self._place = self._open("users.lock")
            fcntl.flock(self._place, fcntl.LOCK_SH)
            try:
                cluster.ensure_up()
            except BaseException:
                os.close(self._place)
                raise

    def revive(self) -> bool:
        """Start the cluster if it is down. True if it had to."""
        if self.cluster.is_up():
            return False
        with self._admin():
            return self.cluster.ensure_up()

    def end(self) -> None:
        """Give the place up; stop the cluster if nobody else has one.

        Closed, not unlocked: a forked child shares the lock and keeps it.
        """
        with self._admin():
            os.close(self._place)
            alone = self._open("users.lock")
            try:
                fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.cluster.shut_down()
            except BlockingIOError:
                pass
            finally:
                os.close(alone)

    @contextmanager
    def _admin(self) -> Iterator[None]:
        lock = self._open("admin.lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _open(self, name: str) -> int:
        """Open a lock file; the folder's owner must be able to as well when root made it."""
        path = self.cluster.folder / name
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if os.geteuid() == 0:
            owner = self.cluster.folder.stat()
            os.fchown(handle, owner.st_uid, owner.st_gid)
        return handle
