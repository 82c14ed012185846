"""A stranger who walks through every public door finds no name, phone, address, note or exact place."""

import json
import math
import select as readiness
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import mapbox_vector_tile
import psycopg2
import pytest

from app.cases.models import Case
from app.cases.tracking import tracking_secret
from app.core.db import db
from app.core.geo import Point
from tests.privacy.walking import ADDRESS, HOME, NAME, NOTE, doors, holds_nothing, marked_case, walk


@pytest.fixture(params=["essentials", "medical_advice"])
def case(app: Any, client: Any, request: Any) -> Case:
    return marked_case(client, request.param)


def tiles_over(place: Point) -> Iterator[tuple[int, int, int]]:
    """The tiles around a place, from the whole world to the single street."""
    for z in range(19):
        x = (place.lon + 180) / 360 * 2**z
        y = (1 - math.asinh(math.tan(math.radians(place.lat))) / math.pi) / 2 * 2**z
        yield from ((z, int(x) + dx, int(y) + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1))


def test_no_page_and_no_answer_holds_anything_private(app: Any, client: Any, case: Case) -> None:
    for address, answer in walk(client, doors(app, case)):
        holds_nothing(answer.text, address)
        holds_nothing(str(answer.headers.get("Location", "")), address)


def test_what_is_asked_by_a_private_word_is_not_found(client: Any, case: Case) -> None:
    for word in (NAME, ADDRESS, "987654321", NOTE):
        assert client.get("/api/v1/cases", query_string={"q": word}).json["features"] == []


def test_no_tile_shows_the_place(client: Any, case: Case) -> None:
    drawn = 0
    for z, x, y in tiles_over(HOME):
        answer = client.get(f"/tiles/cases/{z}/{x}/{y}.mvt")
        if answer.status_code != 200 or not answer.data:
            continue
        holds_nothing(answer.data.decode("latin-1"), f"tile {z}/{x}/{y}")
        for layer in mapbox_vector_tile.decode(answer.data, default_options={"y_coord_down": True}).values():
            for feature in layer["features"]:
                drawn += 1
                if z >= 16:
                    assert distance_to_home(feature, layer["extent"], z, x, y) > 100
    assert drawn


def distance_to_home(feature: dict[str, Any], extent: int, z: int, x: int, y: int) -> float:
    """Metres from the home to a point of a tile."""
    across, down = feature["geometry"]["coordinates"]
    lon = (x + across / extent) / 2**z * 360 - 180
    lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (y + down / extent) / 2**z))))
    return HOME.metres_to(Point(lon, lat))


def test_the_nearest_list_measures_from_the_blurred_place(client: Any, case: Case) -> None:
    found = client.get(f"/api/v1/cases?near={HOME.lat},{HOME.lon}&limit=5").json["features"]
    if not case.on_map:
        assert found == []
        return
    [feature] = found
    lon, lat = feature["geometry"]["coordinates"]
    assert 140 < HOME.metres_to(Point(lon, lat)) < 310
    assert feature["properties"]["distance_m"] == pytest.approx(HOME.metres_to(Point(lon, lat)), abs=3)


def test_the_event_stream_holds_nothing_private(app: Any, client: Any, case: Case) -> None:
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg2.connect(url)) as listener:
        listener.autocommit = True
        listener.cursor().execute("LISTEN lalanh_live")
        secret = {"X-Tracking-Token": tracking_secret(case)}
        assert client.post(f"/api/v1/cases/{case.code}/cancel", headers=secret).status_code == 200
        readiness.select([listener], [], [], 5)
        listener.poll()
        payloads = [notice.payload for notice in listener.notifies]
    assert payloads
    for payload in payloads:
        holds_nothing(payload, "the event stream")
        told = json.loads(payload)
        if case.on_map:
            assert HOME.metres_to(Point(told["lon"], told["lat"])) > 140
        else:
            assert set(told) == {"category", "commune"}


def test_a_medical_case_is_only_counted(client: Any, case: Case) -> None:
    if case.on_map:
        return
    answer = client.get(f"/api/v1/cases/{case.code}").json
    assert (answer["lat"], answer["lon"], answer["needs"], answer["contact"]) == (None, None, [], None)
