"""Dispatch as cases come in: a few minutes of arrivals are solved together, and scarce helpers have a price.

The price of a helper's place is what its loss would cost the cases still to come. These are made up anew
every now and then: so many as are expected until the shift ends, standing around the cases so far, and at
first around the helpers; all of them are given helpers at the lowest cost, and the dual values of that plan
are the prices (S. Agrawal, Z. Wang and Y. Ye, "A dynamic near-optimal algorithm for online linear
programming", Operations Research 62, 2014; solving again as places are taken: S. Jasin and S. Kumar,
Mathematics of Operations Research 37, 2012). Of the future nothing is known but when the shift ends.
"""

from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from app.matching.assignment import Floats, Ints, Pairs, assign
from bench.cases_and_helpers import Cases
from bench.columns import improved, span
from bench.nearest import MINUTES_A_METRE, NOTHING, Found, Nearest, all_of

SAMPLE = 2_500
"""At most so many places stand for the cases still to come; each counts as often as need be."""
EVERY, KEPT = 0.03, 0.8
"""Prices are renewed after this share of what is to come; so much of the old is kept, to even out chance."""
TRUST = 0.8
"""Prices count this much: where they make two helpers alike, and they often do, the nearer goes."""
USUAL, AS_IF = 0.85, 0.3
"""Before anything comes, this share of all places is expected to be needed; it weighs as much of a shift."""
AROUND_HELPERS = 30
"""Until so many cases have come, more of the expected ones stand around helpers than around cases."""
FULLEST = 0.95
"""More cases than this share of the room left are not expected: else every price were the highest."""
RECENT = 0.4
"""Need moves: a case from so much of the elapsed time ago counts about a third (1/e) of one from now."""
NEAR, ASIDE = 30, 0.15
NEIGHBOUR = 3
"""Where the made-up cases stand: ASIDE of the spread of all helpers from a helper; else like neighbours."""
WITHOUT = 1.2
"""Leaving one out costs so many times the longest way."""


def stream(nearest: Nearest, window_min: float, *, prices: bool) -> Found:
    """Who gets whom when each window closes; a window of 0 is first come, first served."""
    room, scarce = nearest.helpers.capacity.copy(), _Prices(nearest)
    found = []
    for window in _windows(nearest.cases.minute, window_min):
        if prices:
            scarce.renew(int(window[0]), room)
        waiting = window
        while len(waiting) and len(free := np.flatnonzero(room > 0)):
            taken = _solved(nearest.dealt(waiting, free, scarce.price_m), scarce.price_m, window, room)
            if not len(taken):
                break
            np.subtract.at(room, taken.helper, 1)
            found.append(taken)
            waiting = np.setdiff1d(waiting, taken.case)
    return all_of(found)


def _windows(minute: Floats, window_min: float) -> list[Ints]:
    everyone = np.arange(len(minute))
    if not window_min:
        return [everyone[n : n + 1] for n in everyone]
    return np.split(everyone, np.flatnonzero(np.diff(minute // window_min)) + 1) if len(minute) else []


def _solved(near: Found, price_m: Floats, window: Ints, room: Ints) -> Found:
    """The pairs chosen for one window."""
    if not len(near):
        return NOTHING
    first = int(window[0])
    minutes = (near.weighted_m + price_m[near.helper]) * MINUTES_A_METRE
    carried = assign(Pairs(near.case - first, near.helper, minutes), room, np.ones(len(window), np.int64))
    return near.only(np.flatnonzero(carried))


class _Prices:
    """What each helper's place is worth to the cases still to come."""

    def __init__(self, nearest: Nearest) -> None:
        self.nearest, self.cases, self.helpers = nearest, nearest.cases, nearest.helpers
        self.price_m, self.kept = np.zeros(len(self.helpers)), None
        self.rng = np.random.default_rng(1)
        self.due = 0

    def renew(self, so_far: int, room: Ints) -> None:
        """Make the prices anew when enough has happened since the last time."""
        if so_far < self.due or not room.any():
            return
        coming = min(self._coming(so_far), FULLEST * float(room.sum()))
        self.due = so_far + max(1, int(EVERY * max(10, coming)))
        fresh = self._fresh(so_far, coming, room) if coming >= 1 else np.zeros(len(room))
        self.kept = fresh if self.kept is None else KEPT * self.kept + (1 - KEPT) * fresh
        self.price_m = TRUST * self.kept

    def _coming(self, so_far: int) -> float:
        """As many an hour as until now, until the end of the shift."""
        shift = float(self.cases.minute[-1])
        gone = float(self.cases.minute[so_far]) / shift if shift else 1.0
        usual = USUAL * float(self.helpers.capacity.sum())
        return (so_far + usual * AS_IF) / (gone + AS_IF) * (1 - gone)

    def _fresh(self, so_far: int, coming: float, room: Ints) -> Floats:
        """The prices for one made-up future."""
        free = np.flatnonzero(room > 0)
        each = int(np.ceil(coming / SAMPLE))
        expected = self._made_up(so_far, max(1, round(coming / each)))
        near = Nearest(expected, replace(self.helpers.only(free), capacity=room[free]))
        without = WITHOUT * span(near) + 1
        begin = near.of(np.arange(len(expected)), most=NEAR)
        if self.kept is not None:
            bargains, _ = near.bargains(self.kept[free], np.full(len(expected), np.inf), NEAR)
            begin = begin.joined(bargains)
        plan = improved(near, begin, gap=0.002, without_m=without, units=each)
        price = np.zeros(len(room))
        price[free] = plan.price_m
        return price

    def _made_up(self, so_far: int, number: int) -> Cases:
        """Cases near those so far, as far aside as their neighbours are; near helpers while few have come."""
        homes = self.nearest.bases[self._evenly(self.nearest.bases, number)]
        at = homes + self.rng.normal(0, 1, (number, 3)) * ASIDE * np.sqrt(
            self.nearest.bases.var(axis=0).sum()
        )
        weight, category = np.ones(number), np.zeros(number, dtype="<U1")
        if so_far:
            past = self.nearest.at[:so_far]
            minute = self.cases.minute[:so_far]
            fading = RECENT * max(1e-9, float(minute[-1]))
            like = self._evenly(past, number, np.exp((minute - minute[-1]) / fading))
            weight, category = self.cases.weight[like], self.cases.category[like]
            apart = cKDTree(past).query(past[like], k=[min(NEIGHBOUR + 1, so_far)])[0]
            known = self.rng.random(number) >= AROUND_HELPERS / (so_far + AROUND_HELPERS)
            beside = past[like] + self.rng.normal(0, 1, (number, 3)) * apart / np.sqrt(2)
            at[known] = beside[known]
        east, north, up = at.T
        lat, lon = np.degrees(np.arctan2(up, np.hypot(east, north))), np.degrees(np.arctan2(north, east))
        return Cases(np.zeros(number), lat, lon, weight, category)

    def _evenly(self, places: Floats, number: int, weight: Floats | None = None) -> Ints:
        """So many of these, each neighbourhood with its share of the weight, by the order of a k-d tree."""
        order = np.asarray(cKDTree(places).indices, np.int64)
        until = np.cumsum(np.ones(len(order)) if weight is None else weight[order])
        step = (np.arange(number) + self.rng.random()) / number
        return order[np.minimum(np.searchsorted(until, step * until[-1], side="right"), len(order) - 1)]
