"""The built-in basemap's tiles."""

from itertools import pairwise

import mapbox_vector_tile
import pytest

from app.areas.rules import LOCAL_BANDS, WIDE_BANDS
from app.areas.tiles import area_tile
from tests import geography as here


def tile_at(point, z):
    """The tile that holds a point."""
    import math

    row = (1 - math.asinh(math.tan(math.radians(point.lat))) / math.pi) / 2
    return z, int((point.lon + 180) / 360 * 2**z), int(row * 2**z)


def url(z, x, y):
    return f"/tiles/areas/{z}/{x}/{y}.mvt"


def test_a_tile_draws_areas_and_names_them(app):
    layers = mapbox_vector_tile.decode(area_tile(*tile_at(here.SAI_GON, 12)))
    drawn = {feature["properties"]["code"]: feature["properties"] for feature in layers["areas"]["features"]}
    assert drawn["26740"] == {"code": "26740", "name": "Sài Gòn", "level": "commune", "approximate": False}
    assert {"Sài Gòn"} <= {f["properties"]["name"] for f in layers["area_labels"]["features"]}


def test_each_label_is_in_one_tile_only(app):
    z, x, y = tile_at(here.SAI_GON, 13)
    seen = []
    for dx in (-2, -1, 0, 1, 2):
        for dy in (-2, -1, 0, 1, 2):
            layers = mapbox_vector_tile.decode(area_tile(z, x + dx, y + dy))
            seen += [f["properties"]["code"] for f in layers.get("area_labels", {"features": []})["features"]]
    assert seen.count("26740") == 1


def test_the_open_sea_is_an_empty_tile(client):
    answer = client.get(url(*tile_at(here.AT_SEA, 12)))
    assert (answer.status_code, answer.data) == (200, b"")


def test_a_tile_can_be_cached_by_everyone_and_asked_for_again_cheaply(client):
    address = url(*tile_at(here.SAI_GON, 12))
    first = client.get(address)
    assert first.mimetype == "application/vnd.mapbox-vector-tile"
    assert "public" in first.headers["Cache-Control"]
    assert "Set-Cookie" not in first.headers
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("z", "x", "y"),
    [(0, 1, 0), (5, 32, 0), (5, 0, 32), (23, 0, 0), (99, 0, 0), ("a", 0, 0), (3, -1, 0), (9, 10**30, 0)],
)
def test_what_is_not_a_tile_is_not_found(client, z, x, y):
    assert client.get(url(z, x, y)).status_code == 404


@pytest.mark.parametrize("bands", [WIDE_BANDS, LOCAL_BANDS])
def test_zoom_bands_leave_no_gap_and_never_overlap(bands):
    for band, following in pairwise(bands):
        assert band.max_zoom + 1 == following.min_zoom
        assert band.tolerance_m >= following.tolerance_m
