"""Outlines simplified ahead of time for each band of map zooms, and provinces redrawn from their communes.

Neighbours are simplified together (shapely's coverage_simplify, after Visvalingam and Whyatt), so that no
slivers open between them. PostGIS has this only from 3.4 on, therefore it happens here.
"""

import io
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text

from app.areas.incoming import copy
from app.areas.rules import bands_of
from app.core.db import db

EARTH_M = 6_378_137.0
LAST_LATITUDE = 85.06  # where the square map of the world ends

IN_FORCE = """
SELECT id, ST_AsBinary(geom) AS wkb FROM area
WHERE level = :level AND valid_to IS NULL AND geom IS NOT NULL ORDER BY id
"""

CHILDREN = """
SELECT c.parent_id, ST_AsBinary(c.geom) AS wkb, c.boundary = 'official' AS official
FROM area c JOIN area p ON p.id = c.parent_id
WHERE c.valid_to IS NULL AND p.valid_to IS NULL AND c.geom IS NOT NULL
  AND (p.geom IS NULL OR p.source IN ('', 'union of its parts'))
  AND p.id IN (SELECT parent_id FROM area WHERE id = ANY(:changed))
"""

REDRAW = """
UPDATE area SET geom = shape, label_point = ST_PointOnSurface(shape), boundary = :boundary,
                source = 'union of its parts'
FROM (SELECT ST_Multi(ST_CollectionExtract(ST_MakeValid(ST_GeomFromWKB(:wkb, 4326), 'method=structure'), 3))
             AS shape) AS made
WHERE id = :id
"""


def redraw_parents(changed: list[int]) -> list[int]:
    """Draw the parents that have no outline of their own as the union of their parts; returns their ids."""
    parts: dict[int, list[BaseGeometry]] = defaultdict(list)
    official: dict[int, bool] = defaultdict(lambda: True)
    for row in db.session.execute(text(CHILDREN), {"changed": changed}):
        parts[row.parent_id].append(shapely.from_wkb(bytes(row.wkb)))
        official[row.parent_id] &= bool(row.official)
    for parent, shapes in parts.items():
        boundary = "official" if official[parent] else "approximate"
        whole = {"id": parent, "wkb": shapely.to_wkb(_joined(shapes)), "boundary": boundary}
        db.session.execute(text(REDRAW), whole)
    return list(parts)


def rebuild_shapes() -> Iterator[str]:
    """Make `area_shape` anew for every area in force; yields each level and band when it is done."""
    db.session.execute(text("DELETE FROM area_shape"))
    levels = db.session.execute(text("SELECT DISTINCT level FROM area WHERE valid_to IS NULL ORDER BY level"))
    for level in levels.scalars().all():
        rows = db.session.execute(text(IN_FORCE), {"level": level}).all()
        ids = [row.id for row in rows]
        shapes = _on_the_map(shapely.from_wkb([bytes(row.wkb) for row in rows]))
        for band in bands_of(level):
            simple = simplified(shapes, band.tolerance_m)
            _copy(
                (area, band.min_zoom, band.max_zoom, shape) for area, shape in zip(ids, simple, strict=True)
            )
            yield f"{level} {band.min_zoom}-{band.max_zoom}"


def simplified(shapes: NDArray[np.object_], tolerance_m: float) -> list[BaseGeometry]:
    """Neighbouring polygons with fewer corners, still neighbours; specks below a pixel are left out."""
    if not len(shapes):
        return []
    try:
        simple = shapely.coverage_simplify(shapes, tolerance_m)
    except shapely.GEOSException:
        simple = shapely.simplify(shapes, tolerance_m)
    return [_without_specks(shape, tolerance_m**2) for shape in simple]


def _without_specks(shape: BaseGeometry, smallest: float) -> BaseGeometry:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and not part.is_empty]
    largest = max(parts, key=lambda part: part.area, default=None)
    return shapely.MultiPolygon([part for part in parts if part is largest or part.area >= smallest])


def _on_the_map(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Degrees to web Mercator metres; what lies beyond the map's edge is pushed to it."""

    def project(lon_lat: NDArray[np.float64]) -> NDArray[np.float64]:
        lat = np.radians(np.clip(lon_lat[:, 1], -LAST_LATITUDE, LAST_LATITUDE))
        return np.column_stack((np.radians(lon_lat[:, 0]), np.log(np.tan(np.pi / 4 + lat / 2)))) * EARTH_M

    return np.asarray(shapely.transform(shapes, project))


def _joined(shapes: list[BaseGeometry]) -> BaseGeometry:
    try:
        whole = shapely.coverage_union_all(shapes)
        if whole.is_valid:
            return whole
    except shapely.GEOSException:
        pass
    return shapely.union_all(shapely.make_valid(shapes, method="structure", keep_collapsed=False))


def _copy(rows: Iterator[tuple[int, int, int, BaseGeometry]]) -> None:
    buffer = io.StringIO()
    for area, low, high, shape in rows:
        if not shape.is_empty:
            wkb = shapely.to_wkb(shapely.set_srid(shape, 3857), hex=True, include_srid=True)
            buffer.write(f"{area}\t{low}\t{high}\t{wkb}\n")
    copy("area_shape (area_id, min_zoom, max_zoom, geom)", buffer)
