"""Approximate outlines of communes, where no official ones are at hand: Voronoi cells.

Only the centre of each of today's communes is known, and the centres of the older, three times smaller wards
that went into it. The plane is divided among all these points (a ward's cell belongs to the commune that took
it over), cut at the country's outline, and the pieces of each commune are joined. Provinces are the union of
their communes. `docs/areas.md` tells how good that is and what else was tried.
"""

import gzip
import json
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from app.areas.vietnam import Unit, Units

KM_PER_DEGREE = 111.2
SQUEEZE = math.cos(math.radians(16))  # degrees of longitude made as long as those of latitude, mid-country
SHORE_KM = 2.0  # the outline is coarse: so far out at sea still counts as the nearest commune
DEFAULT_AREA_KM2 = 30.0
SMALLEST_ISLAND_KM = 2.0

Place = tuple[float, float]
Centres = dict[str, Place]


def default_cells(units: Units, provinces_file: Path) -> dict[str, BaseGeometry]:
    """The approximate outline of every commune by code, in degrees."""
    centres, _moved = repaired_centres(units.communes, units.old_wards)
    points, owners = seeds(units.communes, units.old_wards, centres)
    outline = with_islands(country_outline(provinces_file), units.communes, centres)
    return commune_cells(points, owners, outline)


def repaired_centres(communes: Sequence[Unit], wards: Sequence[Unit]) -> tuple[Centres, list[str]]:
    """The centre (lon, lat) of each commune, and the codes of those that had to be moved.

    A centre is wrong when all old wards of its commune lie far from it (farther than 10 km, and than twice
    the side of a square of its size) but close to each other. It then moves to the median of the wards.
    Wards that share one point are no witnesses: a geocoder that knew none of them gave their district's.
    """
    witnesses: dict[str, list[Place]] = defaultdict(list)
    for place, ward in _with_own_point(wards):
        for code in ward.successors:
            witnesses[code].append(place)
    centres: Centres = {}
    moved = []
    for commune in communes:
        here = (float(commune.lon or 0), float(commune.lat or 0))
        limit = max(10.0, 2 * side_km(commune))
        seen = witnesses[commune.code]
        if len(seen) >= 2:
            middle = tuple(np.median(np.array(seen, dtype=float), axis=0))
            spread = float(np.median([km_between(middle, place) for place in seen]))
            if spread < limit < min(km_between(here, place) for place in seen):
                here = (float(middle[0]), float(middle[1]))
                moved.append(commune.code)
        centres[commune.code] = here
    return centres, moved


def seeds(
    communes: Sequence[Unit], wards: Sequence[Unit], centres: Centres
) -> tuple[NDArray[np.float64], list[str]]:
    """The points (lon, lat) that divide the plane, and the commune that each speaks for.

    An old ward speaks for the nearest of its successors, with the middle of its bounding box, unless that
    is farther away than one and a half sides of the commune: then the ward's own position is doubtful.
    """
    sides = {commune.code: side_km(commune) for commune in communes}
    points, owners = list(centres.values()), list(centres)
    for place, ward in _with_own_point(wards):
        west, south, east, north = ward.box or (*place, *place)
        middle = ((west + east) / 2, (south + north) / 2)
        reach, owner = min(
            (km_between(middle, centres[code]) / sides[code], code) for code in ward.successors
        )
        if reach < 1.5:
            points.append(middle)
            owners.append(owner)
    unique, first = np.unique(np.array(points, dtype=float), axis=0, return_index=True)
    return unique, [owners[n] for n in first]


def commune_cells(
    points: NDArray[np.float64], owners: Sequence[str], outline: BaseGeometry
) -> dict[str, BaseGeometry]:
    """The part of `outline` nearest to each owner's points, by owner."""
    plane = _squeezed(shapely.MultiPoint(points))
    frame = shapely.buffer(_squeezed(outline), 1)
    cells = shapely.get_parts(shapely.voronoi_polygons(plane, extend_to=frame, ordered=True))
    grouped: dict[str, list[BaseGeometry]] = defaultdict(list)
    for cell, owner in zip(cells, owners, strict=True):
        grouped[owner].append(cell)
    shapely.prepare(outline)
    return {code: _cut(_stretched(shapely.union_all(parts)), outline) for code, parts in grouped.items()}


def with_islands(outline: BaseGeometry, communes: Sequence[Unit], centres: Centres) -> BaseGeometry:
    """The outline widened by the shore, with a disc of the right size for every island that it lacks."""
    wide = shapely.buffer(_squeezed(outline), SHORE_KM / KM_PER_DEGREE)
    discs = []
    for commune in communes:
        centre = _squeezed(shapely.Point(centres[commune.code]))
        if not shapely.intersects(wide, centre):
            radius_km = max(SMALLEST_ISLAND_KM, side_km(commune) / math.sqrt(math.pi))
            discs.append(shapely.buffer(centre, radius_km / KM_PER_DEGREE))
    whole = shapely.get_parts(shapely.union_all([wide, *discs]))
    # Holes are where coarse borders of old provinces did not meet; the country surrounds no other.
    return _stretched(shapely.MultiPolygon([shapely.Polygon(part.exterior) for part in whole]))


def country_outline(path: Path) -> BaseGeometry:
    """The country as the derived file of provinces draws it."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        features = json.load(file)["features"]
    return shapely.union_all([shapely.from_geojson(json.dumps(f["geometry"])) for f in features])


def polygons_of(shape: BaseGeometry) -> BaseGeometry:
    """The shape as a multipolygon, without the lines and points that cutting can leave."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


def in_degrees(shape: BaseGeometry) -> BaseGeometry:
    """The shape marked as EPSG:4326, with coordinates of about 10 cm: more would be pretence."""
    rounded: BaseGeometry = shapely.transform(shape, lambda xy: np.round(xy, 6))
    return shapely.set_srid(rounded, 4326)


def side_km(unit: Unit) -> float:
    """The side in km of a square as large as the unit."""
    return math.sqrt(unit.area_km2 or DEFAULT_AREA_KM2)


def km_between(one: Sequence[float], other: Sequence[float]) -> float:
    """Distance in km between two (lon, lat), on the squeezed plane: good to a few per cent in Vietnam."""
    return KM_PER_DEGREE * math.hypot((one[0] - other[0]) * SQUEEZE, one[1] - other[1])


def _with_own_point(wards: Sequence[Unit]) -> list[tuple[Place, Unit]]:
    placed = [((ward.lon, ward.lat), ward) for ward in wards if ward.lon is not None and ward.lat is not None]
    shared = Counter(place for place, _ in placed)
    return [(place, ward) for place, ward in placed if shared[place] == 1]


def _cut(shape: BaseGeometry, outline: BaseGeometry) -> BaseGeometry:
    return polygons_of(shape if shapely.covers(outline, shape) else shapely.intersection(shape, outline))


def _squeezed(shape: BaseGeometry) -> BaseGeometry:
    return shapely.transform(shape, lambda xy: xy * (SQUEEZE, 1.0))


def _stretched(shape: BaseGeometry) -> BaseGeometry:
    return shapely.transform(shape, lambda xy: xy / (SQUEEZE, 1.0))
