"""A small closed-loop load generator: N connections, the next request when the answer is there.

One process of bare asyncio protocols costs about 50 microseconds a request; the line `hello` of the report
shows how far it can go. Each connection is made anew after some requests, as phones come and go: the kernel
deals connections out to the web processes by chance, and with a few that stayed one process would have six
of eight, so that the median would tell of that deal rather than of the site.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

ASKS = 50
"""Requests of one connection."""


@dataclass(frozen=True)
class Measured:
    """Milliseconds at the median and the 99th percentile, and how many in a second."""

    p50: float
    p99: float
    rate: float
    count: int

    @classmethod
    def of(cls, milliseconds: Sequence[float], seconds: float) -> "Measured":
        """Out of all latencies of one measurement."""
        ordered = sorted(milliseconds)
        if not ordered:
            raise RuntimeError("nothing was measured")
        at = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.99)]
        return cls(at[0], at[1], len(ordered) / seconds, len(ordered))


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


class WrongAnswer(RuntimeError):
    """The site answered something else than it should."""


def get(path: str, *headers: str) -> bytes:
    """A GET request as it goes over the wire."""
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: */*", *headers, "", ""]).encode()


def post(path: str, body: bytes, *headers: str) -> bytes:
    """A POST request with a JSON body."""
    head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *headers]
    return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body


def measure(
    port: int, requests: Sequence[bytes], connections: int, seconds: float, expected: int = 200
) -> tuple[list[float], list[Answer]]:
    """Send the requests round and round; gives all latencies in ms and the first answer to each request."""
    return asyncio.run(_measure(port, requests, connections, seconds, expected))


def once(port: int, request: bytes) -> tuple[Answer, float]:
    """One request on a quiet site: the answer, and how many milliseconds it took."""
    latencies, answers = asyncio.run(_measure(port, [request], 1, 0, 200))
    return answers[0], latencies[0]


class _Connection(asyncio.Protocol):
    """One connection; `ask` is answered by the future it returns."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.waiting: asyncio.Future[Answer] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def ask(self, request: bytes) -> "asyncio.Future[Answer]":
        assert self.transport is not None
        self.waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self.waiting

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        if not found:
            return
        fields = head.lower().split(b"\r\n")
        lengths = [int(field[15:]) for field in fields if field.startswith(b"content-length:")]
        if not lengths:
            status = int(fields[0].split()[1])
            if status == 204:
                lengths = [0]
            else:
                raise WrongAnswer("an answer without a length")
        if len(rest) >= lengths[0] and self.waiting is not None:
            self.buffer.clear()
            waiting, self.waiting = self.waiting, None
            waiting.set_result(Answer(int(fields[0].split()[1]), rest[: lengths[0]]))

    def connection_lost(self, error: Exception | None) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(error or ConnectionResetError("the site closed the connection"))


async def _measure(
    port: int, requests: Sequence[bytes], connections: int, seconds: float, expected: int
) -> tuple[list[float], list[Answer]]:
    loop = asyncio.get_running_loop()
    firsts: dict[int, Answer] = {}
    latencies: list[float] = []
    numbers: Iterator[int] = cycle(range(len(requests)))
    ends = time.perf_counter() + seconds

    async def ask_some() -> None:
        transport, connection = await loop.create_connection(_Connection, "127.0.0.1", port)
        for _ in range(ASKS):
            if (began := time.perf_counter()) >= ends and latencies:
                break
            number = next(numbers)
            answer = await connection.ask(requests[number])
            latencies.append((time.perf_counter() - began) * 1000)
            if answer.status != expected:
                raise WrongAnswer(f"{requests[number][:200]!r} → {answer.status}: {answer.body[:300]!r}")
            firsts.setdefault(number, answer)
        transport.close()

    async def keep_asking() -> None:
        while time.perf_counter() < ends or not latencies:
            await ask_some()

    await asyncio.gather(*(keep_asking() for _ in range(connections)))
    return latencies, [firsts[n] for n in islice(sorted(firsts), len(requests))]
