"""One message to one person: written with its job, sent once, tried again, given up, remembered."""

import smtplib
import socket
import threading
import uuid
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, text

from app.config import Settings
from app.core.clock import now
from app.core.db import db, transaction
from app.delivery import actions, channels
from app.delivery.actions import hand_over, needs_another_try, send_message
from app.delivery.channels import EmailChannel, LogChannel, NoChannel, NotDelivered, channel_for
from app.delivery.jobs import every_night
from app.delivery.models import Message
from app.delivery.rules import MOST_TRIES, without_code
from tests.worker import do_the_jobs

CODE = {"purpose": "reset_password", "subject": "Mã", "body": "Mã của bạn là 123456"}


def written(user, **more):
    with transaction():
        return send_message(to_user=user, **{**CODE, **more})


def the_message() -> Message:
    db.session.expire_all()
    return db.session.scalars(select(Message)).one()


class Broken:
    """A channel that fails the first `times`."""

    name = "broken"

    def __init__(self, times: int = 99, *, for_good: bool = False) -> None:
        self.times, self.for_good, self.sent = times, for_good, []

    def send(self, letter) -> None:
        if self.times > 0:
            self.times -= 1
            raise NotDelivered("line is down", for_good=self.for_good)
        self.sent.append(letter)


def test_messages_of_long_ago_are_erased_with_the_numbers_in_them(app) -> None:
    with transaction():
        for body in ("cũ", "mới"):
            send_message(address="+84912345678", purpose="case_taken", subject="Tin", body=body)
        old = db.session.scalars(select(Message).where(Message.body == "cũ")).one()
        old.created_at = now() - timedelta(days=app.config["SETTINGS"].erase_after_days, minutes=1)
    every_night(0)
    assert the_message().body == "mới"


def test_a_message_and_its_job_are_written_together_or_not_at_all(app, lan_resident) -> None:
    def jobs() -> int:
        return db.session.scalar(text("SELECT count(*) FROM procrastinate_jobs"))

    with pytest.raises(ZeroDivisionError), transaction():
        send_message(to_user=lan_resident, **CODE)
        1 / 0  # noqa: B018
    assert jobs() == 0
    written(lan_resident)
    assert jobs() == 1


def test_the_worker_sends_it(app, lan_resident) -> None:
    written(lan_resident)
    do_the_jobs(app)
    assert the_message().sent_at is not None
    assert the_message().channel == "log"
    # The worker's clock may have put jobs of its own in when a minute turned.
    mine = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'delivery.deliver'"
    assert db.session.scalar(text(mine)) == 0


def test_a_job_that_runs_twice_sends_once(app, lan_resident) -> None:
    message, channel = written(lan_resident), Broken(times=0)
    for _n in range(2):
        with transaction():
            hand_over(message.id, tries=0, channel=channel)
    assert len(channel.sent) == 1


