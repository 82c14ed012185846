"""With 100,000 open cases the nearest are walked to by the index: nothing is read or sorted whole."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text

from app.core.db import new_id
from app.core.geo import Point
from app.feed import catalogue, tiles
from app.feed.filters import Filter
from app.feed.queries import AS_GEOJSON, cases_geojson, feed_sql
from app.feed.rules import Box
from app.feed.standing import Standing
from app.feed.suggesting import suggestions
from app.matching.rules import Helper
from tests.feed.map import tile_of
from tests.geography import SAI_GON

MANY = 100_000

# Open cases over both provinces, and some that are done.
FILL = """
INSERT INTO "case" (id, code, category_id, status, urgency, on_map, needs_text, public_position, commune_id,
                    province_id, created_at)
SELECT gen_random_uuid(), 'SYN-' || n, kind.id, CASE WHEN n <= :many THEN 'open' ELSE 'closed' END,
       (ARRAY['normal', 'normal', 'urgent', 'life_threatening'])[1 + n % 4], kind.on_map, 'Gạo, sữa',
       ST_SetSRID(ST_MakePoint(106.62 + 0.22 * random(), 10.72 + 0.1 * random()), 4326),
       ward.id, ward.parent_id, now() - n * interval '1 second'
FROM generate_series(1, CAST(1.2 * :many AS int)) AS n
JOIN (SELECT id, on_map, row_number() OVER (ORDER BY on_map DESC, id) - 1 AS place FROM category) kind
    ON kind.place = CASE WHEN n % 50 = 0 THEN 3 WHEN n % 10 = 0 THEN 2 WHEN n % 3 = 0 THEN 1 ELSE 0 END
JOIN (SELECT id, parent_id, row_number() OVER (ORDER BY id) - 1 AS place FROM area
      WHERE level = 'commune' AND valid_to IS NULL) ward ON ward.place = n % 6
"""

NEEDS = """
INSERT INTO need (id, case_id, position, item, quantity, unit)
SELECT gen_random_uuid(), id, 1, 'Gạo', 5, 'kg' FROM "case" WHERE status = 'open' AND right(code, 1) = '7'
"""
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = 'case'::regclass AND NOT indisunique
"""
SEEN_BY_ALL = "SELECT relallvisible > 0 FROM pg_class WHERE oid = 'case'::regclass"


def fill(connection: Connection) -> None:
    """Put the cases in; indexes are made afterwards, and only those that the feed reads by: much quicker."""
    indexes = connection.execute(text(INDEXES)).all()
    for name, _how in indexes:
        connection.execute(text(f"DROP INDEX {name}"))
    connection.execute(text(FILL), {"many": MANY})
    connection.execute(text(NEEDS))
    for name, how in indexes:
        if "_near" in name or "_cell" in name:
            connection.execute(text(how))
    # A page counts as seen by all once the commits on it have reached the log, some tenths of a second later.
    while not connection.execute(text(SEEN_BY_ALL)).scalar():
        connection.execute(text("VACUUM ANALYZE"))


@pytest.fixture(scope="module")
def crowded(worker_database: Any, application: Any) -> Iterator[Any]:
    """An application on a database of its own with 120,000 cases, 100,000 of them open."""
    from app import create_app
    from tests import database

    name = f"{worker_database.name}_crowded"
    url = database.clone(name)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        fill(connection)
    engine.dispose()
    app = create_app(database_url=url)
    with app.test_request_context("/"):
        yield app
        from app.core.db import db, read_engine

        read_engine().dispose()
        db.engine.dispose()
    database.drop(name)


def plan(sql: str, bound: dict[str, Any]) -> dict[str, Any]:
    from app.core.db import read_engine

    with read_engine().connect() as connection:
        said = connection.exec_driver_sql("EXPLAIN (ANALYZE, FORMAT JSON) " + sql, bound).scalar_one()
    return dict((json.loads(said) if isinstance(said, str) else said)[0]["Plan"])


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", []):
        yield from nodes(below)


def explained(asked: Filter, *, medic: bool = False) -> list[dict[str, Any]]:
    begun = feed_sql(asked, medic=medic, fetch=29)
    assert begun is not None
    return list(nodes(plan(begun[0] + AS_GEOJSON, begun[1])))


def read_whole(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Scans of whole tables that grow (the few rows of the tests' areas are read at once)."""
    return [n for n in found if n["Node Type"] == "Seq Scan" and n["Relation Name"] in ("case", "need")]


NEAR = Filter(near=SAI_GON, limit=20)
VIEWS: dict[str, Callable[[], tuple[Filter, bool, set[str]]]] = {
    "everything": lambda: (NEAR, False, {"ix_case_open_near"}),
    "a common category": lambda: (
        NEAR.but(categories=("essentials",)), False, {"ix_case_open_category_near"},
    ),
    "two categories, one rare": lambda: (
        NEAR.but(categories=("grocery_run", "school_supplies")), False, {"ix_case_open_category_near"},
    ),
    "within 50 km": lambda: (NEAR.but(radius_m=50_000), False, {"ix_case_open_near"}),
    "in a wide box": lambda: (NEAR.but(bbox=Box(106.6, 10.7, 106.9, 10.9)), False, {"ix_case_open_near"}),
    "as a medic": lambda: (NEAR, True, {"ix_case_open_near", "ix_case_open_category_near"}),
    "helped too": lambda: (
        NEAR.but(statuses=("open", "closed")), False, {"ix_case_open_near", "ix_case_helped_near"},
    ),
    "who is in danger": lambda: (
        NEAR.but(radius_m=50_000, urgencies=("life_threatening",)), False, {"ix_case_danger_near"},
    ),
    "far away": lambda: (NEAR.but(near=Point(12.0, 52.0)), False, {"ix_case_open_near"}),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("view", VIEWS)
def test_the_nearest_are_found_in_the_order_of_the_index(crowded: Any, view: str) -> None:
    asked, medic, indexes = VIEWS[view]()
    found = explained(asked, medic=medic)
    assert not read_whole(found)
    walks = [node for node in found if "<->" in node.get("Order By", "")]
    assert {node["Index Name"] for node in walks} == indexes
    # Each walk stops after the few rows that are asked for, and only those few are ever sorted.
    assert all(node["Actual Rows"] <= 29 for node in walks)
    sorts = [node for node in found if "Sort" in node["Node Type"]]
    assert all(node["Actual Rows"] <= 29 * len(walks) for node in sorts)


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("categories", [("essentials", "grocery_run", "school_supplies"), ("grocery_run",)])
def test_what_is_suggested_is_weighed_among_the_nearest_few_hundred(
    crowded: Any, categories: tuple[str, ...]
) -> None:
    from sqlalchemy import event

    from app.core.db import read_engine

    ids = frozenset(known.id for slug, known in catalogue.categories().items() if slug in categories)
    standing = Standing(new_id(), Helper(ids, False, 50_000, 0, 3), SAI_GON, True)
    said: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, bound: Any, *_rest: Any) -> None:
        said.append((statement, bound))

    event.listen(read_engine(), "before_cursor_execute", note)
    found = suggestions(Filter(), standing, SAI_GON)
    event.remove(read_engine(), "before_cursor_execute", note)
    assert len(found.cases) == 20
    assert len(said) == 3  # the nearest, who is in danger, and the cards of one page
    for statement, bound in said:
        seen = list(nodes(plan(statement, bound)))
        assert not read_whole(seen)
        assert all(n["Actual Rows"] <= 251 for n in seen if n.get("Relation Name") == "case")


@pytest.mark.slow
@pytest.mark.alone
def test_the_second_page_is_a_walk_too(crowded: Any) -> None:
    first = cases_geojson(NEAR)
    assert (first.shown, first.next is None) == (20, False)
    found = explained(NEAR.but(cursor=first.next))
    assert not read_whole(found)
    assert [node["Index Name"] for node in found if "<->" in node.get("Order By", "")] == [
        "ix_case_open_near"
    ]


@pytest.mark.slow
@pytest.mark.alone
def test_a_small_circle_is_read_through_an_index(crowded: Any) -> None:
    assert not read_whole(explained(NEAR.but(radius_m=300)))


@pytest.mark.slow
@pytest.mark.alone
def test_cells_are_counted_from_the_index_alone(crowded: Any) -> None:
    from app.core.db import read_engine

    seen: list[tuple[str, Any]] = []
    from sqlalchemy import event

    def note(_connection: Any, _cursor: Any, statement: str, bound: Any, *_rest: Any) -> None:
        seen.append((statement, bound))

    event.listen(read_engine(), "before_cursor_execute", note)
    tiles.cases_tile(*tile_of(SAI_GON, 8), Filter())
    tiles.cases_tile(*tile_of(SAI_GON, 8), Filter(statuses=("open", "claimed", "delivered", "closed")))
    event.remove(read_engine(), "before_cursor_execute", note)
    for statement, bound in [s for s in seen if "clusters" in s[0]]:
        scans = [n for n in nodes(plan(statement, bound)) if n.get("Relation Name") == "case"]
        assert {node["Node Type"] for node in scans} == {"Index Only Scan"}


@pytest.mark.slow
@pytest.mark.alone
def test_a_page_of_the_nearest_takes_a_few_milliseconds(crowded: Any) -> None:
    cases_geojson(NEAR)
    took = []
    for step in range(40):
        began = time.perf_counter()
        cases_geojson(NEAR.but(near=SAI_GON.moved(100 * step, step)))
        took.append(time.perf_counter() - began)
    # Loose, for machines that do other things at the same time: a sequential scan takes ten times as long.
    assert sorted(took)[len(took) // 2] < 0.05
