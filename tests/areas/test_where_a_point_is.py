"""Which commune a point is in."""

from sqlalchemy import text

from app.areas.queries import AREA_AT, area_at, areas_under, areas_with_codes
from app.core.db import db
from tests import geography as here
from tests import make


def test_a_point_has_one_commune_and_its_province(app):
    area = area_at(here.SAI_GON)
    assert (area.code, area.full_name, area.province) == ("26740", "Phường Sài Gòn", "Thành phố Hồ Chí Minh")
    assert area.label == "Phường Sài Gòn, Thành phố Hồ Chí Minh"
    assert not area.approximate


def test_a_point_on_a_shared_border_still_has_exactly_one(app):
    from app.core.geo import Point

    corner = Point(*here.M1)
    assert area_at(corner) == area_at(corner)
    assert area_at(corner).code in {"27301", "27265", "27212", "26740"}


def test_a_point_at_sea_has_none(app):
    assert area_at(here.AT_SEA) is None


def test_finding_the_commune_is_one_search_of_the_index(app):
    db.session.execute(text("SET LOCAL enable_seqscan = off"))  # six communes: a real table needs no nudge
    place = {"lon": here.SAI_GON.lon, "lat": here.SAI_GON.lat}
    plan = "\n".join(db.session.execute(text("EXPLAIN " + AREA_AT), place).scalars())
    assert "ix_area_geom" in plan
    assert "Seq Scan" not in plan


def test_everything_under_a_province_is_its_communes_and_itself(app):
    province = make.area_of("79")
    under = areas_under(province.id)
    assert province.id in under
    assert {make.area_of(code).id for code in ("27301", "27265", "27212", "26740")} <= set(under)
    assert make.area_of("26368").id not in under


def test_areas_come_back_in_the_order_of_the_codes_asked_for(app):
    assert [a.code for a in areas_with_codes(["26368", "no such", "26740"])] == ["26368", "26740"]
