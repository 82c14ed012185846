"""Finding an area by name."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.areas.queries import SEARCH, search_areas
from app.areas.wording import asked
from app.core.db import db


def labels(q, **options):
    return [(found.area.label, found.formerly) for found in search_areas(q, **options)]


@pytest.mark.parametrize(
    "q", ["Sài Gòn", "sai gon", "SAI GON", "phường sài gòn", "p. sai gon", "P.Sài Gòn", "sài gòn hcm"]
)
def test_names_are_found_with_and_without_diacritics(app, q):
    assert labels(q)[0] == ("Phường Sài Gòn, Thành phố Hồ Chí Minh", None)


def test_exact_accents_come_first(app):
    from app.areas.models import Area
    from tests import make

    province = make.area_of("79")
    make.add(
        Area(code="90001", level="commune", name="Thanh An", full_name="Xã Thanh An", parent_id=province.id),
        Area(code="90002", level="commune", name="Thạnh An", full_name="Xã Thạnh An", parent_id=province.id),
    )
    assert [found.area.name for found in search_areas("thạnh an")] == ["Thạnh An", "Thanh An"]
    assert [found.area.name for found in search_areas("Thanh An")] == ["Thanh An", "Thạnh An"]


def test_one_name_in_two_provinces_shows_both_with_their_province(app):
    both = {label for label, _ in labels("hoà hưng") + labels("hoa hung")}
    assert both == {"Phường Hòa Hưng, Thành phố Hồ Chí Minh", "Xã Hòa Hưng, Tỉnh Đồng Nai"}


@pytest.mark.parametrize("q", ["hòa hưng, đồng nai", "hoa hung dong nai", "x. hòa hưng, dong nai"])
def test_the_province_narrows_it(app, q):
    assert labels(q) == [("Xã Hòa Hưng, Tỉnh Đồng Nai", None)]


def test_a_former_name_gives_its_successor_and_says_so(app):
    ((label, formerly),) = labels("Bến Nghé")
    assert label == "Phường Sài Gòn, Thành phố Hồ Chí Minh"
    assert formerly.startswith("Phường Bến Nghé")


def test_a_province_can_be_found_and_left_out(app):
    assert labels("đồng nai")[0] == ("Tỉnh Đồng Nai", None)
    assert labels("đồng nai", level="commune") == []


def test_a_slip_of_the_finger_is_forgiven(app):
    assert labels("khanh hoii")[0][0].startswith("Phường Khánh Hội")


@pytest.mark.parametrize("q", ["", " ", "%", "_", "%%%", ",", "\\", "zzzz", "\x00", "\ud800"])
def test_what_names_nothing_finds_nothing(app, q):
    assert labels(q) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(q=st.text(max_size=200))
def test_any_text_can_be_searched_for(app, q):
    assert len(search_areas(q, 3)) <= 3


def test_the_trigram_index_is_used(app):
    for other in ("seqscan", "indexscan"):  # a handful of areas: a real table needs no nudge
        db.session.execute(text(f"SET LOCAL enable_{other} = off"))
    wanted = asked("sai gon")
    known = {
        "pattern": f"%{wanted.folded}%",
        "starts": f"{wanted.folded}%",
        "within": None,
        "exact": wanted.exact,
        "folded": wanted.folded,
        "limit": 8,
        "level": None,
    }
    plan = "\n".join(db.session.execute(text("EXPLAIN " + SEARCH), known).scalars())
    assert "ix_area_full_folded" in plan
