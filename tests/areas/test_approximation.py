"""How often the approximate cells are right, against official polygons (see docs/areas.md)."""

import json

import numpy as np
import pytest
import shapely

from app.areas import cells
from app.areas.load import PROVINCES_FILE
from app.areas.vietnam import read_units
from tests.areas import official

PLACES_PER_COMMUNE = 20


def random_places(shape, generator):
    """Some places inside a shape, spread evenly."""
    west, south, east, north = shape.bounds
    shapely.prepare(shape)
    found = np.empty((0, 2))
    while len(found) < PLACES_PER_COMMUNE:
        tries = generator.uniform((west, south), (east, north), (200, 2))
        found = np.concatenate((found, tries[shapely.contains_xy(shape, tries)]))
    return found[:PLACES_PER_COMMUNE]


@official.needed
def test_four_homes_of_five_get_the_right_commune_and_49_of_50_the_right_province(record_property):
    generator = np.random.default_rng(2025)
    units = read_units()
    own = cells.default_cells(units, PROVINCES_FILE)
    codes = list(own)
    province = {unit.code: unit.parent_code for unit in units.communes}
    places, truth, true_province = [], [], []
    for feature in official.features(official.COMMUNES)[::3]:
        shape = shapely.make_valid(shapely.from_geojson(json.dumps(feature["geometry"])), method="structure")
        places.append(random_places(shape, generator))
        truth += [feature["properties"]["code"]] * PLACES_PER_COMMUNE
        true_province += [feature["properties"]["parent"]] * PLACES_PER_COMMUNE
    points = shapely.points(np.concatenate(places))
    place, cell = shapely.STRtree(list(own.values())).query(points, predicate="intersects")
    given = np.full(len(points), "", dtype="U8")
    given[place] = np.array(codes)[cell]
    right_commune = np.mean(given == np.array(truth))
    right_province = np.mean([province.get(code) == p for code, p in zip(given, true_province, strict=True)])
    outside = np.mean(given == "")
    record_property("approximation", f"{right_commune:.3f} {right_province:.3f} {outside:.3f}")
    print(f"commune {right_commune:.1%}, province {right_province:.1%}, outside {outside:.1%}")
    assert right_commune == pytest.approx(0.81, abs=0.02)
    assert right_province > 0.97
    assert outside < 0.01
