"""Space has a type: a point is longitude first, in degrees of WGS 84."""

import math
from typing import NamedTuple, Self

from flask_babel import gettext as _

from app.core.errors import Invalid

EARTH_RADIUS_M = 6_371_008.8


class Point(NamedTuple):
    """A place on the earth: longitude, latitude (EPSG:4326)."""

    lon: float
    lat: float

    @classmethod
    def checked(cls, lon: float, lat: float, *, field: str = "position") -> Self:
        """A point whose numbers are finite and on the earth, or Invalid."""
        if not (math.isfinite(lon) and math.isfinite(lat) and -180 <= lon <= 180 and -90 <= lat <= 90):
            raise Invalid(_("Vị trí không hợp lệ."), field=field, slug="invalid-position")
        return cls(lon, lat)

    @property
    def ewkt(self) -> str:
        """The point as EWKT, as GeoAlchemy2 and PostGIS take it."""
        return f"SRID=4326;POINT({self.lon!r} {self.lat!r})"

    def moved(self, metres: float, bearing_rad: float) -> "Point":
        """The point `metres` away in the direction `bearing_rad` (clockwise from north).

        Local tangent plane; the error stays below a metre for the few hundred metres it is used for.
        """
        north = metres * math.cos(bearing_rad)
        east = metres * math.sin(bearing_rad)
        lat = self.lat + math.degrees(north / EARTH_RADIUS_M)
        lon = self.lon + math.degrees(east / (EARTH_RADIUS_M * max(0.01, math.cos(math.radians(self.lat)))))
        return Point((lon + 180.0) % 360.0 - 180.0, max(-89.9, min(89.9, lat)))

    def metres_to(self, other: "Point") -> float:
        """Great-circle distance in metres (haversine)."""
        lat1, lat2 = math.radians(self.lat), math.radians(other.lat)
        half_lat = (lat2 - lat1) / 2
        half_lon = math.radians(other.lon - self.lon) / 2
        a = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
        return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(a)))
