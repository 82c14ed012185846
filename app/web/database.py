"""Joins the application to its database."""

from flask import Flask
from flask_migrate import Migrate

from app.config import ROOT, Settings
from app.core import embedded
from app.core.db import CONNECT_ARGS, db

migrate = Migrate()

# Tables that belong to the job queue, PostGIS or a partition: Alembic leaves them alone.
NOT_OURS = ("procrastinate_", "spatial_ref_sys", "case_event_")


def include_object(item: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
    """Whether Alembic looks at this object when it compares models with the database."""
    table = getattr(getattr(item, "table", None), "name", name) or ""
    if kind == "index" and reflected and other is None and (name or "").endswith("_pkey"):
        return False
    return not (name or "").startswith(NOT_OURS) and not table.startswith(NOT_OURS)


def set_up(app: Flask, settings: Settings) -> None:
    """Find the database (starting the embedded one when none is named) and bind the ORM to it."""
    url = settings.database_url or embedded.database_url()
    app.config["SQLALCHEMY_DATABASE_URI"] = as_psycopg2(url)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_size": settings.db_pool_size,
        "max_overflow": settings.db_pool_size,
        "pool_pre_ping": True,
        "connect_args": CONNECT_ARGS,
    }
    db.init_app(app)
    migrate.init_app(
        app,
        db,
        directory=str(ROOT / "migrations"),
        include_object=include_object,
        compare_type=True,
        render_as_batch=False,
    )


def as_psycopg2(url: str) -> str:
    """The URL with the driver named: a bare `postgresql://` means another driver in later SQLAlchemy."""
    for bare in ("postgres://", "postgresql://"):
        if url.startswith(bare):
            return "postgresql+psycopg2://" + url.removeprefix(bare)
    return url
