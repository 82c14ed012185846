"""Runs migrations through the application's own engine. Forward only."""

from alembic import context
from flask import current_app
from geoalchemy2 import alembic_helpers
from sqlalchemy import text

from app.web.database import include_object

database = current_app.extensions["migrate"].db


def ours(item, name, kind, reflected, other):
    """What Alembic looks at: our own tables and indexes, not PostGIS's, the queue's or a partition's."""
    return alembic_helpers.include_object(item, name, kind, reflected, other) and include_object(
        item, name, kind, reflected, other
    )


with database.engine.connect() as connection:
    connection.execute(text("SELECT pg_advisory_lock(7241001)"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=database.metadata,
        include_object=ours,
        render_item=alembic_helpers.render_item,
        process_revision_directives=alembic_helpers.writer,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
