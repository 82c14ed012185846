"""One run: fill, start, check, measure, report."""

import json
import os
import platform
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask
from sqlalchemy import text

from app import create_app
from app.cases.posting import CaseRequest, NeedLine, post_case
from app.core.db import db, transaction
from app.core.geo import Point
from app.feed import tiles
from app.feed.filters import Filter
from app.feed.queries import cases_geojson
from bench import load, scratch
from bench.bare import made_anew, pgbench, statements_of
from bench.load import Answer, Measured
from bench.site import running_site

CONNECTIONS = 8
LIMIT = 20
PLACES = 100
POSTS = 10_000
FEED_AT_MOST = 4.0
ROUNDS = 4
CITY = Point(106.69, 10.78)


@dataclass(frozen=True)
class Row:
    """One line of the report: a figure of the site and, where there is one, of the bare SQL."""

    name: str
    site: Measured
    bare: Measured | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the median of the bare SQL."""
        return self.site.p50 / self.bare.p50 if self.bare else None


class Wrong(AssertionError):
    """The site gave a wrong answer; figures of a wrong answer are worth nothing."""


def run(cases: int, seconds: float, results: Path, *, markdown: bool) -> int:
    """Do all of it; gives the exit code."""
    app = create_app()
    with app.app_context():
        scratch.fill(cases)
        people = scratch.points(PLACES, seed=2)
        check_plan(people[0])
        with running_site(app.config["SQLALCHEMY_DATABASE_URI"]) as port:
            try:
                rows = _measure_all(app, port, people, seconds)
            except (Wrong, load.WrongAnswer) as wrong:
                print(f"WRONG ANSWER: {wrong}")
                return 1
    _report(rows, cases, results, markdown=markdown)
    return 0


def check_plan(here: Point) -> None:
    """The feed walks an index in order: no sequential scan of the cases, no sort of all of them."""
    for statement in _feed_sql(here):
        plan = db.session.execute(text("EXPLAIN (FORMAT JSON) " + statement.replace(":", r"\:"))).scalar()
        if any(
            node.get("Relation Name") == "case" and node["Node Type"] == "Seq Scan" for node in _nodes(plan)
        ):
            raise Wrong("the feed scans all cases")


def _nodes(plan: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    waiting = [plan[0]["Plan"]]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += node.get("Plans", [])
    return found


class _Stand:
    """Where the site and the bare SQL are measured, taking turns, so that a busy moment hits both alike."""

    def __init__(self, url: str, port: int, seconds: float) -> None:
        self.url, self.port, self.slice = url, port, max(1.0, seconds / ROUNDS)

    def site(self, requests: Sequence[bytes], expected: int) -> tuple[list[float], list[Answer]]:
        """One turn of the site."""
        return load.measure(self.port, requests, CONNECTIONS, self.slice, expected)

    def row(
        self,
        name: str,
        requests: Sequence[bytes] | Callable[[int], Sequence[bytes]],
        scripts: Sequence[Sequence[str]] = (),
        expected: int = 200,
    ) -> tuple[Row, list[Answer]]:
        """One line of the report, and the first answer to each request."""
        ours: list[float] = []
        theirs: list[float] = []
        answers: list[Answer] = []
        for turn in range(ROUNDS + 1):
            now = requests(turn) if callable(requests) else requests
            latencies, found = self.site(now, expected)
            bare = pgbench(self.url, scripts, CONNECTIONS, self.slice) if scripts else []
            if turn:  # the first is for warming up
                ours += latencies
                theirs += bare
            else:
                answers = found
        seconds = ROUNDS * self.slice
        limit = Measured.of(theirs, ROUNDS * max(1, round(self.slice))) if scripts else None
        return Row(name, Measured.of(ours, seconds), limit), answers


def _measure_all(app: Flask, port: int, people: Sequence[Point], seconds: float) -> list[Row]:
    stand = _Stand(app.config["SQLALCHEMY_DATABASE_URI"], port, seconds)
    hello, _answers = stand.row("hello (/healthz)", [load.get("/healthz")])
    asked = [load.get(f"/api/v1/cases?near={p.lat},{p.lon}&limit={LIMIT}") for p in people]
    feed, answers = stand.row("feed, nearest 20", asked, [_feed_sql(p) for p in people])
    _check_feed(people, _all_answers(stand, asked, answers))
    rows = [hello, feed]
    for zoom in (10, 14):
        shown = _tiles(people, zoom)
        asked = [load.get(f"/tiles/cases/{zoom}/{x}/{y}.mvt") for x, y in shown]
        row, answers = stand.row(f"tile, zoom {zoom}", asked, [_tile_sql(zoom, x, y) for x, y in shown])
        _check_tiles(zoom, shown, _all_answers(stand, asked, answers))
        rows.append(row)
    posted, _answers = stand.row(
        "post a case", lambda turn: _posts(people, turn), [_post_sql(people[0])], 201
    )
    if _posted_by_api() < posted.site.count:
        raise Wrong(f"{posted.site.count} posts were acknowledged, only {_posted_by_api()} are stored")
    return [*rows, posted]


def _all_answers(stand: _Stand, asked: Sequence[bytes], first: list[Answer]) -> list[Answer]:
    """An answer to every request, also where the first turn was too short for all of them."""
    while len(first) < len(asked):
        first += stand.site(asked[len(first) :], 200)[1]
    return first


def _feed_sql(here: Point) -> list[str]:
    return statements_of(lambda: cases_geojson(Filter(near=here, limit=LIMIT)))


def _tile_sql(zoom: int, x: int, y: int) -> list[str]:
    return statements_of(lambda: tiles.cases_tile(zoom, x, y, Filter()))


def _post_sql(here: Point) -> list[str]:
    """What one post sends, made so that it can be sent again and again."""
    keys: list[str] = []

    def post() -> None:
        with transaction():
            case = post_case(_request(here), by=None, idempotency_key=str(uuid.uuid4())).case
            events = db.session.scalars(
                text("SELECT id FROM case_event WHERE case_id = :id"), {"id": case.id}
            ).all()
            keys.extend([str(case.id), *(str(need.id) for need in case.needs), *map(str, events)])
            keys.extend([case.code, case.idempotency_key or "", case.request_fingerprint or ""])

    said = [s for s in statements_of(post) if "SELECT id FROM case_event" not in s]
    return ["BEGIN", *made_anew(said, *filter(None, keys)), "COMMIT"]


def _request(here: Point) -> CaseRequest:
    needs = [NeedLine("Gạo", Decimal(10), "kg"), NeedLine("Sữa", Decimal(4), "hộp")]
    return CaseRequest(
        category="essentials", needs=needs, position=here, contact_name="Cô Năm", contact_phone="0912345678"
    )


def _posts(people: Sequence[Point], turn: int) -> list[bytes]:
    """Posts that are all different, each with a key of its own."""
    rng = Random(turn)
    made = []
    for number in range(POSTS):
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
        key = f"Idempotency-Key: bench-{turn}-{number}"
        made.append(load.post("/api/v1/cases", json.dumps(body).encode(), key))
    return made


def _tiles(people: Sequence[Point], zoom: int) -> list[tuple[int, int]]:
    """The tiles that hold the places, each once."""
    from math import asinh, pi, radians, tan

    def tile(p: Point) -> tuple[int, int]:
        return int((p.lon + 180) / 360 * 2**zoom), int((1 - asinh(tan(radians(p.lat))) / pi) / 2 * 2**zoom)

    return list(dict.fromkeys(tile(p) for p in people))


def _posted_by_api() -> int:
    db.session.rollback()
    return int(db.session.execute(text("""SELECT count(*) FROM "case" WHERE source = 'api'""")).scalar_one())


def _check_feed(people: Sequence[Point], answers: Sequence[Answer]) -> None:
    for here, answer in zip(people, answers, strict=True):
        features = json.loads(answer.body)["features"]
        metres = [feature["properties"]["distance_m"] for feature in features]
        if len(features) != LIMIT or metres != sorted(metres):
            raise Wrong(f"the feed at {here} has {len(features)} cases at {metres}")
        if abs(metres[0] - _true_nearest(here)) > 1:
            raise Wrong(
                f"the first case at {here} is {metres[0]} m away, the nearest {_true_nearest(here)} m"
            )


def _true_nearest(here: Point) -> float:
    """By looking at every open case that strangers may see."""
    query = """
        SELECT min(ST_DistanceSphere(public_position, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)))
        FROM "case" WHERE status = 'open' AND on_map
    """
    return float(db.session.execute(text(query), {"lon": here.lon, "lat": here.lat}).scalar_one())


def _check_tiles(zoom: int, shown: Sequence[tuple[int, int]], answers: Sequence[Answer]) -> None:
    """Where there are cases there is something to draw."""
    query = """
        SELECT count(*) FROM "case" WHERE cell >= :first AND cell < :beyond AND status = 'open' AND on_map
    """
    shift = 2 * (tiles.CELL_ZOOM - zoom)
    for (x, y), answer in zip(shown, answers, strict=True):
        key = tiles.quadkey(x, y)
        held = {"first": key << shift, "beyond": (key + 1) << shift}
        if db.session.execute(text(query), held).scalar_one() and not answer.body:
            raise Wrong(f"tile {zoom}/{x}/{y} is empty, though cases are there")


def _report(rows: Sequence[Row], cases: int, results: Path, *, markdown: bool) -> None:
    now = datetime.now(UTC)
    print(f"\n{cases:,} open cases, {CONNECTIONS} connections, {_machine()}, {now:%Y-%m-%d %H:%M} UTC\n")
    table = [_cells(row) for row in rows]
    head = ["", "p50 ms", "p99 ms", "per s", "SQL p50", "SQL p99", "ratio"]
    if markdown:
        table.insert(0, ["---", *["--:"] * 6])
        print("\n".join("| " + " | ".join(cells) + " |" for cells in [head, *table]))
    else:
        for cells in [head, *table]:
            print(f"{cells[0]:<20}" + "".join(f"{cell:>10}" for cell in cells[1:]))
    feed = next(row for row in rows if row.name.startswith("feed"))
    kept = "kept" if (feed.ratio or 0) <= FEED_AT_MOST else "missed"
    print(f"\nfeed: {feed.ratio:.1f} x the bare SQL; at most {FEED_AT_MOST:.0f} x is wanted: {kept}")
    lines = [line for row in rows for line in _lines(row)]
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text(
        json.dumps({"date": now.isoformat(), "machine": _machine(), "rows": lines}, indent=2) + "\n"
    )
    print(f"written to {os.path.relpath(results)}")


def _cells(row: Row) -> list[str]:
    site = [f"{row.site.p50:.2f}", f"{row.site.p99:.2f}", f"{row.site.rate:,.0f}"]
    bare = [f"{row.bare.p50:.2f}", f"{row.bare.p99:.2f}", f"{row.ratio:.1f}"] if row.bare else ["", "", ""]
    return [row.name, *site, *bare]


def _lines(row: Row) -> list[dict[str, Any]]:
    figures: list[tuple[str, Callable[[Measured], float], str]] = [
        ("p50", lambda m: m.p50, "ms"),
        ("p99", lambda m: m.p99, "ms"),
        ("rate", lambda m: m.rate, "1/s"),
    ]
    lines = []
    for name, of, unit in figures:
        value, limit = of(row.site), of(row.bare) if row.bare else None
        ratio = round(value / limit, 2) if limit else None
        lines.append(
            {
                "name": f"{row.name} {name}",
                "value": round(value, 3),
                "unit": unit,
                "limit": round(limit, 3) if limit else None,
                "ratio": ratio,
            }
        )
    return lines


def _machine() -> str:
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in _lines_of("/proc/cpuinfo")
            if line.startswith("model name")
        ),
        platform.processor() or platform.machine(),
    )
    return f"{os.cpu_count()} cores {model}, Python {platform.python_version()}"


def _lines_of(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
