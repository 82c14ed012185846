"""The site at one size of database: fill, start, check, measure at 8 and at 64 connections."""

from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random

from flask import Flask

from app import create_app
from app.core.db import db
from app.core.geo import Point
from bench import checks, load, scenarios, scratch
from bench.bare import pgbench
from bench.load import Answer, Measured
from bench.report import Figure, Row, print_figures, print_table
from bench.scenarios import ZOOMS, Scenario, always
from bench.site import Site, running_site

CONNECTIONS = (8, 64)
PLACES = 100
ROUNDS = 3
VOLUNTEERS = 64
UNCACHED = {"LALANH_FEED_CACHE_MB": "0", "LALANH_CLAIMS_PER_PERSON": "1000000", "LALANH_OVERLOAD_QUEUE": "0"}
CACHED = UNCACHED | {"LALANH_FEED_CACHE_MB": "16"}
FILLS_S = 6.0
"""By then every process has made the answer of every place once, and none is too old yet."""
TILE_ZOOMS, TILE_SAMPLE = range(5, 17), 400
LARGEST_TILE_KB, SLOWEST_TILE_MS = 50.0, 20.0


class Stand:
    """Where site and bare SQL are measured, taking turns, so that a busy moment of the machine hits both."""

    def __init__(self, url: str, site: Site, connections: int, seconds: float) -> None:
        self.url, self.port, self.connections = url, site.port, connections
        self.slice = max(1.0, seconds / ROUNDS)
        self.hello: Measured | None = None

    def row(self, scenario: Scenario, *, warm_s: float = 0.0) -> tuple[Row, list[Answer], int]:
        """One line of the report, the first answers, and how many answers there were in all.

        The first turn, `warm_s` long at least, is not counted.
        """
        ours: list[float] = []
        theirs: list[float] = []
        answers: list[Answer] = []
        total = 0
        for turn in range(ROUNDS + 1):
            requests = scenario.requests()
            latencies, found = load.measure(
                self.port,
                requests,
                self.connections,
                self.slice if turn else max(self.slice, warm_s),
                scenario.expected,
            )
            total += len(latencies)
            bare = (
                pgbench(self.url, scenario.scripts, self.connections, self.slice) if scenario.scripts else []
            )
            if turn:
                ours += latencies
                theirs += bare
            else:
                answers = found
        site = Measured.of(ours, ROUNDS * self.slice)
        limit = Measured.of(theirs, ROUNDS * max(1, round(self.slice))) if theirs else None
        hello = None if limit else self.hello
        row = Row(scenario.name, site, limit, scenario.at_most, hello, scenario.at_least)
        return row, answers, total


def measure(cases: int, seconds: float, *, markdown: bool) -> Iterator[Figure]:
    """All figures at this many open cases; prints the tables on the way. Wrong when an answer is wrong."""
    app = create_app()
    with app.app_context():
        scratch.fill(cases)
        people = scratch.points(PLACES, seed=2)
        tokens = scratch.helpers(VOLUNTEERS)
        checks.check_plan(people[0])
        url = app.config["SQLALCHEMY_DATABASE_URI"]
        size = f"{cases:,} cases"
        with running_site(url, **UNCACHED) as site:
            for connections in CONNECTIONS:
                stand = Stand(url, site, connections, seconds)
                rows = list(_reading(app, stand, people))
                where = f"{size}, {connections} connections"
                print_table(f"{where}: reading, nothing from a cache", rows, markdown=markdown)
                yield from (figure for row in rows for figure in row.figures(where))
            for connections in CONNECTIONS:
                first = CONNECTIONS.index(connections) * cases // len(CONNECTIONS)
                rows = list(_writing(Stand(url, site, connections, seconds), people, tokens, first))
                where = f"{size}, {connections} connections"
                print_table(f"{where}: writing", rows, markdown=markdown)
                yield from (figure for row in rows for figure in row.figures(where))
        with running_site(url, **CACHED) as site:
            for connections in CONNECTIONS:
                where = f"{size}, {connections} connections"
                rows = list(_cached(Stand(url, site, connections, seconds), people))
                print_table(f"{where}: the same again, from the cache", rows, markdown=markdown)
                yield from (figure for row in rows for figure in row.figures(where))
            tiles = list(_tiles(site, size))
            print_figures("Tiles, one at a time, as a map asks for them", tiles, markdown=markdown)
            yield from tiles
            yield from _resources(site, size, markdown=markdown)
        db.session.remove()
        db.engine.dispose()


def _reading(app: Flask, stand: Stand, people: Sequence[Point]) -> Iterator[Row]:
    for scenario in scenarios.reading(app, people):
        row, answers, _total = stand.row(scenario)
        if scenario.name == "feed, API, nearest 20":
            checks.check_feed(people, answers)
        for zoom in ZOOMS:
            if scenario.name == f"tile, zoom {zoom}":
                checks.check_tiles(people, zoom, answers)
        yield row


def _writing(stand: Stand, people: Sequence[Point], tokens: Sequence[str], first: int) -> Iterator[Row]:
    posts, claims = scenarios.writing(people, tokens, first)
    before = checks.posts_made()
    row, _answers, total = stand.row(posts)
    checks.check_posts(total, before)
    yield row
    row, _answers, total = stand.row(claims)
    checks.check_claims(total)
    yield row


def _cached(stand: Stand, people: Sequence[Point]) -> Iterator[Row]:
    hello, _answers, _total = stand.row(always("hello (/healthz)", ["/healthz"]))
    stand.hello = hello.site
    yield hello
    for name, path in (
        ("feed, API, cached", scenarios.feed_path),
        ("feed, page, cached", scenarios.page_path),
    ):
        asked = always(name, [path(here) for here in people], at_least=0.5)
        row, answers, _total = stand.row(asked, warm_s=FILLS_S)
        if path is scenarios.feed_path:
            checks.check_feed(people, answers)
        yield row


def _tiles(site: Site, size: str) -> Iterator[Figure]:
    """Size and time of tiles at all zooms around where people live.

    Those of low zooms are few, and asked for again and again: most of them come from the cache.
    """
    rng = Random(4)
    around = scratch.points(TILE_SAMPLE, seed=5)
    zoomed = [(here, rng.choice(TILE_ZOOMS)) for here in around]
    paths = [scenarios.tile_path(zoom, *scenarios.tile_of(here, zoom)) for here, zoom in zoomed]
    answered = [load.once(site.port, load.get(path)) for path in paths]
    p99_kb = _p99([len(answer.body) / 1024 for answer, _ms in answered])
    p99_ms = _p99([ms for _answer, ms in answered])
    yield Figure.of(f"tile size, {size}: p99", p99_kb, "KB", LARGEST_TILE_KB)
    yield Figure.of(f"tile time, {size}: p99", p99_ms, "ms", SLOWEST_TILE_MS)


def _p99(values: Sequence[float]) -> float:
    return next(islice(sorted(values), int(len(values) * 0.99), None))


def _resources(site: Site, size: str, *, markdown: bool) -> Iterator[Figure]:
    figures = [Figure.of(f"start, {size}", site.started_s, "s", 5.0)]
    figures += [
        Figure.of(f"memory of {part}, {size}", megabytes, "MB", 150.0 if part == "web" else None)
        for part, megabytes in site.memory_mb().items()
    ]
    print_figures("Start and memory", figures, markdown=markdown)
    yield from figures
