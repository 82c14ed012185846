"""Answers for strangers come from memory while nothing changes, and are true in a blink when it does."""

import gzip
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import brotli
import pytest
from sqlalchemy import event, text

from app.core.db import db, read_engine, transaction
from app.core.embedded import CHECKOUT
from app.core.geo import Point
from app.feed import kept, versions
from app.feed.kept import Answer, Store
from tests import make
from tests.feed.map import fetch, layer, tile_of
from tests.feed.test_the_page import HTMX
from tests.geography import SAI_GON

API = f"/api/v1/cases?near={SAI_GON.lat},{SAI_GON.lon}"
LIST = f"/?at={SAI_GON.lat},{SAI_GON.lon},14"
TILE = tile_of(SAI_GON.moved(200, 0.785), 14)
BLURRED = SAI_GON.moved(200, 0.785)


class Clock:
    """The clock by which answers age, held still."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock(app: Any, monkeypatch: pytest.MonkeyPatch) -> Clock:
    held = Clock()
    monkeypatch.setattr(versions.time, "monotonic", held)
    app.extensions.pop("lalanh_feed_versions", None)
    app.extensions.pop("lalanh_feed_catalogue", None)
    return held


@pytest.fixture
def asked(app: Any) -> Iterator[list[str]]:
    """What the feed asks of the database, but for the versions."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement != str(versions.VERSIONS):
            said.append(statement)

    event.listen(read_engine(), "before_cursor_execute", note)
    yield said
    event.remove(read_engine(), "before_cursor_execute", note)


def elsewhere(app: Any, sql: str, **bound: Any) -> None:
    """Another process changes something: this one is not told."""
    with db.engine.connect() as connection, connection.begin():
        connection.execute(text(sql), bound)


def codes(answer: Any) -> list[str]:
    return [feature["id"] for feature in json.loads(answer.text)["features"]]


