"""The feed's list, as SQL with a name: nearest first or newest first, one query a page, public fields only.

Nearest: each branch is an index-ordered walk (`<->` on the blurred point in EPSG:3857, whose order differs a
little from metres on the sphere), a few rows more than asked for are fetched, and only those are shown that
no unseen case can be nearer than. So pages are exact: ordered by metres, nothing twice, nothing left out.
"""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from app.core.db import read_engine
from app.core.geo import Point
from app.core.text import mask_private
from app.feed import catalogue
from app.feed.conditions import Branch, Terms, branches, mercator, terms
from app.feed.cursor import Cursor
from app.feed.filters import Filter

MOST_FETCHED = 20_000

HERE = "ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)"
HERE_3857 = "ST_SetSRID(ST_MakePoint(%(x)s, %(y)s), 3857)"
METRES = f"ST_DistanceSphere(c.public_position, {HERE})"
COLUMNS = """c.id, c.code, c.category_id, c.status, c.urgency, c.needs_text, c.household_size, c.created_at,
    c.commune_id, c.province_id, c.public_position, c.verified_at"""

NEAR_BRANCH = f"""(
    SELECT {{rank}} AS rank, {{number}} AS branch, c.public_p3857 <-> {HERE_3857} AS far, {METRES} AS metres,
           {COLUMNS}
    FROM "case" c
    WHERE {{where}}
    ORDER BY c.public_p3857 <-> {HERE_3857}
    LIMIT %(fetch)s
)"""  # noqa: S608 (constants)

# No case that a full branch has not fetched is nearer than its last one's 3857 distance laid out towards the
# pole, where a unit of EPSG:3857 is fewest metres. `edge` is that distance in metres: what lies beyond waits.
NEAR = f"""
WITH seen AS (
    {{branches}}
), edge AS (
    SELECT rank, ST_DistanceSphere({HERE}, ST_Transform(
        ST_SetSRID(ST_MakePoint(%(x)s, %(y)s + max(far) * %(poleward)s), 3857), 4326)) - 0.001 AS metres
    FROM seen GROUP BY rank, branch HAVING count(*) = %(fetch)s
    ORDER BY 1, 2 LIMIT 1
), shown AS (
    SELECT seen.*, row_number() OVER (ORDER BY seen.rank, seen.metres, seen.id) AS place
    FROM seen LEFT JOIN edge ON true
    WHERE edge.rank IS NULL OR (seen.rank, seen.metres) < (edge.rank, edge.metres)
    ORDER BY seen.rank, seen.metres, seen.id
    LIMIT %(limit)s + 1
)
"""  # noqa: S608 (constants)

NEWEST = f"""
WITH edge AS (SELECT 0 AS rank WHERE false), shown AS (
    SELECT newest.*, row_number() OVER (ORDER BY created_at DESC, id DESC) AS place
    FROM (
        SELECT 0 AS rank, CAST(NULL AS float8) AS metres, {COLUMNS}
        FROM "case" c
        WHERE ({{either}}){{where}}
        ORDER BY c.created_at DESC, c.id DESC
        LIMIT %(limit)s + 1
    ) newest
)
"""  # noqa: S608 (constants)

NEEDS = """LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object(
               'item', n.item, 'quantity', trim_scale(n.quantity), 'unit', n.unit,
               'left', trim_scale(n.quantity - n.pledged){more}) ORDER BY n.position) AS lines,
           bool_or(n.item || n.unit !~ '^[A-Za-zÀ-ɏḀ-ỹ ,.()&%%+-]*$') AS odd
    FROM need n WHERE n.case_id = s.id
) needs ON true"""

SLUG = "%(slugs)s::jsonb ->> s.category_id::text"
GROUP = "CASE s.status WHEN 'open' THEN 'needs_help' WHEN 'claimed' THEN 'taken' ELSE 'helped' END"

# `odd`: some item holds digits or signs, so that a phone number or an address may hide in it.
AS_GEOJSON = f"""
SELECT coalesce(json_agg(f.feature ORDER BY f.place) FILTER (WHERE f.place <= %(limit)s), '[]')::text
           AS features,
       count(*) AS found, coalesce(bool_or(f.odd), false) AS odd, (SELECT count(*) FROM edge) AS waiting,
       (array_agg(json_build_array(f.rank, f.metres, f.created_at, f.id) ORDER BY f.place)
           FILTER (WHERE f.place <= %(limit)s))[least(count(*), %(limit)s)::int] AS last
FROM (
    SELECT s.place, s.rank, s.metres, s.created_at, s.id, needs.odd, json_build_object(
        'type', 'Feature', 'id', s.code, 'geometry', ST_AsGeoJSON(s.public_position, 6)::json,
        'properties', json_build_object(
            'code', s.code, 'category', {SLUG}, 'title', s.needs_text, 'needs', coalesce(needs.lines, '[]'),
            'household_size', s.household_size, 'urgency', s.urgency, 'status', s.status, 'group', {GROUP},
            'created_at', s.created_at, 'ward', a.full_name, 'ward_code', a.code, 'province', p.full_name,
            'distance_m', round(s.metres), 'verified', s.verified_at IS NOT NULL)) AS feature
    FROM shown s
    LEFT JOIN area a ON a.id = s.commune_id
    LEFT JOIN area p ON p.id = s.province_id
    {NEEDS.format(more="")}
) f
"""  # noqa: S608 (constants)

