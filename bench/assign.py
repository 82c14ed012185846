"""How good the assignment is: the cost of a plan beside the optimum. See docs/matching.md.

    python -m bench.assign --cases FILE.csv --volunteers FILE.csv --mode stream|batch|first --json

Prints the total weighted way of the chosen mode and the least that any plan needs that knows everything
beforehand and serves as many: the optimum itself, or for large files a proven bound below it.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.cases_and_helpers import Cases, Helpers, make_files
from bench.columns import FEW, GAP, Plan, cheapest, cheapest_of
from bench.nearest import Nearest
from bench.reading import read_cases, read_helpers
from bench.streaming import stream

EXACTLY = 1e-6


def optimum(nearest: Nearest, served: int, plan: Plan | None = None) -> Plan:
    """The best plan known that serves so many, with the bound that it proves."""
    gap = EXACTLY if len(nearest.cases) <= FEW else GAP
    best = plan if plan and gap == GAP else cheapest(nearest, gap=gap)
    return best if best.served == served else cheapest_of(nearest, served, best.found, gap=gap)


class Measured(NamedTuple):
    """What one run prints; costs in weighted metres."""

    mode: str
    cases: int
    volunteers: int
    capacity: int
    cost: float
    optimum: float
    """Proven: no plan that serves as many costs less."""
    ratio: float | None
    optimum_within: float | None
    """The cost of the best plan known over `optimum`: 1 where the optimum itself was found."""
    seconds: float
    cpu_seconds: float
    unassigned: int


def measured(mode: str, cases: Cases, helpers: Helpers, window_min: float) -> Measured:
    """Run one mode and compare it."""
    nearest = Nearest(cases, helpers)
    began, cpu_began = time.perf_counter(), time.process_time()
    plan = None
    if mode == "batch":
        plan = cheapest(nearest)
        cost, served = plan.cost, plan.served
    else:
        alone = mode == "first"
        found = stream(nearest, 0.0 if alone else window_min, prices=not alone)
        cost, served = float(found.weighted_m.sum()), len(found)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    best = optimum(nearest, served, plan)
    return Measured(
        mode,
        cases=len(cases),
        volunteers=len(helpers),
        capacity=int(helpers.capacity.sum()),
        cost=round(cost, 1),
        optimum=round(best.bound, 1),
        ratio=_ratio(cost, best.bound),
        optimum_within=_ratio(best.cost, best.bound),
        seconds=round(seconds, 2),
        cpu_seconds=round(cpu_seconds, 2),
        unassigned=len(cases) - served,
    )


def _ratio(cost: float, bound: float) -> float | None:
    """None where the optimum is nothing and the cost is not."""
    if cost - bound < 0.05:
        return 1.0
    return round(cost / bound, 4) if bound > 0 else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the files, run, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.assign", description=__doc__)
    parser.add_argument("--cases", type=Path, required=True, help="CSV: id,time,lat,lon[,category,weight]")
    parser.add_argument(
        "--volunteers", type=Path, required=True, help="CSV: id,lat,lon[,capacity,radius_m,categories]"
    )
    parser.add_argument(
        "--mode",
        choices=("stream", "batch", "first"),
        default="batch",
        help="first: first come, first served, for comparison",
    )
    parser.add_argument("--window", type=float, default=5.0, help="minutes of arrivals [%(default)s]")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--make", type=int, nargs=2, metavar=("N", "M"), help="write demo files of N cases and M volunteers"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the demo files [%(default)s]")
    parser.add_argument("--capacity", type=int, default=3, help="of the demo volunteers [%(default)s]")
    chosen = parser.parse_args(arguments)
    if chosen.make:
        make_files(chosen.cases, chosen.volunteers, *chosen.make, seed=chosen.seed, capacity=chosen.capacity)
        return 0
    said = measured(chosen.mode, read_cases(chosen.cases), read_helpers(chosen.volunteers), chosen.window)
    figures = said._asdict()
    if chosen.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{name:<16}{figure}" for name, figure in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
