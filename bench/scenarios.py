"""What is measured: requests as they go over the wire, and the SQL that the application sends for them."""

import json
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from math import asinh, pi, radians, tan
from random import Random
from secrets import token_hex
from typing import cast

from flask import Flask, current_app
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import text

from app.cases.claiming import take_case
from app.cases.posting import CaseRequest, NeedLine, post_case
from app.core.db import db, transaction
from app.core.geo import Point
from app.feed import tiles
from app.feed.filters import Filter
from app.feed.queries import cases_geojson
from app.people.models import User
from app.web.frame import KEPT_COOKIE, sheet
from bench import load, scratch
from bench.bare import made_anew, statements_of

LIMIT = 20
BATCH = 4_000
"""Requests of one turn that each change something: more than a turn can send."""
ZOOMS = (6, 10, 14)
ROW_KEY = re.compile(r"\('([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'")
Script = Sequence[str]


@dataclass(frozen=True)
class Scenario:
    """One line of the report. `requests` makes those of one turn; `scripts` are their bare SQL."""

    name: str
    requests: Callable[[], Sequence[bytes]]
    scripts: Sequence[Script] = ()
    expected: int = 200
    at_most: float | None = None
    """How many times the bare SQL's p50 it may take."""
    at_least: float | None = None
    """Which share of hello's rate it should reach."""


def feed_path(here: Point) -> str:
    """The nearest open cases in the API."""
    return f"/api/v1/cases?near={here.lat},{here.lon}&limit={LIMIT}"


def filtered(here: Point) -> Filter:
    """What somebody asks for who goes shopping for the worst off, within ten kilometres."""
    return Filter(
        near=here, categories=("grocery_run",), urgencies=("urgent", "normal"), radius_m=10_000, limit=LIMIT
    )


def returning() -> tuple[str, ...]:
    """The headers of a browser that has been here before: it has a session and the styles, and unpacks."""
    signer = SecureCookieSessionInterface().get_signing_serializer(cast(Flask, current_app))
    assert signer is not None
    session = f"{current_app.config['SESSION_COOKIE_NAME']}={signer.dumps({'csrf_token': token_hex(20)})}"
    cookies = f"Cookie: {session}; {KEPT_COOKIE}={sheet()[1]}"
    return (cookies, "Accept-Encoding: gzip, deflate, br, zstd")


def page_path(here: Point) -> str:
    """The feed as a person sees it who has shared their position."""
    return f"/?near={here.lat},{here.lon}"


def tile_of(here: Point, zoom: int) -> tuple[int, int]:
    """The tile that holds the place."""
    across = (here.lon + 180) / 360 * 2**zoom
    down = (1 - asinh(tan(radians(here.lat))) / pi) / 2 * 2**zoom
    return int(across), int(down)


def tiles_of(people: Sequence[Point], zoom: int) -> list[tuple[int, int]]:
    """The tiles that hold the places, each once."""
    return list(dict.fromkeys(tile_of(here, zoom) for here in people))


def reading(app: Flask, people: Sequence[Point]) -> Iterator[Scenario]:
    """What people look at; every answer made anew, none from a cache."""
    yield always("hello (/healthz)", ["/healthz"])
    yield always("feed, API, nearest 20", map(feed_path, people), [feed_sql(p) for p in people], at_most=2.6)
    yield always(
        "feed, API, filtered",
        (f"/api/v1/cases?{filtered(p).query_string()}" for p in people),
        [statements_of(lambda p=p: cases_geojson(filtered(p))) for p in people],
        at_most=2.6,
    )
    client = app.test_client()
    paths = [page_path(here) for here in people]
    yield always("feed, page", paths, [statements_of(lambda p=p: client.get(p)) for p in paths], at_most=5.0)
    for zoom in ZOOMS:
        shown = tiles_of(people, zoom)
        paths = [tile_path(zoom, x, y) for x, y in shown]
        yield always(f"tile, zoom {zoom}", paths, [tile_sql(zoom, x, y) for x, y in shown])
    paths = [f"/cases/{scratch.code_of(33 * n + 1)}" for n in range(len(people))]
    yield always("case page", paths, [statements_of(lambda p=p: client.get(p)) for p in paths])


def always(
    name: str,
    paths: Iterator[str] | Sequence[str],
    scripts: Sequence[Script] = (),
    *,
    at_most: float | None = None,
    at_least: float | None = None,
) -> Scenario:
    """The same GET requests in every turn: programs ask for the API, browsers for everything else."""
    with current_app.test_request_context():
        browser = returning()
    requests = [load.get(path, *(() if path.startswith("/api/") else browser)) for path in paths]
    return Scenario(name, lambda: requests, scripts, at_most=at_most, at_least=at_least)


