"""Signs of life of the processes that answer no requests."""

from datetime import datetime

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, db


class Heartbeat(Base):
    """When a process was last seen."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())


def beat(name: str) -> None:
    """Note that the process called `name` is alive now."""
    seen = insert(Heartbeat).values(name=name, at=func.now())
    db.session.execute(
        seen.on_conflict_do_update(index_elements=[Heartbeat.name], set_={"at": seen.excluded.at})
    )
