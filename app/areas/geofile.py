"""Reading somebody's GeoJSON: a file or an address, plain, .gz or .xz, told apart by content."""

import gzip
import io
import json
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry
from tqdm import tqdm

from app.areas.mapping import Mapping, Unfit, Unusable, unit_of
from app.areas.rules import Incoming, Refused

TIMEOUT_S = 60
LARGEST_DOWNLOAD = 2 * 2**30
LARGEST_TEXT = 8 * 2**30
DEGREES = ("CRS84", "4326", "4979", "CRS84h")


def read_units(source: str, mapping: Mapping) -> Iterator[Incoming | Refused]:
    """Each feature as a unit with its shape, or refused with the reason; Unusable when it is not GeoJSON."""
    features = _features(_parsed(source), mapping, source)
    label = mapping.fixed.source or source.rsplit("/", 1)[-1]
    seen: set[tuple[str, str]] = set()
    for number, feature in enumerate(features, start=1):
        code = ""
        try:
            unit = unit_of(_properties(feature), mapping)
            code = unit.code
            if (unit.level, unit.code) in seen:
                raise Unfit(f"a {unit.level} with this code was already in the file")
            shape = polygons(feature.get("geometry"), in_degrees=mapping.srid == 4326)
            seen.add((unit.level, unit.code))
            yield replace(unit, shape=shape, source=label)
        except Unfit as reason:
            yield Refused(number, code, str(reason))


def polygons(geometry: Any, *, in_degrees: bool = True) -> BaseGeometry:
    """The polygons of a GeoJSON geometry as one multipolygon, perhaps an invalid one, without the rest."""
    if not isinstance(geometry, dict):
        raise Unfit("it has no geometry")
    try:
        shape = shapely.force_2d(shapely.from_geojson(json.dumps(geometry)))
    except (shapely.GEOSException, ValueError, TypeError, RecursionError) as error:
        raise Unfit(f"its geometry cannot be read ({str(error).splitlines()[0][:120]})") from None
    parts = [part for part in _leaves(shape) if isinstance(part, Polygon) and not part.is_empty]
    if not parts:
        raise Unfit(f"its geometry holds no polygon ({geometry.get('type', 'no type')})")
    whole = shapely.set_srid(shapely.MultiPolygon(parts), 4326)
    west, south, east, north = whole.bounds
    if in_degrees and not (west >= -180 and south >= -90 and east <= 180 and north <= 90):
        raise Unfit(
            "its coordinates are not degrees (longitude, latitude); `srid` in the mapping says what they are"
        )
    return whole


def _leaves(shape: Any) -> Iterator[BaseGeometry]:
    for part in shapely.get_parts(shape):
        if part.geom_type.startswith("Multi") or part.geom_type == "GeometryCollection":
            yield from _leaves(part)
        else:
            yield part


def _properties(feature: Any) -> dict[str, Any]:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise Unfit("it is not a GeoJSON Feature")
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        raise Unfit("it has no properties")
    return {**({"id": feature["id"]} if "id" in feature else {}), **properties}


def _features(document: Any, mapping: Mapping, source: str) -> list[Any]:
    if not isinstance(document, dict):
        raise Unusable(f"{source} is JSON, but not GeoJSON")
    features = [document] if document.get("type") == "Feature" else document.get("features")
    if not isinstance(features, list):
        raise Unusable(f"{source} is not a GeoJSON FeatureCollection")
    crs = json.dumps(document.get("crs")) if document.get("crs") else ""
    if crs and mapping.srid == 4326 and not any(name in crs for name in DEGREES):
        raise Unusable(
            f"{source} is in another coordinate system ({crs[:120]}); say `srid = …` in the mapping"
        )
    return features


def _parsed(source: str) -> Any:
    try:
        with _opened(source) as raw, _unpacked(raw) as plain:
            text = plain.read(LARGEST_TEXT + 1)
            if len(text) > LARGEST_TEXT:
                raise Unusable(f"{source} is larger than {LARGEST_TEXT // 2**30} GB unpacked")
            return json.loads(text.decode("utf-8-sig"))
    except (URLError, HTTPException) as error:
        raise Unusable(f"{source} could not be fetched: {getattr(error, 'reason', error)}") from None
    except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
        raise Unusable(f"{source} is damaged: {error}") from None
    except OSError as error:
        raise Unusable(f"{source} could not be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise Unusable(f"{source} is not JSON: {error}") from None


def _opened(source: str) -> IO[bytes]:
    if "://" not in source:
        return Path(source).open("rb")
    if not source.startswith(("https://", "http://")):
        raise Unusable(f"{source}: only https:// and http:// addresses can be fetched")
    accept = {"Accept": "application/geo+json, application/json, */*"}
    request = Request(source, headers=accept)  # noqa: S310 (the scheme is checked above)
    kept = io.BytesIO()
    with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
        size = int(answer.headers.get("Content-Length") or 0)
        with tqdm(total=size or None, unit="B", unit_scale=True, desc="fetching", disable=None) as bar:
            while block := answer.read(2**20):
                bar.update(kept.write(block))
                if kept.tell() > LARGEST_DOWNLOAD:
                    raise Unusable(f"{source} is larger than {LARGEST_DOWNLOAD // 2**30} GB")
    kept.seek(0)
    return kept


def _unpacked(raw: IO[bytes]) -> IO[bytes] | gzip.GzipFile | lzma.LZMAFile:
    start = raw.read(6)
    raw.seek(0)
    if start[:2] == b"\x1f\x8b":
        return gzip.open(raw)
    if start == b"\xfd7zXZ\x00":
        return lzma.open(raw)
    return raw
