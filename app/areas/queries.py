"""Reads about areas, by name: which one a point is in, which ones lie under another, search, successors."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, text

from app.areas.wording import Asked, asked
from app.core.db import db
from app.core.geo import Point

LONGEST_SEARCH = 120


class AreaRow(NamedTuple):
    """A commune (or another unit) in force, with the province it belongs to."""

    id: int
    code: str
    level: str
    name: str
    full_name: str
    kind: str
    approximate: bool
    province_id: int | None
    province_code: str | None
    province: str | None

    @property
    def label(self) -> str:
        """How it is shown to people: "Phường Tân Sơn, Thành phố Hồ Chí Minh"."""
        return f"{self.full_name}, {self.province}" if self.province else self.full_name


class FoundArea(NamedTuple):
    """A search result: an area in force; `formerly` is the old unit whose name matched instead of its own."""

    area: AreaRow
    formerly: str | None


COLUMNS = """
    c.id, c.code, c.level, c.name, c.full_name, c.kind,
    coalesce(c.boundary = 'approximate', false) AS approximate,
    p.id AS province_id, p.code AS province_code, p.full_name AS province
"""

# One descent of the partial index ix_area_geom; an official outline wins over a guessed one.
AREA_AT = f"""
SELECT {COLUMNS}
FROM area c LEFT JOIN area p ON p.id = c.parent_id
WHERE c.level = 'commune' AND c.valid_to IS NULL
  AND ST_Covers(c.geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326))
ORDER BY c.boundary = 'approximate', c.id
LIMIT 1
"""  # noqa: S608

UNDER = """
WITH RECURSIVE below AS (
    SELECT id FROM area WHERE id = :id
    UNION
    SELECT a.id FROM area a JOIN below ON a.parent_id = below.id
)
SELECT id FROM below
"""

BY_CODES = f"""
SELECT {COLUMNS}
FROM unnest(CAST(:codes AS text[])) WITH ORDINALITY AS wanted(code, place)
JOIN area c ON c.code = wanted.code AND c.level = :level AND c.valid_to IS NULL
LEFT JOIN area p ON p.id = c.parent_id
ORDER BY wanted.place
"""  # noqa: S608

BY_ID = f"SELECT {COLUMNS} FROM area c LEFT JOIN area p ON p.id = c.parent_id WHERE c.id = :id"  # noqa: S608

# Old names lead to their successors. `:within` (a pattern, or null) must match a unit above.
SEARCH = f"""
WITH hit AS MATERIALIZED (
    SELECT a.id, a.valid_to, a.name, a.full_name, a.folded, a.full_folded, up.full_name AS up_name,
           up.full_folded AS up_folded, top.full_folded AS top_folded
    FROM area a
    LEFT JOIN area up ON up.id = a.parent_id
    LEFT JOIN area top ON top.id = up.parent_id
    WHERE a.full_folded LIKE :pattern
      AND (CAST(:within AS text) IS NULL
           OR up.full_folded LIKE :within OR top.full_folded LIKE :within)
), target AS (
    SELECT id AS area_id, NULL AS formerly, hit.* FROM hit WHERE valid_to IS NULL
    UNION ALL
    SELECT s.new_id, concat_ws(', ', hit.full_name, hit.up_name), hit.*
    FROM hit JOIN area_succession s ON s.old_id = hit.id WHERE hit.valid_to IS NOT NULL
), ranked AS (
    SELECT DISTINCT ON (area_id) area_id, formerly,
        (lower(normalize(name, NFC)) = :exact OR lower(normalize(full_name, NFC)) = :exact) AS accents,
        (folded = :folded OR full_folded = :folded) AS whole,
        (position(:exact in lower(normalize(full_name, NFC))) > 0) AS some_accents,
        (folded LIKE :starts OR full_folded LIKE :starts) AS starts
    FROM target
    ORDER BY area_id, formerly IS NOT NULL, 3 DESC, 4 DESC, 5 DESC, 6 DESC
)
SELECT {COLUMNS}, ranked.formerly
FROM ranked JOIN area c ON c.id = ranked.area_id AND c.valid_to IS NULL
LEFT JOIN area p ON p.id = c.parent_id
WHERE CAST(:level AS text) IS NULL OR c.level = :level
ORDER BY accents DESC, whole DESC, formerly IS NOT NULL, some_accents DESC, starts DESC,
         c.level <> 'province', length(c.name), c.folded, p.folded, c.id
LIMIT :limit
"""  # noqa: S608

# For slips of the finger, when nothing holds the words as they were typed.
ALIKE = f"""
SELECT {COLUMNS}, NULL AS formerly
FROM area c LEFT JOIN area p ON p.id = c.parent_id
WHERE c.valid_to IS NULL AND c.full_folded % :folded AND similarity(c.full_folded, :folded) > 0.4
  AND (CAST(:level AS text) IS NULL OR c.level = :level)
ORDER BY similarity(c.full_folded, :folded) DESC, c.full_folded, c.id
LIMIT :limit
"""  # noqa: S608


def area_at(point: Point) -> AreaRow | None:
    """The commune in force that the point is in, with its province; None outside every area."""
    row = db.session.execute(text(AREA_AT), {"lon": point.lon, "lat": point.lat}).one_or_none()
    return _area(row) if row else None


def area_by_id(area_id: int) -> AreaRow | None:
    """One area, in force or not."""
    row = db.session.execute(text(BY_ID), {"id": area_id}).one_or_none()
    return _area(row) if row else None


def areas_under(area_id: int) -> list[int]:
    """Ids of the area itself and of everything below it, however deep."""
    return list(db.session.execute(text(UNDER), {"id": area_id}).scalars())


def areas_with_codes(codes: Sequence[str], level: str = "commune") -> list[AreaRow]:
    """The areas in force with these official codes, in the order asked for; unknown codes are left out."""
    known = {"codes": list(codes), "level": level}
    return [_area(row) for row in db.session.execute(text(BY_CODES), known)]


def search_areas(q: str, limit: int = 10, *, level: str | None = None) -> list[FoundArea]:
    """Areas in force by today's or a former name, typed with or without diacritics.

    What is typed after a comma must match a unit above: "tân thành, đồng tháp". Exact accents come
    first, then the same letters without accents, then names that hold the words, then similar ones.
    """
    wanted = asked(q[:LONGEST_SEARCH])
    if not wanted.folded:
        return []
    found = _found(SEARCH, wanted, limit, level)
    if not found and wanted.within is None:
        for shorter in wanted.splits():
            found = _found(SEARCH, shorter, limit, level)
            if found:
                break
    return found or _found(ALIKE, wanted, limit, level)


def _found(statement: str, wanted: Asked, limit: int, level: str | None) -> list[FoundArea]:
    known = {
        "pattern": f"%{_like(wanted.folded)}%",
        "starts": f"{_like(wanted.folded)}%",
        "within": None if wanted.within is None else f"%{_like(wanted.within)}%",
        "exact": wanted.exact,
        "folded": wanted.folded,
        "limit": max(1, min(limit, 50)),
        "level": level,
    }
    return [FoundArea(_area(row), row.formerly) for row in db.session.execute(text(statement), known)]


def _like(words: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", words)


def _area(row: Row[Any]) -> AreaRow:
    return AreaRow(*row[: len(AreaRow._fields)])
