"""Where people live in the demo city: wards by how many live there, and places inside their outlines."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import shapely
from sqlalchemy import text

from app.core.db import db
from app.core.geo import Point

PROVINCE = "79"
HOME_WARD, OTHER_WARD = "26743", "26740"
CENTRE = Point(106.685, 10.775)
HOME_SHARE = 0.02
"""So many of all cases lie in each of the two officials' wards, that there is something to see in them."""

WARDS = """
SELECT a.id, a.code, a.name, a.full_name, a.kind, a.population, a.parent_id AS province_id,
       ST_AsBinary(a.geom) AS shape, ST_X(a.label_point) AS lon, ST_Y(a.label_point) AS lat,
       (SELECT count(*) FROM area_succession s JOIN area o ON o.id = s.old_id
        WHERE s.new_id = a.id AND o.level = 'commune') AS parts
FROM area a JOIN area p ON p.id = a.parent_id
WHERE :province IN ('', p.code) AND a.level = 'commune' AND a.valid_to IS NULL AND a.geom IS NOT NULL
ORDER BY a.code
"""


@dataclass(frozen=True)
class Ward:
    """A ward in force with its outline; `people` is a weight, roughly its inhabitants."""

    id: int
    province_id: int
    code: str
    name: str
    full_name: str
    shape: Any
    middle: Point
    people: float


@dataclass(frozen=True)
class Home:
    """Where a household lives: the ward, the exact place, and how they write it."""

    ward: Ward
    place: Point
    address: str


def wards(province: str = PROVINCE) -> list[Ward]:
    """The wards of the demo city or another province, with "" of the whole country, in a fixed order."""
    return [_ward(row) for row in db.session.execute(text(WARDS), {"province": province})]


def case_weights(all_wards: Sequence[Ward]) -> list[float]:
    """How likely a case lies in each ward: by people, with the lockdown hardest in the old city."""
    weights = [ward.people * _hardship(ward.middle) for ward in all_wards]
    shown = HOME_SHARE * sum(weights)
    return [
        max(weight, shown) if ward.code in (HOME_WARD, OTHER_WARD) else weight
        for ward, weight in zip(all_wards, weights, strict=True)
    ]


def place_in(rng: Random, ward: Ward) -> Point:
    """A place inside the ward, more likely where it is built up around its middle than at its rim."""
    west, south, east, north = ward.shape.bounds
    lon, lat = ward.middle
    spread = 0.28 if rng.random() < 0.7 else 0.6
    for _ in range(200):
        place = Point(rng.gauss(lon, spread * (east - west)), rng.gauss(lat, spread * (north - south)))
        if shapely.contains_xy(ward.shape, place.lon, place.lat):
            return Point(round(place.lon, 6), round(place.lat, 6))
    return ward.middle


def _hardship(place: Point) -> float:
    """1 in the inner city, less the farther out: distance decay over 18 km, a little everywhere."""
    return 0.08 + math.exp(-((place.metres_to(CENTRE) / 18_000) ** 2))


def _ward(row: Any) -> Ward:
    shape = shapely.from_wkb(bytes(row.shape))
    shapely.prepare(shape)
    # Without a census: it joined old wards of about 25,000 people, and rural communes of about 14,000.
    people = row.population or max(1, row.parts) * (14_000 if row.kind == "Xã" else 25_000)
    middle = Point(row.lon, row.lat)
    return Ward(row.id, row.province_id, row.code, row.name, row.full_name, shape, middle, float(people))
