"""The database: declarative base, the one place that commits, and the engine for reads."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, cast

import uuid_utils
from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Engine, MetaData, Uuid, create_engine
from sqlalchemy.orm import DeclarativeBase, mapped_column, registry

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
            # A restarted database would cost every pooled connection one failed answer.
            pool_pre_ping=True,
            connect_args=CONNECT_ARGS,
        )
        app.extensions["lalanh_read_engine"] = engine
    return cast(Engine, engine)


CONNECT_ARGS = {"connect_timeout": 10, "options": "-c jit=off -c timezone=UTC"}
