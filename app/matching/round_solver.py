"""The order of a round, found by OR-tools' routing solver: fetch before handing over, loads, times."""

from typing import Any

from app.matching.round_rules import DROP_OFF, LATE, LEFT_OUT, PICK_UP, WAITING, Stop, Task, stops_of

UNITS = 60
"""The solver counts in whole numbers: seconds,"""
TENTHS = 10
"""and the costs of a second in tenths."""
LONGEST_SEARCH_S = 2
TRIES = 400
"""After so many failed tries the search is content: 12 stops take 0.3 s, 25 stops 1 s."""


class Unsolved(RuntimeError):
    """The solver gave up: the numbers given to it make no sense."""


def best_order(task: Task) -> list[Stop]:
    """The stops in the order of the lowest `cost_of`, leaving out only deliveries that cannot be done."""
    possible = [n for n, d in enumerate(task.deliveries) if d.load <= task.load_limit]
    stops = stops_of(task, possible)
    return _Model(task, stops).solved() if stops else []


class _Model:
    """One vehicle; node 0 is the start, 1 the end, the stops follow."""

    def __init__(self, task: Task, stops: list[Stop]) -> None:
        # Loaded here alone: it takes some 30 MB, which most web processes never need.
        from ortools.constraint_solver import pywrapcp, routing_enums_pb2

        self.task, self.stops = task, stops
        self.tools, self.choices = pywrapcp, routing_enums_pb2
        self.manager: Any = pywrapcp.RoutingIndexManager(len(stops) + 2, 1, [0], [1])
        self.routing: Any = pywrapcp.RoutingModel(self.manager)
        self.seconds = self._table()
        self._add_times()
        self._add_loads()
        self._add_deliveries()

    def _table(self) -> list[list[int]]:
        """Seconds from the arrival at each node to the arrival at each other."""
        task, stops = self.task, self.stops
        starts = [0, 0] + [round(task.minutes[0][task.place_of(s)] * UNITS) for s in stops]
        rows = [starts, [0] * len(starts)]
        for here in stops:
            legs = [round(task.leg(here, there) * UNITS) for there in stops]
            rows.append([0, round(task.last_leg(here) * UNITS), *legs])
        return rows

    def _add_times(self) -> None:
        """One clock for promises, one for the cost of waiting: each holds a single soft bound a stop."""
        legs = self.routing.RegisterTransitMatrix(self.seconds)
        paid = self.routing.RegisterTransitMatrix([[TENTHS * leg for leg in row] for row in self.seconds])
        self.routing.SetArcCostEvaluatorOfAllVehicles(paid)
        limit = int(self.task.time_limit * UNITS)
        for name in ("clock", "waiting"):
            self.routing.AddDimension(legs, 0, limit, True, name)

    def _add_loads(self) -> None:
        """What is on board at the start is whatever is handed over without having been fetched."""
        change = [0, 0]
        for stop in self.stops:
            load = self.task.deliveries[stop.delivery].load
            change.append(load if stop.kind == PICK_UP else -load)
        each = self.routing.RegisterUnaryTransitVector(change)
        self.routing.AddDimension(each, 0, self.task.load_limit, False, "load")
        end = self.routing.GetDimensionOrDie("load").CumulVar(self.routing.End(0))
        self.routing.solver().Add(end == 0)

    def _add_deliveries(self) -> None:
        clock = self.routing.GetDimensionOrDie("clock")
        waiting = self.routing.GetDimensionOrDie("waiting")
        where = {stop: self.manager.NodeToIndex(n + 2) for n, stop in enumerate(self.stops)}
        for stop, index in where.items():
            delivery = self.task.deliveries[stop.delivery]
            self.routing.AddDisjunction([index], int(LEFT_OUT[delivery.urgency] * UNITS * TENTHS))
            if stop.kind == PICK_UP:
                self._tie(index, where[Stop(stop.delivery, DROP_OFF)], clock)
                continue
            waiting.SetCumulVarSoftUpperBound(index, 0, round(WAITING[delivery.urgency] * TENTHS))
            if delivery.lease_min < self.task.time_limit:
                lease = max(0, int(delivery.lease_min * UNITS))
                clock.SetCumulVarSoftUpperBound(index, lease, round(LATE[delivery.urgency] * TENTHS))

    def _tie(self, fetched: int, handed_over: int, clock: Any) -> None:
        """Both or neither, and in this order."""
        solver = self.routing.solver()
        self.routing.AddPickupAndDelivery(fetched, handed_over)
        solver.Add(self.routing.VehicleVar(fetched) == self.routing.VehicleVar(handed_over))
        solver.Add(clock.CumulVar(fetched) <= clock.CumulVar(handed_over))

    def solved(self) -> list[Stop]:
        how = self.tools.DefaultRoutingSearchParameters()
        how.first_solution_strategy = self.choices.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        how.local_search_metaheuristic = self.choices.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        how.time_limit.seconds = LONGEST_SEARCH_S
        solver = self.routing.solver()
        # Counting tries, not seconds, makes the same round of the same question on a slow day.
        self.routing.AddSearchMonitor(solver.FailuresLimit(TRIES))
        found = self.routing.SolveWithParameters(how)
        if found is None:
            raise Unsolved(str(self.routing.status()))
        order, index = [], self.routing.Start(0)
        while not self.routing.IsEnd(index := found.Value(self.routing.NextVar(index))):
            order.append(self.stops[self.manager.IndexToNode(index) - 2])
        return order
