"""Makes a plan: candidates, the solver, a wider look for cases whose nearest helpers are all full."""

import uuid
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from app.matching.assignment import NOBODY_IN_REACH, TOO_MUCH, Ints, assign_within_load, why_left_out
from app.matching.pairs import Near, Nearby, OpenCase, Weighed, weighed

LOAD_MIN = 5.0
"""Each further case of one volunteer counts as this many minutes of travel: help is spread over helpers."""

LOOKS = 3


class Proposed(NamedTuple):
    """What the planner says about one case."""

    case: OpenCase
    volunteer_id: uuid.UUID | None
    supply_point_id: uuid.UUID | None
    metres: float | None
    about_m: float | None
    cost_min: float | None
    why_none: str | None


def propose(cases: Sequence[OpenCase], nearby: Nearby) -> list[Proposed]:
    """A helper for as many cases as possible at the lowest total cost, or why there is none."""
    near = nearby.of([case.id for case in cases])
    found = weighed(cases, near)
    carried = _solved(found)
    for _look in range(LOOKS):
        wider = _wider(cases, found, carried, nearby)
        if not wider:
            break
        near += wider
        found = weighed(cases, near)
        carried = _solved(found)
    why = why_left_out(found.pairs, carried, len(cases))
    return list(_told(cases, found, carried, _told_apart(cases, why, nearby)))


def _solved(found: Weighed) -> Ints:
    return assign_within_load(
        found.pairs, found.capacity, portions=found.portions, space=found.space, load_min=LOAD_MIN
    )


def _told_apart(cases: Sequence[OpenCase], why: dict[int, str], nearby: Nearby) -> dict[int, str]:
    """Where somebody is in reach but no vehicle holds the case, that is the reason."""
    alone = [n for n, reason in why.items() if reason == NOBODY_IN_REACH and cases[n].portions > 1]
    near = nearby.of([cases[n].id for n in alone], nearest=1, any_load=True) if alone else []
    return why | {alone[pair.n]: TOO_MUCH for pair in near}


def _wider(cases: Sequence[OpenCase], found: Weighed, carried: Ints, nearby: Nearby) -> list[Near]:
    """The nearest helpers with room, for every case whose candidates are all full.

    Not only for those left out: one of their neighbours may go farther more easily and make room.
    """
    if len(carried) == 0 or not why_left_out(found.pairs, carried, len(cases)):
        return []
    taken = np.bincount(found.pairs.helper, weights=carried, minlength=len(found.capacity))
    weight = found.portions[found.pairs.case]
    space = found.space - np.bincount(
        found.pairs.helper, weights=weight * carried, minlength=len(found.capacity)
    )
    full = taken >= found.capacity
    free = ~full[found.pairs.helper] & (weight <= space[found.pairs.helper])
    stuck = np.setdiff1d(found.pairs.case, found.pairs.case[free])
    if not len(stuck):
        return []
    gone = [found.helpers[j] for j in np.flatnonzero(full | (space < found.portions[stuck].min()))]
    known = {(pair.n, pair.user_id) for pair in found.near}
    more = nearby.of([cases[n].id for n in stuck], full=gone)
    placed = [pair._replace(n=int(stuck[pair.n])) for pair in more]
    return [pair for pair in placed if (pair.n, pair.user_id) not in known]


def _told(
    cases: Sequence[OpenCase], found: Weighed, carried: Ints, why: dict[int, str]
) -> Iterator[Proposed]:
    chosen = {found.near[p].n: p for p in np.flatnonzero(carried)}
    for n, case in enumerate(cases):
        if n in chosen:
            pair, cost = found.near[chosen[n]], float(found.pairs.cost_min[chosen[n]])
            yield Proposed(case, pair.user_id, pair.supply_point_id, pair.metres, pair.about_m, cost, None)
        else:
            yield Proposed(case, None, None, None, None, None, why[n])
