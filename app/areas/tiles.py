"""Vector tiles of areas: the built-in basemap, drawn from shapes simplified ahead of time."""

from sqlalchemy import text

from app.areas.rules import DEEPEST_ZOOM
from app.core.db import read_engine

# Both layers go through ix_area_shape_geom; a label belongs to the one tile that holds its point.
TILE = """
WITH tile AS (
    SELECT ST_TileEnvelope(:z, :x, :y) AS box, ST_TileEnvelope(:z, :x, :y, margin => 0.016) AS wide
),
drawn AS MATERIALIZED (
    SELECT a.id, a.code, a.name, a.full_name, a.level, a.label_point, s.geom,
           coalesce(a.boundary = 'approximate', false) AS approximate
    FROM tile, area_shape s JOIN area a ON a.id = s.area_id
    WHERE s.geom && tile.wide AND CAST(:z AS int) BETWEEN s.min_zoom AND s.max_zoom AND a.valid_to IS NULL
),
polygons AS (
    SELECT ST_AsMVT(q, 'areas', 4096, 'geom', 'id') AS mvt FROM (
        SELECT d.id, d.code, d.name, d.level, d.approximate,
               ST_AsMVTGeom(d.geom, tile.box, 4096, 64, true) AS geom
        FROM drawn d, tile ORDER BY d.level = 'province', d.id
    ) q WHERE q.geom IS NOT NULL
),
labels AS (
    SELECT ST_AsMVT(q, 'area_labels', 4096, 'geom', 'id') AS mvt FROM (
        SELECT d.id, d.code, d.name, d.full_name, d.level,
               ST_AsMVTGeom(ST_Transform(d.label_point, 3857), tile.box, 4096, 0, true) AS geom
        FROM drawn d, tile
        WHERE CASE WHEN d.level = 'province' THEN :z BETWEEN 4 AND 10 ELSE :z >= 10 END
          AND ST_Y(d.label_point) BETWEEN -85.05 AND 85.05
        ORDER BY d.id
    ) q WHERE q.geom IS NOT NULL
)
SELECT polygons.mvt || labels.mvt FROM polygons, labels
"""


def is_tile(z: int, x: int, y: int) -> bool:
    """Whether there is such a tile on the map of the world."""
    return 0 <= z <= DEEPEST_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z


def area_tile(z: int, x: int, y: int) -> bytes:
    """The tile in Mapbox's vector format (MVT 2.1); empty bytes where there is no area.

    Layer `areas`: polygons with code, name, level, approximate. Layer `area_labels`: a point for each label
    with code, name, full_name, level; of provinces at zooms 4 to 10, of smaller units from 10 on.
    """
    with read_engine().connect() as connection:
        return bytes(connection.execute(text(TILE), {"z": z, "x": x, "y": y}).scalar_one())
