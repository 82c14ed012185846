"""A small country for tests: two provinces beside each other, six communes, and one unit of the past.

  lat
10.82  +-------------+-----------+----------------+
       |  Hòa Hưng   |  Sài Gòn  |  Xã Hòa Hưng   |
10.77  +-------------+-----------+----------------+
       |  Chợ Lớn    | Khánh Hội |  Long Hưng     |
10.72  +-------------+-----------+----------------+
     106.62       106.68      106.74           106.84  lon
       |<- Thành phố Hồ Chí Minh->|<-- Đồng Nai -->|
"""

from datetime import date
from typing import NamedTuple

from shapely import MultiPolygon, Polygon, union_all
from sqlalchemy import Connection, text

from app.core.geo import Point

REFORM = date(2025, 7, 1)

# Borders wander a little, as real ones do; neighbours share every corner.
SW, S1, S2, SE = (106.620, 10.722), (106.681, 10.718), (106.742, 10.725), (106.835, 10.731)
W, M1, M2, E = (106.615, 10.765), (106.684, 10.762), (106.745, 10.768), (106.842, 10.771)
NW, N1, N2, NE = (106.622, 10.815), (106.688, 10.818), (106.739, 10.812), (106.838, 10.820)
RIVER = (106.747, 10.750)  # a bend between Khánh Hội and Long Hưng
CANAL = (106.689, 10.790)  # and one between Hòa Hưng and Sài Gòn

CHO_LON = Point(106.650, 10.742)
KHANH_HOI = Point(106.713, 10.742)
HOA_HUNG = Point(106.652, 10.790)
SAI_GON = Point(106.7009, 10.7769)
LONG_HUNG = Point(106.790, 10.748)
XA_HOA_HUNG = Point(106.790, 10.793)
AT_SEA = Point(107.500, 9.500)


class Commune(NamedTuple):
    """One commune of the small country."""

    code: str
    name: str
    name_en: str
    kind: str
    kind_en: str
    province: str
    border: tuple[tuple[float, float], ...]


PROVINCES = {
    "79": ("Hồ Chí Minh", "Thành phố Hồ Chí Minh", "Ho Chi Minh City", "Thành phố", "City"),
    "75": ("Đồng Nai", "Tỉnh Đồng Nai", "Dong Nai Province", "Tỉnh", "Province"),
}
WARD, RURAL = ("Phường", "Ward"), ("Xã", "Commune")
COMMUNES = (
    Commune("27301", "Chợ Lớn", "Cho Lon", *WARD, "79", (SW, S1, M1, W)),
    Commune("27265", "Khánh Hội", "Khanh Hoi", *WARD, "79", (S1, S2, RIVER, M2, M1)),
    Commune("27212", "Hòa Hưng", "Hoa Hung", *WARD, "79", (W, M1, CANAL, N1, NW)),
    Commune("26740", "Sài Gòn", "Sai Gon", *WARD, "79", (M1, M2, N2, N1, CANAL)),
    Commune("26368", "Long Hưng", "Long Hung", *WARD, "75", (S2, SE, E, M2, RIVER)),
    Commune("26380", "Hòa Hưng", "Hoa Hung", *RURAL, "75", (M2, E, NE, N2)),
)
PAST = ("26734", "Bến Nghé", "Phường Bến Nghé", "Ben Nghe")

ADD_AREA = text(
    "INSERT INTO area (code, level, name, full_name, name_en, kind, kind_en, parent_id, geom, label_point,"
    " valid_from, valid_to, boundary, source, population)"
    " VALUES (:code, :level, :name, :full_name, :name_en, :kind, :kind_en, :parent_id,"
    " ST_GeomFromText(:geom, 4326), ST_PointOnSurface(ST_GeomFromText(:geom, 4326)),"
    " :valid_from, :valid_to, 'official', 'tests', :population) RETURNING id"
)


def shape_of(commune: Commune) -> MultiPolygon:
    """The polygon of a commune."""
    return MultiPolygon([Polygon(commune.border)])


def load(connection: Connection) -> None:
    """Put the small country into an empty database."""
    provinces = {}
    for code, (name, full_name, name_en, kind, kind_en) in PROVINCES.items():
        whole = union_all([shape_of(c) for c in COMMUNES if c.province == code])
        provinces[code] = _add(
            connection, MultiPolygon([whole]),
            code=code, level="province", name=name, full_name=full_name, name_en=name_en, kind=kind,
            kind_en=kind_en, parent_id=None, population=9_000_000,
        )  # fmt: skip
    communes = {
        c.code: _add(
            connection, shape_of(c),
            code=c.code, level="commune", name=c.name, full_name=f"{c.kind} {c.name}", name_en=c.name_en,
            kind=c.kind, kind_en=c.kind_en, parent_id=provinces[c.province], population=50_000,
        )
        for c in COMMUNES
    }  # fmt: skip
    code, name, full_name, name_en = PAST
    past = _add(
        connection, None,
        code=code, level="commune", name=name, full_name=full_name, name_en=name_en, kind=WARD[0],
        kind_en=WARD[1], parent_id=provinces["79"], population=None, valid_from=None, valid_to=REFORM,
    )  # fmt: skip
    connection.execute(
        text("INSERT INTO area_succession VALUES (:old, :new)"), {"old": past, "new": communes["26740"]}
    )
    connection.execute(
        text(
            "INSERT INTO area_shape SELECT id, 0, 22, ST_Multi(ST_Transform(geom, 3857)) FROM area"
            " WHERE valid_to IS NULL"
        )
    )


def _add(connection: Connection, shape: MultiPolygon | None, **columns: object) -> int:
    row = {"valid_from": REFORM, "valid_to": None, "geom": shape.wkt if shape else None, **columns}
    return int(connection.execute(ADD_AREA, row).scalar_one())
