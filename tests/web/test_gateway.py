"""Between the server and the application: a request has its turn once all of it is there."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

import pytest
from flask import Flask, request

from app import gateway
from app.config import ROOT
from app.core.overload import Queue
from app.gateway import Gateway, environ_of

LARGEST = 100
Message = dict[str, Any]


def scope(
    method: str = "POST", path: bytes = b"/", *headers: tuple[bytes, bytes], query: bytes = b""
) -> Message:
    return {
        "type": "http", "method": method, "raw_path": path, "query_string": query, "http_version": "1.1",
        "scheme": "http", "server": ("127.0.0.1", 8000), "client": ("10.0.0.7", 50_000),
        "headers": [(b"host", b"la.example"), *headers],
    }  # fmt: skip


def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """An application that gives back what it was sent."""
    body = environ["wsgi.input"].read()
    start_response(
        "200 OK", [("Content-Length", str(len(body))), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    )
    return [body[:1], body[1:]]


class Phone:
    """A sender with some pieces of a body, and after the last of them a rest of silence."""

    def __init__(self, *pieces: bytes, all_of_it: bool = True, hangs_up: bool = False) -> None:
        self.pieces, self.all_of_it, self.hangs_up = list(pieces), all_of_it, hangs_up
        self.heard: list[Message] = []

    async def receive(self) -> Message:
        if self.pieces:
            piece = self.pieces.pop(0)
            more = bool(self.pieces) or not self.all_of_it
            return {"type": "http.request", "body": piece, "more_body": more}
        if self.hangs_up:
            return {"type": "http.disconnect"}
        return await asyncio.Future()

    async def send(self, message: Message) -> None:
        self.heard.append(message)

    @property
    def status(self) -> int | None:
        return self.heard[0]["status"] if self.heard else None

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.heard)


def calling(app: Any, queue: Queue | None = None) -> Callable[[Message, Phone], Awaitable[None]]:
    within = Gateway(app, queue or Queue(), largest=LARGEST)
    return lambda said, phone: within(said, phone.receive, phone.send)


LENGTH_4 = (b"content-length", b"4")


def test_a_body_comes_whole_and_every_header_goes_back() -> None:
    phone = Phone(b"g", b"ao", b"!")
    asyncio.run(calling(echo)(scope("POST", b"/", LENGTH_4), phone))
    assert (phone.status, phone.body) == (200, b"gao!")
    cookies = [value for name, value in phone.heard[0]["headers"] if name == b"set-cookie"]
    assert cookies == [b"a=1", b"b=2"]


def test_who_stops_in_the_middle_keeps_nobody_waiting() -> None:
    lost, quick = Phone(b"g", all_of_it=False), Phone()

    async def scene() -> None:
        call = calling(echo)
        waiting = asyncio.create_task(call(scope("POST", b"/", LENGTH_4), lost))
        await asyncio.sleep(0)
        await call(scope("GET"), quick)
        waiting.cancel()

    asyncio.run(scene())
    assert quick.status == 200
    assert lost.status is None


def test_who_is_silent_for_too_long_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "PAUSE_S", 0.01)
    phone = Phone(b"g", all_of_it=False)
    asyncio.run(calling(echo)(scope("POST", b"/", LENGTH_4), phone))
    assert phone.status == 408
    assert "gửi lại" in phone.body.decode()


def test_who_hangs_up_is_forgotten() -> None:
    phone = Phone(b"g", all_of_it=False, hangs_up=True)
    asyncio.run(calling(echo)(scope("POST", b"/", LENGTH_4), phone))
    assert phone.heard == []


@pytest.mark.parametrize(
    ("headers", "pieces"),
    [
        ([(b"content-length", b"101")], [b"x" * 101]),
        ([(b"transfer-encoding", b"chunked")], [b"x" * 60, b"x" * 60, b"x" * 60]),
    ],
    ids=["told", "in chunks"],
)
def test_the_application_refuses_what_is_too_large(
    headers: list[tuple[bytes, bytes]], pieces: list[bytes]
) -> None:
    small = Flask("small")
    small.config["MAX_CONTENT_LENGTH"] = LARGEST
    small.add_url_rule("/", view_func=lambda: request.get_data(as_text=True), methods=["POST"])
    phone = Phone(*pieces)
    asyncio.run(calling(small)(scope("POST", b"/", *headers), phone))
    assert phone.status == 413
    assert len(phone.pieces) <= 1, "no more was read than needed"


def test_the_application_is_told_what_was_asked() -> None:
    app = Flask("told")
    asked: dict[str, Any] = {}

    @app.get("/<path:place>")
    def told(place: str) -> str:
        asked.update(place=place, q=request.args["q"], cookies=dict(request.cookies), host=request.host)
        asked.update(address=request.remote_addr, language=request.headers["Accept-Language"])
        return "ok"

    headers = [
        (b"cookie", b"a=1"),
        (b"cookie", b"b=2"),
        (b"accept-language", b"vi"),
        (b"accept-language", b"en"),
    ]
    phone = Phone()
    path = b"/ph%C6%B0%E1%BB%9Dng/b%2Fc"
    asyncio.run(calling(app)(scope("GET", path, *headers, query=b"q=g%E1%BA%A1o"), phone))
    assert asked == {
        "place": "phường/b/c", "q": "gạo", "cookies": {"a": "1", "b": "2"}, "host": "la.example",
        "address": "10.0.0.7", "language": "vi,en",
    }  # fmt: skip


def test_a_socket_without_an_address_has_a_name_all_the_same() -> None:
    environ = environ_of(scope("GET") | {"server": None, "client": None})
    assert (environ["SERVER_NAME"], "REMOTE_ADDR" in environ) == ("localhost", False)


def test_all_who_wait_are_counted_also_those_who_come_during_an_answer() -> None:
    queue, seen = Queue(), []

    async def scene() -> None:
        async def come_later() -> None:
            await call(scope("GET"), Phone())

        def answer(_environ: Any, start_response: Any) -> list[bytes]:
            seen.append(queue.length)
            if len(seen) == 1:
                latecomers.extend(asyncio.ensure_future(come_later()) for _ in range(2))
            start_response("200 OK", [])
            return []

        call, latecomers = calling(answer, queue), list[Any]()
        await asyncio.gather(*(call(scope("GET"), Phone()) for _ in range(3)))
        await asyncio.gather(*latecomers)

    asyncio.run(scene())
    assert seen == [2, 3, 2, 1, 0]


def test_an_application_that_fails_lets_the_next_one_in() -> None:
    answers = iter([RuntimeError("broken"), None])

    def fails_once(_environ: Any, start_response: Any) -> list[bytes]:
        if error := next(answers):
            raise error
        start_response("204 No Content", [])
        return []

    async def scene() -> Phone:
        call, phone = calling(fails_once), Phone()
        with pytest.raises(RuntimeError, match="broken"):
            await call(scope("GET"), Phone())
        await call(scope("GET"), phone)
        return phone

    assert asyncio.run(scene()).status == 204


def test_what_has_no_length_is_made_as_it_is_taken_and_others_come_in_between() -> None:
    made: list[str] = []

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        if environ["PATH_INFO"] == "/short":
            made.append("short")
            return [b"short"]
        return long()

    def long() -> Iterator[bytes]:
        try:
            for number in range(3):
                made.append(f"part {number}")
                yield b"%d" % number
        finally:
            made.append("closed")

    class SlowReader(Phone):
        async def send(self, message: Message) -> None:
            await super().send(message)
            if message.get("body") == b"1":
                await call(scope("GET", b"/short"), Phone())

    reader = SlowReader()
    call = calling(application)
    asyncio.run(call(scope("GET", b"/long"), reader))
    assert reader.body == b"012"
    assert made == ["part 0", "part 1", "short", "part 2", "closed"]


def test_a_part_without_bytes_gives_others_a_turn_and_is_not_sent() -> None:
    made: list[str] = []

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return iter_of(environ["PATH_INFO"])

    def iter_of(name: str) -> Iterator[bytes]:
        for number in range(3):
            made.append(f"{name} {number}")
            yield b"whole" if number == 2 else b""

    async def scene() -> list[Phone]:
        phones = [Phone(), Phone()]
        await asyncio.gather(call(scope("GET", b"/a"), phones[0]), call(scope("GET", b"/b"), phones[1]))
        return phones

    call = calling(application)
    phones = asyncio.run(scene())
    assert made == ["/a 0", "/b 0", "/a 1", "/b 1", "/a 2", "/b 2"]
    for phone in phones:
        assert [m["body"] for m in phone.heard if m["type"] == "http.response.body"] == [b"whole", b""]


def test_nothing_more_is_made_for_a_reader_who_hung_up() -> None:
    made: list[int] = []

    def application(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return parts()

    def parts() -> Iterator[bytes]:
        try:
            for number in range(1000):
                made.append(number)
                yield b"%d" % number
        finally:
            made.append(-1)

    asyncio.run(calling(application)(scope("GET"), Phone(b"", hangs_up=True)))
    assert len(made) < 10
    assert made[-1] == -1, "the application was told"


def test_a_reader_who_takes_nothing_more_gets_no_end_that_looks_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gateway, "UNREAD_S", 0.01)

    class Sleeper(Phone):
        async def send(self, message: Message) -> None:
            await super().send(message)
            if message.get("body") == b"b":
                await asyncio.Future()

    def application(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return iter([b"a", b"b", b"c"])

    sleeper = Sleeper()
    asyncio.run(calling(application)(scope("GET"), sleeper))
    assert sleeper.body == b"ab"
    assert all(message.get("more_body") for message in sleeper.heard[1:])


def test_an_answer_that_breaks_off_is_put_away() -> None:
    closed: list[bool] = []

    def breaks() -> Iterator[bytes]:
        try:
            yield b"a"
            raise RuntimeError("broken")
        finally:
            closed.append(True)

    def application(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return breaks()

    phone = Phone()
    with pytest.raises(RuntimeError, match="broken"):
        asyncio.run(calling(application)(scope("GET"), phone))
    assert phone.body == b"a"
    assert closed == [True]


HANGS = """
import asyncio, time
from app.core.overload import Queue
from app.gateway import Gateway

def sleeps(environ, start_response):
    time.sleep(0.5 if environ["PATH_INFO"] == "/slow" else 60)
    start_response("204 No Content", [])
    return []

async def nothing(*message):
    pass

async def scene():
    gateway = Gateway(sleeps, Queue(), largest=0, hung_after_s=1.5)
    asked = {"type": "http", "method": "GET", "query_string": b"", "headers": []}
    asked |= {"http_version": "1.1", "scheme": "http"}
    await gateway(asked | {"raw_path": b"/slow"}, nothing, nothing)
    print("slow is not hung", flush=True)
    await gateway(asked | {"raw_path": b"/hung"}, nothing, nothing)

asyncio.run(scene())
"""


def test_a_process_that_hangs_ends_and_says_where() -> None:
    ran = subprocess.run([sys.executable, "-c", HANGS], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stdout == "slow is not hung\n"
    assert "in sleeps" in ran.stderr
