"""GeoJSON (RFC 7946): one feature a case, at its exact place, longitude first."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, BinaryIO

from app.authority.columns import Sheet
from app.authority.export_csv import iso

PLACE = frozenset({"latitude", "longitude"})


class GeojsonExporter:
    """Writes a FeatureCollection; the properties are the columns under their keys, without empty ones."""

    suffix = "geojson"
    mimetype = "application/geo+json"
    flows = True
    most_rows: int | None = None

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    def write(self, batches: Iterable[Sequence[Any]], out: BinaryIO) -> Iterator[int]:
        """Write all rows; yields how many were written whenever `out` holds something worth sending."""
        out.write(b'{"type":"FeatureCollection","features":[')
        before = b"\n"
        for batch in batches:
            for row in batch:
                out.write(before + self._feature(row))
                before = b",\n"
            yield len(batch)
        out.write(b"\n]}\n")
        yield 0

    def _feature(self, row: Any) -> bytes:
        pairs = zip(self.sheet.headings, self.sheet.values(row), strict=True)
        properties = {
            key: iso(value) if isinstance(value, datetime) else value
            for key, value in pairs
            if key not in PLACE and value is not None and value != ""
        }
        place = None if row.lon is None else {"type": "Point", "coordinates": [row.lon, row.lat]}
        feature = {"type": "Feature", "id": row.code, "geometry": place, "properties": properties}
        return json.dumps(feature, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
