"""Tiles: clusters from afar, pins from near, counts by ward where strangers may only count."""

from typing import Any

import pytest

from tests import make
from tests.feed.map import around, fetch, layer, point_in, tile_of
from tests.geography import CHO_LON, SAI_GON

ALL_ZOOMS = (0, 3, 6, 9, 11, 12)


@pytest.mark.parametrize("z", ALL_ZOOMS)
def test_clusters_count_every_case_once(app: Any, client: Any, z: int) -> None:
    for n in range(9):
        make.make_case(at=SAI_GON.moved(400 * n, n), urgency="life_threatening" if n < 2 else "normal")
    for status in ("claimed", "delivered", "closed", "expired"):
        make.make_case(status=status)
    tiles = {tile_of(SAI_GON, z)} if z < 9 else around(SAI_GON, z)
    found = [f["properties"] for tile in tiles for f in layer(fetch(client, tile).data, "clusters")]
    assert sum(c["needs_help"] for c in found) == 9
    assert sum(c["taken"] for c in found) == 1
    assert sum(c["helped"] for c in found) == 2
    assert sum(c["urgent"] for c in found) == 2
    assert all(c["g"] == "needs_help" and c["n"] == c["needs_help"] for c in found if c["needs_help"])


def test_a_neighbourhood_where_everybody_was_helped_is_green(app: Any, client: Any) -> None:
    make.make_case(status="closed")
    cluster = layer(fetch(client, tile_of(SAI_GON, 10)).data, "clusters")[0]["properties"]
    assert (cluster["g"], cluster["n"]) == ("helped", 1)


def test_a_cluster_stands_in_the_middle_of_its_cases(app: Any, client: Any) -> None:
    make.make_case()
    blurred = SAI_GON.moved(200, 0.785)
    for z in ALL_ZOOMS:
        tile = tile_of(blurred, z)
        x, y = layer(fetch(client, tile).data, "clusters")[0]["geometry"]["coordinates"]
        cell_m = 40_075_017 / 2 ** min(18, z + 6)
        assert point_in(tile, x, y).metres_to(blurred) < cell_m


def test_a_pin_says_what_the_card_says(app: Any, client: Any) -> None:
    case = make.make_case(urgency="urgent")
    tile = tile_of(SAI_GON.moved(200, 0.785), 15)
    pin = layer(fetch(client, tile).data, "cases")[0]
    assert pin["properties"] == {
        "code": case.code, "g": "needs_help", "u": "urgent", "c": "essentials", "t": "Gạo, Sữa", "p": 4,
    }  # fmt: skip
    where = point_in(tile, *pin["geometry"]["coordinates"])
    assert where.metres_to(SAI_GON.moved(200, 0.785)) < 1
    assert where.metres_to(SAI_GON) > 150


def test_what_may_only_be_counted_is_a_number_at_the_middle_of_its_ward(app: Any, client: Any) -> None:
    for n in range(3):
        make.make_case(category_slug="medical_advice", at=SAI_GON.moved(90 * n, n))
    ward = make.area_of("26740")
    tiles = [fetch(client, tile).data for tile in around(SAI_GON, 13, rings=3)]
    counts = [f["properties"] for data in tiles for f in layer(data, "ward_counts")]
    assert counts == [{"c": "medical_advice", "n": 3, "name": ward.name}]
    assert not any(layer(data, "cases") for data in tiles)
    moved = [make.make_case(category_slug="medical_advice", at=SAI_GON.moved(700, n)) for n in (1, 3)]
    places = [
        f["geometry"] for t in around(SAI_GON, 13, 3) for f in layer(fetch(client, t).data, "ward_counts")
    ]
    assert len(moved) == 2
    assert len(places) == 1


@pytest.mark.parametrize(
    "finer",
    ["q=tu", "bbox=106.6,10.7,106.8,10.9", "near=10.7769,106.7009&radius_m=500", "urgency=normal"],
)
def test_no_finer_question_is_answered_about_what_may_only_be_counted(
    app: Any, client: Any, finer: str
) -> None:
    make.make_case(category_slug="medical_advice")
    tiles = [fetch(client, tile, finer).data for tile in around(SAI_GON, 13, rings=3)]
    assert not any(layer(data, "ward_counts") for data in tiles)


def test_a_medic_gets_the_same_public_tiles(app: Any, client: Any, client_for: Any) -> None:
    make.make_case(category_slug="medical_advice")
    medic = client_for(make.dr_tam_medic())
    for tile in around(SAI_GON, 13):
        assert fetch(medic, tile).data == fetch(client, tile).data


def test_supply_points_are_on_the_map_with_what_they_have(app: Any, client: Any) -> None:
    make.make_supply_point(make.chi_supplier())
    make.make_supply_point(active=False)
    shops = layer(fetch(client, tile_of(SAI_GON, 14)).data, "supply_points")
    assert [shop["properties"]["name"] for shop in shops] == ["Tạp hóa Chị Chi"]
    assert shops[0]["properties"]["kind"] == "shop"


def test_a_filter_narrows_the_tile(app: Any, client: Any) -> None:
    make.make_case()
    make.make_case(at=CHO_LON, category_slug="grocery_run")
    where = tile_of(SAI_GON, 8)

    def counted(query: str) -> int:
        return sum(f["properties"]["all"] for f in layer(fetch(client, where, query).data, "clusters"))

    queries = ("", "category=grocery_run", "area=27301", "q=gao&category=essentials", "q=zzz")
    assert [counted(q) for q in queries] == [
        2, 1, 1, 1, 0,
    ]  # fmt: skip


@pytest.mark.parametrize("tile", [(19, 0, 0), (2, 4, 0), (2, 0, 4), (25, 1, 1), (99999999999999999999, 0, 0)])
def test_there_is_no_tile_beyond_the_map(client: Any, tile: tuple[int, int, int]) -> None:
    answer = fetch(client, tile)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "path", ["/tiles/cases/-1/0/0.mvt", "/tiles/cases/a/0/0.mvt", "/tiles/cases/1/0.5/0.mvt"]
)
def test_what_is_no_number_is_no_tile(client: Any, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_wrong_filter_is_refused(client: Any) -> None:
    assert fetch(client, (0, 0, 0), "category=nothing").status_code == 422


def test_an_unchanged_tile_is_not_sent_twice(app: Any, client: Any) -> None:
    make.make_case()
    tile = tile_of(SAI_GON, 13)
    first = fetch(client, tile)
    assert first.mimetype == "application/vnd.mapbox-vector-tile"
    assert "public" in first.headers["Cache-Control"]
    path = "/tiles/cases/{}/{}/{}.mvt".format(*tile)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    make.make_case()
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_every_tile_of_the_world_answers(client: Any) -> None:
    for z in range(4):
        for x in range(2**z):
            for y in range(2**z):
                assert fetch(client, (z, x, y)).status_code == 200
