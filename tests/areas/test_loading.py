"""`flask areas load`: official boundaries replace approximate ones, and cases move with them."""

import json

import pytest
import shapely
from shapely.geometry import box, mapping
from sqlalchemy import text

from app.areas.queries import area_at
from app.cases.models import Case
from app.core.db import db, transaction
from app.core.geo import Point
from tests import geography as here
from tests import make

WEST = Point(106.655, 10.79)  # in Phường Hòa Hưng of the small country
BOW_TIE = {"type": "Polygon", "coordinates": [[[1, 1], [2, 2], [2, 1], [1, 2], [1, 1]]]}


def unit(code, name, shape, **properties):
    geometry = shape if isinstance(shape, dict) else mapping(shape)
    known = {"code": code, "name": name, "full_name": f"Phường {name}", "level": "commune", "parent": "79"}
    return {"type": "Feature", "properties": known | properties, "geometry": geometry}


@pytest.fixture
def load(app, tmp_path):
    """`load(feature, …, options)` runs the command on a file of these features."""

    def run(*features, options=(), name="official.geojson"):
        path = tmp_path / name
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
        db.session.rollback()
        return app.test_cli_runner().invoke(args=["areas", "load", str(path), *options])

    return run


@pytest.fixture
def guessed(app):
    """The small country, as if its boundaries were approximate."""
    with transaction():
        db.session.execute(text("UPDATE area SET boundary = 'approximate' WHERE valid_to IS NULL"))


def one(query, **known):
    return db.session.execute(text(query), known).one()


def test_an_outline_is_replaced_and_the_unit_keeps_its_row(load, guessed):
    before = make.area_of("26740").id
    answer = load(unit("26740", "Sài Gòn", box(106.60, 10.70, 106.76, 10.83)))
    assert answer.exit_code == 0, answer.output
    assert "1 units taken, 1 updated" in answer.output
    area = area_at(here.CHO_LON)
    assert (area.id, area.code, area.approximate) == (before, "26740", False)
    label = one("SELECT ST_Covers(geom, label_point) AS inside, source FROM area WHERE id = :id", id=before)
    assert (label.inside, label.source) == (True, "official.geojson")


def test_cases_and_supply_points_move_to_their_new_areas(load, guessed, emergency, chi_supplier):
    case, shop = make.make_case(at=WEST), make.make_supply_point(chi_supplier, at=WEST)
    assert case.commune_id == make.area_of("27212").id
    case_id, shop_id = case.id, shop.id
    answer = load(
        unit("26740", "Sài Gòn", box(106.60, 10.76, 106.76, 10.83)),
        unit("27212", "Hòa Hưng", box(106.50, 10.76, 106.60, 10.83)),
    )
    assert "1 rows of case moved to another area, 1 rows of supply_point moved" in answer.output
    now = make.area_of("26740")
    assert db.session.get(Case, case_id).commune_id == now.id
    assert one("SELECT commune_id FROM supply_point WHERE id = :id", id=shop_id).commune_id == now.id


def test_an_invalid_outline_is_repaired_and_counted(load):
    answer = load(unit("90001", "Nơ", BOW_TIE))
    assert "1 new, 1 repaired" in answer.output
    kept = one("SELECT ST_IsValid(geom) AS valid, ST_Area(geom) AS size FROM area WHERE code = '90001'")
    assert kept.valid
    assert kept.size == pytest.approx(0.5)


def test_every_refused_feature_is_named_with_its_reason(load):
    answer = load(
        unit("90001", "Tốt", box(1, 1, 2, 2)),
        unit("90002", "Điểm", shapely.Point(1, 1)),
        unit("", "Không", box(1, 1, 2, 2)),
    )
    assert answer.exit_code == 0
    assert "1 units taken, 1 new, 2 refused" in answer.output
    assert "feature 2 90002: its geometry holds no polygon (Point)" in answer.output
    assert "feature 3 (no code): the property 'code'" in answer.output


def test_a_corrected_code_keeps_the_row_of_an_approximate_unit(load, guessed):
    before = make.area_of("26740").id
    answer = load(unit("26741", "Sài Gòn", box(106.68, 10.76, 106.745, 10.82)))
    assert "1 given a corrected code" in answer.output
    assert area_at(here.SAI_GON).id == before