def test_two_workers_at_once_send_it_once(app, lan_resident) -> None:
    message_id, channel = written(lan_resident).id, Broken(times=0)

    def one_worker() -> None:
        with app.app_context(), transaction():
            hand_over(message_id, tries=0, channel=channel)

    workers = [threading.Thread(target=one_worker) for _n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(channel.sent) == 1


def test_a_passing_failure_is_noted_and_tried_again(app, lan_resident) -> None:
    message, channel = written(lan_resident), Broken(times=1)
    with transaction():
        hand_over(message.id, tries=0, channel=channel)
    assert needs_another_try(message.id)
    assert the_message().error == "line is down"
    with transaction():
        hand_over(message.id, tries=1, channel=channel)
    assert the_message().sent_at is not None
    assert the_message().error is None


def test_the_worker_waits_longer_each_time(app, lan_resident, monkeypatch) -> None:
    monkeypatch.setattr(actions, "channel_for", lambda _address, _settings: Broken())
    written(lan_resident)
    do_the_jobs(app)
    again = (
        "SELECT status, attempts, extract(epoch FROM scheduled_at - now()) wait FROM procrastinate_jobs"
        " WHERE task_name = 'delivery.deliver'"
    )
    status, attempts, wait = db.session.execute(text(again)).one()
    assert (status, attempts) == ("todo", 1)
    assert 0 < wait <= 3
    with transaction():
        db.session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL"))
    do_the_jobs(app)
    assert 3 < db.session.execute(text(again)).one().wait <= 9


@pytest.mark.parametrize(("tries", "for_good"), [(0, True), (MOST_TRIES - 1, False)])
def test_what_cannot_be_delivered_is_given_up_and_says_why(app, lan_resident, tries, for_good) -> None:
    message = written(lan_resident)
    with transaction():
        hand_over(message.id, tries=tries, channel=Broken(for_good=for_good))
    assert the_message().failed_at is not None
    assert not needs_another_try(message.id)


def settings(**more) -> Settings:
    real = {
        "secret_key": "s",
        "privacy_key": "p",
        "public_url": "https://x.example",
        "database_url": "postgresql:///x",
    }
    return Settings(**{"env": "production", **real, **more})


def test_production_without_a_channel_says_so_instead_of_pretending(app) -> None:
    assert isinstance(channel_for("+84901000001", settings()), NoChannel)
    assert isinstance(channel_for("a@b.example", settings()), NoChannel)
    assert isinstance(channel_for("a@b.example", settings(smtp_url="smtp://mail:25")), EmailChannel)
    assert isinstance(channel_for("a@b.example", settings(env="local")), LogChannel)


def test_the_log_holds_neither_code_nor_address_unless_it_is_a_demo(app, monkeypatch) -> None:
    lines = []
    monkeypatch.setattr(channels.log, "info", lambda event, **more: lines.append(str(more)), raising=False)
    letter = channels.Letter(None, "+84901000001", "reset_password", "Mã", "Mã của bạn là 123456")
    LogChannel(shows_text=False).send(letter)
    LogChannel(shows_text=True).send(letter)
    assert "123456" not in lines[0]
    assert "84901" not in lines[0]
    assert "123456" in lines[1]


def test_a_code_is_not_kept_after_it_was_sent(app, lan_resident, monkeypatch) -> None:
    monkeypatch.setattr(actions, "outbox_open", lambda: False)
    written(lan_resident)
    do_the_jobs(app)
    assert the_message().body == "Mã của bạn là ••••••"
    assert without_code("thanks", "Gạo 50000 đồng") == "Gạo 50000 đồng"


written_id = uuid.UUID(int=7)


class Mailbox:
    """Keeps what arrives; `answer` is what the server says to a recipient."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.answer = "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        self.mails.append(envelope.content)
        return "250 OK"


@pytest.fixture
def mail_server():
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        box.port = probe.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=box.port)
    server.start()
    yield box
    server.stop()


def mail_to(address: str, box) -> None:
    channel = EmailChannel(f"smtp://127.0.0.1:{box.port}", "Lá Lành <tin@lalanh.example>")
    letter = channels.Letter(written_id, address, "thanks", "Cảm ơn bạn", "Gạo đã tới nơi.\nCảm ơn.")
    channel.send(letter)


def test_an_email_reaches_a_real_mail_server_with_its_vietnamese_words(mail_server) -> None:
    mail_to("mo@example.com", mail_server)
    mail = message_from_bytes(mail_server.mails[0], policy=policy.default)
    assert mail["To"] == "mo@example.com"
    assert mail["Subject"] == "Cảm ơn bạn"
    assert mail["From"] == "Lá Lành <tin@lalanh.example>"
    assert mail["Message-ID"] == f"<{written_id}@lalanh.example>"
    assert "Gạo đã tới nơi." in mail.get_content()


@pytest.mark.parametrize(("answer", "for_good"), [("550 no such user", True), ("450 try later", False)])
def test_what_the_mail_server_refuses_is_not_what_it_puts_off(mail_server, answer, for_good) -> None:
    mail_server.answer = answer
    with pytest.raises(NotDelivered) as failure:
        mail_to("mo@example.com", mail_server)
    assert failure.value.for_good is for_good


def test_a_mail_server_that_is_away_is_tried_again() -> None:
    with pytest.raises(NotDelivered) as failure:
        EmailChannel("smtp://127.0.0.1:9", "a@b.example").send(
            channels.Letter(written_id, "mo@example.com", "thanks", "Cảm ơn", "…")
        )
    assert failure.value.for_good is False


def test_subjects_cannot_smuggle_headers(mail_server) -> None:
    channel = EmailChannel(f"smtp://127.0.0.1:{mail_server.port}", "tin@lalanh.example")
    letter = channels.Letter(written_id, "mo@example.com", "thanks", "Chào\nBcc: a@b.example", "…")
    with pytest.raises((NotDelivered, ValueError, smtplib.SMTPException)):
        channel.send(letter)


def test_a_user_known_by_email_gets_mail_through_the_worker(app, mail_server, monkeypatch) -> None:
    from tests import make

    mo = make.person("Mơ", None, email="mo@example.com")
    real = app.config["SETTINGS"]
    mailing = real.model_copy(
        update={"smtp_url": f"smtp://127.0.0.1:{mail_server.port}", "mail_from": "a@b.example"}
    )
    monkeypatch.setitem(app.config, "SETTINGS", mailing)
    written(mo)
    do_the_jobs(app)
    assert the_message().channel == "email"
    assert len(mail_server.mails) == 1
