"""Write a message down, with its job, in the caller's transaction; later hand it to its channel."""

import uuid
from datetime import timedelta
from typing import Any

import structlog
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import delete, select, text

from app.core.clock import now
from app.core.db import db
from app.core.errors import Invalid
from app.core.events import publish
from app.delivery.channels import Channel, Letter, NotDelivered, channel_for
from app.delivery.models import Message
from app.delivery.queries import messages_to
from app.delivery.rules import MOST_TRIES, without_code
from app.people.models import User

log = structlog.get_logger("delivery")


def send_message(
    *, to_user: User | None = None, address: str = "", purpose: str, subject: str, body: str
) -> Message:
    """Have a message sent to a user (by phone, else by e-mail) or to an address; its words are copied."""
    target = address or (to_user.phone or to_user.email if to_user else "") or ""
    if not target:
        raise Invalid(_("Không có địa chỉ để gửi tới."), slug="no-address")
    message = Message(
        to_user_id=to_user.id if to_user else None,
        address=target,
        channel=channel_for(target, current_app.config["SETTINGS"]).name,
        purpose=purpose,
        subject=subject,
        body=body,
    )
    db.session.add(message)
    db.session.flush()
    publish("message_written", message_id=message.id)
    return message


def write_message(*, to_user: User, purpose: str, subject: str, body: str) -> None:
    """What a feature below asks for through the event `message_wanted`."""
    send_message(to_user=to_user, purpose=purpose, subject=subject, body=body)


def hand_over(message_id: uuid.UUID, *, tries: int, channel: Channel | None = None) -> None:
    """Send a message that is not sent yet; `tries` is how often it was tried before.

    The row is locked, so that two workers never send it both; a message that was sent or given up stays as
    it is. See `needs_another_try` afterwards.
    """
    message = db.session.scalar(select(Message).where(Message.id == message_id).with_for_update())
    if message is None or message.sent_at or message.failed_at:
        return
    channel = channel or channel_for(message.address, current_app.config["SETTINGS"])
    message.channel = channel.name
    letter = Letter(message.id, message.address, message.purpose, message.subject, message.body)
    try:
        channel.send(letter)
    except NotDelivered as failure:
        _note_failure(message, failure, tries)
    else:
        message.sent_at, message.error = now(), None
        _forget_code(message)


def _note_failure(message: Message, failure: NotDelivered, tries: int) -> None:
    message.error = failure.reason
    last = failure.for_good or tries + 1 >= MOST_TRIES
    log.warning(
        "not delivered", id=str(message.id), channel=message.channel, reason=failure.reason, last=last
    )
    if last:
        message.failed_at = now()
        _forget_code(message)


def needs_another_try(message_id: uuid.UUID) -> bool:
    """Whether the message has been tried and is neither sent nor given up."""
    row = db.session.get(Message, message_id)
    return row is not None and row.sent_at is None and row.failed_at is None


def _forget_code(message: Message) -> None:
    """A code that was sent is nobody's business any more; the demo outbox alone goes on showing it."""
    if not outbox_open():
        message.body = without_code(message.purpose, message.body)


def outbox_open() -> bool:
    """Whether the outbox page is there in this installation."""
    return bool(current_app.config["SETTINGS"].shows_outbox)


def add_messages(user_id: uuid.UUID, bundle: dict[str, Any]) -> None:
    """A person's copy of their data holds the messages that were sent to them."""
    bundle["messages"] = [
        {
            "at": row.created_at,
            "address": row.address,
            "channel": row.channel,
            "subject": row.subject,
            "body": without_code(row.purpose, row.body),
            "sent_at": row.sent_at,
        }
        for row in messages_to(user_id)
    ]


ERASE_OLD = text(
    """
    DELETE FROM message WHERE id IN (
        SELECT id FROM message WHERE created_at < :before ORDER BY created_at LIMIT :limit
        FOR UPDATE SKIP LOCKED)
    """
)


def erase_old_messages(limit: int) -> int:
    """Remove messages of long ago: they hold numbers and tracking links of people without an account, which
    nothing else would ever erase. Returns how many, at most `limit`.
    """
    before = now() - timedelta(days=current_app.config["SETTINGS"].erase_after_days)
    erased = db.session.execute(ERASE_OLD, {"before": before, "limit": limit})
    return int(erased.rowcount)  # type: ignore[attr-defined]


def erase_messages(user_id: uuid.UUID) -> None:
    """Remove what was sent to somebody who erases their account."""
    db.session.execute(delete(Message).where(Message.to_user_id == user_id))