UNSHOWN = frozenset({"place", "rank", "metres", "id", "waiting", "odd"})
PLEDGED = ", 'pledged', trim_scale(n.pledged), 'delivered', trim_scale(n.delivered)"
AS_ROWS = f"""
SELECT s.place, s.rank, s.metres, s.id, s.code, {SLUG} AS category, s.needs_text AS title,
       coalesce(needs.lines, '[]') AS needs, needs.odd, s.household_size, s.urgency, s.status,
       {GROUP} AS "group", s.created_at, a.full_name AS ward, p.full_name AS province,
       ST_X(s.public_position) AS lon, ST_Y(s.public_position) AS lat,
       round(s.metres) AS distance_m, s.verified_at IS NOT NULL AS verified, edges.waiting
FROM (SELECT count(*) AS waiting FROM edge) edges
LEFT JOIN shown s ON true
LEFT JOIN area a ON a.id = s.commune_id
LEFT JOIN area p ON p.id = s.province_id
{NEEDS.format(more=PLEDGED)}
ORDER BY s.place
"""  # noqa: S608 (constants)


WITH_IDS = f"""
WITH edge AS (SELECT 0 AS rank WHERE false), shown AS (
    SELECT 0 AS rank, 0 AS place, {METRES} AS metres, {COLUMNS}
    FROM "case" c
    WHERE c.id = ANY(CAST(%(ids)s AS uuid[])) AND c.status = 'open'
)
"""  # noqa: S608 (constants)


class Page(NamedTuple):
    """One page of the list: cases in order, and where the next page begins (None: this was the last)."""

    cases: list[dict[str, Any]]
    next: Cursor | None


class GeoPage(NamedTuple):
    """One page as the text of a JSON array of GeoJSON features, and where the next page begins."""

    features: str
    shown: int
    next: Cursor | None


def feed_sql(
    asked: Filter, *, medic: bool, fetch: int, without: str = ""
) -> tuple[str, dict[str, Any]] | None:
    """The beginning of a feed query (`shown` and `edge`) and what it binds; None when nothing may be seen."""
    known = catalogue.categories()
    parts = branches(asked, known, medic=medic)
    if asked.near is not None and asked.cursor is not None:
        parts = [part for part in parts if part.rank >= asked.cursor.rank]
    if not parts:
        return None
    more = terms(asked)
    slugs = json.dumps({c.id: c.slug for c in known.values()})
    bound = more.bound | {"limit": asked.limit, "fetch": fetch, "slugs": slugs}
    where = more.where
    if without:
        where += " AND c.code <> %(without)s"
        bound["without"] = without
    if asked.near is None:
        return _newest(asked, parts, Terms(where, bound))
    return _near(asked, asked.near, parts, Terms(where, bound))


def _near(asked: Filter, near: Point, parts: list[Branch], more: Terms) -> tuple[str, dict[str, Any]]:
    x, y = mercator(near)
    bound = more.bound | {"lon": near.lon, "lat": near.lat, "x": x, "y": y}
    bound["poleward"] = 1 if near.lat >= 0 else -1
    selects = []
    for number, part in enumerate(parts):
        where = part.where + more.where
        if asked.cursor is not None and part.rank == asked.cursor.rank:
            where += f" AND ({METRES}, c.id) > (%(last_m)s, %(last_id)s)"
        selects.append(NEAR_BRANCH.format(rank=part.rank, number=number, where=where))
    if asked.cursor is not None:
        bound |= {"last_m": asked.cursor.metres, "last_id": str(asked.cursor.id)}
    return NEAR.format(branches=" UNION ALL ".join(selects)), bound


def _newest(asked: Filter, parts: list[Branch], more: Terms) -> tuple[str, dict[str, Any]]:
    where, bound = more.where, more.bound
    if asked.cursor is not None:
        where += " AND (c.created_at, c.id) < (%(last_at)s, %(last_id)s)"
        bound = bound | {"last_at": asked.cursor.created_at, "last_id": str(asked.cursor.id)}
    either = " OR ".join(f"({part.where})" for part in parts)
    return NEWEST.format(either=either, where=where), bound


