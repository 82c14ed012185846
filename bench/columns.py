"""The cheapest plan for everybody, and the proof of how near it is: column generation.

Of all pairs only some are given to the solver. What it finds sets prices (`bench/prices.py`), and the pairs
that would be cheaper at these prices are added, until there are none or the proof says that little is left
(L. R. Ford and D. R. Fulkerson, "A suggested computation for maximal multi-commodity network flows",
Management Science 5, 1958). Any prices prove a bound: no plan costs less than what the cases would pay if
each chose freely, less what the helpers' places would earn.

Where to begin is learned from a tenth of the cases and helpers, thinned out evenly: each case is shown those
around the helpers whom its sampled neighbours got (S. Gerber and M. Maggioni, "Multiscale strategies for
computing optimal transport", Journal of Machine Learning Research 18, 2017).
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from app.core.geo import EARTH_RADIUS_M
from app.matching.assignment import PER_MINUTE, Floats, Ints, assign, whole
from bench.nearest import MINUTES_A_METRE, MOST, Found, Nearest
from bench.prices import lowest_prices

GAP = 0.005
"""A plan is good enough when it is proven to be so near to the optimum."""
FEW, FIRST_PAIRS, FEWEST, ADDED, TURNS = 6_000, 300_000, 6, 10, 60
THINNED, NEIGHBOURS = 10, 3
LARGEST = 2**60
METRES_A_UNIT = 1 / (PER_MINUTE * MINUTES_A_METRE)


@dataclass(frozen=True)
class Plan:
    """Who helps whom, and what no plan that serves as many can cost less than, in weighted metres."""

    found: Found
    carried: Ints
    bound: float
    price_m: Floats
    """Of one place with each helper."""
    worth_m: Floats
    """What each case pays: its way and the price of its helper."""

    @property
    def served(self) -> int:
        return int(self.carried.sum())

    @property
    def cost(self) -> float:
        return self.found.cost(self.carried)


def cheapest(nearest: Nearest, *, gap: float = GAP) -> Plan:
    """As many cases as can be, at the lowest cost but for `gap`."""
    cases, helpers = len(nearest.cases), len(nearest.helpers)
    found, dearest = _first_look(nearest)
    farthest = span(nearest) + 1
    plan = improved(nearest, found, gap=gap, without_m=min(3 * farthest, 1.5 * dearest + 1))
    if plan.served < min(_in_reach(nearest), nearest.helpers.capacity.sum()):
        # Whoever is left out was perhaps only too dear: now it is worth the longest chain of changes.
        chain = farthest * (min(cases, helpers) + 1)
        plan = improved(nearest, plan.found, gap=gap, without_m=chain)
    return plan


def cheapest_of(nearest: Nearest, serve: int, found: Found, *, gap: float = GAP) -> Plan:
    """Just so many cases at the lowest cost but for `gap`; these pairs are known to suffice."""
    return improved(nearest, found, gap=gap, serve=serve)


def improved(
    nearest: Nearest,
    found: Found,
    *,
    gap: float,
    without_m: float | None = None,
    serve: int | None = None,
    units: int = 1,
) -> Plan:
    """Solve, price, add what is cheaper, and again.

    `serve` is how many to serve; without it leaving one out costs `without_m`. Each case stands for `units`.
    """
    cases, capacity = len(nearest.cases), nearest.helpers.capacity
    demand = np.full(cases, units, np.int64)
    without = None if without_m is None else min(without_m * MINUTES_A_METRE, _largest(cases + len(capacity)))
    left_out = None if without is None else int(whole(np.array(without)))
    proofs = []
    for _turn in range(TURNS):
        carried = assign(found.pairs, capacity, demand, serve=serve, without_min=without)
        duals = lowest_prices(found.pairs, carried, len(capacity), demand, left_out)
        price, worth = duals.price * METRES_A_UNIT, duals.worth * METRES_A_UNIT
        more, least = nearest.bargains(price, worth, ADDED)
        proofs.append((float(units * least.sum() - capacity @ price), duals.without * METRES_A_UNIT))
        unserved = cases * units - int(carried.sum())
        bound = max(0.0, *(paid - one * unserved for paid, one in proofs))
        plan = Plan(found, carried, bound, price, worth)
        if not len(more) or plan.cost <= bound * (1 + gap):
            break
        if len(found) > 2 * ADDED * cases:
            reduced = found.weighted_m + price[found.helper] - worth[found.case]
            found = found.only(np.flatnonzero((reduced <= np.median(reduced)) | (carried > 0)))
        found = found.joined(more)
    return plan


def _first_look(nearest: Nearest) -> tuple[Found, float]:
    """Pairs to begin with, and what the dearest case will about pay."""
    cases = len(nearest.cases)
    everyone = np.arange(cases)
    if cases <= FEW:
        return nearest.of(everyone, most=max(MOST, FIRST_PAIRS // max(1, cases))), np.inf
    case, helper = _thinned(nearest.at), _thinned(nearest.bases)
    coarse = cheapest(Nearest(nearest.cases.only(case), nearest.helpers.only(helper)), gap=4 * GAP)
    around = _around(nearest, case, helper, coarse)
    return nearest.of(everyone, most=FEWEST).joined(around), float(coarse.worth_m.max(initial=0))


def _around(nearest: Nearest, case: Ints, helper: Ints, coarse: Plan) -> Found:
    """For each case, everybody around the helpers whom its neighbours in the coarse plan got."""
    got = np.full(len(case), -1)
    got[coarse.found.case[coarse.carried > 0]] = coarse.found.helper[coarse.carried > 0]
    many = min(NEIGHBOURS, len(case))
    neighbours = cKDTree(nearest.at[case]).query(nearest.at, k=many)[1].reshape(-1)
    asking, middle = np.repeat(np.arange(len(nearest.cases)), many), got[neighbours]
    asking, middle = np.divmod(np.unique((asking * len(helper) + middle)[middle >= 0]), len(helper))
    group = cKDTree(nearest.bases[helper]).query(nearest.bases)[1]
    members, size = np.argsort(group, kind="stable"), np.bincount(group, minlength=len(helper))
    begin, many_each = (np.cumsum(size) - size)[middle], size[middle]
    within = np.arange(many_each.sum()) - np.repeat(np.cumsum(many_each) - many_each, many_each)
    return nearest.suiting(np.repeat(asking, many_each), members[np.repeat(begin, many_each) + within])


def _thinned(places: Floats) -> Ints:
    """Every tenth, in the order of a k-d tree, so that each neighbourhood keeps its share."""
    return np.sort(cKDTree(places).indices[::THINNED])


def span(nearest: Nearest) -> float:
    """No weighted way is longer, in metres."""
    if not len(nearest.cases) or not len(nearest.helpers):
        return 0.0
    across = np.ptp(np.concatenate([nearest.at, nearest.bases]), axis=0)
    chord = min(2.0, float(np.linalg.norm(across)))
    return float(2 * EARTH_RADIUS_M * np.arcsin(chord / 2) * nearest.cases.weight.max())


def _in_reach(nearest: Nearest) -> int:
    """How many cases somebody could help at all."""
    return len(nearest.of(np.arange(len(nearest.cases)), most=1))


def _largest(nodes: int) -> float:
    """So many minutes the solver can count with."""
    return LARGEST / PER_MINUTE / (nodes + 2)