def tile_path(zoom: int, x: int, y: int) -> str:
    """Where a tile of cases is."""
    return f"/tiles/cases/{zoom}/{x}/{y}.mvt"


def feed_sql(here: Point) -> list[str]:
    """What the nearest open cases send."""
    return statements_of(lambda: cases_geojson(Filter(near=here, limit=LIMIT)))


def tile_sql(zoom: int, x: int, y: int) -> list[str]:
    """What a tile sends."""
    return statements_of(lambda: tiles.cases_tile(zoom, x, y, Filter()))


def writing(people: Sequence[Point], tokens: Sequence[str], first: int) -> tuple[Scenario, Scenario]:
    """What people do: ask for help, take a case. Each request is sent once; numbers begin with `first`."""
    posts, claims = count(first), _claimable(first)
    return (
        Scenario(
            "post a case",
            lambda: [_post(people, next(posts)) for _ in range(BATCH)],
            [_post_sql(people[0])],
            201,
        ),
        Scenario(
            "take a case",
            lambda: [_claim(next(claims), tokens) for _ in range(BATCH)],
            _claim_sql(claims),
            201,
        ),
    )


def _claimable(first: int) -> Iterator[int]:
    """Numbers of cases that a volunteer without a licence may take."""
    return (number for number in count(first) if number % scratch.MEDICAL_EVERY)


def _post(people: Sequence[Point], number: int) -> bytes:
    """A post unlike all others, with a key of its own."""
    rng = Random(number)
    here = rng.choice(people)
    body = {
        "category": "essentials",
        "needs": [
            {"item": "Gạo", "quantity": 10, "unit": "kg"},
            {"item": "Sữa", "quantity": 4, "unit": "hộp"},
        ],
        "lat": here.lat,
        "lon": here.lon,
        "contact_name": "Cô Năm",
        "contact_phone": f"0900{rng.randrange(10**6):06}",
    }
    key = f"Idempotency-Key: bench-{number}"
    return load.post("/api/v1/cases", json.dumps(body).encode(), key)


def _post_sql(here: Point) -> Script:
    """What one post sends, made so that it can be sent again and again."""
    keys: list[str] = []
    needs = [NeedLine("Gạo", Decimal(10), "kg"), NeedLine("Sữa", Decimal(4), "hộp")]
    request = CaseRequest(
        category="essentials", needs=needs, position=here, contact_name="Cô Năm", contact_phone="0912345678"
    )

    def post() -> None:
        with transaction():
            case = post_case(request, by=None, idempotency_key=str(uuid.uuid4())).case
            keys.extend([str(case.id), *(str(need.id) for need in case.needs)])
            keys.extend([case.code, case.idempotency_key or "", case.request_fingerprint or ""])

    said = statements_of(post)
    return ["BEGIN", *made_anew(said, *filter(None, keys), *made_keys(said)), "COMMIT"]


def _claim(number: int, tokens: Sequence[str]) -> bytes:
    bearer = f"Authorization: Bearer {tokens[number % len(tokens)]}"
    return load.post(f"/api/v1/cases/{scratch.code_of(number)}/claims", b"{}", bearer)


def _claim_sql(claims: Iterator[int]) -> list[Script]:
    """What taking each of some cases sends; the claim is removed again, so that it can be made once more."""
    helper = db.session.query(User).filter(User.name == scratch.ASIDE).one()
    scripts = []
    for number in (next(claims) for _ in range(64)):
        made: list[str] = []

        def take(number: int = number, made: list[str] = made) -> None:
            with transaction():
                made.append(str(take_case(scratch.code_of(number), by=helper).id))

        said = statements_of(take)
        db.session.execute(text("DELETE FROM claim WHERE id = :id"), {"id": made[0]})
        db.session.commit()
        gone = f"DELETE FROM claim WHERE id = '{made[0]}'"
        scripts.append(["BEGIN", *made_anew([*said, gone], *made, *made_keys(said)), "COMMIT"])
    return scripts


def made_keys(statements: Sequence[str]) -> list[str]:
    """The keys of the rows that these statements insert: the first value of each row."""
    inserts = (said.partition("VALUES")[::2] for said in statements if "INSERT INTO" in said[:40])
    return [key for head, rows in inserts if "(id, " in head for key in ROW_KEY.findall(rows)]
