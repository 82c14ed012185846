"""Reads about messages."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from app.core.db import db
from app.delivery.models import Message


def latest_messages(limit: int = 50) -> Sequence[Message]:
    """The newest messages of all, for the demo outbox."""
    return db.session.scalars(
        select(Message).order_by(Message.created_at.desc(), Message.id.desc()).limit(limit)
    ).all()


def messages_to(user_id: uuid.UUID, limit: int = 10_000) -> Sequence[Message]:
    """What was sent to one person, oldest first."""
    mine = select(Message).where(Message.to_user_id == user_id)
    return db.session.scalars(mine.order_by(Message.created_at).limit(limit)).all()
