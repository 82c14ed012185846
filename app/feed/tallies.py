"""Counts of cases kept ahead for the low zooms, where a tile would have to count all of a country.

A square of zoom 10 is counted anew by the worker once its version has changed. Whoever asks in between counts
the changed squares from the cases themselves: a tally never has to be trusted to be in time, and with no
worker at all the map is slower but right.
"""

from app.core.db import db
from app.feed.rules import SHOWN_STATUSES

CELL_ZOOM = 18
SQUARE_LEVEL = 10
LEVELS = (SQUARE_LEVEL, 12, 13)
"""Zooms of the cells that are counted: whole squares, sixteen and sixty-four cells in each."""
STEPS = 3
"""The middle of a cell's cases is reckoned from the 8 by 8 parts of the cell."""
CLUSTER_STEPS = 3
"""A cluster covers 1/8 of a tile's side: 64 pixels on the screen."""
TALLIED_BELOW_ZOOM = LEVELS[-1] - CLUSTER_STEPS + 1
"""Up to here a cluster is one cell or several."""

# Three bits a direction, woven together: where a cell lies among the 8 by 8 of a larger one.
FROM_WEST = "(({cell} & 1) | ({cell} >> 1 & 2) | ({cell} >> 2 & 4))"
FROM_NORTH = "(({cell} >> 1 & 1) | ({cell} >> 2 & 2) | ({cell} >> 3 & 4))"

# What each kind of cell sums up: who is in it (n), and how many eighths of its side they stand from its west
# and north together (x, y). {fine} is twice the number of zooms between an eighth of a cell and zoom 18.
_COUNT = """
    SELECT fine >> {apart} AS cell, status, category_id, urgency, sum(n)::int AS n,
           sum({west} * n)::int AS x,
           sum({north} * n)::int AS y
    FROM (
        SELECT c.cell >> {fine} AS fine, c.status, c.category_id, c.urgency, count(*) AS n
        FROM "case" c
        WHERE c.cell >= s.square::bigint << 16 AND c.cell < (s.square + 1)::bigint << 16
          AND c.on_map AND c.status IN ({shown})
        GROUP BY 1, 2, 3, 4
    ) fines
    GROUP BY 1, 2, 3, 4
"""
_SQUARES = """
    SELECT v.square, v.version, t.version IS NOT DISTINCT FROM v.version AS kept
    FROM (
        SELECT square, sum(version)::bigint AS version FROM feed_square
        WHERE square >= {first} AND square < {beyond} GROUP BY square
    ) v LEFT JOIN feed_tally t ON t.level = {level} AND t.square = v.square
"""
_ROWS = """
    WITH s AS MATERIALIZED ({squares})
    SELECT u.*, true AS on_map
    FROM s JOIN feed_tally t ON t.level = {level} AND t.square = s.square,
         LATERAL unnest(t.cells, t.statuses, t.categories, t.urgencies, t.counts, t.xs, t.ys)
             AS u (cell, status, category_id, urgency, n, x, y)
    WHERE s.kept
    UNION ALL
    SELECT u.*, true FROM s, LATERAL ({count}) u WHERE NOT s.kept
"""
_COUNT_ANEW = """
WITH s AS MATERIALIZED ({squares})
INSERT INTO feed_tally (level, square, version, cells, statuses, categories, urgencies, counts, xs, ys)
SELECT {level}, s.square, s.version, a.*
FROM s, LATERAL (
    SELECT coalesce(array_agg(cell), '{{}}'), coalesce(array_agg(status), '{{}}'),
           coalesce(array_agg(category_id), '{{}}'), coalesce(array_agg(urgency), '{{}}'),
           coalesce(array_agg(n), '{{}}'), coalesce(array_agg(x), '{{}}'), coalesce(array_agg(y), '{{}}')
    FROM ({count}) counted
) a
WHERE NOT s.kept
ON CONFLICT (level, square) DO UPDATE
SET (version, cells, statuses, categories, urgencies, counts, xs, ys)
  = (excluded.version, excluded.cells, excluded.statuses, excluded.categories, excluded.urgencies,
     excluded.counts, excluded.xs, excluded.ys)
"""


def _count(level: int) -> str:
    return _COUNT.format(
        fine=2 * (CELL_ZOOM - level - STEPS),
        apart=2 * STEPS,
        west=FROM_WEST.format(cell="fine"),
        north=FROM_NORTH.format(cell="fine"),
        shown=", ".join(f"'{status}'" for status in SHOWN_STATUSES),
    )


def level_of(zoom: int) -> int:
    """The zoom of the cells from which tiles of this zoom are made."""
    return next(level for level in LEVELS if level >= zoom + CLUSTER_STEPS)


def rows(level: int) -> str:
    """SQL of all cells in the squares from %(first_square)s on, before %(beyond_square)s.

    Columns: cell, status, category_id, urgency, on_map (always true), n, x, y. One statement sees versions,
    tallies and cases of one moment.
    """
    squares = _SQUARES.format(first="%(first_square)s", beyond="%(beyond_square)s", level=level)
    return _ROWS.format(squares=squares, level=level, count=_count(level))


def count_anew() -> int:
    """Count every square whose version has changed since it was counted; how many rows were written.

    The caller holds the transaction. Version and counts come from one statement, so they belong together.
    """
    written = 0
    for level in LEVELS:
        squares = _SQUARES.format(first=0, beyond=4**SQUARE_LEVEL, level=level)
        anew = _COUNT_ANEW.format(level=level, squares=squares, count=_count(level))
        written += db.session.connection().exec_driver_sql(anew).rowcount
    return written
