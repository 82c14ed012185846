"""Who should help whom when everybody is looked at together: a minimum-cost flow, solved by OR-tools.

As many cases as possible get a helper; among all ways to do that, the one with the lowest total cost. Costs
are those of `rules.cost_of`, minutes of travel less what speaks for the case: so where helpers are too few,
the cases left out are those that least speaks for.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

PER_MINUTE = 1000
"""The solver counts in whole numbers: a thousandth of a minute."""

NOBODY_IN_REACH, ALL_FULL, TOO_MUCH = "nobody_in_reach", "all_full", "too_much"

REPAIRS = 30


@dataclass(frozen=True)
class Pairs:
    """Who could help whom: numbers of cases and helpers, and what it costs in minutes, in equal length."""

    case: Ints
    helper: Ints
    cost_min: Floats

    def __len__(self) -> int:
        return len(self.case)

    def only(self, kept: Ints) -> "Pairs":
        """The pairs with these numbers."""
        return Pairs(self.case[kept], self.helper[kept], self.cost_min[kept])


class Unsolved(RuntimeError):
    """The solver gave up: the numbers given to it make no sense."""


def assign(
    pairs: Pairs,
    capacity: Ints,
    demand: Ints,
    *,
    load_min: float = 0.0,
    serve: int | None = None,
    without_min: float | None = None,
) -> Ints:
    """How many of the case's units each pair carries (0 or 1 where the demand is 1).

    `capacity` is the room of each helper, `demand` the units of each case. Each further case of one helper
    costs `load_min` more than the one before, which spreads the work. As many are served as can be, unless
    `serve` fixes how many, or `without_min` is what it costs to leave one out.
    """
    if not len(pairs):
        return np.zeros(0, np.int64)
    network = _Network(len(demand), len(capacity))
    network.add_arcs(
        network.cases[pairs.case],
        network.helpers[pairs.helper],
        np.minimum(demand[pairs.case], capacity[pairs.helper]),
        whole(pairs.cost_min),
    )
    used = np.flatnonzero(np.bincount(pairs.helper, minlength=len(capacity)) * capacity)
    room = capacity[used]
    if load_min:
        turn = np.concatenate([np.arange(n) for n in room]) if len(room) else room
        used, room = np.repeat(used, room), np.ones(len(turn), np.int64)
        costs = whole(turn.astype(np.float64) * load_min)
    else:
        costs = np.zeros(len(used), np.int64)
    network.add_arcs(network.helpers[used], np.full(len(used), network.sink), room, costs)
    return network.solved(demand, serve, without_min)[: len(pairs)]


def whole(minutes: Floats) -> Ints:
    """Minutes as the solver counts them."""
    return np.rint(minutes * PER_MINUTE).astype(np.int64)


def assign_within_load(
    pairs: Pairs, capacity: Ints, *, portions: Ints, space: Ints, load_min: float = 0.0
) -> Ints:
    """The same for whole cases (0 or 1 a pair) that must also fit on a vehicle: `portions` each into `space`.

    A flow counts cases, not what they weigh, and fitting both at once is NP-hard (generalised assignment).
    So the flow is solved without the load, and whoever got more than they can carry keeps what speaks most
    for itself (lowest cost first) as far as it fits; the rest is solved again without what no longer fits.
    Where no vehicle is too small the answer is the optimum; a load is never broken.
    """
    carried = np.zeros(len(pairs), np.int64)
    room, space = capacity.copy(), space.copy()
    waiting = np.ones(len(portions), bool)
    for turn in range(REPAIRS + 1):
        fits = waiting[pairs.case] & (portions[pairs.case] <= space[pairs.helper])
        left = np.flatnonzero(fits)
        chosen = left[assign(pairs.only(left), room, np.ones(len(portions), np.int64), load_min=load_min) > 0]
        over = _overloaded(pairs, chosen, portions, space)
        kept = np.concatenate([_as_fits(pairs, mine, portions, space) for mine in over] or [chosen[:0]])
        if not len(over) or turn == REPAIRS:
            kept = np.union1d(kept, np.setdiff1d(chosen, np.concatenate(over or [chosen[:0]])))
        carried[kept] = 1
        waiting[pairs.case[kept]] = False
        np.subtract.at(room, pairs.helper[kept], 1)
        np.subtract.at(space, pairs.helper[kept], portions[pairs.case[kept]])
        if not len(over):
            break
    return carried


def _overloaded(pairs: Pairs, chosen: Ints, portions: Ints, space: Ints) -> list[Ints]:
    """The chosen pairs of each helper who got more than they can carry."""
    burden = np.bincount(pairs.helper[chosen], weights=portions[pairs.case[chosen]], minlength=len(space))
    return [chosen[pairs.helper[chosen] == helper] for helper in np.flatnonzero(burden > space)]


def _as_fits(pairs: Pairs, mine: Ints, portions: Ints, space: Ints) -> Ints:
    """What one helper keeps: the lowest cost first, as long as it fits."""
    kept, free = [], int(space[pairs.helper[mine[0]]])
    for pair in mine[np.argsort(pairs.cost_min[mine], kind="stable")]:
        if (weight := int(portions[pairs.case[pair]])) <= free:
            kept.append(pair)
            free -= weight
    return np.array(kept, np.int64)


class _Network:
    """Cases on the left, helpers on the right, a sink behind them; a source in front if a number is fixed."""

    def __init__(self, cases: int, helpers: int) -> None:
        self.source, self.sink = 0, 1
        self.cases = np.arange(2, 2 + cases)
        self.helpers = np.arange(2 + cases, 2 + cases + helpers)
        # Loaded here alone: it takes some 40 MB, which most web processes never need.
        from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

        self.flow: Any = SimpleMinCostFlow()

    def add_arcs(self, tails: Ints, heads: Ints, room: Ints, costs: Ints) -> None:
        self.flow.add_arcs_with_capacity_and_unit_cost(tails, heads, room, costs)

    def solved(self, demand: Ints, serve: int | None, without_min: float | None) -> Ints:
        if without_min is not None:
            left_out = np.full(len(demand), without_min)
            self.add_arcs(self.cases, np.full(len(demand), self.sink), demand, whole(left_out))
            self.flow.set_nodes_supplies(self.cases, demand)
            self.flow.set_node_supply(self.sink, -int(demand.sum()))
            status = self.flow.solve()
        elif serve is None:
            self.flow.set_nodes_supplies(self.cases, demand)
            self.flow.set_node_supply(self.sink, -int(demand.sum()))
            status = self.flow.solve_max_flow_with_min_cost()
        else:
            free = np.zeros(len(demand), np.int64)
            self.add_arcs(np.full(len(demand), self.source), self.cases, demand, free)
            self.flow.set_node_supply(self.source, serve)
            self.flow.set_node_supply(self.sink, -serve)
            status = self.flow.solve()
        if status != self.flow.OPTIMAL:
            raise Unsolved(str(status))
        return np.asarray(self.flow.flows(np.arange(self.flow.num_arcs())), np.int64)


def total_cost(pairs: Pairs, carried: Ints) -> float:
    """The cost of what is carried, in minutes."""
    return float((pairs.cost_min * carried).sum())


def why_left_out(pairs: Pairs, carried: Ints, cases: int) -> dict[int, str]:
    """The cases without a helper, each with the reason.

    As many cases as possible are served, so one that has candidates is left out only when all of them are
    full: had one room, and space for it, it would have been given that.
    """
    served = np.zeros(cases, bool)
    served[pairs.case[carried > 0]] = True
    reachable = np.zeros(cases, bool)
    reachable[pairs.case] = True
    return {int(n): ALL_FULL if reachable[n] else NOBODY_IN_REACH for n in np.flatnonzero(~served)}
