"""The page of batch assignment: officials in their own areas, and nobody else."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from app.cases.models import Case
from app.core.db import db, transaction
from app.matching.models import Plan, PlanLine
from tests import make
from tests.geography import CHO_LON

HERE = "/authority/assign/"


@pytest.fixture
def official(client_for: Any, anh_official_w1: Any) -> Any:
    return client_for(anh_official_w1)


def proposed(browser: Any, **form: str) -> str:
    answer = browser.post(HERE, data=form)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def first_line() -> PlanLine:
    return db.session.scalars(select(PlanLine).order_by(PlanLine.position)).first()


def test_from_proposal_to_claims(official: Any, minh_volunteer: Any) -> None:
    case = make.make_case()
    where = proposed(official)
    draft = official.get(where).text
    assert case.code in draft
    assert "Trần Văn Minh" in draft
    assert "1 trong 1 trường hợp có người giúp" in draft
    assert db.session.get_one(Case, case.id).status == "open"
    assert official.post(where + "/apply").status_code == 303
    assert "Đã giao 1 trong 1 trường hợp" in official.get(where).text
    assert db.session.get_one(Case, case.id).status == "claimed"


def test_a_line_is_changed_on_its_own_page_and_dropped_in_place(
    official: Any, minh_volunteer: Any, hoa_volunteer: Any
) -> None:
    make.make_case()
    where = proposed(official)
    line = f"{where}/lines/{first_line().id}"
    choices = official.get(line).text
    assert "Trần Văn Minh" in choices
    assert "Lê Thị Hoa" in choices
    assert official.post(line, data={"volunteer": str(hoa_volunteer.id)}).status_code == 303
    assert "Lê Thị Hoa" in official.get(where).text
    row = official.post(line, data={"volunteer": ""}, headers={"HX-Request": "true"}).text
    assert row.lstrip().startswith("<tr")
    assert "Bạn đã bỏ ra" in row
    assert official.post(line, data={"volunteer": "nobody"}).status_code == 404


def test_what_was_left_out_says_why_and_what_changed_is_marked(official: Any, hoa_volunteer: Any) -> None:
    make.make_case(category_slug="medical_advice")
    changed = make.make_case()
    where = proposed(official)
    with transaction():
        db.session.get_one(Case, changed.id).status = "cancelled"
    text = official.get(where).text
    assert "Chưa có ai hợp việc trong tầm đi" in text
    assert "Đã thay đổi từ lúc lập bản này" in text
    official.post(where + "/apply")
    assert "Trường hợp này đã thay đổi từ lúc lập bản phân công" in official.get(where).text


def test_a_province_is_narrowed_to_a_ward(
    client_for: Any, chu_province_official: Any, minh_volunteer: Any
) -> None:
    browser = client_for(chu_province_official)
    here, there = make.make_case(), make.make_case(at=CHO_LON)
    assert 'value="26740"' in browser.get(HERE).text
    ward = browser.get(proposed(browser, area="26740")).text
    assert here.code in ward
    assert there.code not in ward
    whole = browser.get(proposed(browser)).text
    assert here.code in whole
    assert there.code in whole


def test_the_official_of_the_next_ward_sees_nothing(
    official: Any, client_for: Any, ba_official_w2: Any, minh_volunteer: Any
) -> None:
    make.make_case()
    where = proposed(official)
    other = client_for(ba_official_w2)
    line = f"{where}/lines/{first_line().id}"
    assert other.get(where).status_code == 404
    assert other.get(line).status_code == 404
    assert other.post(line, data={"volunteer": ""}).status_code == 404
    assert other.post(where + "/apply").status_code == 404
    assert other.post(where + "/discard").status_code == 404
    assert where not in other.get(HERE).text
    assert other.post(HERE, data={"area": "26740"}).status_code == 403
    assert first_line().chosen
    assert where in official.get(HERE).text


@pytest.mark.parametrize("who", ["minh_volunteer", "lan_resident", "admin", "dr_tam_medic"])
def test_only_officials_come_in(client_for: Any, who: str) -> None:
    browser = client_for(getattr(make, who)())
    assert browser.get(HERE).status_code == 403
    assert browser.post(HERE).status_code == 403


def test_a_line_of_another_plan_is_not_reached_through_ones_own(
    official: Any, client_for: Any, ba_official_w2: Any, minh_volunteer: Any
) -> None:
    make.make_case()
    make.make_case(at=CHO_LON)
    proposed(official)
    strange = first_line().id
    own = proposed(client_for(ba_official_w2))
    assert client_for(ba_official_w2).get(f"{own}/lines/{strange}").status_code == 404


def test_a_discarded_plan_changes_nothing(official: Any, minh_volunteer: Any) -> None:
    case = make.make_case()
    where = proposed(official)
    official.post(where + "/discard")
    assert db.session.scalars(select(Plan)).one().status == "discarded"
    assert official.post(where + "/apply").status_code == 409
    assert db.session.get_one(Case, case.id).status == "open"


def test_where_volunteers_start_from_is_never_on_the_page(official: Any) -> None:
    make.volunteer("Xa", "+84902000001", make.Point(106.701234, 10.773210))
    make.make_case()
    where = proposed(official)
    pages = official.get(where).text + official.get(f"{where}/lines/{first_line().id}").text
    assert not re.search(r"106\.7012|10\.7732", pages)
    assert "trong vòng 500 m" in pages


def test_an_area_without_open_cases_gives_an_empty_plan(official: Any) -> None:
    assert "Không có trường hợp nào đang cần giúp" in official.get(proposed(official)).text
