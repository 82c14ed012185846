"""Makes a plan: candidates, the solver, a wider look for cases whose nearest helpers are all full."""

import uuid
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from app.matching.assignment import Ints, assign, why_left_out
from app.matching.pairs import Near, Nearby, OpenCase, Weighed, weighed

LOAD_MIN = 5.0
"""Each further case of one volunteer counts as this many minutes of travel: help is spread over helpers."""

LOOKS = 3


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
    for _look in range(LOOKS):
        wider = _wider(cases, found, carried, nearby)
        if not wider:
            break
        near += wider
        found = weighed(cases, near)
        carried = _solved(found, len(cases))
    return list(_told(cases, found, carried))


def _solved(found: Weighed, cases: int) -> Ints:
    return assign(found.pairs, found.capacity, np.ones(cases, np.int64), load_min=LOAD_MIN)


def _wider(cases: Sequence[OpenCase], found: Weighed, carried: Ints, nearby: Nearby) -> list[Near]:
    """The nearest helpers with room, for every case whose candidates are all full.

    Not only for those left out: one of their neighbours may go farther more easily and make room.
    """
    if len(carried) == 0 or not why_left_out(found.pairs, carried, len(cases)):
        return []
    taken = np.bincount(found.pairs.helper, weights=carried, minlength=len(found.capacity))
    full = taken >= found.capacity
    stuck = np.setdiff1d(found.pairs.case, found.pairs.case[~full[found.pairs.helper]])
    if not len(stuck):
        return []
    gone = [found.helpers[j] for j in np.flatnonzero(full)]
    known = {(pair.n, pair.user_id) for pair in found.near}
    more = nearby.of([cases[n].id for n in stuck], full=gone)
    placed = [pair._replace(n=int(stuck[pair.n])) for pair in more]
    return [pair for pair in placed if (pair.n, pair.user_id) not in known]


def _told(cases: Sequence[OpenCase], found: Weighed, carried: Ints) -> Iterator[Proposed]:
    chosen = {found.near[p].n: p for p in np.flatnonzero(carried)}
    why = why_left_out(found.pairs, carried, len(cases))
    for n, case in enumerate(cases):
        if n in chosen:
            pair, cost = found.near[chosen[n]], float(found.pairs.cost_min[chosen[n]])
            yield Proposed(case, pair.user_id, pair.metres, cost, None)
        else:
            yield Proposed(case, None, None, None, why[n])
