"""Measure the site beside bare SQL, matching beside the optimum, and the policies beside each other.

Ends with an error only when an answer is wrong: how fast it is depends on the machine, and is printed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.report import Figure

RESULTS = Path(__file__).parent / "results" / "latest.json"
SIZES = (100_000, 1_000_000)
GROWS_AT_MOST = 1.3


def main() -> int:
    """Run it all, each size in a data folder of its own; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--cases", type=int, nargs="+", default=SIZES, help="sizes of the database [100000 1000000]"
    )
    parser.add_argument("--seconds", type=float, default=3, help="of each measurement [%(default)s]")
    parser.add_argument("--only", choices=("http", "matching"), help="one half of it")
    parser.add_argument("--markdown", action="store_true", help="print tables as in docs/benchmarks.md")
    chosen = parser.parse_args()

    from bench.report import machine, write

    figures: list[Figure] = []
    print(machine())
    try:
        if chosen.only != "matching":
            for cases in chosen.cases:
                with _scratch_folder():
                    figures += _http(cases, chosen.seconds, markdown=chosen.markdown)
            figures += _growth(figures, chosen.cases, markdown=chosen.markdown)
        if chosen.only != "http":
            figures += _matching(markdown=chosen.markdown)
    except AssertionError as wrong:
        print(f"\nWRONG ANSWER: {wrong}")
        return 1
    write(RESULTS, figures)
    return 0


def _http(cases: int, seconds: float, *, markdown: bool) -> list[Figure]:
    from bench.run import measure

    return list(measure(cases, seconds, markdown=markdown))


def _matching(*, markdown: bool) -> list[Figure]:
    from bench.matching import figures

    return list(figures(markdown=markdown))


def _growth(figures: Sequence[Figure], sizes: Sequence[int], *, markdown: bool) -> list[Figure]:
    """How much slower reading is on the largest database than on the smallest: the ratio of the medians."""
    from bench.report import Figure, print_figures

    few, many = f"{min(sizes):,} cases", f"{max(sizes):,} cases"
    if few == many:
        return []
    known = {figure.name: figure.value for figure in figures if figure.name.endswith(": p50")}
    grown = [
        Figure.of(name.replace(few, f"{many} against {few}"), known[other] / value, "×", GROWS_AT_MOST)
        for name, value in known.items()
        if few in name and (other := name.replace(few, many)) in known and "hello" not in name
    ]
    print_figures("How the medians grow", grown, markdown=markdown)
    return grown


@contextmanager
def _scratch_folder() -> Iterator[None]:
    """A data folder of its own, with durable settings and nothing of this machine's configuration."""
    folder = Path(tempfile.mkdtemp(prefix="lalanh-bench-"))
    folder.chmod(0o711)
    for name in [n for n in os.environ if n.startswith(("LALANH_", "DATABASE_"))]:
        del os.environ[name]
    os.environ |= {
        "LALANH_DATA": str(folder),
        "LALANH_DEMO": "0",
        "LALANH_ENV": "test",  # no limits by address: all load comes from one
        "SECRET_KEY": "bench-session",
        "LALANH_PRIVACY_KEY": "bench-privacy",
    }
    from app.core import embedded

    try:
        yield
    finally:
        embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
