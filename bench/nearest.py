"""The nearest volunteers of each case, in memory: SciPy's k-d trees on the sphere, one for each category."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from app.core.geo import EARTH_RADIUS_M
from app.matching.assignment import Floats, Ints, Pairs
from app.matching.rules import DETOUR, METRES_PER_MINUTE
from bench.cases_and_helpers import Cases, Helpers

MOST = 20


@dataclass(frozen=True)
class Found:
    """Pairs of a case and a helper that suits it, with the way weighted by the case."""

    case: Ints
    helper: Ints
    weighted_m: Floats

    @property
    def pairs(self) -> Pairs:
        """As the solver takes them: in minutes of travel."""
        return Pairs(self.case, self.helper, self.weighted_m * DETOUR / METRES_PER_MINUTE)

    def __len__(self) -> int:
        return len(self.case)

    def cost(self, carried: Ints) -> float:
        """The weighted metres of what is carried."""
        return float((self.weighted_m * carried).sum())

    def load(self, carried: Ints, helpers: int) -> Ints:
        """How many cases each helper carries."""
        return np.bincount(self.helper, weights=carried, minlength=helpers).astype(np.int64)

    def joined(self, other: "Found") -> "Found":
        """These pairs and those, each once; these keep their places at the front."""
        case = np.concatenate([self.case, other.case])
        helper = np.concatenate([self.helper, other.helper])
        way = np.concatenate([self.weighted_m, other.weighted_m])
        _key, first = np.unique(case * (int(helper.max(initial=0)) + 1) + helper, return_index=True)
        first.sort()
        return Found(case[first], helper[first], way[first])


NOTHING = Found(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


class Nearest:
    """Finds, among helpers with room who serve the category and reach the place, the nearest of each case."""

    def __init__(self, cases: Cases, helpers: Helpers) -> None:
        self.cases, self.helpers = cases, helpers
        self.at, self.bases = _on_sphere(cases.lat, cases.lon), _on_sphere(helpers.lat, helpers.lon)

    def of(self, wanted: Ints, *, room: Ints | None = None, most: int = MOST) -> Found:
        """Up to `most` pairs for each of the wanted cases."""
        found = NOTHING
        with_room = self.helpers.capacity if room is None else room
        kinds = self.cases.category[wanted] if self.helpers.categories else np.zeros(len(wanted), dtype=str)
        for kind in np.unique(kinds):
            free = np.flatnonzero((with_room > 0) & self._serve(str(kind)))
            one = self._of(wanted[kinds == kind], free, most)
            found = Found(*(np.concatenate(both) for both in zip(_parts(found), _parts(one), strict=True)))
        return found

    def _serve(self, kind: str) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        served = self.helpers.categories
        if served is None:
            return np.ones(len(self.helpers), bool)
        return np.array([not known or kind in known for known in served], bool)

    def _of(self, wanted: Ints, free: Ints, most: int) -> Found:
        most = min(most, len(free))
        if not most or not len(wanted):
            return NOTHING
        chord, index = cKDTree(self.bases[free]).query(self.at[wanted], k=most)
        chord, helper = chord.reshape(-1), free[index.reshape(-1)]
        case = np.repeat(wanted, most)
        metres = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, chord / 2))
        reached = metres <= self.helpers.radius_m[helper]
        case, helper, metres = case[reached], helper[reached], metres[reached]
        return Found(case, helper, metres * self.cases.weight[case])


def _parts(found: Found) -> tuple[Ints, Ints, Floats]:
    return found.case, found.helper, found.weighted_m


def _on_sphere(lat: Floats, lon: Floats) -> Floats:
    """Points of the unit sphere: the straight way through it orders as the way on it does, everywhere."""
    north, east = np.radians(lat), np.radians(lon)
    return np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
