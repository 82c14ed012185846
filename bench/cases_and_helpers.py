"""Cases and volunteers of the assignment benchmark, from CSV files; further columns are ignored."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.matching.assignment import Floats, Ints

NAMES = {"latitude": "lat", "y": "lat", "longitude": "lon", "lng": "lon", "long": "lon", "x": "lon",
         "radius": "radius_m", "created_at": "time", "timestamp": "time", "category": "category",
         "category_slug": "category", "category_ids": "categories", "skills": "categories"}  # fmt: skip
DEFAULT_CAPACITY = 3
"""As a new volunteer has it in the application."""


@dataclass(frozen=True)
class Cases:
    """In the order in which they came; `minute` counts from the first."""

    minute: Floats
    lat: Floats
    lon: Floats
    weight: Floats
    category: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.minute)


@dataclass(frozen=True)
class Helpers:
    """`radius_m` is infinite and `categories` None where the file does not say."""

    lat: Floats
    lon: Floats
    capacity: Ints
    radius_m: Floats
    categories: list[frozenset[str]] | None

    def __len__(self) -> int:
        return len(self.lat)


def read_cases(path: Path) -> Cases:
    """CSV with lat, lon and, where known, time (ISO 8601 or seconds), category, weight."""
    rows = list(_rows(path))
    minutes = np.array([_minute(row.get("time", ""), n) for n, row in enumerate(rows)])
    order = np.argsort(minutes, kind="stable")
    minutes = minutes - (minutes.min() if len(rows) else 0)
    return Cases(
        minutes[order],
        _numbers(rows, "lat")[order],
        _numbers(rows, "lon")[order],
        _numbers(rows, "weight", 1.0)[order],
        np.array([row.get("category", "") for row in rows], dtype=str)[order],
    )


def read_helpers(path: Path) -> Helpers:
    """CSV with lat, lon and, where known, capacity, radius_m, categories (separated by ; or |)."""
    rows = list(_rows(path))
    served = [frozenset(row.get("categories", "").replace("|", ";").split(";")) - {""} for row in rows]
    return Helpers(
        _numbers(rows, "lat"),
        _numbers(rows, "lon"),
        np.maximum(0, _numbers(rows, "capacity", DEFAULT_CAPACITY)).astype(np.int64),
        _numbers(rows, "radius_m", np.inf),
        served if any(served) else None,
    )


def _rows(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            named = {(key or "").strip().lower(): (value or "") for key, value in row.items() if key}
            yield {NAMES.get(key, key): value.strip() for key, value in named.items()}


def _numbers(rows: list[dict[str, str]], name: str, default: float | None = None) -> Floats:
    """One column; without a default it has to be there in every row."""
    return np.array([_number(row, name, default) for row in rows], np.float64)


def _number(row: Mapping[str, str], name: str, default: float | None) -> float:
    if typed := row.get(name, ""):
        return float(typed)
    if default is None:
        raise SystemExit(f"A row has no {name}: {dict(row)}")
    return default


def _minute(typed: str, position: int) -> float:
    """Minutes since some moment; a row without a time comes a minute after the one before."""
    if not typed:
        return float(position)
    try:
        return float(typed) / 60
    except ValueError:
        at = datetime.fromisoformat(typed)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() / 60


CENTRE, SPREAD_M, QUARTERS = (10.7769, 106.7009), 9_000, 14
METRES_A_DEGREE = 111_195.0


def make_files(cases: Path, volunteers: Path, number: int, helpers: int, *, seed: int, capacity: int) -> None:
    """Write a day in a city: quarters of different size, volunteers not quite where the need is."""
    rng = np.random.default_rng(seed)
    middles = rng.normal(0, SPREAD_M, (QUARTERS, 2))
    need, help_ = rng.dirichlet(np.full(QUARTERS, 3.0)), rng.dirichlet(np.full(QUARTERS, 3.0))
    seconds = np.sort(rng.beta(2, 2, number) * 86_400).astype(int)
    asked = _places(rng, middles, need, number, 1_800)
    offered = _places(rng, middles, (need + help_) / 2, helpers, 2_600)
    kinds = rng.choice(["essentials", "grocery_run", "medical_advice"], number, p=[0.9, 0.07, 0.03])
    weights = rng.choice([1.0, 2.0, 4.0], number, p=[0.8, 0.17, 0.03])
    with cases.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "time", "lat", "lon", "category", "weight"])
        for n, (second, (lat, lon), kind, weight) in enumerate(
            zip(seconds, asked, kinds, weights, strict=True)
        ):
            at = datetime.fromtimestamp(1_637_539_200 + int(second), UTC).isoformat()
            table.writerow([f"c{n}", at, f"{lat:.6f}", f"{lon:.6f}", kind, weight])
    with volunteers.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "lat", "lon", "capacity"])
        for n, (lat, lon) in enumerate(offered):
            table.writerow([f"v{n}", f"{lat:.6f}", f"{lon:.6f}", capacity])


def _places(
    rng: np.random.Generator, middles: Floats, shares: Floats, number: int, spread_m: float
) -> Floats:
    metres = middles[rng.choice(len(middles), number, p=shares)] + rng.normal(0, spread_m, (number, 2))
    lat = CENTRE[0] + metres[:, 0] / METRES_A_DEGREE
    lon = CENTRE[1] + metres[:, 1] / (METRES_A_DEGREE * np.cos(np.radians(CENTRE[0])))
    return np.column_stack([lat, lon])
