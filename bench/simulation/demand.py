"""The cases of a simulation: from anybody's CSV file, or those of the demo city."""

import csv
import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.reading import OF_A_CASE

KNOWN = ("essentials", "medical_advice", "grocery_run", "school_supplies")
OTHERWISE = "essentials"
"""What a category that nobody here has heard of counts as."""
FIRST_HOUR = datetime(2021, 7, 26, 8)  # noqa: DTZ001 - a local time
"""Times that are plain minutes count from eight in the morning of some Monday."""
MILLISECONDS, SECONDS = 1e11, 1e8
"""From here on a number is a moment since 1970, in this unit; below it is minutes."""
LONGEST_GAP = timedelta(days=3)
"""Where nobody asks for longer than this, the days in between are left out: a stray date costs nothing."""


class Unreadable(Exception):
    """The file as a whole makes no sense; the message says why."""


@dataclass(frozen=True)
class Ask:
    """One request for help. `at` is the local time of the place, without a zone."""

    id: str
    at: datetime
    lat: float
    lon: float
    category: str = OTHERWISE
    urgency: str = "normal"
    vulnerabilities: tuple[str, ...] = ()


@dataclass(frozen=True)
class Demand:
    """All requests in the order in which they come, and what was wrong with the others."""

    asks: tuple[Ask, ...]
    wrong: tuple[str, ...] = ()


def read(path: Path) -> Demand:
    """CSV with id, time, lat, lon and category; rows that cannot be understood are told, not taken.

    time: ISO 8601, seconds or milliseconds since 1970, or minutes. With a zone it is brought to the local
    time of the place by its longitude; without one it is local already. Every row counts, also when its id
    came before.
    """
    asks: list[tuple[Ask, datetime]] = []
    wrong: list[str] = []
    for number, row in _rows(path):
        try:
            asks.append(_ask(row, number))
        except ValueError as reason:
            wrong.append(f"row {number}: {reason}")
    if asks:
        hours = round(statistics.median(ask.lon for ask, _at in asks) / 15)
        local = [replace(ask, at=_local(at, hours)) for ask, at in asks]
        return Demand(_without_gaps(local), tuple(wrong))
    return Demand((), tuple(wrong))


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Numbered from 2, as a spreadsheet numbers them below the header."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as problem:
        raise Unreadable(f"{path}: {problem.strerror or problem}") from None
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    rows = csv.reader(text.replace("\0", "").splitlines(keepends=True), delimiter=delimiter)
    try:
        names = [OF_A_CASE.get(name.strip().lower(), name.strip().lower()) for name in next(rows, [])]
        if missing := [name for name in ("time", "lat", "lon") if name not in names]:
            raise Unreadable(f"{path}: the first line names no column {', '.join(missing)}.")
        for number, row in enumerate(rows, start=2):
            if any(cell.strip() for cell in row):
                yield number, dict(zip(names, (cell.strip() for cell in row), strict=False))
    except csv.Error as problem:
        raise Unreadable(f"{path}, line {rows.line_num}: {problem}") from None


def _ask(row: dict[str, str], number: int) -> tuple[Ask, datetime]:
    lat, lon = _degrees(row, "lat", 90), _degrees(row, "lon", 180)
    at = _moment(row.get("time", ""))
    category = row.get("category", "").lower().replace(" ", "_").replace("-", "_")
    return (
        Ask(row.get("id") or str(number), at, lat, lon, category if category in KNOWN else OTHERWISE),
        at,
    )


def _degrees(row: dict[str, str], name: str, most: float) -> float:
    typed = row.get(name, "")
    if not typed:
        raise ValueError(f"no {name}")
    try:
        degrees = float(typed)
    except ValueError:
        raise ValueError(f"{name} is not a number: {typed[:40]!r}") from None
    if not (math.isfinite(degrees) and abs(degrees) <= most):
        raise ValueError(f"{name} is not on the earth: {typed[:40]!r}")
    return degrees


def _moment(typed: str) -> datetime:
    """With a zone where the file gives one; plain minutes count from FIRST_HOUR."""
    if not typed:
        raise ValueError("no time")
    try:
        number = float(typed)
    except ValueError:
        number = None
    try:
        if number is None:
            return datetime.fromisoformat(typed.replace("/", "-"))
        if abs(number) >= SECONDS:
            return datetime.fromtimestamp(number / 1000 if abs(number) >= MILLISECONDS else number, UTC)
        return FIRST_HOUR + timedelta(minutes=number)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"time is not understood: {typed[:40]!r}") from None


def _local(at: datetime, hours: int) -> datetime:
    if at.tzinfo is None:
        return at
    try:
        return at.astimezone(UTC).replace(tzinfo=None) + timedelta(hours=hours)
    except OverflowError:
        return at.replace(tzinfo=None)


def _without_gaps(asks: list[Ask]) -> tuple[Ask, ...]:
    asks.sort(key=lambda ask: ask.at)
    cut, before, kept = timedelta(), asks[0].at, []
    for ask in asks:
        # Whole days are left out, so that the hour stays what it was.
        if (gap := ask.at - before) > LONGEST_GAP:
            cut += timedelta(days=(gap - LONGEST_GAP).days)
        before = ask.at
        kept.append(replace(ask, at=ask.at - cut))
    return tuple(kept)


def demo_city(cases: int) -> Demand:
    """The requests of the demo city's week; the areas must be in the database."""
    from random import Random
    from uuid import UUID

    from app.core.db import new_id
    from app.demo.asks import LOCAL, Setting, make_asks
    from app.demo.load import SEED
    from app.demo.people import make_town
    from app.demo.places import case_weights, wards

    rng, moment = Random(SEED), datetime(2021, 8, 1, 20, tzinfo=LOCAL)
    towns = wards()
    town = make_town(rng, towns, moment, lambda _since: new_id())
    setting = Setting(towns, case_weights(towns), town.residents, UUID(int=0), moment)
    return Demand(
        tuple(
            Ask(
                str(number),
                made.at.astimezone(LOCAL).replace(tzinfo=None),
                made.request.position.lat,
                made.request.position.lon,
                made.request.category,
                made.request.urgency,
                tuple(made.request.vulnerabilities),
            )
            for number, made in enumerate(make_asks(rng, cases, setting))
        )
    )