def test_a_guess_that_lies_under_an_official_unit_is_retired_in_its_favour(load, guessed):
    load(unit("90001", "Quận Lớn", box(106.5, 10.6, 106.745, 10.9)))
    assert area_at(here.SAI_GON).code == "90001"
    retired = one(
        "SELECT a.valid_to, n.code FROM area a JOIN area_succession s ON s.old_id = a.id"
        " JOIN area n ON n.id = s.new_id"
        " WHERE a.code = '26740'"
    )
    assert retired.valid_to is not None
    assert retired.code == "90001"


def test_an_official_outline_is_never_retired_by_another(load):
    load(unit("90001", "Quận Lớn", box(106.5, 10.6, 106.745, 10.9)))
    assert make.area_of("26740").valid_to is None


def test_units_missing_from_the_files_end_when_asked(load):
    answer = load(unit("26740", "Sài Gòn", box(106.68, 10.76, 106.745, 10.82)), options=["--retire-missing"])
    assert "5 retired" in answer.output
    assert area_at(here.CHO_LON) is None
    assert area_at(here.SAI_GON).province == "Thành phố Hồ Chí Minh"


def test_a_unit_without_parent_belongs_to_the_province_around_it(load):
    load(unit("90001", "Giữa", box(106.65, 10.75, 106.70, 10.80), parent=None))
    assert (
        one("SELECT p.code FROM area a JOIN area p ON p.id = a.parent_id WHERE a.code = '90001'").code == "79"
    )


def test_new_outlines_are_drawn_on_the_map(load):
    load(unit("26740", "Sài Gòn", box(106.60, 10.70, 106.76, 10.83)))
    drawn = one(
        "SELECT count(*) AS bands, bool_and(ST_IsValid(s.geom)) AS valid,"
        " min(min_zoom) AS first, max(max_zoom) AS last"
        " FROM area_shape s JOIN area a ON a.id = s.area_id WHERE a.code = '26740'"
    )
    assert drawn == (4, True, 9, 22)


def test_another_coordinate_system_is_named_in_the_mapping(load, tmp_path):
    toml = tmp_path / "map.toml"
    toml.write_text("srid = 32648\n")
    utm = box(684000, 1190000, 690000, 1195000)  # around 10.78 N, 106.7 E in UTM 48N
    answer = load(unit("90001", "Mét", utm), options=["--map", str(toml)])
    assert answer.exit_code == 0, answer.output
    corner = one("SELECT ST_X(label_point) AS lon, ST_Y(label_point) AS lat FROM area WHERE code = '90001'")
    assert corner == (pytest.approx(106.7, abs=0.05), pytest.approx(10.78, abs=0.05))


BAD = [
    b"",
    b"{",
    b"[]",
    b'{"type":"FeatureCollection","features":[]}',
    b"\x1f\x8bxx",
    b"\xfd7zXZ\x00bad",
    b"\xff\xfe",
]


@pytest.mark.parametrize("content", BAD)
def test_a_bad_file_gets_a_sentence_and_no_traceback(app, tmp_path, content):
    path = tmp_path / "bad.geojson"
    path.write_bytes(content)
    answer = app.test_cli_runner().invoke(args=["areas", "load", str(path)])
    assert answer.exit_code == 1
    assert answer.output.startswith("Error: ")
    assert isinstance(answer.exception, SystemExit)


def test_when_nothing_can_be_used_each_reason_is_told(load):
    answer = load(
        unit("1", "A", {"type": "Point", "coordinates": [106.7, 10.8]}), unit("2", "", box(1, 1, 2, 2))
    )
    assert answer.exit_code == 1
    assert "feature 1, code 1: its geometry holds no polygon (Point)" in answer.output
    assert "feature 2, code missing: the property 'name'" in answer.output


def test_of_several_files_one_bad_one_leaves_everything_as_it_was(app, load, tmp_path):
    bad = tmp_path / "bad.geojson"
    bad.write_text("{")
    answer = load(unit("26740", "Tên mới", box(106.68, 10.76, 106.745, 10.82)), options=[str(bad)])
    assert answer.exit_code == 1
    assert make.area_of("26740").name == "Sài Gòn"


def test_an_unknown_coordinate_system_gets_a_sentence(load, tmp_path):
    toml = tmp_path / "map.toml"
    toml.write_text("srid = 7\n")
    answer = load(unit("90001", "Lạ", box(1, 1, 2, 2)), options=["--map", str(toml)])
    assert answer.exit_code == 1
    assert "the database refused the file" in answer.output


def test_search_in_the_console(app):
    answer = app.test_cli_runner().invoke(args=["areas", "search", "sai", "gon"])
    assert "26740" in answer.output
    assert app.test_cli_runner().invoke(args=["areas", "search", "zzzzzz"]).exit_code == 1
