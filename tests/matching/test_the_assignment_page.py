"""The page of batch assignment: officials in their own areas, and nobody else."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from app.areas.models import Area
from app.cases.models import Case, Claim
from app.core.db import db, transaction
from app.matching import applying, queries
from app.matching.models import Plan, PlanLine
from app.people.models import UserRole
from tests import make
from tests.geography import CHO_LON
from tests.worker import do_the_jobs

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
    assert "cách khoảng 500 m" in pages


def test_two_neighbours_look_the_same_from_every_home(official: Any) -> None:
    """Whoever knows many homes exactly learns the square that a volunteer starts from, and no more."""
    square = make.Point(106.7000, 10.7700)
    make.volunteer("Tâm", "+84902000001", square.moved(180, 0.7), capacity=5)
    make.volunteer("An", "+84902000002", square.moved(180, 3.9), capacity=5)
    for n in range(4):
        make.make_case(at=square.moved(300.0 + 170 * n, 0.6))
    where = proposed(official)
    for line in db.session.scalars(select(PlanLine)).all():
        told = official.get(f"{where}/lines/{line.id}").text
        assert re.findall(r"<span>(An|Tâm)", told) == ["An", "Tâm"]
        distances = re.findall(r"cách khoảng [\d,]+ k?m", told)
        assert len(distances) == 2
        assert len(set(distances)) == 1


def test_an_area_without_open_cases_gives_an_empty_plan(official: Any) -> None:
    where = proposed(official)
    page = official.get(where).text
    assert "Không có trường hợp nào đang cần giúp" in page
    assert f'action="{where}/discard"' in page
    assert official.post(where + "/discard").status_code == 303


def test_a_long_plan_is_applied_by_the_worker_and_the_page_tells_how_far_it_is(
    app: Any, official: Any, minh_volunteer: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(applying, "APPLIED_AT_ONCE", 1)
    cases = [make.make_case() for _n in range(2)]
    where = proposed(official)
    assert official.post(where + "/apply").status_code == 303
    assert db.session.scalars(select(Plan)).one().status == "applying"
    assert "xong 0 trong 2" in official.get(where).text
    part = official.get(where + "/progress", headers={"HX-Request": "true"})
    assert 'hx-trigger="every 2s"' in part.text
    assert "HX-Refresh" not in part.headers
    official.post(where + "/apply")  # Pressed twice: nothing is given twice.
    do_the_jobs(app)
    done = official.get(where + "/progress", headers={"HX-Request": "true"})
    assert done.headers["HX-Refresh"] == "true"
    assert "Đã giao 2 trong 2 trường hợp" in official.get(where).text
    assert {db.session.get_one(Case, case.id).status for case in cases} == {"claimed"}
    assert len(db.session.scalars(select(Claim)).all()) == 2


def test_many_lines_come_page_by_page(official: Any, minh_volunteer: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(queries, "PAGE", 2)
    codes = {make.make_case().code for _n in range(3)}
    where = proposed(official)
    first = official.get(where).text
    assert sum(code in first for code in codes) == 2
    [more] = re.findall(r'hx-get="([^"]+after=[^"]+)"', first)
    rest = official.get(more, headers={"HX-Request": "true"}).text
    assert rest.lstrip().startswith("<tr")
    assert {code for code in codes if code in first + rest} == codes


def test_the_map_shows_wards_of_volunteers_and_places_of_shops(
    official: Any, client_for: Any, ba_official_w2: Any, chi_supplier: Any
) -> None:
    make.volunteer("Xa", "+84902000001", make.Point(106.701234, 10.773210), capacity=1)
    shop = make.Point(106.7150, 10.7440)
    kinds = [make.category().id]
    make.make_supply_point(chi_supplier, at=shop, radius_m=9000, category_ids=kinds, deliveries=1)
    cases = [make.make_case() for _n in range(3)]
    where = proposed(official)
    drawn = official.get(where + "/map.json")
    assert drawn.headers["Cache-Control"] == "private, no-store"
    assert not re.search(r"106\.7012|10\.7732|106\.7009|10\.7769", drawn.text)
    lines = {line["code"]: line for line in drawn.json}
    assert set(lines) == {case.code for case in cases}
    middle = db.session.execute(
        select(func.ST_X(Area.label_point), func.ST_Y(Area.label_point)).where(Area.code == "26740")
    ).one()
    starts = {line["helper"]: line["from"] for line in drawn.json if line["from"]}
    assert starts["Xa"] == pytest.approx(list(middle))
    assert starts["Tạp hóa Chị Chi"] == pytest.approx([shop.lon, shop.lat])
    assert sorted(line["state"] for line in drawn.json) == ["chosen", "chosen", "left_out"]
    assert client_for(ba_official_w2).get(where + "/map.json").status_code == 404


def test_time_is_one_of_the_list(official: Any) -> None:
    assert official.post(HERE, data={"waited_h": "7"}).status_code == 422
    assert "Đã chờ từ một ngày trở lên" in official.get(proposed(official, waited_h="24")).text


def test_a_plan_for_two_wards_is_not_for_the_official_of_one(
    client_for: Any, ba_official_w2: Any, minh_volunteer: Any
) -> None:
    both = make.person("Hai Phường", "+84901000077", "official", area="26740")
    make.add(UserRole(user_id=both.id, role="official", area_id=make.area_of("27301").id))
    db.session.refresh(both)
    elsewhere = make.make_case()
    where = proposed(client_for(both))
    assert elsewhere.code in client_for(both).get(where).text
    other = client_for(ba_official_w2)
    assert other.get(where).status_code == 404
    assert other.get(where + "/map.json").status_code == 404
    assert other.post(where + "/discard").status_code == 404
    assert where.rsplit("/", 1)[1] not in other.get(HERE).text
