"""The database: declarative base, the one place that commits, and the engine for reads."""

import select
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Annotated, Any, cast

import uuid_utils
from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Engine, MetaData, Uuid, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, mapped_column, registry
from sqlalchemy.pool import ConnectionPoolEntry

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> uuid.UUID:
    """A time-ordered key (UUID version 7, RFC 9562)."""
    return uuid.UUID(bytes=uuid_utils.uuid7().bytes)


class Base(DeclarativeBase):
    """The base of every table."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMES),
        type_annotation_map={datetime: DateTime(timezone=True), uuid.UUID: Uuid()},
    )


Key = Annotated[uuid.UUID, mapped_column(primary_key=True, default=new_id)]

db = SQLAlchemy(model_class=Base)


@contextmanager
def transaction() -> Iterator[None]:
    """All that happens inside is committed together, or none of it. The one place that commits."""
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def read_engine() -> Engine:
    """The engine for named feed, tile and export queries: AUTOCOMMIT, no transaction round trips.

    It may point at a replica (DATABASE_READ_URL) and so lag behind the writer a little.
    """
    app = current_app
    engine = app.extensions.get("lalanh_read_engine")
    if engine is None:
        settings = app.config["SETTINGS"]
        engine = create_engine(
            settings.database_read_url or app.config["SQLALCHEMY_DATABASE_URI"],
            isolation_level="AUTOCOMMIT",
            pool_size=settings.db_pool_size,
            max_overflow=settings.db_pool_size,
            pool_reset_on_return=None,
            connect_args=CONNECT_ARGS,
        )
        event.listen(engine, "checkin", _remember_use)
        event.listen(engine, "checkout", _ping_if_in_doubt)
        app.extensions["lalanh_read_engine"] = engine
    return cast(Engine, engine)


RESTED_S = 1.0
"""A connection that was not used for longer is asked whether it still lives."""


def _remember_use(_connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _ping_if_in_doubt(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """A restarted database would cost every pooled connection one failed answer.

    To ask each time costs a round trip for each request. One that the database has closed can be read from.
    """
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    if not poll.poll(0) and time.monotonic() - record.info.get("used", 0.0) < RESTED_S:
        return
    try:
        with closing(connection.cursor()) as cursor:
            cursor.execute("SELECT 1")
    except Exception as gone:
        # The pool takes the next connection, and makes a new one where all are gone.
        raise DisconnectionError from gone


CONNECT_ARGS = {"connect_timeout": 10, "options": "-c jit=off -c timezone=UTC"}
