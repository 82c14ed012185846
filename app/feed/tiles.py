"""Vector tiles of the feed: clusters from afar, cases from near, counts by ward of what is not shown.

A case belongs to the one tile that holds its z18 cell: nothing is drawn twice, clusters add up to the list.
"""

from hashlib import blake2b
from typing import Any

from app.core.db import read_engine
from app.feed import catalogue, tallies
from app.feed.catalogue import CategoryFacts
from app.feed.conditions import branches, terms
from app.feed.filters import Filter
from app.feed.rules import quadkey
from app.feed.tallies import CELL_ZOOM, CLUSTER_STEPS, FROM_NORTH, FROM_WEST, STEPS

CASES_FROM_ZOOM = 13
WARDS_FROM_ZOOM = 10
SUPPLIES_FROM_ZOOM = 11
CENTRE_STEPS = CLUSTER_STEPS + STEPS
"""The middle of a cluster is reckoned from the 8 by 8 cells in it."""
MOST_CASES = 50_000
MIMETYPE = "application/vnd.mapbox-vector-tile"

CLUSTERS = """
SELECT ST_AsMVT(tile, 'clusters', 4096, 'geom') FROM (
    SELECT CASE WHEN torn > 0 THEN 'needs_help' WHEN way > 0 THEN 'taken' ELSE 'helped' END AS g,
           CASE WHEN torn > 0 THEN torn WHEN way > 0 THEN way ELSE leaf END AS n,
           urgent, torn AS needs_help, way AS taken, leaf AS helped, torn + way + leaf AS "all",
           ST_AsMVTGeom(
               ST_SetSRID(ST_MakePoint(x * %(side)s - %(edge)s, %(edge)s - y * %(side)s), 3857),
               ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, true) AS geom
    FROM (
        SELECT coalesce(sum(torn), 0)::int AS torn, coalesce(sum(way), 0)::int AS way,
               coalesce(sum(leaf), 0)::int AS leaf, coalesce(sum(urgent), 0)::int AS urgent,
               {x} AS x, {y} AS y
        FROM (
            SELECT {cell},
                   {count} FILTER (WHERE c.status = 'open') AS torn,
                   {count} FILTER (WHERE c.status = 'claimed') AS way,
                   {count} FILTER (WHERE c.status IN ('delivered', 'closed')) AS leaf,
                   {count} FILTER (WHERE c.status = 'open' AND c.urgency = 'life_threatening') AS urgent
            FROM {source} AND ({shown}){where}
            GROUP BY 1
        ) cells
        GROUP BY {cluster}
    ) clusters
    ORDER BY n
) tile
"""
# Cells come from the index alone. The lowest six bits of a cell say where it lies in its cluster; only the
# number of the cluster itself is turned back into x and y.
NOW = {
    "cell": "c.cell >> %(fine)s AS cell, count(*) AS n",
    "count": "count(*)",
    "source": '"case" c WHERE c.cell >= %(first)s AND c.cell < %(beyond)s',
    "cluster": "cell >> 6, cell >> 7",
    "x": f"squeeze_bits(cell >> 6) * 8 + 0.5 + sum({FROM_WEST.format(cell='cell')} * n)::float8 / sum(n)",
    "y": f"squeeze_bits(cell >> 7) * 8 + 0.5 + sum({FROM_NORTH.format(cell='cell')} * n)::float8 / sum(n)",
}
AHEAD = {
    "cell": "c.cell, sum(c.n)::float8 AS n, sum(c.x) AS east, sum(c.y) AS south",
    "count": "sum(c.n)",
    "source": "({rows}) c WHERE true",
    "cluster": "cell >> %(wider)s",
    "x": "sum((squeeze_bits(cell) * 8 + 0.5) * n + east) / sum(n)",
    "y": "sum((squeeze_bits(cell >> 1) * 8 + 0.5) * n + south) / sum(n)",
}

CASES = """
SELECT ST_AsMVT(tile, 'cases', 4096, 'geom') FROM (
    SELECT c.code, c.urgency AS u,
           CASE c.status WHEN 'open' THEN 'needs_help' WHEN 'claimed' THEN 'taken' ELSE 'helped' END AS g,
           g.slug AS c, c.needs_text AS t, c.household_size AS p,
           ST_AsMVTGeom(c.public_p3857, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, true) AS geom
    FROM "case" c JOIN category g ON g.id = c.category_id
    WHERE c.cell >= %(first)s AND c.cell < %(beyond)s AND ({shown}){where}
    ORDER BY c.code
    LIMIT %(most)s
) tile
"""

# Only how many in the whole ward, drawn at the ward's middle: nothing here depends on where they are in it.
WARD_COUNTS = """
SELECT ST_AsMVT(tile, 'ward_counts', 4096, 'geom') FROM (
    SELECT g.slug AS c, count(*)::int AS n, a.name,
           ST_AsMVTGeom(ST_Transform(a.label_point, 3857), ST_TileEnvelope(%(z)s, %(x)s, %(y)s),
                        4096, 64, true) AS geom
    FROM area a
    JOIN "case" c ON c.commune_id = a.id AND c.status = 'open' AND NOT c.on_map
        AND c.category_id IN ({hidden})
    JOIN category g ON g.id = c.category_id
    WHERE a.valid_to IS NULL AND a.level = 'commune'
      AND a.geom && ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4326)
      AND cell_z18(a.label_point) >= %(first)s AND cell_z18(a.label_point) < %(beyond)s{where}
    GROUP BY a.id, g.slug
    ORDER BY a.id, g.slug
) tile
"""

