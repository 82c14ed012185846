"""Rows of other tables that remember in which commune and province they lie, moved when areas change.

Features that keep such a memory say so in `wiring.py`; this package knows none of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import text

from app.core.db import db

CHUNK = 2000


@dataclass(frozen=True)
class Member:
    """A table with a uuid `key`, `commune_id`, `province_id`, and the SQL of the place that decides them."""

    table: str
    place: str = "position"
    key: str = "id"


@dataclass(frozen=True)
class Step:
    """One step of moving rows: how many were looked at, how many changed their area."""

    seen: int
    moved: int


_members: list[Member] = []


def remember(member: Member) -> None:
    """Name a table that has to follow its areas; twice is once."""
    if member not in _members:
        _members.append(member)


def members() -> tuple[Member, ...]:
    """Every table that follows its areas."""
    return tuple(_members)


def refresh_membership(member: Member, changed: list[int]) -> Iterator[Step]:
    """Set commune and province anew for rows in or near the changed areas.

    A generator: each step handles at most CHUNK rows. The caller
    commits between steps, so that no lock is held for long.
    """
    extent = db.session.execute(
        text(
            "SELECT ST_AsEWKT(ST_SetSRID(ST_Extent(geom)::geometry, 4326)) FROM area WHERE id = ANY(:changed)"
        ),
        {"changed": changed},
    ).scalar()
    last = None
    while extent:
        known = {"changed": changed, "extent": extent, "last": last, "chunk": CHUNK}
        row = db.session.execute(text(_statement(member)), known).one()
        if not row.seen:
            return
        last = row.last
        yield Step(row.seen, row.moved)


def pending(member: Member) -> int:
    """Roughly how many rows there are to look at."""
    query = f'SELECT count(*) FROM "{member.table}"'  # noqa: S608 (a constant of wiring.py)
    return int(db.session.execute(text(query)).scalar_one())


def _statement(member: Member) -> str:
    # `table` and `place` are constants of wiring.py, never anybody's input.
    return f"""
    WITH batch AS MATERIALIZED (
        SELECT m.{member.key} AS id, m.commune_id, m.province_id, {member.place} AS place
        FROM "{member.table}" m
        WHERE (CAST(:last AS uuid) IS NULL OR m.{member.key} > CAST(:last AS uuid))
          AND (m.commune_id = ANY(:changed) OR m.commune_id IS NULL
               OR {member.place} && ST_GeomFromEWKT(:extent))
        ORDER BY m.{member.key} LIMIT :chunk
    ), found AS (
        SELECT b.id, b.commune_id AS old_commune, b.province_id AS old_province,
               c.id AS commune_id, c.parent_id
        FROM batch b LEFT JOIN LATERAL (
            SELECT a.id, a.parent_id FROM area a
            WHERE a.level = 'commune' AND a.valid_to IS NULL AND ST_Covers(a.geom, b.place)
            ORDER BY a.boundary = 'approximate', a.id LIMIT 1
        ) c ON true
    ), changed AS (
        UPDATE "{member.table}" m SET commune_id = f.commune_id, province_id = f.parent_id
        FROM found f
        WHERE f.id = m.{member.key} AND f.commune_id IS NOT NULL
          AND (f.old_commune, f.old_province) IS DISTINCT FROM (f.commune_id, f.parent_id)
        RETURNING m.{member.key}
    )
    SELECT (SELECT count(*) FROM batch) AS seen, (SELECT count(*) FROM changed) AS moved,
           (SELECT id FROM batch ORDER BY id DESC LIMIT 1) AS last
    """  # noqa: S608
