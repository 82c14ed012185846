"""Reads the CSV files of the assignment benchmark as others write them.

A row without sense is told and left out. Columns may stand in any order, under several names, among others;
separated by comma, semicolon or tab.
"""

import csv
import io
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np

from bench.cases_and_helpers import Cases, Helpers

NAMES = {
    "lat": ("lat", "latitude", "y"),
    "lon": ("lon", "lng", "long", "longitude", "x"),
    "time": ("time", "created_at", "timestamp", "arrival", "arrived_at", "datetime", "date"),
    "weight": ("weight", "priority"),
    "category": ("category", "category_slug", "kind", "type"),
    "capacity": ("capacity", "room", "slots", "max_cases"),
    "radius_m": ("radius_m", "radius", "max_distance_m", "max_m"),
    "radius_km": ("radius_km", "max_distance_km", "max_km"),
    "categories": ("categories", "category", "category_ids", "category_slugs", "skills", "kinds"),
}
CASE = ("time", "lat", "lon", "category", "weight")
HELPER = ("lat", "lon", "capacity", "radius_m", "radius_km", "categories")
OF_A_CASE = {other: name for name in CASE for other in NAMES[name]}
"""What each known heading of a file of cases means."""
DEFAULT_CAPACITY, MOST_CAPACITY = 3, 1_000_000
"""As a new volunteer has it in the application; and more than anybody has."""

Row = Mapping[str, str]
T = TypeVar("T")


def read_cases(path: Path) -> Cases:
    """lat, lon and, where known, time (ISO 8601 or seconds), category, weight."""
    rows = list(_read(path, CASE, _case))
    minute, lat, lon, weight, category = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    order = np.argsort(np.array(minute, np.float64), kind="stable")
    columns = [np.array(column, np.float64)[order] for column in (minute, lat, lon, weight)]
    columns[0] -= columns[0].min(initial=np.inf) if rows else 0.0
    return Cases(*columns, np.array(category, dtype=str)[order])


def read_helpers(path: Path) -> Helpers:
    """lat, lon and, where known, capacity, radius_m or radius_km, categories (separated by ; | or ,)."""
    rows = list(_read(path, HELPER, _helper))
    lat, lon, capacity, radius, served = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return Helpers(
        np.array(lat, np.float64),
        np.array(lon, np.float64),
        np.array(capacity, np.int64),
        np.array(radius, np.float64),
        list(served) if any(served) else None,
    )


def _case(row: Row, position: int) -> tuple[float, float, float, float, str]:
    return (
        _minute(row["time"], position),
        *_place(row),
        _number(row, "weight", 1.0, least=0.0, most=1e6),
        row["category"].lower(),
    )


def _helper(row: Row, _position: int) -> tuple[float, float, int, float, frozenset[str]]:
    radius = _number(row, "radius_m", math.inf, least=0.0)
    if row["radius_km"]:
        radius = 1000 * _number(row, "radius_km", math.inf, least=0.0)
    capacity = math.floor(min(MOST_CAPACITY, _number(row, "capacity", DEFAULT_CAPACITY, least=-1e9)))
    served = {name.strip().lower() for name in re.split(r"[;|,]", row["categories"].strip("[]{}"))}
    return *_place(row), max(0, capacity), radius, frozenset(served - {""})


def _place(row: Row) -> tuple[float, float]:
    lat, lon = _number(row, "lat", least=-90.0, most=90.0), _number(row, "lon", least=-180.0, most=180.0)
    return lat, lon


def _number(
    row: Row, name: str, default: float | None = None, *, least: float = -math.inf, most: float = math.inf
) -> float:
    typed = row[name]
    if not typed and default is not None:
        return default
    try:
        number = float(typed)
    except ValueError:
        raise ValueError(f"{name} is {typed!r}, not a number") from None
    if not least <= number <= most:
        raise ValueError(f"{name} is {typed}, which cannot be")
    return number


def _minute(typed: str, position: int) -> float:
    """Minutes since some moment; a row without a time comes a minute after the one before."""
    if not typed:
        return float(position)
    try:
        seconds = float(typed)
    except ValueError:
        try:
            at = datetime.fromisoformat(typed)
        except ValueError:
            raise ValueError(f"time is {typed!r}, neither ISO 8601 nor seconds") from None
        seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    if not math.isfinite(seconds):
        raise ValueError(f"time is {typed}, which cannot be")
    return seconds / 60


def _read(path: Path, columns: tuple[str, ...], made: Callable[[Row, int], T]) -> Iterator[T]:
    """The rows that make sense; the others are named on stderr."""
    left_out = 0
    for position, (line, row) in enumerate(_rows(path, columns)):
        try:
            yield made(row, position)
        except ValueError as wrong:
            left_out += 1
            if left_out <= 10:
                print(f"{path}, line {line}: {wrong}; left out", file=sys.stderr)
    if left_out > 10:
        print(f"{path}: {left_out} rows left out in all", file=sys.stderr)


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, Row]]:
    """Each row with the number of its line, under our names."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as wrong:
        raise SystemExit(f"{path} cannot be read: {wrong}") from wrong
    head = text.split("\n", 1)[0]
    mark = max(",;\t", key=head.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    header = [name.strip().lower().replace(" ", "_") for name in next(table, [])]
    if not header:
        print(f"{path} is empty", file=sys.stderr)
        return
    where = {name: next((header.index(n) for n in NAMES[name] if n in header), None) for name in columns}
    if missing := [name for name in ("lat", "lon") if where[name] is None]:
        raise SystemExit(f"{path} has no column {' and '.join(missing)}, only: {', '.join(header)}")
    for fields in table:
        if any(field.strip() for field in fields):
            yield (
                table.line_num,
                {
                    name: fields[n].strip() if n is not None and n < len(fields) else ""
                    for name, n in where.items()
                },
            )
