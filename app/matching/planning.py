"""Makes a plan: candidates, the solver, a second look for those whose nearest helpers are all full."""

import uuid
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from app.matching.assignment import ALL_FULL, Ints, assign, why_left_out
from app.matching.pairs import Near, Nearby, OpenCase, Weighed, weighed

LOAD_MIN = 5.0
"""Each further case of one volunteer counts as this many minutes of travel: help is spread over helpers."""


class Proposed(NamedTuple):
    """What the planner says about one case."""

    case: OpenCase
    volunteer_id: uuid.UUID | None
    metres: float | None
    cost_min: float | None
    why_none: str | None


def propose(cases: Sequence[OpenCase], nearby: Nearby) -> list[Proposed]:
    """A helper for as many cases as possible at the lowest total cost, or why there is none."""
    near = nearby.of([case.id for case in cases])
    found = weighed(cases, near)
    carried = _solved(found, len(cases))
    if wider := _wider(cases, found, carried, nearby):
        found = weighed(cases, [*near, *wider])
        carried = _solved(found, len(cases))
    return list(_told(cases, found, carried))


def _solved(found: Weighed, cases: int) -> Ints:
    return assign(found.pairs, found.capacity, np.ones(cases, np.int64), load_min=LOAD_MIN)


def _wider(cases: Sequence[OpenCase], found: Weighed, carried: Ints, nearby: Nearby) -> list[Near]:
    """The nearest helpers with room left, for cases whose candidates were all full."""
    left = [n for n, why in why_left_out(found.pairs, carried, len(cases)).items() if why == ALL_FULL]
    if not left:
        return []
    taken = np.bincount(found.pairs.helper, weights=carried, minlength=len(found.capacity))
    full = [found.helpers[j] for j in np.flatnonzero(taken >= found.capacity)]
    more = nearby.of([cases[n].id for n in left], full=full)
    return [pair._replace(n=left[pair.n]) for pair in more]


def _told(cases: Sequence[OpenCase], found: Weighed, carried: Ints) -> Iterator[Proposed]:
    chosen = {found.near[p].n: p for p in np.flatnonzero(carried)}
    why = why_left_out(found.pairs, carried, len(cases))
    for n, case in enumerate(cases):
        if n in chosen:
            pair, cost = found.near[chosen[n]], float(found.pairs.cost_min[chosen[n]])
            yield Proposed(case, pair.user_id, pair.metres, cost, None)
        else:
            yield Proposed(case, None, None, None, why[n])
