"""Count the wards anew. The worker does it every minute; callers hold the transaction."""

from typing import Any

from sqlalchemy import Row, text

from app.core.db import db
from app.core.heartbeat import beat
from app.coverage.queries import HEARTBEAT
from app.coverage.rules import RECENT_DAYS, WAITING_H, Ward

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('coverage'))")

# What each case lacks is the mean over its needs, for kilograms and boxes cannot be added; a ward's is the
# mean over its cases. Most open cases lack all they asked for, so only needs of the others are read. Cases
# that strangers may only count are counted, and weigh in nothing else.
CASES_BY_WARD = text(
    f"""
    WITH promised AS (
        SELECT c.id, avg(1 - n.pledged / n.quantity)::float8 AS unmet
        FROM "case" c JOIN need n ON n.case_id = c.id
        WHERE c.status IN ('open', 'claimed') AND c.on_map
          AND c.id IN (SELECT case_id FROM need WHERE pledged > 0)
        GROUP BY c.id
    )
    SELECT c.commune_id,
           count(*) FILTER (WHERE c.status = 'open' AND c.on_map) AS open,
           count(*) FILTER (WHERE c.status = 'open' AND c.on_map
                              AND c.created_at <= now() - interval '{WAITING_H} hours') AS waiting,
           count(*) FILTER (WHERE c.status = 'open' AND NOT c.on_map) AS counted_only,
           count(*) FILTER (WHERE c.on_map) AS asked,
           coalesce(avg(CASE WHEN c.status IN ('open', 'claimed') THEN coalesce(p.unmet, 1) ELSE 0 END)
                        FILTER (WHERE c.on_map), 0) AS unmet
    FROM "case" c LEFT JOIN promised p ON p.id = c.id
    WHERE c.commune_id IS NOT NULL
      AND (c.status IN ('open', 'claimed') OR c.status IN ('delivered', 'closed')
           AND c.status_at > now() - interval '{RECENT_DAYS} days')
    GROUP BY c.commune_id
    """  # noqa: S608 - constants
)

# A volunteer counts from the middle of their ward, not from their base: what is published could lead there
# otherwise. So the count is by ward and radius, and the same for everybody of a ward.
HELPERS_BY_WARD = text(
    """
    WITH homes AS (
        SELECT v.commune_id, v.radius_m, count(*) AS people
        FROM volunteer v JOIN "user" u ON u.id = v.user_id AND u.deactivated_at IS NULL
        WHERE v.available AND v.commune_id IS NOT NULL
          AND v.user_id IN (SELECT user_id FROM user_role WHERE role IN ('volunteer', 'medic'))
        GROUP BY v.commune_id, v.radius_m
    )
    SELECT w.id, sum(h.people)::int AS people
    FROM homes h
    JOIN area home ON home.id = h.commune_id
    CROSS JOIN LATERAL (SELECT h.radius_m / 111195.0 AS far, cos(radians(ST_Y(home.label_point))) AS flat) d
    JOIN area w ON w.level = 'commune' AND w.valid_to IS NULL
        AND w.geom && ST_Expand(home.label_point, d.far / d.flat, d.far)
        AND (w.id = home.id OR ST_DistanceSphere(w.label_point, home.label_point) <= h.radius_m)
    GROUP BY w.id
    """
)
# Volunteers who came in without their ward (a demo city, an import) get it here, some at a time.
HOMELESS = text(
    """
    UPDATE volunteer v SET commune_id = a.id, province_id = a.parent_id
    FROM (SELECT user_id, base FROM volunteer WHERE commune_id IS NULL AND base IS NOT NULL LIMIT 5000) b
    JOIN area a ON a.level = 'commune' AND a.valid_to IS NULL AND ST_Covers(a.geom, b.base)
    WHERE v.user_id = b.user_id
    """
)
WARDS = text("SELECT id, parent_id FROM area WHERE id = ANY(:ids) AND valid_to IS NULL")
GONE = text("DELETE FROM area_coverage WHERE NOT area_id = ANY(:ids)")
KEEP = text(
    """
    INSERT INTO area_coverage AS w
        (area_id, province_id, open, waiting, counted_only, asked, unmet, helpers, level)
    SELECT * FROM unnest(
        CAST(:area_ids AS int[]), CAST(:province_ids AS int[]), CAST(:open AS int[]), CAST(:waiting AS int[]),
        CAST(:counted_only AS int[]), CAST(:asked AS int[]), CAST(:unmet AS float8[]),
        CAST(:helpers AS int[]), CAST(:level AS text[]))
    ON CONFLICT (area_id) DO UPDATE SET
        (province_id, open, waiting, counted_only, asked, unmet, helpers, level)
        = (excluded.province_id, excluded.open, excluded.waiting, excluded.counted_only, excluded.asked,
           excluded.unmet, excluded.helpers, excluded.level)
    WHERE (w.province_id, w.open, w.waiting, w.counted_only, w.asked, w.unmet, w.helpers, w.level)
        IS DISTINCT FROM
          (excluded.province_id, excluded.open, excluded.waiting, excluded.counted_only, excluded.asked,
           excluded.unmet, excluded.helpers, excluded.level)
    """
)


def count_wards() -> int:
    """Count every ward where somebody asks for help or was helped lately; returns how many there are."""
    db.session.execute(ONE_AT_A_TIME)
    db.session.execute(HOMELESS)
    counted = {row.commune_id: row for row in db.session.execute(CASES_BY_WARD)}
    ids = list(counted)
    provinces = dict(db.session.execute(WARDS, {"ids": ids}).tuples().all())
    people = dict(db.session.execute(HELPERS_BY_WARD).tuples().all())
    wards = [_ward(counted[key], provinces[key], people.get(key, 0)) for key in sorted(provinces)]
    db.session.execute(GONE, {"ids": [ward.area_id for ward in wards]})
    _keep(wards)
    beat(HEARTBEAT)
    return len(wards)


def _ward(row: Row[Any], province_id: int | None, helpers: int) -> Ward:
    return Ward(
        row.commune_id, province_id, row.open, row.waiting, row.counted_only, row.asked, row.unmet, helpers
    )


def _keep(wards: list[Ward]) -> None:
    """Write what has changed; a row that says the same is left alone."""
    columns = ("open", "waiting", "counted_only", "asked", "unmet", "helpers", "level")
    values = {name: [getattr(ward, name) for ward in wards] for name in columns}
    values |= {"area_ids": [w.area_id for w in wards], "province_ids": [w.province_id for w in wards]}
    db.session.execute(KEEP, values)
