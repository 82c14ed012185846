"""From incoming units to rows of `area`: a staging table, then a few statements over the whole set.

All of it runs in the caller's transaction, so people see the old areas or the new ones, never half of them.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import shapely
from sqlalchemy import text

from app.areas.rules import Incoming, LoadReport, Refused
from app.core.db import db

CHUNK = 250
COLUMNS = (
    "n",
    "level",
    "code",
    "parent_code",
    "name",
    "full_name",
    "name_en",
    "kind",
    "kind_en",
    "geom",
    "boundary",
    "source",
    "population",
    "valid_from",
    "valid_to",
)

STAGE = """
CREATE TEMP TABLE IF NOT EXISTS area_incoming (
    n int PRIMARY KEY, level text, code text, parent_code text, name text, full_name text, name_en text,
    kind text, kind_en text, geom geometry, boundary text, source text, population int, valid_from date,
    valid_to date, repaired bool NOT NULL DEFAULT false
) ON COMMIT DROP;
TRUNCATE area_incoming
"""

# "structure" keeps what the rings enclose; the older method can turn an overlap into a hole.
REPAIR = """
UPDATE area_incoming SET
    repaired = NOT ST_IsValid(geom),
    geom = ST_Multi(ST_CollectionExtract(
        CASE WHEN ST_IsValid(geom) THEN geom ELSE ST_MakeValid(geom, 'method=structure') END, 3))
WHERE geom IS NOT NULL AND n BETWEEN :first AND :last
"""

TRANSFORM = """
UPDATE area_incoming SET geom = ST_Transform(ST_SetSRID(geom, :srid), 4326)
WHERE geom IS NOT NULL AND n BETWEEN :first AND :last
"""

DROP_EMPTY = """
DELETE FROM area_incoming WHERE ST_IsEmpty(geom) OR ST_Area(geom) = 0 RETURNING n, code
"""

# A unit whose code was corrected keeps its row (and so its cases and its officials).
RECODE = """
UPDATE area a SET code = i.code
FROM area_incoming i
WHERE a.level = i.level AND a.valid_to IS NULL AND i.valid_to IS NULL AND a.boundary = 'approximate'
  AND a.full_name = i.full_name
  AND (SELECT p.code FROM area p WHERE p.id = a.parent_id) = i.parent_code
  AND NOT EXISTS (SELECT FROM area o WHERE o.level = i.level AND o.code = i.code AND o.valid_to IS NULL)
  AND NOT EXISTS (SELECT FROM area_incoming o WHERE o.level = a.level AND o.code = a.code)
"""

UPDATE = """
UPDATE area a SET
    name = i.name, full_name = i.full_name,
    name_en = coalesce(nullif(i.name_en, ''), a.name_en),
    kind = coalesce(nullif(i.kind, ''), a.kind),
    kind_en = coalesce(nullif(i.kind_en, ''), a.kind_en),
    geom = coalesce(i.geom, a.geom),
    label_point = coalesce(ST_PointOnSurface(i.geom), a.label_point),
    boundary = coalesce(i.boundary, a.boundary),
    source = coalesce(nullif(i.source, ''), a.source),
    population = coalesce(i.population, a.population)
FROM area_incoming i
WHERE a.level = i.level AND a.code = i.code AND a.valid_to IS NULL AND i.valid_to IS NULL
  AND NOT (a.boundary = 'official' AND i.boundary = 'approximate')
RETURNING a.id
"""

INSERT = """
INSERT INTO area (level, code, name, full_name, name_en, kind, kind_en, geom, label_point, boundary, source,
                  population, valid_from, valid_to)
SELECT level, code, name, full_name, name_en, kind, kind_en, geom, ST_PointOnSurface(geom), boundary, source,
       population, valid_from, valid_to
FROM area_incoming i
WHERE NOT EXISTS (
    SELECT FROM area a WHERE a.level = i.level AND a.code = i.code
      AND (a.valid_to IS NULL) = (i.valid_to IS NULL))
RETURNING id
"""

# The parent is the unit with that code, of the level just above if several levels use it.
PARENTS = """
UPDATE area a SET parent_id = found.id
FROM area_incoming i, LATERAL (
    SELECT p.id FROM area p
    WHERE p.code = i.parent_code AND p.level <> i.level AND (p.valid_to IS NULL) = (i.valid_to IS NULL)
    ORDER BY array_position(ARRAY['district', 'province', 'state', 'region', 'country'], p.level)
    LIMIT 1
) AS found
WHERE a.level = i.level AND a.code = i.code AND (a.valid_to IS NULL) = (i.valid_to IS NULL)
  AND a.parent_id IS DISTINCT FROM found.id
"""

# A file that names no parents: the province in which the unit's label lies.
PARENTS_BY_PLACE = """
UPDATE area a SET parent_id = p.id
FROM area p
WHERE a.id = ANY(:changed) AND a.parent_id IS NULL AND a.level <> 'province' AND a.valid_to IS NULL
  AND p.level = 'province' AND p.valid_to IS NULL AND ST_Covers(p.geom, a.label_point)
