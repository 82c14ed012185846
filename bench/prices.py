"""What the room of a helper is worth: the dual values of a solved assignment, in whole units of the solver.

Prices and values belong to a plan that cannot be improved over its pairs. They are found by Bellman and
Ford's method on what could still be shifted (the residual network: R. K. Ahuja, T. L. Magnanti and
J. B. Orlin, "Network Flows", 1993, chapter 9), for all pairs at once, and are exact.
"""

from typing import NamedTuple

import numpy as np

from app.matching.assignment import Ints, Pairs, whole


class Duals(NamedTuple):
    """`price` of one place with each helper; `worth`, what each case pays: its way and the price together."""

    price: Ints
    worth: Ints
    without: int
    """What it is worth to serve one more, where some are left out."""


def lowest_prices(
    pairs: Pairs, carried: Ints, helpers: int, demand: Ints, without: int | None = None
) -> Duals:
    """The lowest prices at which nobody would rather have another helper: what one place more is worth.

    `without` is what it costs to leave one out; None where the number served is fixed: then it is what the
    dearest one served pays.
    """
    cost, used = whole(pairs.cost_min), carried > 0
    order = np.argsort(pairs.helper, kind="stable")
    priced, first = np.unique(pairs.helper[order], return_index=True)
    case, way = pairs.case[order], cost[order]
    served, by, paid = pairs.case[used], pairs.helper[used], cost[used]
    left_out = np.bincount(pairs.case, weights=carried, minlength=len(demand)) < demand
    price, least = np.zeros(helpers, np.int64), without or 0
    while True:
        worth = np.zeros(len(demand), np.int64)
        np.maximum.at(worth, served, paid + price[by])
        least = int(worth.max(initial=0)) if without is None else without
        worth[left_out] = least
        dearer = np.zeros(helpers, np.int64)
        if len(pairs):
            dearer[priced] = np.maximum(0, np.maximum.reduceat(worth[case] - way, first))
        if np.array_equal(dearer, price):
            return Duals(price, worth, least)
        price = dearer
