"""The feed's answers to strangers, from memory where nothing has changed since.

What signed-in people see never comes through here.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from flask import Response, render_template, request

from app.core.clock import now
from app.feed import tiles, versions
from app.feed.cursor import Cursor
from app.feed.filters import Filter
from app.feed.kept import Answer, answer_for, response_of
from app.feed.queries import GeoPage, Page, cases_geojson, cases_page
from app.feed.rules import PAGE_STATUSES
from app.feed.versions import Squares
from app.feed.view import View
from app.web.i18n import locale_name
from app.web.overload import busy, sheds
from app.web.pages import public_url

GEOJSON = "application/geo+json"
ADDRESSED = ("wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME")
"""What a request says of the name by which this site was reached."""
EXACT = "public, no-cache"
"""May be stored, and is asked for again each time: mostly the answer is 304."""
ROUGH = "public, max-age=5, stale-while-revalidate=5"
SNAPSHOT_S = 30.0
"""While personal ranking rests everybody gets a plain list this old at most, with its time on it."""


def reach_of(asked: Filter, following: Cursor | None) -> Squares | None:
    """The squares on which a page of the list depends: where it is full, those as far as its last case."""
    if asked.near is None or following is None or following.rank or following.metres is None:
        return None
    return versions.squares_around(asked.near, following.metres)


def without_words(asked: Filter) -> Filter:
    """What is looked for now: everything while search rests, whatever words stand in the address."""
    return replace(asked, q="") if asked.q and sheds("search") else asked


def snapshot_s() -> float:
    """How long, in seconds, an answer is given out as it is; above 0 it says from when it is."""
    return SNAPSHOT_S if sheds("ranking") else 0


def _typed() -> bool:
    """Words that somebody typed are hardly typed again: kept, they would only push others out."""
    query = request.query_string
    return (b"q" in query or b"%71" in query) and bool(request.args.get("q"))


def list_answer(
    view: Callable[[], View], part: str, context: Callable[[View, Page], dict[str, Any]]
) -> tuple[Any, Answer]:
    """The list that this address asks for, as strangers see it: its key, and the text of `part`."""

    at_least_s = snapshot_s()

    def make() -> Answer:
        seen = view()
        found = cases_page(without_words(seen.asked))
        dated = now() if at_least_s else None
        body = render_template(part, **context(seen, found), dated=dated).encode()
        return Answer(body, reach_of(seen.asked, found.next), "text/html", address=seen.path())

    key = (part, locale_name(), request.query_string.replace(b"&live=1", b""), at_least_s)
    return key, answer_for(key, make, keep=not _typed(), at_least_s=at_least_s)


def geojson() -> Response:
    """A page of cases for a stranger's program."""

    refuse_words()

    def make() -> Answer:
        asked = Filter.from_args(request.args)
        found = cases_geojson(asked)
        address = next_address(asked, found)
        return Answer(collection(found, address), reach_of(asked, found.next), GEOJSON, address=address)

    # The addresses in it carry the name under which this site was asked for.
    key = ("geojson", request.query_string, *map(request.environ.get, ADDRESSED))
    answer = answer_for(key, make, keep=not _typed(), at_least_s=snapshot_s())
    response = response_of(key, answer)
    response.headers["Cache-Control"] = EXACT
    response.headers["Age"] = str(int(time.monotonic() - answer.made_at))
    response.headers["Vary"] = "Accept-Encoding, Authorization, Cookie"
    return with_link(response, answer.address)


def refuse_words() -> None:
    """A program that searches is sent away while search rests: it cannot read a note beside a field."""
    if _typed() and sheds("search"):
        raise busy()


def collection(found: GeoPage, following: str) -> bytes:
    """The page as a GeoJSON feature collection with the address of the next one."""
    said = json.dumps(following or None)
    return f'{{"type":"FeatureCollection","features":{found.features},"next":{said}}}'.encode()


def next_address(asked: Filter, found: GeoPage) -> str:
    """The address of the next page; empty on the last."""
    if found.next is None:
        return ""
    return str(public_url("/api/v1/cases?" + asked.but(cursor=found.next).query_string(paging=True)))


def with_link(response: Response, following: str) -> Response:
    """Say where the next page is in the header too."""
    if following:
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response


def tile_answer(z: int, x: int, y: int) -> Response:
    """One tile; 304 where the browser has it and its square has not changed, without asking for the cases."""
    if _typed() and sheds("search"):
        return _passing_tile(z, x, y)
    squares = versions.square_of_tile(z, x, y)
    if squares is not None and _has(version_tag(versions.current().of(squares))):
        return _tagged(Response(status=304), version_tag(versions.current().of(squares)), EXACT)

    def make() -> Answer:
        asked = Filter.from_args(request.args, statuses=PAGE_STATUSES)
        return Answer(tiles.cases_tile(z, x, y, asked), squares, tiles.MIMETYPE, tolerant=squares is None)

    key = ("tile", z, x, y, request.query_string)
    answer = answer_for(key, make, keep=not _typed())
    if squares is not None:
        return _tagged(response_of(key, answer), version_tag(answer.version), EXACT)
    tag = blake2b(answer.body, digest_size=12).hexdigest()
    return _tagged(Response(status=304) if _has(tag) else response_of(key, answer), tag, ROUGH)


def _passing_tile(z: int, x: int, y: int) -> Response:
    """The tile without the words in its address, as the list beside it; nobody keeps it for later."""
    asked = without_words(Filter.from_args(request.args, statuses=PAGE_STATUSES))
    response = Response(tiles.cases_tile(z, x, y, asked), mimetype=tiles.MIMETYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def version_tag(version: int) -> str:
    """What names the contents of a square at a version."""
    return f"{tiles.FORMAT}-{version:x}"


def _has(tag: str) -> bool:
    return request.if_none_match.contains_weak(tag)


def _tagged(response: Response, tag: str, caching: str) -> Response:
    # Weak: the same tile may come in several encodings.
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = caching
    return response
