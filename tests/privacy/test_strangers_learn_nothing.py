"""A stranger who walks through every public door finds no name, phone, address, note or exact place."""

import json
import math
import re
import select as readiness
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import mapbox_vector_tile
import psycopg2
import pytest
from werkzeug.routing import Rule

from app.areas.queries import area_by_id
from app.cases.models import Case
from app.cases.tracking import tracking_secret
from app.core.db import db
from app.core.geo import Point
from app.core.text import fold
from tests import make

HOME = Point(106.7008391, 10.7769137)
NAME = "Đỗ Thị Dấu Riêng"
PHONE = "0987 654 321"
ADDRESS = "77/7 Hẻm Bí Mật"
NOTE = "Ghi chú chỉ để người giúp đọc"
ITEM = "Sữa, gọi 0987654321 nhà 77/7 Hẻm Bí Mật"
MOST_PAGES = 400

MARKERS = (
    *(text for said in (NAME, ADDRESS, NOTE) for text in (said, fold(said), quote(said))),
    "987654321", "987 654 321", "987.654.321",
    "10.77691", "106.70083",
)  # fmt: skip


@pytest.fixture(params=["essentials", "medical_advice"])
def case(app: Any, client: Any, request: Any) -> Case:
    make.emergency()
    said = {
        "category": request.param,
        "needs": [{"item": ITEM, "quantity": 2, "unit": "hộp"}],
        "description": NOTE,
        "lat": HOME.lat,
        "lon": HOME.lon,
        "address": ADDRESS,
        "contact_name": NAME,
        "contact_phone": PHONE,
        "vulnerabilities": ["sick"],
    }
    answer = client.post("/api/v1/cases", json=said)
    assert answer.status_code == 201, answer.text
    return db.session.query(Case).filter_by(code=answer.json["code"]).one()


class Links(HTMLParser):
    """The addresses that a page leads to."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base, self.found = base, set[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and (name in ("href", "src", "hx-get", "data-url") or (name, tag) == ("action", "form")):
                parts = urlsplit(urljoin(self.base, value))
                if parts.scheme in ("", "http") and parts.netloc in ("", "localhost"):
                    self.found.add(parts.path + (f"?{parts.query}" if parts.query else ""))


def doors(app: Any, case: Case) -> Iterator[str]:
    """Every GET route, with the values that would show most about this case."""
    area = area_by_id(case.commune_id)
    near = f"near={HOME.lat:.3f},{HOME.lon:.3f}&radius_m=5000"
    yield from (
        f"/api/v1/cases?{near}&limit=50",
        "/api/v1/cases?bbox=106,10,107,11",
        f"/api/v1/cases?area={area.code}",
        "/api/v1/cases?q=sua",
        f"/?at={HOME.lat:.3f},{HOME.lon:.3f},16",
        f"/?{near}",
        f"/areas/at?lat={HOME.lat:.3f}&lon={HOME.lon:.3f}",
        "/areas/search?q=sai+gon",
        f"/t/{case.code}/{'0' * 32}",
    )
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and rule.endpoint != "static" and (path := filled(rule, case)):
            yield path


def filled(rule: Rule, case: Case) -> str | None:
    """A rule's address with this case's code in it; tiles are asked for elsewhere."""
    values = {"code": case.code, "secret": "0" * 32, "digest": "x", "extension": "csv", "format": "csv"}
    path = rule.rule
    for argument in re.findall(r"<[^>]+>", rule.rule):
        name = argument.strip("<>").split(":")[-1]
        if name in ("z", "x", "y"):
            return None
        path = path.replace(argument, values.get(name, str(case.id)))
    return path


def tiles_over(place: Point) -> Iterator[tuple[int, int, int]]:
    """The tiles around a place, from the whole world to the single street."""
    for z in range(19):
        x = (place.lon + 180) / 360 * 2**z
        y = (1 - math.asinh(math.tan(math.radians(place.lat))) / math.pi) / 2 * 2**z
        yield from ((z, int(x) + dx, int(y) + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1))


def holds_nothing(text: str, where: str) -> None:
    for marker in MARKERS:
        assert marker.lower() not in text.lower(), f"{where} holds {marker!r}"


def test_no_page_and_no_answer_holds_anything_private(app: Any, client: Any, case: Case) -> None:
    waiting, seen = list(dict.fromkeys(doors(app, case))), set[str]()
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.pop()
        if address in seen or address.startswith("/static/"):
            continue
        seen.add(address)
        answer = client.get(address)
        assert answer.status_code < 500 or address.startswith("/readyz"), address
        holds_nothing(answer.text, address)
        holds_nothing(str(answer.headers.get("Location", "")), address)
        if answer.mimetype == "text/html":
            links = Links(f"http://localhost{address}")
            links.feed(answer.text)
            waiting.extend(sorted(links.found - seen))
    assert len(seen) > 30


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
