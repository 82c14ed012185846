"""The embedded default: what is read from the package, and the cells that are made of it."""

import time

import pytest
import shapely

from app.areas import cells
from app.areas.load import PROVINCES_FILE
from app.areas.vietnam import read_units


@pytest.fixture(scope="module")
def shapes():
    return cells.default_cells(read_units(), PROVINCES_FILE)


def test_the_country_has_34_provinces_and_3321_communes_made_of_63_and_10040():
    units = read_units()
    assert [len(units.provinces), len(units.communes)] == [34, 3321]
    assert [len(units.old_provinces), len(units.old_wards)] == [63, 10040]


def test_codes_are_official_and_unique():
    units = read_units()
    codes = [commune.code for commune in units.communes]
    assert len(set(codes)) == 3321
    assert all(len(code) == 5 and code.isdigit() for code in codes)
    sai_gon = next(commune for commune in units.communes if commune.code == "26740")
    assert (sai_gon.full_name, sai_gon.name_en, sai_gon.kind_en) == ("Phường Sài Gòn", "Sai Gon", "Ward")
    assert sai_gon.parent_code == "79"


def test_every_old_unit_has_successors_and_every_commune_was_made_of_something():
    units = read_units()
    assert all(old.successors for old in [*units.old_provinces, *units.old_districts, *units.old_wards])
    taken_over = {code for ward in units.old_wards for code in ward.successors}
    assert taken_over == {commune.code for commune in units.communes}


def test_binh_duong_and_vung_tau_became_part_of_ho_chi_minh_city():
    became = {old.name: old.successors for old in read_units().old_provinces}
    assert became["Bình Dương"] == became["Bà Rịa - Vũng Tàu"] == became["Hồ Chí Minh"] == ("79",)


def test_a_split_ward_names_its_main_successor_first():
    ward = next(w for w in read_units().old_wards if w.full_name == "Phường 15" and w.parent_code == "766")
    assert ward.successors == ("27007", "27004")  # Tân Sơn, then Tân Bình


def test_centres_far_from_all_their_old_wards_are_moved_to_them():
    units = read_units()
    centres, moved = cells.repaired_centres(units.communes, units.old_wards)
    wrong = {commune.code: (commune.lon, commune.lat) for commune in units.communes}
    assert 5 <= len(moved) <= 15
    for code in (
        "04924",
        "08296",
        "29983",
    ):  # Lương Sơn and Sơn Lương changed places, Long Khánh is elsewhere
        assert code in moved
        assert cells.km_between(centres[code], wrong[code]) > 50


def test_every_commune_gets_a_valid_cell_and_none_overlap(shapes):
    assert len(shapes) == 3321
    outlines = list(shapes.values())
    assert all(shape.is_valid and not shape.is_empty for shape in outlines)
    assert shapely.area(outlines).sum() == pytest.approx(shapely.union_all(outlines).area, rel=1e-6)


def test_the_islands_that_the_source_lacks_are_there(shapes):
    hoang_sa, truong_sa = shapely.Point(112.135, 16.568), shapely.Point(114.45, 9.71)
    assert shapes["20333"].covers(hoang_sa)
    assert shapes["22736"].covers(truong_sa)


def test_con_dao_belongs_to_ho_chi_minh_city(shapes):
    con_dao = shapely.Point(106.607, 8.684)
    code = next(code for code, shape in shapes.items() if shape.covers(con_dao))
    assert next(c for c in read_units().communes if c.code == code).parent_code == "79"


def test_cells_are_made_within_seconds():
    began = time.monotonic()
    cells.default_cells(read_units(), PROVINCES_FILE)
    assert time.monotonic() - began < 15
