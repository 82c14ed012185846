"""Answers for strangers, kept in this process: bounded in bytes, each true as long as its squares stay.

Only what anybody may read comes in here. The key says everything that an answer depends on beside the
versions: the address, the language, the site's own name.
"""

import gzip
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

import brotli
from flask import Response, current_app, request
from prometheus_client import Counter

from app.feed import versions
from app.feed.versions import Squares, Versions
from app.web.gzipped import Part

KEPT_S = 20.0
"""A list of cards is made anew after this time in any case: it says how long ago things were."""
TIMELESS_S = 300.0
"""What names moments, not ages, is true while nothing changes; once in a while it is looked at anyway."""
BUCKET_S = 5.0
"""Below the zoom of squares an answer may be this much behind."""
ENCODINGS = ("br", "gzip")
SMALLEST_COMPRESSED = 500
OVERHEAD = 600
"""Bytes that an entry takes beside its body, about."""

ANSWERS = Counter("lalanh_feed_answers_total", "Answers of the feed for strangers", ["from"])


@dataclass
class Answer:
    """A body, what it depends on, and the same body compressed once somebody asks for it."""

    body: bytes
    squares: Squares | None
    mimetype: str
    version: int = 0
    made_at: float = 0.0
    tolerant: bool = False
    """Whether a change may show up to BUCKET_S late."""
    address: str = ""
    """That of the view for the browser's bar, or of the next page for a program."""
    packed: dict[str, bytes] = field(default_factory=dict)
    parts: Sequence[Part] = ()
    """Instead of a body: the page cut up where each browser gets something of its own."""

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        cut = sum(len(part.plain) + len(part.blocks) for part in self.parts)
        return OVERHEAD + len(self.body) + sum(map(len, self.packed.values())) + cut

    def holds(self, now: Versions) -> bool:
        """Whether it is still what would be answered."""
        age = time.monotonic() - self.made_at
        if self.tolerant and age < BUCKET_S:
            return True
        lasts = KEPT_S if self.mimetype == "text/html" else TIMELESS_S
        return age < lasts and self.version == now.of(self.squares)


class Store:
    """Answers by key; the one that was not asked for longest goes first when there is no room."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.held = 0
        self.lock = threading.Lock()
        self.answers: OrderedDict[Hashable, tuple[Answer, int]] = OrderedDict()

    def get(self, key: Hashable) -> Answer | None:
        """What is kept under the key."""
        with self.lock:
            found = self.answers.get(key)
            if found is None:
                return None
            self.answers.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, answer: Answer) -> None:
        """Keep it, and let go of others until it fits; what alone is too large is not kept."""
        size = answer.size
        with self.lock:
            self._drop(key)
            if size > self.room // 4:
                return
            self.answers[key] = (answer, size)
            self.held += size
            while self.held > self.room:
                self._drop(next(iter(self.answers)))

    def grown(self, key: Hashable, answer: Answer) -> None:
        """Count a kept answer anew: it was compressed meanwhile."""
        found = self.get(key)
        if found is answer:
            self.put(key, answer)

    def _drop(self, key: Hashable) -> None:
        found = self.answers.pop(key, None)
        if found is not None:
            self.held -= found[1]


def store() -> Store:
    """The answers of this process."""
    room = current_app.config["SETTINGS"].feed_cache_mb * 1_000_000
    kept: Store = current_app.extensions.setdefault("lalanh_feed_kept", Store(room))
    return kept


def answer_for(
    key: Hashable, make: Callable[[], Answer], *, keep: bool = True, at_least_s: float = 0
) -> Answer:
    """The kept answer if it still holds, else a new one, which is kept unless it is not worth it.

    For `at_least_s` it is given out without asking whether anything has changed.
    """
    kept = store()
    known = kept.get(key) if keep else None
    if known is not None and time.monotonic() - known.made_at < at_least_s:
        ANSWERS.labels("memory").inc()
        return known
    now = versions.current()
    if known is not None and known.holds(now):
        ANSWERS.labels("memory").inc()
        return known
    ANSWERS.labels("database").inc()
    made = make()
    # The versions were read before the answer was made: it can only be newer than they say.
    made.version = now.of(made.squares)
    # What is made around another answer is as old as that one.
    made.made_at = made.made_at or time.monotonic()
    if keep:
        kept.put(key, made)
    return made


def response_of(key: Hashable, answer: Answer) -> Response:
    """The answer as it goes over the wire, compressed as this browser takes it."""
    encoding = accepted() if len(answer.body) >= SMALLEST_COMPRESSED else ""
    body = answer.body
    if encoding:
        if encoding not in answer.packed:
            answer.packed[encoding] = _pack(encoding, body)
            store().grown(key, answer)
        body = answer.packed[encoding]
    response = Response(body, mimetype=answer.mimetype)
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.headers["Vary"] = "Accept-Encoding"
    return response


def accepted(known: Sequence[str] = ENCODINGS) -> str:
    """The first of the `known` encodings that this browser takes."""
    said = request.headers.get("Accept-Encoding", "")
    if ";" in said:  # Some say how much they like each; most only name them, which is quicker to read.
        offered = request.accept_encodings
        return next((name for name in known if offered[name] > 0), "")
    named = said.replace(" ", "").split(",")
    return next((name for name in known if name in named), "")


def _pack(encoding: str, body: bytes) -> bytes:
    return brotli.compress(body, quality=5) if encoding == "br" else gzip.compress(body, 6)