def _fetches(limit: int) -> list[int]:
    """How many rows a branch fetches: a few more than shown, and many more where that did not suffice."""
    first = limit + 1 + max(8, limit // 4)
    return [first, first * 8, MOST_FETCHED]


def cases_geojson(asked: Filter, *, medic: bool = False) -> GeoPage:
    """One page of public cases as GeoJSON text made in SQL, `asked.limit` at most."""
    for fetch in _fetches(asked.limit):
        begun = feed_sql(asked, medic=medic, fetch=fetch)
        if begun is None:
            break
        with read_engine().connect() as connection:
            row = connection.exec_driver_sql(begun[0] + AS_GEOJSON, begun[1]).one()
        if row.found > asked.limit or not row.waiting or fetch == MOST_FETCHED:
            features = masked_features(row.features) if row.odd else row.features
            more = row.found > asked.limit or (row.waiting and row.found)
            return GeoPage(features, min(row.found, asked.limit), _cursor(*row.last) if more else None)
    return GeoPage("[]", 0, None)


def cases_page(asked: Filter, *, medic: bool = False, without: str = "") -> Page:
    """One page of public cases as rows for cards, `asked.limit` at most; `without` leaves one code out."""
    for fetch in _fetches(asked.limit):
        begun = feed_sql(asked, medic=medic, fetch=fetch, without=without)
        if begun is None:
            break
        with read_engine().connect() as connection:
            rows = connection.exec_driver_sql(begun[0] + AS_ROWS, begun[1]).mappings().all()
        waiting, rows = rows[0]["waiting"], [row for row in rows if row["code"]]
        if len(rows) > asked.limit or not waiting or fetch == MOST_FETCHED:
            shown = rows[: asked.limit]
            more = bool(shown) and (len(rows) > asked.limit or waiting)
            return Page([_case(row) for row in shown], _after(shown[-1]) if more else None)
    return Page([], None)


def cases_with_ids(ids: Sequence[uuid.UUID], near: Point) -> dict[str, dict[str, Any]]:
    """Those of the cases that are still open, by their codes, as rows for cards.

    Who may see them was decided where the ids were found.
    """
    if not ids:
        return {}
    with read_engine().connect() as connection:
        rows = connection.exec_driver_sql(WITH_IDS + AS_ROWS, _with_ids(ids, near)).mappings().all()
    return {row["code"]: _case(row) for row in rows if row["code"]}


def features_with_ids(ids: Sequence[uuid.UUID], near: Point) -> dict[str, dict[str, Any]]:
    """The same cases by their codes, as GeoJSON features."""
    if not ids:
        return {}
    with read_engine().connect() as connection:
        row = connection.exec_driver_sql(WITH_IDS + AS_GEOJSON, _with_ids(ids, near)).one()
    return {feature["id"]: feature for feature in json.loads(masked_features(row.features))}


def _with_ids(ids: Sequence[uuid.UUID], near: Point) -> dict[str, Any]:
    slugs = json.dumps({c.id: c.slug for c in catalogue.categories().values()})
    place = {"lon": near.lon, "lat": near.lat}
    return {"ids": [str(key) for key in ids], "slugs": slugs, "limit": len(ids), **place}


def _after(row: Any) -> Cursor:
    return _cursor(row["rank"], row["metres"], row["created_at"], row["id"])


def nearest_open(
    point: Point, limit: int, exclude_code: str = "", viewer_is_medic: bool = False
) -> list[dict[str, Any]]:
    """What else somebody could take when a case is gone: open cases nearest to the point."""
    return cases_page(Filter(near=point, limit=limit), medic=viewer_is_medic, without=exclude_code).cases


def masked_features(features: str) -> str:
    """The features with phone numbers and addresses in their items made unreadable."""
    read = json.loads(features)
    for feature in read:
        _mask(feature["properties"]["needs"])
    return json.dumps(read, ensure_ascii=False, separators=(",", ":"))


def _mask(needs: list[dict[str, Any]]) -> None:
    for need in needs:
        need["item"], need["unit"] = mask_private(need["item"]), mask_private(need["unit"])


def _case(row: Any) -> dict[str, Any]:
    case = {name: value for name, value in row.items() if name not in UNSHOWN}
    if row["odd"]:
        _mask(case["needs"])
    # A card has room for a few: what is still needed comes first.
    case["needs"].sort(key=lambda need: need["left"] <= 0)
    case["people"] = case["household_size"]
    return case


def _cursor(rank: int, metres: float | None, created_at: Any, key: Any) -> Cursor:
    moment = datetime.fromisoformat(created_at) if isinstance(created_at, str) else created_at
    return Cursor(rank, metres, None if metres is not None else moment, uuid.UUID(str(key)))
