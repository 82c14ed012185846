"""A neighbourhood simulated with the site's own ranking, dispatch and claims. See docs/benchmarks.md.

    python -m bench.simulate --demand FILE.csv --volunteers 300 --seed 1 --policy lalanh --json

FILE.csv has the columns id, time, lat, lon, category; without it the demo city asks. Policies: `newest` and
`nearest` are lists in that order; `lalanh` is the suggested order, and people are asked in waves.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

POLICIES = ("newest", "nearest", "lalanh")
CASES = 2000
WORST_SHOWN = 20
"""So many rows that could not be read are told one by one."""
VIETNAM = (8.0, 23.5, 102.0, 110.0)
"""South, north, west, east: here our areas are the wards, elsewhere squares of two kilometres."""


@contextmanager
def scratch() -> Iterator[None]:
    """A database of its own, without durability, for this process; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lalanh-simulation-"))
    folder.chmod(0o711)
    for name in [n for n in os.environ if n.startswith(("LALANH_", "DATABASE_"))]:
        del os.environ[name]
    os.environ |= {
        "LALANH_DATA": str(folder),
        "LALANH_DB_FAST": "1",
        "LALANH_DEMO": "0",
        "LALANH_ENV": "test",
        "SECRET_KEY": "simulation",
        "LALANH_PRIVACY_KEY": "simulation",
    }
    from app.core import embedded

    try:
        yield
    finally:
        embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)


def run(
    policies: Sequence[str],
    *,
    demand: Path | None,
    cases: int,
    volunteers: int,
    seed: int,
    quiet: bool = False,
) -> dict[str, dict[str, Any]]:
    """The figures of each policy over the same demand and the same volunteers, in a scratch database."""
    from bench.simulation.demand import read

    asked = read(demand) if demand else None
    for line in asked.wrong[:WORST_SHOWN] if asked else ():
        print(line, file=sys.stderr)
    if asked and len(asked.wrong) > WORST_SHOWN:
        print(f"... and {len(asked.wrong) - WORST_SHOWN} more rows", file=sys.stderr)
    with scratch():
        return in_database(policies, asked, cases=cases, volunteers=volunteers, seed=seed, quiet=quiet)


def in_database(
    policies: Sequence[str], asked: Any, *, cases: int, volunteers: int, seed: int, quiet: bool
) -> dict[str, dict[str, Any]]:
    """The same in the database that the surroundings name, which must hold nothing else."""
    from flask_migrate import upgrade

    from app import create_app
    from app.areas.load import load_default
    from bench.simulation.demand import demo_city
    from bench.simulation.run import Setting, simulate

    with create_app().app_context():
        upgrade()
        if asked is None or mostly_in_vietnam(asked.asks):
            load_default(quiet=True)
        asks = (asked or demo_city(cases)).asks
        return {
            policy: simulate(Setting(asks, volunteers, seed, policy, quiet=quiet)).rounded()
            for policy in policies
        }


def mostly_in_vietnam(asks: Sequence[Any]) -> bool:
    """Whether our areas are the wards of this demand."""
    south, north, west, east = VIETNAM
    inside = sum(south < ask.lat < north and west < ask.lon < east for ask in asks)
    return 2 * inside > len(asks)


def table(figures: dict[str, dict[str, Any]]) -> str:
    """The figures side by side, and how they stand to the targets when all three policies are there."""
    names = list(next(iter(figures.values())))
    lines = [f"{'':<30}" + "".join(f"{policy:>12}" for policy in figures)]
    for name in names:
        shown = [
            "-" if f[name] is None else f"{f[name]:,.3f}".rstrip("0").rstrip(".") for f in figures.values()
        ]
        lines.append(f"{name:<30}" + "".join(f"{text:>12}" for text in shown))
    if set(figures) == set(POLICIES):
        lines += [
            "",
            *(f"{said}: {ratio:.2f} (target: at most {most:.2f})" for said, ratio, most in targets(figures)),
        ]
    return "\n".join(lines)


def targets(figures: dict[str, dict[str, Any]]) -> list[tuple[str, float, float]]:
    """What is promised of `lalanh` beside the others: words, the ratio measured, the ratio wanted."""
    ours = figures["lalanh"]
    wanted = (
        ("time_to_first_claim_p90_min", "newest", "90 % have a helper after, beside newest first", 0.5),
        ("never_helped_share", "newest", "without help in 24 h, beside newest first", 1 / 3),
        ("metres_per_delivery", "nearest", "way of a delivery, beside nearest first", 1.2),
    )
    return [
        (said, ours[name] / figures[other][name], most)
        for name, other, said, most in wanted
        if ours[name] is not None and figures[other][name]
    ]


def figures(volunteers: int = 300, seed: int = 1) -> list[dict[str, Any]]:
    """For `make bench`: every figure of every policy on the demo city; `limit` is what ours stands beside."""
    found = run(POLICIES, demand=None, cases=CASES, volunteers=volunteers, seed=seed)
    beside = {said: ratio for said, ratio, _most in targets(found)}
    units = {"_min": "min", "_share": "share", "metres_per_delivery": "m"}
    rows = []
    for policy, told in found.items():
        for name, value in told.items():
            unit = next((unit for ending, unit in units.items() if name.endswith(ending)), "")
            rows.append(
                {
                    "name": f"simulation {policy}: {name}",
                    "value": value,
                    "unit": unit,
                    "limit": None,
                    "ratio": None,
                }
            )
    for said, ratio, most in targets(found):
        rows.append(
            {
                "name": f"simulation: {said}",
                "value": ratio,
                "unit": "",
                "limit": most,
                "ratio": beside[said] / most,
            }
        )
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.simulate", description=__doc__)
    parser.add_argument("--demand", type=Path, help="CSV: id,time,lat,lon,category [the demo city]")
    parser.add_argument("--volunteers", type=_whole, default=300, help="how many help [%(default)s]")
    parser.add_argument(
        "--seed", type=_whole, default=1, help="of the volunteers and all chance [%(default)s]"
    )
    parser.add_argument("--policy", choices=POLICIES, help="one policy [all three, side by side]")
    parser.add_argument("--cases", type=_whole, default=CASES, help="of the demo city [%(default)s]")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args(arguments)
    from bench.simulation.demand import Unreadable

    try:
        found = run(
            [chosen.policy] if chosen.policy else POLICIES,
            demand=chosen.demand,
            cases=chosen.cases,
            volunteers=chosen.volunteers,
            seed=chosen.seed,
        )
    except Unreadable as reason:
        print(reason, file=sys.stderr)
        return 2
    if chosen.json:
        print(json.dumps(found[chosen.policy] if chosen.policy else found))
    else:
        print(table(found))
    return 0


def _whole(typed: str) -> int:
    number = int(typed)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return number


if __name__ == "__main__":
    sys.exit(main())
