"""Matching beside the optimum, and the demo city under the three policies, as `make bench` shows them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import assign, simulate
from bench.cases_and_helpers import make_files
from bench.reading import read_cases, read_helpers
from bench.report import Figure, print_figures

CASES, VOLUNTEERS, ROOM = 5_000, 2_000, 3
WORST = {"batch": 1.01, "stream": 1.25, "first": None}
WITHIN_S = {"batch": 5.0}


def figures(*, markdown: bool) -> Iterator[Figure]:
    """Assignment first, then the simulation; AssertionError when more is handed out than there is."""
    quality = list(_assignment())
    title = f"Assignment of {CASES:,} cases to {VOLUNTEERS:,} volunteers: cost over the optimum"
    print_figures(title, quality, markdown=markdown)
    yield from quality
    simulated = [Figure(**figure) for figure in simulate.figures()]
    print_figures("The demo city, simulated", simulated, markdown=markdown)
    yield from simulated


def _assignment() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="lalanh-bench-") as name:
        files = Path(name) / "cases.csv", Path(name) / "volunteers.csv"
        make_files(*files, CASES, VOLUNTEERS, seed=1, capacity=ROOM)
        cases, helpers = read_cases(files[0]), read_helpers(files[1])
        for mode, worst in WORST.items():
            said = assign.measured(mode, cases, helpers, 5.0)
            ratio, seconds = said.ratio or 1.0, said.seconds
            assert ratio >= 1.0, f"{mode} claims to be better than the optimum"
            yield Figure.of(f"assignment, {mode}: cost over the optimum", ratio, "", worst)
            yield Figure.of(f"assignment, {mode}: time", seconds, "s", WITHIN_S.get(mode))
