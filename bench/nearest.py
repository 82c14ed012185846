"""Who is near, in memory: SciPy's k-d trees on the sphere, one for each category, and for prices."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from app.core.geo import EARTH_RADIUS_M
from app.matching.assignment import Floats, Ints, Pairs
from app.matching.rules import DETOUR, METRES_PER_MINUTE
from bench.cases_and_helpers import Cases, Helpers

MOST = 20
MINUTES_A_METRE = DETOUR / METRES_PER_MINUTE
SHOWN, AT_ONCE = 60, 2_000_000
LEVELS, A_LEVEL, LOOK = 16, 30, 4
"""Helpers are sorted into so many levels of price at most, of so many each at least; looks begin short."""


@dataclass(frozen=True)
class Found:
    """Pairs of a case and a helper that suits it, with the way weighted by the case."""

    case: Ints
    helper: Ints
    weighted_m: Floats

    @cached_property
    def pairs(self) -> Pairs:
        """As the solver takes them: in minutes of travel."""
        return Pairs(self.case, self.helper, self.weighted_m * MINUTES_A_METRE)

    def __len__(self) -> int:
        return len(self.case)

    def only(self, kept: Ints) -> "Found":
        """The pairs with these numbers."""
        return Found(self.case[kept], self.helper[kept], self.weighted_m[kept])

    def cost(self, carried: Ints) -> float:
        """The weighted metres of what is carried."""
        return float((self.weighted_m * carried).sum())

    def load(self, carried: Ints, helpers: int) -> Ints:
        """How many cases each helper carries."""
        return np.bincount(self.helper, weights=carried, minlength=helpers).astype(np.int64)

    def joined(self, other: "Found") -> "Found":
        """These pairs and those, each once."""
        both = all_of([self, other])
        key = both.case * (int(both.helper.max(initial=0)) + 1) + both.helper
        return both.only(np.unique(key, return_index=True)[1])


def all_of(parts: list[Found]) -> Found:
    """One after the other."""
    return Found(
        np.concatenate([part.case for part in parts] or [np.zeros(0, np.int64)]),
        np.concatenate([part.helper for part in parts] or [np.zeros(0, np.int64)]),
        np.concatenate([part.weighted_m for part in parts] or [np.zeros(0)]),
    )


NOTHING = all_of([])


class Nearest:
    """Finds, among helpers with room who serve the category and reach the place, those near to each case."""

    def __init__(self, cases: Cases, helpers: Helpers) -> None:
        self.cases, self.helpers = cases, helpers
        self.at, self.bases = on_sphere(cases.lat, cases.lon), on_sphere(helpers.lat, helpers.lon)
        kinds = cases.category if helpers.categories else np.zeros(len(cases), dtype="<U1")
        names, self.kind = np.unique(kinds, return_inverse=True)
        self.serve = [_serve(helpers, str(name)) for name in names]

    def of(self, wanted: Ints, *, room: Ints | None = None, most: int = MOST) -> Found:
        """The nearest, up to `most` for each of the wanted cases."""
        with_room = self.helpers.capacity if room is None else room
        found = []
        for number, serve in enumerate(self.serve):
            mine = wanted[self.kind[wanted] == number]
            free = np.flatnonzero((with_room > 0) & serve)
            if len(mine) and len(free):
                for pool in _by_reach(self.helpers.radius_m, free):
                    found.append(self._looked(cKDTree(self.bases[pool]), mine, pool, min(most, len(pool)))[0])
        return _fewest(all_of(found), most)

    def dealt(self, wanted: Ints, free: Ints, price_m: Floats) -> Found:
        """The pairs of least way and price together: for each case as many as are wanted, SHOWN at most."""
        most, found = min(SHOWN, len(wanted), len(free)), []
        for some in np.array_split(wanted, max(1, len(wanted) * len(free) // AT_ONCE)):
            apart = self.at[some][:, None] - self.bases[free][None]
            metres = _metres(np.sqrt(np.einsum("ijk,ijk->ij", apart, apart)))
            together = metres * self.cases.weight[some][:, None] + price_m[free]
            together[metres > self.helpers.radius_m[free]] = np.inf
            for number, serve in enumerate(self.serve):
                together[np.ix_(self.kind[some] == number, ~serve[free])] = np.inf
            chosen = np.argpartition(together, most - 1, axis=1)[:, :most]
            row, helper = np.repeat(np.arange(len(some)), most), chosen.reshape(-1)
            suits = np.isfinite(together[row, helper])
            row, helper = row[suits], helper[suits]
            weighted = metres[row, helper] * self.cases.weight[some[row]]
            found.append(Found(some[row], free[helper], weighted))
        return all_of(found)

    def suiting(self, case: Ints, helper: Ints) -> Found:
        """Those of these pairs that suit each other, each once."""
        case, helper = np.divmod(np.unique(case * len(self.helpers) + helper), max(1, len(self.helpers)))
        metres = _metres(np.linalg.norm(self.at[case] - self.bases[helper], axis=1))
        suits = (metres <= self.helpers.radius_m[helper]) & (self.helpers.capacity[helper] > 0)
        for number, serve in enumerate(self.serve):
            suits &= (self.kind[case] != number) | serve[helper]
        return Found(case[suits], helper[suits], (metres * self.cases.weight[case])[suits])

    def bargains(self, price_m: Floats, worth_m: Floats, most: int) -> tuple[Found, Floats]:
        """The pairs whose way and price are together below what the case is worth; the least of each case.

        The least is exact over all helpers: in each level of prices the search goes on until what is farther
        cannot be less. The dearest levels are searched only for the cases for which they can matter.
        """
        least, found, paid = worth_m.copy(), [], []
        for number, serve in enumerate(self.serve):
            mine = np.flatnonzero(self.kind == number)
            free = np.flatnonzero((self.helpers.capacity > 0) & serve)
            for pool in self._levels(free, price_m):
                lowest, tree = price_m[pool].min(), cKDTree(self.bases[pool])
                asking, look = mine[least[mine] > lowest], min(LOOK, len(pool))
                while len(asking):
                    near, farthest = self._looked(tree, asking, pool, look)
                    together = near.weighted_m + price_m[near.helper]
                    np.minimum.at(least, near.case, together)
                    good = together < worth_m[near.case] - 1e-6
                    found.append(near.only(np.flatnonzero(good)))
                    paid.append(together[good])
                    nearer = self.cases.weight[asking] * farthest + lowest < least[asking] - 1e-9
                    in_reach = farthest <= self.helpers.radius_m[pool].max()
                    asking = asking[nearer & in_reach] if look < len(pool) else asking[:0]
                    look = min(4 * look, len(pool))
        return _fewest(all_of(found), most, np.concatenate([*paid, np.zeros(0)])), least

    def _looked(self, tree: cKDTree, wanted: Ints, pool: Ints, many: int) -> tuple[Found, Floats]:
        """The nearest of a pool who come so far, and how far away the last one looked at was."""
        chord, index = tree.query(self.at[wanted], k=many)
        metres = _metres(chord.reshape(len(wanted), many))
        helper, case = pool[index.reshape(-1)], np.repeat(wanted, many)
        reached = metres.reshape(-1) <= self.helpers.radius_m[helper]
        weighted = metres.reshape(-1) * self.cases.weight[case]
        return Found(case[reached], helper[reached], weighted[reached]), metres[:, -1]

    def _levels(self, free: Ints, price_m: Floats) -> Iterator[Ints]:
        """Helpers of like reach and like price; those without a price together."""
        for alike in _by_reach(self.helpers.radius_m, free):
            inside = alike[np.argsort(price_m[alike], kind="stable")]
            no_price = int((price_m[inside] <= 0).sum())
            rest = inside[no_price:]
            yield from (inside[:no_price],) if no_price else ()
            yield from np.array_split(rest, max(1, min(LEVELS, len(rest) // A_LEVEL))) if len(rest) else ()


def _serve(helpers: Helpers, kind: str) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Who serves this category; a case without one is for everybody."""
    if helpers.categories is None or not kind:
        return np.ones(len(helpers), bool)
    return np.array([not known or kind in known for known in helpers.categories], bool)


def _by_reach(radius_m: Floats, free: Ints) -> Iterator[Ints]:
    """Those who come about as far, so that who comes farther is not hidden behind many who do not."""
    about = np.frexp(radius_m[free])[1]
    yield from (free[about == reach] for reach in np.unique(about))


def _fewest(found: Found, most: int, paid: Floats | None = None) -> Found:
    """At most so many pairs for each case, those that cost least."""
    order = np.lexsort((found.weighted_m if paid is None else paid, found.case))
    case = found.case[order]
    rank = np.arange(len(case)) - np.searchsorted(case, case)
    return found.only(order[rank < most])


def _metres(chord: Floats) -> Floats:
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, chord / 2)), np.float64)


def on_sphere(lat: Floats, lon: Floats) -> Floats:
    """Points of the unit sphere: the straight way through it orders as the way on it does, everywhere."""
    north, east = np.radians(lat), np.radians(lon)
    return np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
