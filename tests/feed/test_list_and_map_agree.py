"""The list and the map show the same cases, whatever the filter."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import make
from tests.feed.map import fetch, layer
from tests.geography import CHO_LON, HOA_HUNG, LONG_HUNG, SAI_GON

PLACES = (SAI_GON, CHO_LON, HOA_HUNG, LONG_HUNG)
CATEGORIES = ("essentials", "grocery_run", "school_supplies", "medical_advice")
STATUSES = ("open", "open", "claimed", "delivered", "closed", "expired")
URGENCIES = ("normal", "urgent", "life_threatening")
THINGS = ("Gạo", "Sữa", "Thuốc")
FAR = "near=10.7769,106.7009&limit=100"


@pytest.fixture
def city(app: Any) -> int:
    """Some eighty cases of every kind in four wards."""
    for n in range(80):
        make.make_case(
            [(THINGS[n % 3], 1, "phần")],
            at=PLACES[n % 4].moved(40 * n, n),
            category_slug=CATEGORIES[n % 7 % 4],
            status=STATUSES[n % 6],
            urgency=URGENCIES[n % 5 % 3],
        )
    return 80


few = lambda choices: st.lists(st.sampled_from(choices), unique=True, max_size=3)  # noqa: E731
filters = st.fixed_dictionaries(
    {
        "status": st.lists(
            st.sampled_from(["needs_help", "taken", "helped", "closed"]), unique=True, min_size=1
        )
    },
    optional={
        "category": few(CATEGORIES),
        "urgency": few(URGENCIES),
        "q": st.sampled_from([["gao"], ["sữa"], ["THUỐC"]]),
        "area": st.sampled_from([["79"], ["26740"], ["75"]]),
        "bbox": st.sampled_from([["106.64,10.73,106.71,10.79"], ["106.70,10.70,106.9,10.9"]]),
        "radius_m": st.sampled_from([["500"], ["3000"], ["7000"]]),
    },
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=filters)
def test_the_list_and_the_map_show_the_same_cases(city: int, app: Any, chosen: dict[str, list[str]]) -> None:
    client = app.test_client()
    query = "&".join(f"{name}={value}" for name, values in chosen.items() for value in values)
    features = json.loads(client.get(f"/api/v1/cases?{FAR}&{query}").text)["features"]
    listed = sorted((f["id"], f["properties"]["group"]) for f in features)
    tile_query = query + ("&near=10.7769,106.7009" if "radius_m" in chosen else "")

    clusters = layer(fetch(client, (0, 0, 0), tile_query).data, "clusters")
    counts = {g: sum(c["properties"][g] for c in clusters) for g in ("needs_help", "taken", "helped")}
    assert counts == {g: sum(1 for _code, group in listed if group == g) for g in counts}

    # All four wards lie in these tiles of zoom 13.
    tiles = [(13, x, y) for x in range(6521, 6529) for y in range(3845, 3854)]
    pins = [
        pin["properties"] for tile in tiles for pin in layer(fetch(client, tile, tile_query).data, "cases")
    ]
    assert sorted((pin["code"], pin["g"]) for pin in pins) == listed
