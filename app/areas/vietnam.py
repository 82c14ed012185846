"""The embedded default: Vietnam's units since the reform of 2025-07-01, read from the data files of the
PyPI package `vietnamadminunits` (MIT). Nothing of it is copied into this project.
"""

import json
import sqlite3
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

REFORM = date(2025, 7, 1)
SOURCE = "vietnamadminunits"
KINDS_EN = {
    "Tỉnh": "Province",
    "Thành phố": "City",
    "Phường": "Ward",
    "Xã": "Commune",
    "Đặc khu": "Special zone",
    "Quận": "District",
    "Huyện": "District",
    "Thị xã": "Town",
    "Thị trấn": "Township",
}


@dataclass(frozen=True, slots=True)
class Unit:
    """One administrative unit. `successors` are codes of today's provinces (of an
    old province) or communes (of an old ward or district); today's units have none."""

    level: str
    code: str
    full_name: str
    name: str
    kind: str
    parent_code: str | None = None
    lon: float | None = None
    lat: float | None = None
    area_km2: float | None = None
    box: tuple[float, float, float, float] | None = None
    successors: tuple[str, ...] = ()

    @property
    def name_en(self) -> str:
        """The name in plain Latin letters."""
        decomposed = unicodedata.normalize("NFD", self.name.replace("đ", "d").replace("Đ", "D"))
        return "".join(ch for ch in decomposed if not unicodedata.combining(ch))

    @property
    def kind_en(self) -> str:
        """The kind of unit in English."""
        return KINDS_EN.get(self.kind, "")


@dataclass(frozen=True)
class Units:
    """All of them. `old_wards` includes the five island districts that had no wards (level `district`)."""

    provinces: list[Unit]
    communes: list[Unit]
    old_provinces: list[Unit]
    old_districts: list[Unit]
    old_wards: list[Unit]


@cache
def package_folder() -> Path:
    """Where the package keeps its data, without importing it (it loads parsers and a geocoder)."""
    found = find_spec("vietnamadminunits")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("the Python package vietnamadminunits is not installed")
    return Path(found.submodule_search_locations[0]) / "data"


@cache
def crosswalk() -> dict[str, tuple[str, ...]]:
    """Codes of today's communes by the old unit's key `province_district_ward`, the main successor first."""
    with (package_folder() / "converter_2025.json").open(encoding="utf-8") as file:
        tables = json.load(file)
    codes = {(row["provinceKey"], row["wardKey"]): row["wardCode"] for row in _rows("admin_units")}
    found: dict[str, tuple[str, ...]] = {}
    for province, wards in tables["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for ward, old_keys in wards.items():
            found |= dict.fromkeys(old_keys, (codes[province, ward],))
    for province, olds in tables["DICT_PROVINCE_WARD_DIVIDED"].items():
        for old, parts in olds.items():
            ordered = sorted(parts, key=lambda part: not part["isDefaultNewWard"])
            found[old] = tuple(codes[province, part["newWardKey"]] for part in ordered)
    return found


@cache
def read_units() -> Units:
    """Read the package's tables into plain units."""
    current, legacy = _rows("admin_units"), _rows("admin_units_legacy")
    return Units(
        provinces=_once(_province(row) for row in current),
        communes=[_commune(row) for row in current],
        old_provinces=_old_provinces(legacy),
        old_districts=_old_districts(legacy),
        old_wards=[_old_ward(row) for row in legacy],
    )


def old_key(province: str | None, district: str | None, ward: str | None) -> str:
    """The crosswalk's key of an old unit."""
    return f"{province or ''}_{district or ''}_{ward or ''}"


def _rows(table: str) -> list[dict[str, Any]]:
    uri = f"{(package_folder() / 'dataset.db').as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True)
    try:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]  # noqa: S608 (two constants)
    finally:
        connection.close()


def _once(units: Iterable[Unit]) -> list[Unit]:
    return list({unit.code: unit for unit in units}.values())


def _province(row: dict[str, Any]) -> Unit:
    kind = "Thành phố" if row["province"].startswith("Thành phố") else "Tỉnh"
    return Unit("province", row["provinceCode"], row["province"], row["provinceShort"], kind)


def _commune(row: dict[str, Any]) -> Unit:
    return Unit(
        "commune",
        row["wardCode"],
        row["ward"],
        row["wardShort"],
        row["wardType"],
        row["provinceCode"],
        row["wardLon"],
        row["wardLat"],
        row["wardAreaKm2"],
    )


def _old_provinces(legacy: list[dict[str, Any]]) -> list[Unit]:
    today = {row["wardCode"]: row["provinceCode"] for row in _rows("admin_units")}
    successors: dict[str, set[str]] = defaultdict(set)
    for row in legacy:
        successors[row["provinceCode"]] |= {today[code] for code in _successors(row)}
    return [
        replace(unit, successors=tuple(sorted(successors[unit.code])))
        for unit in _once(_province(row) for row in legacy)
    ]


def _district(row: dict[str, Any]) -> Unit:
    kind, name = row["districtType"], row["districtShort"]
    return Unit(
        "district",
        row["districtCode"],
        row["district"],
        name,
        kind,
        row["provinceCode"],
    )


def _old_districts(legacy: list[dict[str, Any]]) -> list[Unit]:
    successors: dict[str, dict[str, None]] = defaultdict(dict)
    for row in legacy:
        successors[row["districtCode"]] |= dict.fromkeys(_successors(row))
    units = _once(_district(row) for row in legacy if row["wardCode"])
    return [replace(unit, successors=tuple(successors[unit.code])) for unit in units]


def _successors(row: dict[str, Any]) -> tuple[str, ...]:
    return crosswalk()[old_key(row["provinceKey"], row["districtKey"], row["wardKey"])]


def _old_ward(row: dict[str, Any]) -> Unit:
    successors = _successors(row)
    if not row["wardCode"]:
        return replace(_district(row), successors=successors)
    return Unit(
        "commune",
        row["wardCode"],
        row["ward"],
        row["wardShort"],
        row["wardType"],
        row["districtCode"],
        row["wardLon"],
        row["wardLat"],
        box=_box(row["wardBounds"]),
        successors=successors,
    )


def _box(text: str | None) -> tuple[float, float, float, float] | None:
    """West, south, east, north out of "south,west – north,east"."""
    try:
        (south, west), (north, east) = (map(float, corner.split(",")) for corner in (text or "").split("–"))
    except ValueError:
        return None
    return west, south, east, north
