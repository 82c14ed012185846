"""From the server's asynchronous side to the application's plain one.

A phone that loses its network in the middle of sending keeps nobody waiting here: a request has its turn once
all of it has arrived. Then one after the other is answered, on the thread of the event loop, as one process
answers one request at a time anyway. Long answers (exports) go out part by part as their reader takes them,
and others are answered in between. Whoever waits for a turn is counted (`core/overload.py`).
"""

import asyncio
import faulthandler
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import ExitStack, closing
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from app.core.overload import Queue

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]

PAUSE_S = 20.0
"""When nothing more has come for so long, the sender is gone."""
UNREAD_S = 60.0
"""When nothing more was taken for so long, the reader is."""
LONGEST_S = 300.0
"""A body that takes longer is no longer waited for."""
TOO_SLOW = "Mạng chậm quá nên chưa nhận đủ, gửi lại giúp nhé. / The network is too slow, please send again."
PLAIN = [(b"content-type", b"text/plain; charset=utf-8")]

_ALWAYS: Environ = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": False,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}
_UNPREFIXED = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


class Gone(Exception):
    """The sender went away before all had arrived."""


class Gateway:
    """An ASGI application around a WSGI one; bodies beyond `largest` bytes are left to it to refuse.

    With `hung_after_s` a process in which one answer takes longer than that ends, and leaves on stderr where
    it hung: the server starts another one in its place. Otherwise whoever is sent to it would wait for ever.
    """

    def __init__(
        self, app: Application, queue: Queue, *, largest: int, hung_after_s: float | None = None
    ) -> None:
        self.app, self.queue, self.largest = app, queue, largest
        self.turn = asyncio.Lock()
        self.hung_after_s = hung_after_s
        self.pulse: asyncio.Task[None] | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        if self.pulse is None and self.hung_after_s:
            self.pulse = asyncio.create_task(_pulse(self.hung_after_s))
        environ = environ_of(scope)
        try:
            body = await self._body(environ, receive)
        except Gone:
            return
        except TimeoutError:
            await send({"type": "http.response.start", "status": 408, "headers": PLAIN})
            await send({"type": "http.response.body", "body": TOO_SLOW.encode()})
            return
        environ["wsgi.input"] = BytesIO(body)
        if environ.pop("HTTP_TRANSFER_ENCODING", None):  # in chunks; they have been put together
            environ["CONTENT_LENGTH"] = str(len(body))
        with ExitStack() as waiting:
            waiting.enter_context(self.queue.waiting())
            async with self.turn:
                await asyncio.sleep(0)  # whoever arrived during the last answer comes in and is counted
                waiting.close()
                answer = Answer(self.app, environ)
                part = answer.all() if answer.told else answer.part()
        with closing(answer):
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            if answer.told:
                await send({"type": "http.response.body", "body": part})
            elif part is None or await self._part_by_part(answer, part, receive, send):
                await send({"type": "http.response.body", "body": b""})

    async def _part_by_part(self, answer: "Answer", part: bytes | None, receive: Receive, send: Send) -> bool:
        """Send what has no length: each part is made, in a turn of its own, once the one before is taken.

        A part without bytes says that nothing is ready to be sent yet.
        Whether that was all: a reader who has gone, or takes nothing any more, gets no end that looks whole.
        """
        gone = asyncio.create_task(_hung_up(receive))
        try:
            while part is not None:
                taken = not part or await _taken(part, send)
                await asyncio.sleep(0)  # a server that takes it at once lets nobody else in
                if gone.done() or not taken:
                    return False
                async with self.turn:
                    part = answer.part()
        finally:
            gone.cancel()
        return True

    async def _body(self, environ: Environ, receive: Receive) -> bytes:
        length = environ.get("CONTENT_LENGTH", "")
        if not length and "HTTP_TRANSFER_ENCODING" not in environ:
            return b""
        if length.isdigit() and int(length) > self.largest:
            return b""
        body = bytearray()
        async with asyncio.timeout(LONGEST_S):
            while len(body) <= self.largest:
                async with asyncio.timeout(PAUSE_S):
                    message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                body += message.get("body", b"")
                if not message.get("more_body"):
                    break
        return bytes(body)


async def _taken(part: bytes, send: Send) -> bool:
    try:
        async with asyncio.timeout(UNREAD_S):
            await send({"type": "http.response.body", "body": part, "more_body": True})
    except TimeoutError:
        return False
    return True


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _pulse(hung_after_s: float) -> None:
    """Put off the end of this process for as long as its event loop goes round."""
    while True:
        faulthandler.dump_traceback_later(hung_after_s, exit=True)
        await asyncio.sleep(hung_after_s / 10)


def environ_of(scope: Message) -> Environ:
    """What PEP 3333 calls the environment, but for the body, out of an ASGI scope."""
    host, port = scope.get("server") or ("localhost", 80)
    environ = _ALWAYS | {
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 80),
        "wsgi.url_scheme": scope["scheme"],
    }
    if scope.get("client"):
        environ["REMOTE_ADDR"] = scope["client"][0]
    for raw_name, raw in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw.decode("latin-1")
        key = _UNPREFIXED.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
        if key in environ:
            value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
        environ[key] = value
    return environ


class Answer:
    """What the application gives. `told`: it said how long it is, and is sent in one piece."""

    def __init__(self, app: Application, environ: Environ) -> None:
        self.status, self.headers = 0, list[tuple[bytes, bytes]]()
        self.parts = app(environ, self._start)
        self.rest = iter(self.parts)
        self.first: bytes | None = self._next()  # by now the head is settled (PEP 3333)
        self.told = any(name == b"content-length" for name, _value in self.headers)

    def _start(self, status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
        self.status = int(status[:3])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]

    def _next(self) -> bytes | None:
        try:
            return next(self.rest, None)
        except BaseException:
            self.close()
            raise

    def part(self) -> bytes | None:
        """The next part; None after the last one."""
        part, self.first = self.first, None
        return self._next() if part is None else part

    def all(self) -> bytes:
        """Everything."""
        return b"".join(iter(self.part, None))

    def close(self) -> None:
        """Let the application put away what the answer was made from."""
        parts, self.parts = self.parts, ()
        if close := getattr(parts, "close", None):
            close()
