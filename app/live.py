"""The live-update process: what the database announces goes out to every open map as server-sent events.

One connection LISTENs; each browser has a short queue of its own, and one that does not keep up is let go (it
comes back and asks for the list anew). Only public facts pass: those named in `PUBLIC`.
"""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import psycopg
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from app.cases.announce import CHANNEL
from app.config import Settings
from app.core import embedded
from app.core.overload import LOOK_EVERY_S, RETRY_AFTER_S, Watch

log = structlog.get_logger("live")

HEARTBEAT_S = 15.0
RETRY_MS = 3000
BUSY = b"event: busy\ndata: {}\n\n"
"""The last word to a page before its stream rests: it asks seldom from then on, and comes back later."""
QUEUED_EVENTS = 64
MOST_CLIENTS = 20_000
RECONNECT_S = (0.2, 0.5, 1.0, 2.0, 5.0)
PUBLIC = ("code", "status", "g", "category", "urgency", "lon", "lat", "commune")
GONE = ("code", "category", "commune")
"""What is said of a case that strangers no longer see: enough to take it off their map."""
COMMUNES = """
SELECT c.code, p.code FROM area c JOIN area p ON p.id = c.parent_id
WHERE c.level = 'commune' AND c.valid_to IS NULL
"""


@dataclass(eq=False)
class Client:
    """One browser that listens: what it wants to hear of, and what it has not read yet."""

    categories: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    waiting: "asyncio.Queue[bytes | None]" = field(default_factory=lambda: asyncio.Queue(QUEUED_EVENTS))

    def wants(self, category: str | None, areas: frozenset[str]) -> bool:
        """Whether an event of this category in these areas passes its filter."""
        return (not self.categories or category in self.categories) and (
            not self.areas or bool(areas & self.areas)
        )


class Hub:
    """Everybody who listens, and what they are told."""

    def __init__(self) -> None:
        self.clients: set[Client] = set()
        self.provinces: dict[str, str] = {}
        self.listening = False
        self.closing = False
        self.resting = False
        self.number = 0

    def announce(self, payload: str) -> None:
        """Tell everyone concerned what the database has announced."""
        try:
            said = json.loads(payload)
        except ValueError:
            return
        if not isinstance(said, dict):
            return
        if said.get("refresh"):
            self.refresh()
            return
        commune = said.get("commune")
        areas = frozenset(code for code in (commune, self.provinces.get(str(commune))) if code)
        self._send(public_part(said), lambda client: client.wants(said.get("category"), areas))

    def refresh(self) -> None:
        """Tell everyone to ask again for what they look at: something was missed, or much has changed."""
        self._send({"refresh": True}, lambda _client: True)

    def _send(self, said: dict[str, Any], concerns: Any) -> None:
        self.number += 1
        text = json.dumps(said, separators=(",", ":"), ensure_ascii=False)
        event = f"id: {self.number}\nevent: case\ndata: {text}\n\n".encode()
        for client in [client for client in self.clients if concerns(client)]:
            try:
                client.waiting.put_nowait(event)
            except asyncio.QueueFull:
                self.let_go(client)

    def let_go(self, client: Client, last: bytes = b"") -> None:
        """End a client's stream with this last word, whatever still waits for it."""
        self.clients.discard(client)
        while not client.waiting.empty():
            client.waiting.get_nowait()
        if last:
            client.waiting.put_nowait(last)
        client.waiting.put_nowait(None)

    def rest(self, now: bool) -> None:
        """While too many people are here: end every stream and begin none."""
        self.resting = now
        if now:
            for client in list(self.clients):
                self.let_go(client, BUSY)

    def close(self) -> None:
        """End every stream and begin no more."""
        self.closing = True
        for client in list(self.clients):
            self.let_go(client)


def public_part(said: dict[str, Any]) -> dict[str, Any]:
    """What strangers may hear of a change, whatever else was announced."""
    names = PUBLIC if said.get("g") or "code" not in said else GONE
    return {name: said[name] for name in names if name in said}


async def listen(hub: Hub, address: str) -> None:
    """Pass on what the database announces; come back to it as often as it goes away."""
    failures = 0
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                address, autocommit=True, connect_timeout=10
            ) as database:
                await database.execute(f"LISTEN {CHANNEL}".encode())
                rows = await database.execute(COMMUNES)
                hub.provinces = {str(commune): str(province) async for commune, province in rows}
                if failures:
                    log.warning("listening again")
                    hub.refresh()
                hub.listening, failures = True, 0
                await _pass_on(hub, database)
        except (psycopg.Error, OSError) as error:
            if not failures:
                log.warning("database away", kind=type(error).__name__)
            hub.listening = False
            await asyncio.sleep(RECONNECT_S[min(failures, len(RECONNECT_S) - 1)])
            failures += 1