READERS: dict[str, Callable[[Any], Any]] = {
    "list": lambda client: client.get(LIST, headers=HTMX).text.count('class="card case'),
    "page": lambda client: client.get(LIST).text.count('class="card case'),
    "program": lambda client: len(codes(client.get(API))),
    "tile": lambda client: len(layer(fetch(client, TILE).data, "cases")),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_change_made_elsewhere_is_seen_in_a_blink_and_nothing_is_asked_before(
    app: Any, client: Any, clock: Clock, asked: list[str], reader: str
) -> None:
    read = READERS[reader]
    case, _other = make.make_case(), make.make_case(at=SAI_GON.moved(300, 1))
    assert read(client) == 2
    asked.clear()
    clock.at += 1
    assert read(client) == 2
    assert asked == []
    elsewhere(app, "UPDATE \"case\" SET status = 'cancelled' WHERE id = :id", id=case.id)
    clock.at += 1.01 * versions.ASKED_EVERY_S
    assert read(client) == 1


def test_what_is_done_here_is_seen_at_once(app: Any, client: Any, clock: Clock) -> None:
    assert codes(client.get(API)) == []
    case = make.make_case()
    assert codes(client.get(API)) == [case.code]


def test_a_promise_to_a_need_and_a_shop_that_closes_are_changes_too(
    app: Any, client: Any, clock: Clock
) -> None:
    case, shop = make.make_case(), make.make_supply_point()
    shop_tile = tile_of(SAI_GON, 14)
    assert json.loads(client.get(API).text)["features"][0]["properties"]["needs"][0]["left"] == 10
    assert layer(fetch(client, shop_tile).data, "supply_points")
    elsewhere(app, "UPDATE need SET pledged = 4 WHERE case_id = :id AND position = 1", id=case.id)
    elsewhere(app, "UPDATE supply_point SET active = false WHERE id = :id", id=shop.id)
    clock.at += 1
    assert json.loads(client.get(API).text)["features"][0]["properties"]["needs"][0]["left"] == 6
    assert layer(fetch(client, shop_tile).data, "supply_points") == []


def test_a_category_that_is_taken_off_the_map_is_gone_from_what_is_kept(
    app: Any, client: Any, clock: Clock
) -> None:
    make.make_case()
    before = client.get(API).text
    name = "UPDATE category SET {} WHERE slug = 'essentials'"
    elsewhere(app, name.format("slug = 'basics'"))
    try:
        clock.at += 1
        assert '"basics"' in client.get(API).text.replace(" ", "")
    finally:
        elsewhere(app, "UPDATE category SET slug = 'essentials' WHERE slug = 'basics'")
    clock.at += 1
    assert client.get(API).text == before


def test_a_ward_count_changes_with_a_case_that_may_only_be_counted(
    app: Any, client: Any, clock: Clock
) -> None:
    around = [tile_of(SAI_GON.moved(m, a), 14) for m in (0, 900, 1800) for a in range(6)]

    def counted() -> int:
        found = {tile: layer(fetch(client, tile).data, "ward_counts") for tile in around}
        return sum(f["properties"]["n"] for features in found.values() for f in features)

    make.make_case(category_slug="medical_advice")
    assert counted() == 1
    second = make.make_case()
    elsewhere(
        app,
        'UPDATE "case" SET on_map = false, category_id = :c WHERE id = :id',
        id=second.id,
        c=make.category("medical_advice").id,
    )
    clock.at += 1
    assert counted() == 2


def test_from_afar_the_map_is_at_most_five_seconds_behind(app: Any, client: Any, clock: Clock) -> None:
    case, far = make.make_case(), tile_of(BLURRED, 6)

    def shown() -> int:
        return sum(f["properties"]["all"] for f in layer(fetch(client, far).data, "clusters"))

    assert shown() == 1
    elsewhere(app, "UPDATE \"case\" SET status = 'cancelled' WHERE id = :id", id=case.id)
    clock.at += 1
    assert shown() == 1
    clock.at += kept.BUCKET_S
    assert shown() == 0


def test_nothing_is_farther_behind_than_the_map_promises(app: Any, client: Any, clock: Clock) -> None:
    """Fifteen seconds from afar, with what a browser keeps; two from zoom 10 on, where it asks each time."""
    make.make_case()
    afar = fetch(client, tile_of(BLURRED, 9)).headers["Cache-Control"]
    assert kept.BUCKET_S + sum(int(seconds) for seconds in re.findall(r"\d+", afar)) <= 15
    near = fetch(client, tile_of(BLURRED, 10)).headers["Cache-Control"]
    assert "no-cache" in near
    assert versions.ASKED_EVERY_S <= 2


def again(client: Any, tile: tuple[int, int, int], tag: str) -> Any:
    path = "/tiles/cases/{}/{}/{}.mvt".format(*tile)
    return client.get(path, headers={"If-None-Match": tag, "Accept-Encoding": "br"})


@pytest.mark.parametrize("z", [6, 9, 10, 13, 16])
def test_an_unchanged_tile_is_304_until_its_square_changes(
    app: Any, client: Any, clock: Clock, asked: list[str], z: int
) -> None:
    make.make_case()
    tile = tile_of(BLURRED, z)
    tag = fetch(client, tile).headers["ETag"]
    app.extensions.pop("lalanh_feed_kept", None)
    asked.clear()
    same = again(client, tile, tag)
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", tag)
    # From zoom 10 the square's version alone answers, whichever process made the tile.
    assert (asked == []) == (z >= 10)
    make.make_case()
    clock.at += kept.BUCKET_S + 1
    assert again(client, tile, tag).status_code == 200


def test_a_change_far_away_leaves_a_tile_and_a_full_list_as_they_are(
    app: Any, client: Any, clock: Clock, asked: list[str]
) -> None:
    for n in range(21):
        make.make_case(at=SAI_GON.moved(20 * n, n))
    far = Point(SAI_GON.lon + 2, SAI_GON.lat + 2)
    assert versions.squares_around(SAI_GON, 600) != versions.squares_around(far, 600)
    tag = fetch(client, TILE).headers["ETag"]
    client.get(API)
    make.make_case(at=far)
    clock.at += 1
    asked.clear()
    assert again(client, TILE, tag).status_code == 304
    assert len(codes(client.get(API))) == 20
    assert asked == []


def test_what_is_kept_for_strangers_is_not_shown_to_others_nor_what_others_see_to_strangers(
    app: Any, client: Any, client_for: Any
) -> None:
    make.make_case(vulnerabilities=["children"])
    advice = make.make_case([("Tư vấn bệnh kín", 1, "lần")], category_slug="medical_advice")
    people = [
        client_for(who())
        for who in (make.dr_tam_medic, make.minh_volunteer, make.anh_official_w1, make.lan_resident)
    ]
    for first, second in ((people, [client]), ([client], people)):
        app.extensions.pop("lalanh_feed_kept", None)
        for browser in (*first, *second):
            for path in (LIST, "/", "/?sort=suggested", API):
                for headers in ({}, HTMX):
                    answer = browser.get(path, headers=headers)
                    stranger, medic = browser is client, browser is people[0]
                    assert (advice.code in answer.text) == ((medic and "suggested" not in path) or medic)
                    if stranger:
                        assert "Tư vấn bệnh kín" not in answer.text
                        assert "trẻ nhỏ" not in answer.text
                    else:
                        assert "public" not in answer.headers["Cache-Control"]


def test_two_browsers_get_the_same_page_but_each_its_own_token_and_nonce(
    app: Any, with_csrf: None, clock: Clock, asked: list[str]
) -> None:
    make.make_case()
    pages, tokens, nonces = [], [], []
    for _browser in range(3):
        browser = app.test_client()
        asked.clear()
        answer = browser.get("/")
        token = re.search(r'"X-CSRFToken": "([^"]+)"', answer.text)
        nonce = re.search(r"script-src [^;]*'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
        assert token
        assert nonce
        assert answer.text.count(f'nonce="{nonce[1]}"') == 2
        assert answer.headers["Cache-Control"] == "no-store"
        pages.append(answer.text.replace(token[1], "").replace(nonce[1], ""))
        tokens.append(token[1])
        nonces.append(nonce[1])
        said = browser.post("/language", data={"locale": "en", "csrf_token": token[1]})
        assert said.status_code == 303
        assert 'lang="en"' in browser.get("/").text
        stolen = app.test_client().post("/language", data={"locale": "en", "csrf_token": token[1]})
        assert stolen.status_code == 400
    assert asked == []
    assert pages[0] == pages[1] == pages[2]
    assert len(set(tokens)) == len(set(nonces)) == 3


def test_a_kept_page_comes_compressed_with_a_token_of_its_own(
    app: Any, with_csrf: None, asked: list[str]
) -> None:
    make.make_case()
    plain = app.test_client().get("/").text
    asked.clear()
    for accepted in ("gzip, deflate, br, zstd", "gzip;q=0.5, identity;q=0"):
        browser = app.test_client()
        answer = browser.get("/", headers={"Accept-Encoding": accepted})
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in answer.headers["Vary"]
        page = gzip.decompress(answer.data).decode()
        token = re.search(r'"X-CSRFToken": "([^"]+)"', page)
        assert token
        assert browser.post("/language", data={"locale": "en", "csrf_token": token[1]}).status_code == 303
        blank = re.compile(r'nonce="[^"]+"|"X-CSRFToken": "[^"]+"|name="csrf_token" value="[^"]+"')
        assert blank.sub("", page) == blank.sub("", plain)
    assert asked == []


def test_words_for_one_person_are_on_no_kept_page(app: Any, client: Any) -> None:
    for path in ("/", LIST):
        told = app.test_client()
        with told.session_transaction() as session:
            session["_flashes"] = [("success", "Chỉ cho một người")]
        assert "Chỉ cho một người" in told.get(path).text
        assert "Chỉ cho một người" not in told.get(path).text
        assert "Chỉ cho một người" not in client.get(path).text


def test_each_person_reads_their_own_language(app: Any) -> None:
    make.make_case()
    vietnamese, english = app.test_client(), app.test_client()
    for _turn in range(2):
        for browser, tongue, said in ((vietnamese, "vi", "người"), (english, "en", "people")):
            answer = browser.get(LIST, headers={**HTMX, "Accept-Language": tongue})
            assert f"4 {said}" in answer.text
            assert {"HX-Request", "Accept-Language", "Cookie"} <= set(answer.headers["Vary"].split(", "))


def test_one_browser_does_not_decide_where_the_links_of_another_lead(app: Any, client: Any) -> None:
    for n in range(25):
        make.make_case(at=SAI_GON.moved(20 * n, n))
    assert "evil.example" in client.get(API, headers={"Host": "evil.example"}).text
    assert "evil.example" not in client.get(API, headers={"Host": "lalanh.example"}).text


def test_who_has_only_chosen_a_language_is_answered_from_memory_too(
    app: Any, client: Any, clock: Clock, asked: list[str]
) -> None:
    client.post("/language", data={"locale": "en"})
    client.get(LIST, headers=HTMX)
    asked.clear()
    assert client.get(LIST, headers=HTMX).status_code == 200
    assert asked == []


def test_refusals_are_not_kept_and_not_answered_for_another(app: Any, client: Any) -> None:
    assert client.get("/api/v1/cases?near=x").status_code == 422
    assert client.get("/api/v1/cases?near=x", headers={"Accept-Language": "en"}).status_code == 422
    assert kept.store().held == 0


def test_searches_are_answered_but_not_kept(app: Any, client: Any) -> None:
    make.make_case()
    assert len(codes(client.get(API + "&q=gao"))) == 1
    assert len(layer(fetch(client, TILE, "q=gao").data, "cases")) == 1
    assert kept.store().held == 0


@pytest.mark.parametrize(("encoding", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_it_comes_compressed_as_the_browser_takes_it(
    app: Any, client: Any, encoding: str, unpack: Callable[[bytes], bytes]
) -> None:
    make.make_case()
    plain = client.get(API).data
    for _turn in range(2):
        packed = client.get(API, headers={"Accept-Encoding": encoding})
        assert packed.headers["Content-Encoding"] == encoding
        assert unpack(packed.data) == plain
    assert client.get(API, headers={"Accept-Encoding": "identity"}).data == plain


def test_memory_is_bounded_and_who_is_asked_for_least_goes_first() -> None:
    store = Store(room=20_000)
    for n in range(100):
        store.put(n, Answer(b"x" * 1000, None, "text/html"))
        store.get(0)
    assert store.held <= 20_000
    assert store.held == sum(size for _answer, size in store.answers.values())
    assert store.get(0) is not None
    assert store.get(1) is None
    store.put("huge", Answer(b"x" * 10_000, None, "text/html"))
    assert store.get("huge") is None


def test_with_no_room_everything_is_made_anew(
    app: Any, client: Any, asked: list[str], monkeypatch: Any
) -> None:
    monkeypatch.setitem(app.extensions, "lalanh_feed_kept", Store(0))
    make.make_case()
    assert len(codes(client.get(API))) == len(codes(client.get(API))) == 1
    assert len(asked) >= 2


def test_writers_do_not_wait_for_each_other_and_each_is_counted(app: Any) -> None:
    """Two open transactions change the same square: both go on, and the version moves with each commit."""
    first, second = make.make_case(), make.make_case()
    change = text('UPDATE "case" SET household_size = household_size + 1 WHERE id = :id')

    def version() -> int:
        with db.engine.connect() as connection:
            return int(connection.execute(text("SELECT sum(version) FROM feed_square")).scalar_one())

    seen = [version()]
    with db.engine.connect() as one, db.engine.connect() as other:
        for connection, case in ((one, first), (other, second)):
            connection.execute(text("SET LOCAL lock_timeout = '500ms'"))
            connection.execute(change, {"id": case.id})
            connection.execute(change, {"id": case.id})
        seen.append(version())
        other.commit()
        seen.append(version())
        one.commit()
        seen.append(version())
    assert seen[0] == seen[1] < seen[2] < seen[3]
    with transaction():
        for _turn in range(5):
            db.session.execute(change, {"id": first.id})
    rows = db.session.execute(text("SELECT count(*) FROM feed_square WHERE square >= 0")).scalar_one()
    assert rows == 2


@pytest.mark.parametrize(
    ("here", "metres", "least"), [(SAI_GON, 500, 1), (SAI_GON, 60_000, 4), (Point(179.99, 10), 5000, 2)]
)
def test_the_squares_of_a_circle_hold_every_place_in_it(here: Point, metres: float, least: int) -> None:
    squares = versions.squares_around(here, metres)
    assert squares is not None
    assert len(squares) >= least
    for step in range(24):
        place = here.moved(metres, step)
        lon = (place.lon + 180) % 360 - 180
        z, x, y = tile_of(Point(lon, place.lat), 10)
        assert versions.square_of_tile(z, x, y) <= squares


def test_an_answer_is_made_anew_after_some_time_for_it_says_how_long_ago_things_were(
    app: Any, client: Any, clock: Clock, asked: list[str]
) -> None:
    make.make_case()
    client.get(LIST, headers=HTMX)
    asked.clear()
    clock.at += kept.KEPT_S - 1
    client.get(LIST, headers=HTMX)
    assert asked == []
    clock.at += 2
    client.get(LIST, headers=HTMX)
    assert len(asked) == 1


def test_a_list_that_was_full_counts_what_comes_nearer(app: Any, client: Any, clock: Clock) -> None:
    for n in range(25):
        make.make_case(at=SAI_GON.moved(500 + 10 * n, n))
    assert len(codes(client.get(API))) == 20
    nearest = make.make_case(at=SAI_GON)
    clock.at += 1
    assert codes(client.get(API))[0] == nearest.code


def test_a_browser_that_hears_of_a_change_never_gets_the_list_from_before_it() -> None:
    script = (CHECKOUT / "static/js/live.js").read_text()
    waits = re.search(r"const GATHER_MS = (\d+);", script)
    assert waits is not None
    assert int(waits[1]) > versions.ASKED_EVERY_S * 1000
