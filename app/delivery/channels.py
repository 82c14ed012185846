"""The ways a message can take. A channel has one verb, `send`, and one error, `NotDelivered`."""

import smtplib
import ssl
import uuid
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import unquote, urlsplit

import structlog

from app.config import Settings
from app.core.clock import now
from app.delivery.rules import is_email

log = structlog.get_logger("delivery")
TIMEOUT_S = 20


class NotDelivered(Exception):
    """The message did not get through; `for_good` when trying again cannot help."""

    def __init__(self, reason: str, *, for_good: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.for_good = for_good


@dataclass(frozen=True)
class Letter:
    """What a channel needs to know of a message."""

    id: uuid.UUID
    address: str
    purpose: str
    subject: str
    body: str


class Channel(Protocol):
    """One way to reach somebody."""

    name: str

    def send(self, letter: Letter) -> None:
        """Hand the letter over, or raise NotDelivered."""


class LogChannel:
    """Writes a line to the log instead of sending: for one machine, demos and tests."""

    name = "log"

    def __init__(self, *, shows_text: bool) -> None:
        self.shows_text = shows_text

    def send(self, letter: Letter) -> None:
        """Log it; words and address only where nobody real is concerned."""
        text = {"address": letter.address, "body": letter.body} if self.shows_text else {}
        log.info("message", id=str(letter.id), purpose=letter.purpose, **text)


class NoChannel:
    """Nothing is set up that reaches this kind of address: said openly instead of pretending."""

    name = "none"

    def send(self, letter: Letter) -> None:  # noqa: ARG002 - every channel takes one
        """Refuse."""
        raise NotDelivered("no channel is set up for this kind of address", for_good=True)


class EmailChannel:
    """Sends over SMTP: `smtp://user:password@host:587` (STARTTLS when offered) or `smtps://…:465`."""

    name = "email"

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self.encrypted = parts.scheme == "smtps"
        self.host = parts.hostname or "localhost"
        self.port = parts.port or (465 if self.encrypted else 587)
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")
        self.sender = sender

    def send(self, letter: Letter) -> None:
        """Hand the letter to the mail server; what it refuses for good is not tried again."""
        try:
            with self._connect() as server:
                server.send_message(self._mail(letter))
        except smtplib.SMTPRecipientsRefused as error:
            code = max((reply[0] for reply in error.recipients.values()), default=550)
            raise NotDelivered(f"recipient refused ({code})", for_good=code >= 500) from error
        except smtplib.SMTPAuthenticationError as error:
            raise NotDelivered(
                f"the mail server refused our sign-in ({error.smtp_code})", for_good=False
            ) from error
        except smtplib.SMTPResponseException as error:
            raise NotDelivered(
                f"mail server said {error.smtp_code}", for_good=error.smtp_code >= 500
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise NotDelivered(f"mail server away: {type(error).__name__}", for_good=False) from error

    def _connect(self) -> smtplib.SMTP:
        safe = ssl.create_default_context()
        if self.encrypted:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=safe)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=safe)
        if self.user:
            server.login(self.user, self.password)
        return server

    def _mail(self, letter: Letter) -> EmailMessage:
        """The same Message-ID at every try, so that a mailbox can drop a repetition."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.sender, letter.address, letter.subject
        mail["Date"] = format_datetime(now())
        mail["Message-ID"] = f"<{letter.id}@{self.sender.rpartition('@')[2].strip('> ') or 'localhost'}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(letter.body)
        return mail


def channel_for(address: str, settings: Settings) -> Channel:
    """The channel that reaches this address in this installation."""
    if is_email(address) and settings.smtp_url:
        return EmailChannel(settings.smtp_url, settings.mail_from or "la-lanh@localhost")
    if settings.production:
        return NoChannel()
    return LogChannel(shows_text=True)