SUPPLY_POINTS = """
SELECT ST_AsMVT(tile, 'supply_points', 4096, 'geom') FROM (
    SELECT s.name, s.kind, s.goods, s.hours,
           ST_AsMVTGeom(s.p3857, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, true) AS geom
    FROM supply_point s
    WHERE s.active AND s.p3857 && ST_TileEnvelope(%(z)s, %(x)s, %(y)s)
      AND cell_z18(s.position) >= %(first)s AND cell_z18(s.position) < %(beyond)s{where}
    ORDER BY s.id
    LIMIT %(most)s
) tile
"""

WORLD_EDGE_M = 20_037_508.342789244
FORMAT = blake2b(
    "".join((CLUSTERS, *NOW.values(), *AHEAD.values(), CASES, WARD_COUNTS, SUPPLY_POINTS)).encode(),
    digest_size=4,
).hexdigest()
"""Names what tiles are made of: after an update of the site browsers ask for them anew."""


def is_tile(z: int, x: int, y: int) -> bool:
    """Whether there is such a tile on the map of the world, no deeper than the cells go."""
    return 0 <= z <= CELL_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z


def cases_tile(z: int, x: int, y: int, asked: Filter) -> bytes:
    """The tile of the cases that `asked` shows (MVT 2.1); empty where there is nothing.

    `clusters` (below zoom 13): g, the group that matters most there; n, how many of it; urgent, how many
    lives in danger; needs_help, taken, helped and all, the counts. `cases` (from 13): code, g, u (urgency),
    c (category), t (what is needed), p (people). `ward_counts` (from 10): c, n and the ward's name.
    `supply_points` (from 11): name, kind, goods, hours. All of it is public, cases at their blurred places.
    """
    key, shift = quadkey(x, y), 2 * (CELL_ZOOM - z)
    bound: dict[str, Any] = {
        "z": z, "x": x, "y": y, "first": key << shift, "beyond": (key + 1) << shift, "most": MOST_CASES,
    }  # fmt: skip
    layers = _layers(z, asked, catalogue.categories(), bound)
    if not layers:
        return b""
    sql = "SELECT " + " || ".join(f"({layer})" for layer in layers)
    with read_engine().connect() as connection:
        return bytes(connection.exec_driver_sql(sql, bound).scalar_one())


def _layers(z: int, asked: Filter, known: dict[str, CategoryFacts], bound: dict[str, Any]) -> list[str]:
    """The SQL of each layer that this tile has; what they bind beside the tile goes into `bound`."""
    more = terms(asked)
    bound |= more.bound
    layers = []
    if shown := shown_condition(asked, known):
        if z >= CASES_FROM_ZOOM:
            layers.append(CASES.format(shown=shown, where=more.where))
        else:
            counted = _counted(z, asked, bound)
            layers.append(CLUSTERS.format(**counted, shown=shown, where=more.where))
    hidden = [
        c.id for c in known.values() if not c.on_map and (not asked.categories or c.slug in asked.categories)
    ]
    if z >= WARDS_FROM_ZOOM and hidden and _may_count(asked):
        where = _within("c", asked)
        layers.append(WARD_COUNTS.format(hidden=", ".join(map(str, hidden)), where=where))
    if z >= SUPPLIES_FROM_ZOOM and not asked.q:
        wanted = [known[slug].id for slug in asked.categories if slug in known]
        where = _within("s", asked)
        if wanted:
            where += " AND s.category_ids && %(supplies_for)s::smallint[]"
            bound["supplies_for"] = wanted
        layers.append(SUPPLY_POINTS.format(where=where))
    return layers


def _counted(z: int, asked: Filter, bound: dict[str, Any]) -> dict[str, str]:
    """How a tile's clusters are counted: ahead, where the filter asks for nothing finer than the tallies."""
    finer = asked.q or asked.bbox or asked.radius_m or asked.area
    if z < tallies.TALLIED_BELOW_ZOOM and not finer:
        level = tallies.level_of(z)
        bound |= {"first_square": bound["first"] >> 16, "beyond_square": bound["beyond"] >> 16}
        bound |= {"wider": 2 * (level - z - CLUSTER_STEPS)} | _scale(level + tallies.STEPS)
        return AHEAD | {"source": AHEAD["source"].format(rows=tallies.rows(level))}
    centre = min(CELL_ZOOM, z + CENTRE_STEPS)
    bound |= {"fine": 2 * (CELL_ZOOM - centre)} | _scale(centre)
    return NOW


def _scale(zoom: int) -> dict[str, float]:
    """What turns numbers of cells of this zoom into metres of the map."""
    return {"side": 2 * WORLD_EDGE_M / 2**zoom, "edge": WORLD_EDGE_M}


def shown_condition(asked: Filter, known: dict[str, CategoryFacts]) -> str:
    """What strangers may see of the statuses and categories asked for; empty when nothing."""
    parts = branches(asked, known, medic=False, per_category=False)
    if not parts:
        return ""
    return " OR ".join(f"({part.where})" for part in parts) if len(parts) > 1 else parts[0].where


def _may_count(asked: Filter) -> bool:
    """Counts of hidden cases answer no finer question: asked often, it would find the home or the words."""
    finer = asked.q or asked.bbox or asked.radius_m or asked.urgencies
    return "open" in asked.statuses and not finer


def _within(table: str, asked: Filter) -> str:
    if asked.area is None:
        return ""
    column = "province_id" if asked.area.level == "province" else "commune_id"
    return f" AND {table}.{column} = %(area_id)s"
