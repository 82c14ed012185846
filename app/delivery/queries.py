"""Reads about messages."""

import uuid
from collections.abc import Sequence

from sqlalchemy import or_, select

from app.core.db import db
from app.delivery.models import Message
from app.people.models import User


def latest_messages(reader: User | None, limit: int = 50) -> Sequence[Message]:
    """The newest messages that `reader` may see in the demo outbox.

    Everybody sees those to demo accounts, people their own; somebody may have typed a real phone number into
    a demo, so the rest is for its administrator.
    """
    query = select(Message).outerjoin(User, User.id == Message.to_user_id)
    if reader is None:
        query = query.where(User.is_demo)
    elif not reader.has_role("administrator"):
        query = query.where(or_(User.is_demo, Message.to_user_id == reader.id))
    return db.session.scalars(query.order_by(Message.created_at.desc(), Message.id.desc()).limit(limit)).all()


def messages_to(user_id: uuid.UUID, limit: int = 10_000) -> Sequence[Message]:
    """What was sent to one person, oldest first."""
    mine = select(Message).where(Message.to_user_id == user_id)
    return db.session.scalars(mine.order_by(Message.created_at).limit(limit)).all()
