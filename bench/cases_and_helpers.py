"""Cases and volunteers of the assignment benchmark, and files of a made-up day in a city."""

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.matching.assignment import Floats, Ints


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

    def only(self, kept: Ints) -> "Cases":
        """The cases with these numbers."""
        columns = (self.minute, self.lat, self.lon, self.weight)
        return Cases(*(column[kept] for column in columns), self.category[kept])


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

    def only(self, kept: Ints) -> "Helpers":
        """The helpers with these numbers."""
        columns = (self.lat, self.lon, self.capacity, self.radius_m)
        served = self.categories
        return Helpers(*(column[kept] for column in columns), [served[n] for n in kept] if served else None)


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
