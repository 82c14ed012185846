"""Figures with their limits, as a table for people and as a list for programs."""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.load import Measured

HEAD = ["", "p50 ms", "p99 ms", "per s", "SQL p50", "SQL p99", "ratio", "wanted"]


@dataclass(frozen=True)
class Figure:
    """One figure of `latest.json`: `limit` is what it is held against, `ratio` the value over the limit."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    ratio: float | None = None

    @classmethod
    def of(cls, name: str, value: float, unit: str, limit: float | None = None) -> "Figure":
        """With the ratio, rounded."""
        ratio = round(value / limit, 3) if limit else None
        return cls(name, round(value, 3), unit, None if limit is None else round(limit, 3), ratio)


@dataclass(frozen=True)
class Row:
    """A scenario measured: the site, the same SQL alone, and what was wanted of it."""

    name: str
    site: Measured
    bare: Measured | None = None
    at_most: float | None = None
    hello: Measured | None = None
    at_least: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the median of the bare SQL, or which share of hello's rate."""
        if self.bare:
            return self.site.p50 / self.bare.p50
        return self.site.rate / self.hello.rate if self.hello else None

    @property
    def wanted(self) -> str:
        """The target and whether it was met."""
        if self.ratio is None or (self.at_most is None and self.at_least is None):
            return ""
        if self.at_most is not None:
            return f"≤ {self.at_most:g} " + ("✓" if self.ratio <= self.at_most else "✗")
        return f"≥ {self.at_least:g} " + ("✓" if self.ratio >= (self.at_least or 0) else "✗")

    def cells(self) -> list[str]:
        """The row as texts."""
        site = [f"{self.site.p50:.2f}", f"{self.site.p99:.2f}", f"{self.site.rate:,.0f}"]
        bare = [f"{self.bare.p50:.2f}", f"{self.bare.p99:.2f}"] if self.bare else ["", ""]
        ratio = f"{self.ratio:.2f}" if self.ratio is not None else ""
        return [self.name, *site, *bare, ratio, self.wanted]

    def figures(self, where: str) -> list[Figure]:
        """Median, 99th percentile and rate, each beside that of the bare SQL or of hello."""
        name, limit = f"{self.name}, {where}", self.bare or self.hello
        return [
            Figure.of(f"{name}: p50", self.site.p50, "ms", limit and limit.p50),
            Figure.of(f"{name}: p99", self.site.p99, "ms", limit and limit.p99),
            Figure.of(f"{name}: rate", self.site.rate, "1/s", limit and limit.rate),
        ]


def print_table(title: str, rows: Iterable[Row], *, markdown: bool) -> None:
    """The rows of one measurement, in columns."""
    print_cells(title, HEAD, [row.cells() for row in rows], markdown=markdown)


def print_figures(title: str, figures: Iterable[Figure], *, markdown: bool) -> None:
    """Figures that stand for themselves, a line each."""
    head = ["", "value", "unit", "limit", "ratio"]
    lines = [[f.name, f"{f.value:,.3g}", f.unit, *_given(f.limit), *_given(f.ratio)] for f in figures]
    print_cells(title, head, lines, markdown=markdown)


def _given(value: float | None) -> list[str]:
    return ["" if value is None else f"{value:,.3g}"]


def print_cells(title: str, head: Sequence[str], lines: Sequence[Sequence[str]], *, markdown: bool) -> None:
    """A table: in Markdown, or in columns for a terminal."""
    print(f"\n{title}\n")
    if markdown:
        for cells in [head, ["---", *["--:"] * (len(head) - 1)], *lines]:
            print("| " + " | ".join(cells) + " |")
        return
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    for cells in [head, *lines]:
        first = cells[0].ljust(widths[0])
        print(
            first + "".join(cell.rjust(width + 3) for cell, width in zip(cells[1:], widths[1:], strict=True))
        )


def write(results: Path, figures: Iterable[Figure]) -> None:
    """The list for programs: name, value, unit, limit, ratio."""
    results.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join("  " + json.dumps(asdict(figure), ensure_ascii=False) for figure in figures)
    results.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"\nwritten to {os.path.relpath(results)}")


def machine() -> str:
    """What it ran on, and when."""
    named = (line.split(":", 1)[1].strip() for line in _cpu() if line.startswith("model name"))
    model = next(named, platform.processor() or platform.machine())
    moment = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores {model}, Python {platform.python_version()}, load {load}, {moment}"


def _cpu() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []
