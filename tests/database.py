"""Databases for tests: one cluster a run, one migrated template, one clone a test worker.

Tests commit for real, as the application does, and what they wrote is swept away afterwards.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.engine import Engine

from app.core import embedded
from tests import geography

TEMPLATE = "template_lalanh"
BUILD = (
    "from app import create_app; from flask_migrate import upgrade\n"
    "app = create_app()\nwith app.app_context(): upgrade()"
)

# Empties the tables that a test may have filled; empty ones cost nothing. What a live site's worker says
# about itself stays. A truncated table is new files on the disk for itself and each of its indexes: the few
# rows that most tests write are deleted ten times as fast. No trigger has a say in either.
SWEEP = """
DO $$
DECLARE
    name text;
    written int;
    large text[] := '{}';
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND c.relname NOT IN ('spatial_ref_sys', 'alembic_version', 'area', 'area_succession', 'area_shape',
                                'category', 'heartbeat', 'procrastinate_workers')
    LOOP
        EXECUTE format('SELECT count(*) FROM (SELECT FROM %s LIMIT 1001) AS first', name) INTO written;
        IF written > 1000 THEN large := large || name;
        ELSIF written > 0 THEN EXECUTE 'DELETE FROM ' || name;
        END IF;
    END LOOP;
    IF large <> '{}' THEN EXECUTE 'TRUNCATE ' || array_to_string(large, ', ') || ' CASCADE'; END IF;
END
$$
"""

# Every row version of the tables that are swept by making the clone anew instead.
LASTING = text(
    "SELECT md5(string_agg(v, ',')) FROM ("
    " SELECT 'a' || xmin || ctid AS v FROM area"
    " UNION ALL SELECT 'b' || xmin || ctid FROM area_shape"
    " UNION ALL SELECT 'c' || xmin || ctid FROM area_succession"
    " UNION ALL SELECT 'd' || xmin || ctid FROM category ORDER BY v) AS versions"
)


def url_of(name: str) -> str:
    """The address of a database in the tests' cluster."""
    return make_url(embedded.start()).set(database=name).render_as_string(hide_password=False)


def engine_of(name: str) -> Engine:
    """A plain engine on a database of the tests' cluster, with no connection kept."""
    return create_engine(url_of(name), poolclass=NullPool, isolation_level="AUTOCOMMIT")


def execute(statement: str, database: str = "postgres") -> None:
    """Run one statement outside of any transaction."""
    with engine_of(database).connect() as connection:
        connection.execute(text(statement))


def clone(name: str, template: str = TEMPLATE) -> str:
    """Make database `name` anew from the template; gives its address."""
    drop(name)
    with _one_at_a_time():
        execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
    return url_of(name)


def drop(name: str) -> None:
    """Remove a database and whoever is connected to it."""
    execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def build_template() -> None:
    """Make the migrated template once a run; whoever comes second waits for the first."""
    with _one_at_a_time():
        with engine_of("postgres").connect() as connection:
            there = connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :n"), {"n": TEMPLATE})
            if there.scalar():
                return
            connection.execute(text("CREATE DATABASE building"))
        migrate(url_of("building"))
        with engine_of("building").begin() as connection:
            geography.load(connection)
            connection.execute(text("ANALYZE"))
        execute(f"ALTER DATABASE building RENAME TO {TEMPLATE}")


def migrate(url: str) -> None:
    """Bring a database to the newest migration, in a process of its own."""
    environment = {**os.environ, "DATABASE_URL": url}
    subprocess.run([sys.executable, "-c", BUILD], env=environment, cwd=embedded.CHECKOUT, check=True)


class Worker:
    """The database of one test worker."""

    def __init__(self, name: str) -> None:
        build_template()
        self.name = name
        self.url = clone(name)
        self.engine = engine_of(name)
        self._lasting = self._state()

    def sweep(self) -> None:
        """Remove what a test wrote."""
        with self.engine.connect() as connection:
            connection.execute(text(SWEEP))
        if self._state() != self._lasting:
            clone(self.name)
            self._lasting = self._state()

    def _state(self) -> str:
        with self.engine.connect() as connection:
            return str(connection.execute(LASTING).scalar_one())


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    with (Path(os.environ["LALANH_DATA"]) / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