async def _pass_on(hub: Hub, database: "psycopg.AsyncConnection[Any]") -> None:
    while True:
        async for notice in database.notifies(timeout=HEARTBEAT_S):
            hub.announce(notice.payload)
        # A connection that died without a word shows itself only when it is used.
        async with asyncio.timeout(HEARTBEAT_S):
            await database.execute("SELECT 1")


async def stream(hub: Hub, client: Client) -> AsyncIterator[bytes]:
    """The events of one client, with a sign of life when there are none."""
    hub.clients.add(client)
    try:
        yield f"retry: {RETRY_MS}\n: ready\n\n".encode()
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    event = await client.waiting.get()
            except TimeoutError:
                event = b": here\n\n"
            if event is None:
                return
            yield event
    finally:
        hub.clients.discard(client)


def _chosen(request: Request, name: str) -> frozenset[str]:
    given = ",".join(request.query_params.getlist(name)[:20])
    return frozenset(part.strip() for part in given[:500].split(",") if part.strip())


def allowed_origin(origin: str, host: str, public_url: str) -> bool:
    """Whether a page of this site asks: the public address, or the same host on another port."""
    ours = urlsplit(public_url)
    asking = urlsplit(origin)
    if public_url:
        return (asking.scheme, asking.netloc) == (ours.scheme, ours.netloc)
    return asking.scheme in ("http", "https") and asking.hostname == urlsplit(f"//{host}").hostname


async def events(request: Request) -> Response:
    """Server-sent events `case`; `category` and `area` (codes) narrow them down."""
    hub: Hub = request.app.state.hub
    if hub.closing or hub.resting or len(hub.clients) >= MOST_CLIENTS:
        return JSONResponse({"status": "busy"}, 503, {"Retry-After": str(RETRY_AFTER_S)})
    client = Client(_chosen(request, "category"), _chosen(request, "area"))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Vary": "Origin"}
    origin = request.headers.get("origin", "")
    settings: Settings = request.app.state.settings
    if origin and allowed_origin(origin, request.headers.get("host", ""), settings.public_url):
        headers["Access-Control-Allow-Origin"] = origin
    return StreamingResponse(stream(hub, client), media_type="text/event-stream", headers=headers)


async def healthz(request: Request) -> Response:
    """Whether changes get through, and to how many."""
    hub: Hub = request.app.state.hub
    said = {"status": "ok" if hub.listening else "database away", "clients": len(hub.clients)}
    return JSONResponse(said, 200 if hub.listening else 503, {"Cache-Control": "no-store"})


async def rest_when_busy(hub: Hub, watch: Watch) -> None:
    """Live updates are the first thing to rest: each one makes every open map ask the site again."""
    hub.rest(watch.mode.sheds("live"))
    while watch.needed:
        await asyncio.to_thread(watch.look)
        if watch.mode.sheds("live") != hub.resting:
            hub.rest(not hub.resting)
        await asyncio.sleep(LOOK_EVERY_S)


def close_on_signal(hub: Hub) -> None:
    """End the streams as soon as the server is told to stop: servers wait for open answers first."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        before = getattr(loop, "_signal_handlers", {}).get(number)
        plain = signal.getsignal(number)

        def stop(*given: Any, before: "asyncio.Handle | None" = before, plain: Any = plain) -> None:
            loop.call_soon_threadsafe(hub.close)
            if before is not None:
                before._run()
            elif callable(plain):
                plain(*given)

        with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
            if before is not None:
                loop.add_signal_handler(number, stop)
            else:
                signal.signal(number, stop)


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Listen while the process lives; end every stream before it goes."""
    settings = Settings()  # type: ignore[call-arg]
    hub = Hub()
    app.state.settings, app.state.hub = settings, hub
    address = settings.database_url or await asyncio.to_thread(embedded.database_url)
    close_on_signal(hub)
    tasks = (
        asyncio.create_task(listen(hub, address.replace("+psycopg2", "", 1))),
        asyncio.create_task(rest_when_busy(hub, Watch(settings))),
    )
    try:
        yield
    finally:
        hub.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


application = Starlette(
    routes=[Route("/live/events", events), Route("/live/healthz", healthz)], lifespan=lifespan
)
