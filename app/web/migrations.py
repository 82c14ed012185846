"""Whether the database is at the newest migration."""

from functools import cache

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from app.config import ROOT


@cache
def newest() -> str | None:
    """The newest migration that this code knows."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return ScriptDirectory.from_config(config).get_current_head()


def at_head(connection: Connection) -> bool:
    """Whether the database has been migrated to `newest()`."""
    return MigrationContext.configure(connection).get_current_revision() == newest()
