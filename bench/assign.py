"""How good the assignment is: the cost of a plan beside the optimum. See docs/matching.md.

    python -m bench.assign --cases FILE.csv --volunteers FILE.csv --mode stream|batch|first --json

Prints the total weighted way of the chosen mode and that of the optimum: a minimum-cost flow that knows
everything beforehand, with the same number served.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.matching.assignment import Ints, assign
from bench.cases_and_helpers import Cases, Helpers, make_files, read_cases, read_helpers
from bench.nearest import Found, Nearest
from bench.streaming import stream

MOST_PAIRS = 1_250_000
"""Candidates are as many as memory and time allow, within FEWEST and MANY for each case."""
FEWEST, MANY = 20, 100
WIDER = (100, 400, 1_600)
"""How many helpers with room a case left out is shown, time after time."""


def batch(cases: Cases, helpers: Helpers, nearest: Nearest, many: int = MANY) -> tuple[Found, Ints]:
    """The planner: the nearest of each case, then helpers with room where those are all full."""
    everyone, demand = np.arange(len(cases)), np.ones(len(cases), np.int64)
    found = nearest.of(everyone, most=max(FEWEST, min(many, MOST_PAIRS // max(1, len(cases)))))
    carried = assign(found.pairs, helpers.capacity, demand)
    for most in WIDER:
        room = helpers.capacity - found.load(carried, len(helpers))
        stuck = np.setdiff1d(everyone, found.case[room[found.helper] > 0])
        left = np.setdiff1d(everyone, found.case[carried > 0])
        if not len(left):
            break
        wider = found.joined(nearest.of(stuck, room=room)).joined(nearest.of(left, room=room, most=most))
        if len(wider) == len(found):
            break
        found, carried = wider, assign(wider.pairs, helpers.capacity, demand)
    return found, carried


def optimum(found: Found, helpers: Helpers, cases: int, served: int) -> float:
    """The lowest cost at which `served` cases can be served over these pairs."""
    carried = assign(found.pairs, helpers.capacity, np.ones(cases, np.int64), serve=served)
    return found.cost(carried)


def measured(mode: str, cases: Cases, helpers: Helpers, window_min: float) -> dict[str, float | int | str]:
    """Run one mode and compare it."""
    nearest = Nearest(cases, helpers)
    began = time.perf_counter()
    if mode == "batch":
        found, carried = batch(cases, helpers, nearest)
    else:
        alone = mode == "first"
        found, carried = stream(cases, helpers, nearest, 0.0 if alone else window_min, prices=not alone)
    seconds = time.perf_counter() - began
    cost, served = found.cost(carried), int(carried.sum())
    if mode != "batch" or len(cases) * MANY < MOST_PAIRS:
        found = found.joined(batch(cases, helpers, nearest, many=2 * MANY)[0])
    best = optimum(found, helpers, len(cases), served)
    return {
        "mode": mode,
        "cases": len(cases),
        "volunteers": len(helpers),
        "capacity": int(helpers.capacity.sum()),
        "cost": round(cost, 1),
        "optimum": round(best, 1),
        "ratio": round(cost / best, 4) if best else 1.0,
        "seconds": round(seconds, 2),
        "unassigned": len(cases) - served,
    }


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
    figures = measured(chosen.mode, read_cases(chosen.cases), read_helpers(chosen.volunteers), chosen.window)
    if chosen.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{name:<12}{figure}" for name, figure in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
