"""Suppliers put their points on the map, and everybody finds the nearest."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select, text

from app.core.db import db
from app.core.geo import Point
from app.supplies.models import SupplyPoint
from app.supplies.queries import points_near
from tests import make
from tests.geography import AT_SEA, CHO_LON, KHANH_HOI, SAI_GON

FORM = {
    "name": "Tạp hóa Cô Ba",
    "kind": "shop",
    "goods": "Gạo, mì, nước mắm",
    "hours": "7:00-19:00",
    "address": "5 Lê Lợi",
    "phone": "028 3822 1234",
    "radius_m": "2000",
    "categories": ["essentials", "grocery_run"],
    "lat": str(SAI_GON.lat),
    "lon": str(SAI_GON.lon),
}


def only_point() -> SupplyPoint:
    return db.session.scalars(select(SupplyPoint)).one()


@pytest.fixture
def chi(client_for: Any, chi_supplier: Any) -> Any:
    return client_for(chi_supplier)


def test_one_tap_makes_a_supplier_who_can_describe_a_point(client_for: Any, lan_resident: Any) -> None:
    browser = client_for(lan_resident)
    assert "/supplies/begin" in browser.get("/supplies/mine").text
    assert browser.get("/supplies/new").status_code == 303
    answer = browser.post("/supplies/begin")
    assert (answer.status_code, answer.location) == (303, "/supplies/new")
    assert browser.get("/supplies/new").status_code == 200


def test_a_point_is_kept_as_it_was_described(chi: Any, chi_supplier: Any, client: Any) -> None:
    answer = chi.post("/supplies/new", data=FORM)
    assert answer.status_code == 303
    point = only_point()
    assert (point.owner_id, point.name, point.kind, point.radius_m) == (
        chi_supplier.id, "Tạp hóa Cô Ba", "shop", 2000,
    )  # fmt: skip
    assert point.phone_public == "+842838221234"
    assert point.commune_id == make.area_of("26740").id
    assert sorted(point.category_ids) == sorted(
        (make.category("essentials").id, make.category("grocery_run").id)
    )
    page = client.get(answer.location).text
    assert "Gạo, mì, nước mắm" in page
    assert "tel:+842838221234" in page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "ab"}, "name"),
        ({"name": "a" * 81}, "name"),
        ({"goods": "  "}, "goods"),
        ({"kind": "castle"}, "kind"),
        ({"phone": "12"}, "phone"),
        ({"radius_m": "7"}, "radius_m"),
        ({"radius_m": "far"}, "radius_m"),
        ({"lat": "", "lon": ""}, "place"),
        ({"lat": "nan"}, "place"),
        ({"lat": str(AT_SEA.lat), "lon": str(AT_SEA.lon)}, "place"),
        ({"categories": ["nothing"]}, "categories"),
    ],
)
def test_what_does_not_hold_is_told_and_what_was_typed_stays(
    chi: Any, change: dict[str, Any], field: str
) -> None:
    answer = chi.post("/supplies/new", data=FORM | change)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}"' in answer.text
    assert "Lê Lợi" in answer.text
    assert db.session.scalar(select(func.count()).select_from(SupplyPoint)) == 0


def test_a_form_that_was_sent_back_is_newer_than_its_draft(chi: Any) -> None:
    assert "data-filled" not in chi.get("/supplies/new").text
    assert "data-filled" in chi.post("/supplies/new", data=FORM | {"phone": "12"}).text
    assert "data-filled" in chi.post("/supplies/new", data=FORM | {"do": "find", "place": "bến thành"}).text


def test_the_place_can_be_a_ward_by_name(chi: Any) -> None:
    found = chi.post("/supplies/new", data=FORM | {"do": "find", "place": "phường chợ lớn"}).text
    assert re.search(r'name="area" value="27301"', found)
    assert "Tạp hóa Cô Ba" in found
    chi.post("/supplies/new", data=FORM | {"area": "27301", "lat": "", "lon": ""})
    assert only_point().commune_id == make.area_of("27301").id


WHO = (("client", 401), ("lan_resident", 404), ("hoa_volunteer", 404), ("admin", 404), ("chi_supplier", 303))


@pytest.mark.parametrize(("name", "status"), WHO)
@pytest.mark.parametrize("action", ["edit", "close", "open"])
def test_only_the_owner_changes_a_point(
    client: Any, client_for: Any, chi_supplier: Any, name: str, status: int, action: str
) -> None:
    point = make.make_supply_point(chi_supplier, active=action != "open")
    before = point.name, point.active
    browser = client if name == "client" else client_for(getattr(make, name)())
    answer = browser.post(f"/supplies/{point.id}/{action}", data=FORM)
    assert answer.status_code == status
    db.session.expire_all()
    changed = (only_point().name, only_point().active) != before
    assert changed == (name == "chi_supplier")


def test_somebody_without_the_role_registers_nothing(client_for: Any, lan_resident: Any) -> None:
    assert client_for(lan_resident).post("/supplies/new", data=FORM).status_code == 403


def test_a_closed_point_is_for_its_owner_alone(client: Any, chi: Any, chi_supplier: Any) -> None:
    point = make.make_supply_point(chi_supplier, active=False)
    assert client.get(f"/supplies/{point.id}").status_code == 404
    assert chi.get(f"/supplies/{point.id}").status_code == 200
    assert point.name not in client.get("/supplies").text
    assert point.name in chi.get("/supplies/mine").text


def test_the_nearest_comes_first(client: Any) -> None:
    for name, at in (("Xa", CHO_LON), ("Gần", SAI_GON), ("Vừa", KHANH_HOI)):
        make.make_supply_point(name=f"Quán {name}", at=at)
    page = client.get(f"/supplies?near={SAI_GON.lat},{SAI_GON.lon}").text
    assert re.findall(r"Quán (\w+)</a>", page) == ["Gần", "Vừa", "Xa"]
    page = client.get("/supplies?area=27301").text
    assert re.findall(r"Quán (\w+)</a>", page)[0] == "Xa"


def test_filters_and_search_without_diacritics(client: Any) -> None:
    make.make_supply_point(name="Nhà thuốc An", kind="pharmacy", goods="Thuốc hạ sốt")
    make.make_supply_point(
        name="Bếp Hai", kind="charity_kitchen", goods="Cơm hộp", category_ids=[make.category().id]
    )
    assert "Bếp Hai" not in client.get("/supplies?kind=pharmacy").text
    assert "Nhà thuốc An" not in client.get("/supplies?category=essentials").text
    page = client.get("/supplies?q=thuoc ha sot").text
    assert "Nhà thuốc An" in page
    assert "Bếp Hai" not in page
    assert client.get("/supplies?near=here").status_code == 422
    assert client.get("/supplies?kind=castle&page=x&q=%25").status_code == 200


def test_a_long_list_goes_on(client: Any) -> None:
    for number in range(31):
        make.make_supply_point(name=f"Quán {number:02}", at=Point(106.70 + number * 1e-4, 10.78))
    first = client.get("/supplies?near=10.78,106.70").text
    more = re.search(r'hx-get="([^"]+)"[^>]*>Xem thêm', first)
    assert more
    rest = client.get(more[1].replace("&amp;", "&"), headers={"HX-Request": "true"}).text
    assert re.findall(r"Quán (\d\d)</a>", first + rest) == [f"{n:02}" for n in range(31)]


def test_the_list_reads_the_index_in_order(app: Any) -> None:
    db.session.execute(
        text(
            "INSERT INTO supply_point (id, name, kind, goods, position)"
            " SELECT gen_random_uuid(), 'Quán ' || n, 'shop', 'gạo',"
            " ST_SetSRID(ST_MakePoint(106.6 + random() / 4, 10.7 + random() / 8), 4326)"
            " FROM generate_series(1, 3000) n"
        )
    )
    db.session.execute(text("ANALYZE supply_point"))
    plan = "\n".join(
        db.session.scalars(
            text(
                "EXPLAIN SELECT * FROM supply_point s WHERE s.active ORDER BY s.p3857 <->"
                " ST_Transform(ST_SetSRID(ST_MakePoint(106.7, 10.77), 4326), 3857) LIMIT 31"
            )
        )
    )
    assert "ix_supply_point_p3857" in plan
    points, more = points_near(SAI_GON)
    distances = [point.distance_m for point in points]
    assert distances == sorted(distances)  # type: ignore[type-var]
    assert more
    db.session.rollback()


def test_a_person_takes_their_points_along_and_erases_them(app: Any, chi_supplier: Any) -> None:
    from app.supplies.actions import add_points, erase_points

    make.make_supply_point(chi_supplier)
    bundle: dict[str, Any] = {}
    add_points(chi_supplier.id, bundle)
    assert bundle["supply_points"][0]["name"] == "Tạp hóa Chị Chi"
    erase_points(chi_supplier.id)
    assert db.session.scalar(select(func.count()).select_from(SupplyPoint)) == 0
    db.session.rollback()


@pytest.mark.usefixtures("with_csrf")
def test_forms_carry_their_token(chi: Any) -> None:
    assert chi.post("/supplies/new", data=FORM).status_code == 400
