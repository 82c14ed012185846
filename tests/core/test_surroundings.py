"""The tests' own footing: nothing leaves the machine, nothing stays behind, the cast is who it says."""

import socket

import pytest
from sqlalchemy import func, select, text

from app.cases.models import Case
from app.core.db import db, transaction
from tests import geography, make
from tests.surroundings import LeftTheMachine


def test_no_test_reaches_another_machine() -> None:
    with pytest.raises(LeftTheMachine), socket.socket() as leaving:
        leaving.connect(("192.0.2.1", 443))


def test_a_socket_of_this_machine_is_free_to_use() -> None:
    with socket.socket() as server, socket.socket() as browser:
        server.bind(("127.0.0.1", 0))
        server.listen()
        browser.connect(server.getsockname())


@pytest.mark.parametrize("time", ["first", "second"])
def test_what_a_test_writes_is_gone_for_the_next(app, time) -> None:
    assert db.session.scalar(select(func.count()).select_from(Case)) == 0
    make.make_case(requester=make.lan_resident())
    with transaction():
        db.session.execute(text("UPDATE area SET name = 'changed'"))


def test_the_small_country_stands_again_after_a_test_changed_it(app) -> None:
    assert make.area_at(geography.SAI_GON).name == "Sài Gòn"


def test_every_named_place_lies_in_its_commune(app) -> None:
    places = {
        "Chợ Lớn": geography.CHO_LON,
        "Khánh Hội": geography.KHANH_HOI,
        "Hòa Hưng": geography.HOA_HUNG,
        "Sài Gòn": geography.SAI_GON,
        "Long Hưng": geography.LONG_HUNG,
    }
    assert {name: make.area_at(place).name for name, place in places.items()} == {n: n for n in places}
    assert make.area_at(geography.AT_SEA) is None


def test_the_cast_has_its_roles(
    dr_tam_medic, anh_official_w1, chu_province_official, admin, lan_resident
) -> None:
    assert dr_tam_medic.has_role("medic")
    assert dr_tam_medic.has_role("volunteer")
    assert anh_official_w1.official_area_ids == {make.area_of("26740").id}
    assert chu_province_official.official_area_ids == {make.area_of("79").id}
    assert admin.has_role("administrator")
    assert lan_resident.roles == []


def test_a_case_is_found_where_it_was_made(app, lan_resident) -> None:
    case = make.make_case(at=geography.KHANH_HOI, requester=lan_resident)
    assert db.session.get(make.Area, case.commune_id).name == "Khánh Hội"
    assert [n.item for n in case.needs] == ["Gạo", "Sữa"]
    assert case.search_text.startswith("gao, sua")


def test_a_request_has_a_context_of_its_own(app, client) -> None:
    from flask import g

    g.request_id = "the test's"
    assert client.get("/healthz").headers["X-Request-Id"] != "the test's"
