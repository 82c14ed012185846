#!/usr/bin/env python3
"""Make seed/areas/provinces.geojson.gz: the 34 provinces of Vietnam since 2025-07-01, dissolved from the
63 earlier ones of Natural Earth 1:10m.

    apt-get download qgis-common && dpkg-deb -x qgis-common_*.deb unpacked
    .venv/bin/python scripts/derive_provinces.py unpacked/usr/share/qgis/resources/data/world_map.gpkg

It needs to run again only when Natural Earth or the reform changes; `make run` reads the file that it made.
"""

import gzip
import json
import sqlite3
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import shapely

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.areas.vietnam import read_units  # noqa: E402
from app.core.text import fold  # noqa: E402

OUT = ROOT / "seed" / "areas" / "provinces.geojson.gz"
PRECISION_DEG = 0.0001  # about 11 m; the source is coarser
# Names in the source that are wrong or differ from the official ones.
MISNAMED = {
    "dong nam bo": "dong nai",
    "dong bac": "bac kan",
    "dong bang song hong": "hung yen",
    "ho chi minh city": "ho chi minh",
    "thua thien - hue": "hue",
    "ðong thap": "dong thap",
}


def old_shapes(path: Path) -> dict[str, shapely.Geometry]:
    """The earlier provinces by folded name, out of the GeoPackage."""
    rows = sqlite3.connect(path).execute("SELECT name, geom FROM states_provinces WHERE adm0_a3 = 'VNM'")
    shapes = {}
    for name, blob in rows:
        folded = fold(name)
        shapes[MISNAMED.get(folded, folded)] = shapely.make_valid(geometry_of(blob), method="structure")
    return shapes


def geometry_of(blob: bytes) -> shapely.Geometry:
    """A geometry out of GeoPackage's blob: a header whose length depends on its envelope, then WKB."""
    envelope = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}[(blob[3] >> 1) & 7]
    return shapely.from_wkb(blob[8 + envelope :])


def dissolved(shapes: dict[str, shapely.Geometry]) -> dict[str, shapely.Geometry]:
    """The shape of each new province by code.

    Islands go to the province of the nearest commune centre: the source gives Côn Đảo to Sóc Trăng.
    """
    units = read_units()
    new_code = {fold(old.name): old.successors[0] for old in units.old_provinces}
    unknown = set(shapes) ^ set(new_code)
    if unknown:
        raise SystemExit(f"these provinces have no counterpart: {sorted(unknown)}")
    centres = shapely.STRtree(shapely.points([(c.lon, c.lat) for c in units.communes]))
    pieces = defaultdict(list)
    for name, shape in shapes.items():
        parts = shapely.get_parts(shape)
        mainland = int(np.argmax(shapely.area(parts)))
        for n, part in enumerate(parts):
            nearest = units.communes[int(centres.nearest(part.centroid))].parent_code
            pieces[new_code[name] if n == mainland else nearest].append(part)
    return {code: shapely.union_all(parts, grid_size=PRECISION_DEG) for code, parts in pieces.items()}


def main(path: Path) -> None:
    """Write the derived file."""
    names = {unit.code: unit.full_name for unit in read_units().provinces}
    shapes = dissolved(old_shapes(path))
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "full_name": names[code], "level": "province"},
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for code, shape in sorted(shapes.items())
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    with OUT.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as packed:
        packed.write(text.encode())
    print(f"{OUT.relative_to(ROOT)}: {len(features)} provinces, {OUT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
