"""Low zooms from counts made ahead: the same map, whether the worker has just counted or never does."""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, update

from app.cases.models import Case
from app.core.db import db, transaction
from app.core.geo import Point
from app.core.jobs import jobs
from app.feed import tallies
from app.feed.filters import Filter
from app.feed.models import FeedTally
from app.feed.rules import GROUP_STATUSES, PAGE_STATUSES
from app.feed.tiles import cases_tile
from app.worker import know_every_job
from tests import make
from tests.feed.map import around, layer, point_in, tile_of
from tests.geography import CHO_LON, LONG_HUNG, SAI_GON

FAR_AWAY = Point(105.85, 21.03)
PLACES = (SAI_GON, CHO_LON, LONG_HUNG, FAR_AWAY)
ZOOMS = (0, 4, 7, 8, 9, 10)
KINDS = ("essentials", "grocery_run", "medical_advice")
STATUSES = ("open", "open", "claimed", "delivered", "closed", "expired")
URGENCIES = ("normal", "urgent", "life_threatening")


def count_anew() -> int:
    with transaction():
        return tallies.count_anew()


def some_case(dice: Random) -> Case:
    return make.make_case(
        at=dice.choice(PLACES).moved(dice.uniform(0, 30_000), dice.uniform(0, 6)),
        category_slug=dice.choice(KINDS),
        status=dice.choice(STATUSES),
        urgency=dice.choice(URGENCIES),
    )


def clusters(zoom: int, asked: Filter) -> list[dict[str, Any]]:
    tiles = {
        tile for place in PLACES for tile in (around(place, zoom, 1) if zoom > 4 else [tile_of(place, zoom)])
    }
    found = []
    for tile in sorted(tiles):
        for feature in layer(cases_tile(*tile, asked), "clusters"):
            where = point_in(tile, *feature["geometry"]["coordinates"])
            found.append(feature["properties"] | {"lon": round(where.lon, 2), "lat": round(where.lat, 2)})
    return sorted(found, key=lambda cluster: (cluster["lon"], cluster["lat"]))


EVERYTHING = Filter(statuses=PAGE_STATUSES)
FILTERS = {
    "everything": EVERYTHING,
    "open": Filter(statuses=("open",)),
    "closed": Filter(statuses=("closed",)),
    "category": Filter(statuses=PAGE_STATUSES, categories=("grocery_run",)),
    "urgency": Filter(statuses=PAGE_STATUSES, urgencies=("urgent", "life_threatening")),
    "both": Filter(statuses=("open", "claimed"), categories=KINDS, urgencies=("normal",)),
}


@pytest.mark.parametrize("asked", FILTERS.values(), ids=FILTERS)
def test_a_map_counted_ahead_is_the_map_counted_now(app: Any, asked: Filter) -> None:
    dice = Random(1)
    for _ in range(60):
        some_case(dice)
    now = {zoom: clusters(zoom, asked) for zoom in ZOOMS}
    assert count_anew() > 0
    assert {zoom: clusters(zoom, asked) for zoom in ZOOMS} == now
    assert any(now.values())


CHANGES: dict[str, Callable[[Case], Any]] = {
    "posted": lambda _case: make.make_case(),
    "taken": lambda case: set_to(case, status="claimed"),
    "off the map": lambda case: set_to(case, on_map=False),
    "more urgent": lambda case: set_to(case, urgency="life_threatening"),
    "moved away": lambda case: set_to(case, public_position=FAR_AWAY.ewkt),
    "erased": lambda case: db.session.execute(delete(Case).where(Case.id == case.id)),
}


def set_to(case: Case, **columns: Any) -> None:
    db.session.execute(update(Case).where(Case.id == case.id).values(**columns))


def truth() -> Counter[str]:
    groups = {status: group for group, members in GROUP_STATUSES.items() for status in members}
    shown = db.session.query(Case).filter(Case.on_map).all()
    return Counter(groups[case.status] for case in shown if case.status in groups)


def on_the_map(zoom: int) -> Counter[str]:
    counted: Counter[str] = Counter()
    for cluster in clusters(zoom, EVERYTHING):
        counted.update({group: cluster[group] for group in GROUP_STATUSES if cluster[group]})
    return counted


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_shows_before_it_is_counted_anew(app: Any, change: Callable[[Case], Any]) -> None:
    case = make.make_case(needs=())
    make.make_case(at=CHO_LON, status="claimed")
    count_anew()
    with transaction():
        change(case)
    for zoom in (0, 6, 9, 10):
        assert on_the_map(zoom) == truth()
    count_anew()
    for zoom in (0, 6, 9, 10):
        assert on_the_map(zoom) == truth()


@pytest.mark.parametrize("seed", range(4))
def test_the_map_is_right_whenever_the_worker_counts(app: Any, seed: int) -> None:
    dice = Random(seed)
    cases = [some_case(dice) for _ in range(12)]
    for _ in range(12):
        with transaction():
            set_to(dice.choice(cases), status=dice.choice(STATUSES), urgency=dice.choice(URGENCIES))
        if dice.random() < 0.3:
            count_anew()
        assert on_the_map(dice.choice(ZOOMS)) == truth()


def test_only_what_has_changed_is_counted_anew(app: Any) -> None:
    near, _far = make.make_case(), make.make_case(at=FAR_AWAY)
    assert count_anew() == 6, "two squares at three sizes of cell"
    assert count_anew() == 0
    with transaction():
        set_to(near, status="claimed")
    assert count_anew() == 3


def test_the_worker_counts_every_few_seconds(app: Any) -> None:
    make.make_case()
    know_every_job()
    [due] = [d for d in jobs.periodic_registry.periodic_tasks.values() if d.task.name == "feed.count_anew"]
    assert due.cron == "* * * * * */5"
    due.task(0)
    assert db.session.query(FeedTally).count() == 3
