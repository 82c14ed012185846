"""What a map would draw from our tiles."""

import math
from typing import Any

import mapbox_vector_tile

from app.core.geo import Point


def tile_of(point: Point, z: int) -> tuple[int, int, int]:
    """The tile that holds the point."""
    n, lat = 2**z, math.radians(point.lat)
    return z, int((point.lon + 180) / 360 * n), int((1 - math.asinh(math.tan(lat)) / math.pi) / 2 * n)


def point_in(tile: tuple[int, int, int], x: float, y: float, extent: int = 4096) -> Point:
    """The place of a tile's coordinates (y down)."""
    z, column, row = tile
    n = 2**z
    lon = (column + x / extent) / n * 360 - 180
    lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (row + y / extent) / n))))
    return Point(lon, lat)


def fetch(client: Any, tile: tuple[int, int, int], query: str = "") -> Any:
    """The answer for a tile."""
    return client.get("/tiles/cases/{}/{}/{}.mvt".format(*tile) + (f"?{query}" if query else ""))


def layer(data: bytes, name: str) -> list[dict[str, Any]]:
    """The features of one layer, y down."""
    read = mapbox_vector_tile.decode(data, default_options={"y_coord_down": True})
    return list(read.get(name, {"features": []})["features"])


def around(point: Point, z: int, rings: int = 2) -> list[tuple[int, int, int]]:
    """The tile of the point and its neighbours."""
    _z, column, row = tile_of(point, z)
    steps = range(-rings, rings + 1)
    return [(z, column + dx, row + dy) for dx in steps for dy in steps]