"""

# What was only guessed and now lies under an official unit of another code has ceased to exist.
RETIRE = """
WITH gone AS (
    UPDATE area a SET valid_to = current_date
    FROM area o
    WHERE o.id = ANY(:changed) AND o.boundary = 'official' AND o.valid_to IS NULL AND o.level = a.level
      AND a.id <> o.id AND a.boundary = 'approximate' AND a.valid_to IS NULL
      AND ST_Covers(o.geom, a.label_point)
    RETURNING a.id AS old_id, o.id AS new_id
)
INSERT INTO area_succession (old_id, new_id) SELECT old_id, new_id FROM gone ON CONFLICT DO NOTHING
RETURNING old_id
"""


def stage(units: Iterable[Incoming]) -> int:
    """Copy the units into the staging table and tell how many there were."""
    connection = db.session.connection()
    connection.execute(text(STAGE))
    buffer = io.StringIO()
    count = 0
    for count, unit in enumerate(units, start=1):
        buffer.write("\t".join(_copied(value) for value in _fields(count, unit)) + "\n")
    copy(f"area_incoming ({', '.join(COLUMNS)})", buffer)
    connection.execute(text("ANALYZE area_incoming"))
    return count


def repair(count: int, srid: int = 4326) -> Iterator[int]:
    """Bring the staged shapes to degrees and make them valid, chunk by chunk; yields how many are done."""
    for first in range(1, count + 1, CHUNK):
        span = {"first": first, "last": first + CHUNK - 1}
        if srid != 4326:
            db.session.execute(text(TRANSFORM), span | {"srid": srid})
        db.session.execute(text(REPAIR), span)
        yield min(CHUNK, count + 1 - first)


def merge(report: LoadReport) -> None:
    """Turn the staged units into rows of `area`, and say in the report what became of them."""
    run = db.session.execute
    empty = run(text(DROP_EMPTY)).all()
    report.refused += [
        Refused(row.n, row.code, "nothing is left of its polygons after repair") for row in empty
    ]
    report.repaired += run(text("SELECT count(*) FROM area_incoming WHERE repaired")).scalar_one()
    report.recoded += affected(run(text(RECODE)))
    updated = list(run(text(UPDATE)).scalars())
    added = list(run(text(INSERT)).scalars())
    changed = updated + added
    run(text(PARENTS))
    run(text(PARENTS_BY_PLACE), {"changed": changed})
    report.retired += len(run(text(RETIRE), {"changed": changed}).all())
    report.orphans += run(
        text(
            "SELECT count(*) FROM area WHERE id = ANY(:changed) AND parent_id IS NULL AND level = 'commune'"
        ),
        {"changed": changed},
    ).scalar_one()
    report.added += len(added)
    report.updated += len(updated)
    report.changed += changed


def succeed(pairs: Sequence[tuple[str, str, str, str]]) -> int:
    """Record which unit in force took over an old one: (old level, old code, new level, new code)."""
    statement = """
        INSERT INTO area_succession (old_id, new_id)
        SELECT old.id, new.id
        FROM unnest(CAST(:a AS text[]), CAST(:b AS text[]), CAST(:c AS text[]), CAST(:d AS text[]))
             AS pair(old_level, old_code, new_level, new_code)
        JOIN area old ON old.level = old_level AND old.code = old_code AND old.valid_to IS NOT NULL
        JOIN area new ON new.level = new_level AND new.code = new_code AND new.valid_to IS NULL
        ON CONFLICT DO NOTHING
    """
    columns = [list(column) for column in zip(*pairs, strict=True)] or [[], [], [], []]
    return affected(db.session.execute(text(statement), dict(zip("abcd", columns, strict=True))))


def copy(table: str, rows: io.StringIO) -> None:
    """Put rows, in PostgreSQL's text format, into a table (with its columns in brackets) by COPY."""
    rows.seek(0)
    driver: Any = db.session.connection().connection
    with driver.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} FROM STDIN", rows)


def affected(result: Any) -> int:
    """How many rows a statement touched."""
    return int(result.rowcount)


def _fields(n: int, unit: Incoming) -> tuple[object, ...]:
    shape = None if unit.shape is None else shapely.to_wkb(unit.shape, hex=True, include_srid=True)
    return (
        n,
        unit.level,
        unit.code,
        unit.parent_code,
        unit.name,
        unit.full_name,
        unit.name_en,
        unit.kind,
        unit.kind_en,
        shape,
        unit.boundary,
        unit.source,
        unit.population,
        unit.valid_from,
        unit.valid_to,
    )


def _copied(value: object) -> str:
    if value is None:
        return r"\N"
    return str(value).replace("\\", "\\\\").replace("\t", " ").replace("\n", " ").replace("\r", " ")
