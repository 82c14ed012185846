"""Dispatch as cases come in: a few minutes of arrivals are solved together, and scarce helpers have a price.

The price of a helper is what it would cost the cases still to come if this helper were used now: the dual
values of a linear programme in which the cases so far stand for those to come (Agrawal, Wang and Ye, "A
dynamic near-optimal algorithm for online linear programming", Operations Research 62, 2014). Of the future
nothing is known but when the shift ends.
"""

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from app.matching.assignment import Floats, Ints, Pairs, assign
from app.matching.rules import DETOUR, METRES_PER_MINUTE
from bench.cases_and_helpers import Cases, Helpers
from bench.nearest import NOTHING, Found, Nearest

TRUST, KNOWN_WELL = 0.7, 500
"""Prices from few cases are noisy. They count TRUST at most, half of that after KNOWN_WELL cases."""
SAMPLE, CANDIDATES = 800, 100
FULLEST = 0.9
"""More cases than this share of the room left are not expected: else every price were the highest."""
FIRST_PRICES = 100
"""Cases after which prices are made for the first time."""


def stream(
    cases: Cases, helpers: Helpers, nearest: Nearest, window_min: float, *, prices: bool
) -> tuple[Found, Ints]:
    """Give every case a helper when its window closes; a window of 0 is first come, first served."""
    room, scarce = helpers.capacity.copy(), _Prices(cases, nearest)
    found = NOTHING
    for window in _windows(cases.minute, window_min):
        if prices:
            scarce.renew(int(window[0]), room)
        waiting = window
        while len(near := nearest.of(waiting, room=room)):
            taken = _solved(near, waiting, room, scarce.price)
            room -= taken.load(np.ones(len(taken), np.int64), len(helpers))
            found = _with(found, taken)
            waiting = np.setdiff1d(waiting, taken.case)
    return found, np.ones(len(found), np.int64)


def _windows(minute: Floats, window_min: float) -> list[Ints]:
    everyone = np.arange(len(minute))
    if not window_min:
        return [everyone[n : n + 1] for n in everyone]
    return np.split(everyone, np.flatnonzero(np.diff(minute // window_min)) + 1)


def _solved(near: Found, window: Ints, room: Ints, price: Floats) -> Found:
    """The pairs chosen for one window."""
    if not len(near):
        return NOTHING
    first = int(window[0])
    minutes = (near.weighted_m + price[near.helper]) * DETOUR / METRES_PER_MINUTE
    demand = np.zeros(int(window[-1]) - first + 1, np.int64)
    demand[window - first] = 1
    carried = assign(Pairs(near.case - first, near.helper, minutes), room, demand)
    chosen = carried > 0
    return Found(near.case[chosen], near.helper[chosen], near.weighted_m[chosen])


def _with(found: Found, more: Found) -> Found:
    return Found(
        np.concatenate([found.case, more.case]),
        np.concatenate([found.helper, more.helper]),
        np.concatenate([found.weighted_m, more.weighted_m]),
    )


class _Prices:
    """What each helper's room is worth to the cases still to come, learned from the cases so far."""

    def __init__(self, cases: Cases, nearest: Nearest) -> None:
        self.cases, self.nearest = cases, nearest
        self.price = np.zeros(len(nearest.helpers))
        self.rng = np.random.default_rng(1)
        self.due = FIRST_PRICES

    def renew(self, so_far: int, room: Ints) -> None:
        """Make the prices anew when enough has happened since the last time."""
        if so_far < self.due or not room.any():
            return
        coming = self._coming(so_far)
        self.due = so_far + max(50, int(min(so_far, coming) / 8))
        sample = self.rng.choice(so_far, min(SAMPLE, so_far), replace=False)
        trust = TRUST * so_far / (so_far + KNOWN_WELL)
        coming = min(coming, FULLEST * float(room.sum()))
        self.price = trust * self._duals(np.sort(sample), coming / len(sample), room)

    def _coming(self, so_far: int) -> float:
        """As many an hour as until now, until the end of the shift."""
        gone = self.cases.minute[so_far - 1] - self.cases.minute[0]
        left = self.cases.minute[-1] - self.cases.minute[so_far - 1]
        return float(so_far * left / gone) if gone > 0 else 0.0

    def _duals(self, sample: Ints, each: float, room: Ints) -> Floats:
        """Prices of room when every sampled case comes `each` times again; going without has a price too."""
        near = self.nearest.of(sample, room=room, most=CANDIDATES)
        price = np.zeros(len(room))
        if not len(near) or each <= 0:
            return price
        free, row = np.unique(near.helper, return_inverse=True)
        pairs, number = len(near), len(sample)
        case = np.concatenate([np.searchsorted(sample, near.case), np.arange(number)])
        without = np.full(number, near.weighted_m.max() * 1.5)
        ones = np.ones(pairs + number)
        shape = (len(free), pairs + number)
        solved = linprog(
            np.concatenate([near.weighted_m, without]),
            A_ub=coo_matrix((ones[:pairs], (row, np.arange(pairs))), shape=shape).tocsr(),
            b_ub=room[free].astype(float),
            A_eq=coo_matrix((ones, (case, np.arange(pairs + number)))).tocsr(),
            b_eq=np.full(number, each),
            method="highs-ipm",
        )
        if solved.status == 0:
            price[free] = -solved.ineqlin.marginals
        return price
