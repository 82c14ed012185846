"""The console: officials see the cases of their own jurisdiction, whole, and it is noted that they did."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from app.authority import wording
from app.cases.models import AccessRecord, Case, CaseEvent
from app.cases.wording import EVENT as CASE_EVENT
from app.core.audit import AuditRecord
from app.core.clock import now
from app.core.db import db, transaction
from tests import make
from tests.geography import CHO_LON, LONG_HUNG

PART = {"HX-Request": "true"}
PAGES = ("/authority/", "/authority/export", "/authority/audit", "/authority/export/cases.csv")


def listed(html: str) -> list[str]:
    return re.findall(r"data-row>([^<]+)</a>", html)


@pytest.fixture
def official(client_for: Any, anh_official_w1: Any) -> Any:
    return client_for(anh_official_w1)


def test_officials_read_every_event_in_words() -> None:
    assert set(wording.EVENT) == set(CASE_EVENT)


WHO = (
    ("lan_resident", None),
    ("minh_volunteer", None),
    ("dr_tam_medic", None),
    ("chi_supplier", None),
    ("admin", None),
    ("anh_official_w1", {"own ward"}),
    ("ba_official_w2", {"other ward"}),
    ("chu_province_official", {"own ward", "other ward"}),
)


@pytest.mark.parametrize(("name", "sees"), WHO)
def test_who_sees_what(client_for: Any, name: str, sees: set[str] | None) -> None:
    cases = {
        "own ward": make.make_case().code,
        "other ward": make.make_case(at=CHO_LON).code,
        "other province": make.make_case(at=LONG_HUNG).code,
    }
    browser = client_for(getattr(make, name)())
    for page in PAGES:
        assert browser.get(page).status_code == (403 if sees is None else 200), page
    shown = set(listed(browser.get("/authority/").text))
    assert shown == {cases[where] for where in sees or ()}
    for where, code in cases.items():
        allowed = sees is not None and where in sees
        refusal = 403 if sees is None else 404
        assert browser.get(f"/authority/cases/{code}").status_code == (200 if allowed else refusal)
        for action in ("verify", "reject"):
            answer = browser.post(f"/authority/cases/{code}/{action}", data={"why": "Không có thật"})
            assert answer.status_code == (303 if allowed else refusal), (where, action)
        db.session.expire_all()
        case = db.session.scalars(select(Case).where(Case.code == code)).one()
        assert (case.verified_at is not None, case.status == "rejected") == (allowed, allowed)


def test_a_stranger_is_sent_to_sign_in(client: Any) -> None:
    case = make.make_case()
    for page in (*PAGES, f"/authority/cases/{case.code}"):
        answer = client.get(page)
        assert answer.status_code == 303
        assert "Lan" not in answer.text


def test_the_table_shows_contact_and_place_and_that_is_on_record_once_an_hour(
    official: Any, anh_official_w1: Any
) -> None:
    case = make.make_case()
    page = official.get("/authority/").text
    assert "0901 000 001" in page
    assert "12/3 Nguyễn Trãi" in page
    official.get("/authority/")
    record = db.session.scalars(select(AccessRecord)).one()
    assert (record.case_id, record.viewer_id, record.reason) == (case.id, anh_official_w1.id, "official")
    db.session.execute(text("UPDATE access_record SET at = at - interval '2 hours'"))
    db.session.commit()
    official.get("/authority/")
    assert len(db.session.scalars(select(AccessRecord)).all()) == 2


def test_a_page_costs_the_same_queries_however_many_rows(app: Any, official: Any) -> None:
    from sqlalchemy import event

    counts = []
    for _round in range(2):
        for _number in range(5):
            make.make_case()
        statements: list[str] = []

        def note(_c: Any, _cur: Any, statement: str, *_more: Any, kept: list[str] = statements) -> None:
            kept.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        official.get("/authority/")
        event.remove(db.engine, "before_cursor_execute", note)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 14


@pytest.mark.parametrize("sort", ["newest", "oldest", "changed", "urgent"])
def test_a_long_table_goes_on_in_the_same_order(
    official: Any, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = now()
    for number in range(7):
        make.make_case(
            created_at=moment - timedelta(hours=number // 2),
            status_at=moment - timedelta(minutes=number // 3),
            urgency=("normal", "urgent", "life_threatening")[number % 3],
        )
    whole = listed(official.get(f"/authority/?sort={sort}").text)
    monkeypatch.setattr("app.authority.queries.cases_page.__defaults__", ("", 3))
    page = official.get(f"/authority/?sort={sort}").text
    pages = [listed(page)]
    while more := re.search(r'hx-get="(/authority/\?[^"]*cursor[^"]*)"', page):
        page = official.get(more[1].replace("&amp;", "&"), headers=PART).text
        pages.append(listed(page))
    assert [len(each) for each in pages] == [3, 3, 1]
    assert [code for each in pages for code in each] == whole
    assert len(set(whole)) == 7
    if sort == "urgent":
        found = {case.code: case.urgency for case in db.session.scalars(select(Case))}
        ranks = [("life_threatening", "urgent", "normal").index(found[code]) for code in whole]
        assert ranks == sorted(ranks)


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJuZXdlc3QiXQ", "WyJuZXdlc3QiLCAieCIsICJ5Il0", "\x00", "é"])
def test_a_made_up_cursor_is_refused(official: Any, cursor: str) -> None:
    assert official.get("/authority/", query_string={"cursor": cursor}).status_code in (400, 422)


def test_filters_stand_in_the_address_and_in_the_way_to_the_export(official: Any) -> None:
    urgent, calm = make.make_case(urgency="urgent"), make.make_case()
    page = official.get("/authority/?urgency=urgent&status=open").text
    assert listed(page) == [urgent.code]
    assert calm.code not in page
    link = re.search(r'href="(/authority/export\?[^"]+)"', page)
    assert link
    assert "1 trường hợp" in official.get(link[1].replace("&amp;", "&")).text


def test_an_area_of_somebody_else_is_refused(official: Any) -> None:
    for page in PAGES[:2]:
        assert official.get(page + "?area=27301").status_code == 403


def test_verifying_in_the_table_gives_the_row_anew(official: Any) -> None:
    case = make.make_case()
    row = official.post(f"/authority/cases/{case.code}/verify", headers=PART)
    assert row.status_code == 200
    assert row.text.strip().startswith(f'<tr id="row-{case.code}"')
    assert "Đã xác minh" in row.text
    assert "<html" not in row.text


def test_rejecting_needs_a_reason_that_the_history_keeps(official: Any) -> None:
    case = make.make_case()
    answer = official.post(f"/authority/cases/{case.code}/reject", data={"why": "  "})
    assert answer.status_code == 422
    assert "lý do" in answer.text
    official.post(f"/authority/cases/{case.code}/reject", data={"why": "Đăng trùng hai lần"})
    event = db.session.scalars(select(CaseEvent).where(CaseEvent.case_id == case.id)).one()
    assert (event.action, event.why, event.to_status) == ("rejected", "Đăng trùng hai lần", "rejected")
    assert "Đăng trùng hai lần" in official.get(f"/authority/cases/{case.code}").text


def test_the_page_of_a_case_shows_who_helps_and_who_looked(official: Any, minh_volunteer: Any) -> None:
    from app.cases.claiming import take_case

    case = make.make_case(needs=[("Gạo", 10, "kg")])
    with transaction():
        take_case(case.code, by=minh_volunteer)
    page = official.get(f"/authority/cases/{case.code}").text
    assert "0901 000 002" in page
    assert "Gạo 10 kg" in page
    assert "Ai đã xem" in page
    assert "Võ Tuấn Anh" in page


def test_the_text_of_a_medical_case_is_not_the_officials_to_read(official: Any) -> None:
    case = make.make_case(category_slug="medical_advice", description="Đau ngực từ hôm qua")
    assert "Đau ngực" not in official.get("/authority/").text
    assert "Đau ngực" not in official.get(f"/authority/cases/{case.code}").text
    assert listed(official.get("/authority/?q=dau nguc").text) == []


def test_approximate_boundaries_are_said_so(app: Any, official: Any) -> None:
    words = "chỉ là ước lượng"
    assert words not in official.get("/authority/").text
    db.session.execute(text("UPDATE area SET boundary = 'approximate' WHERE code = '26740'"))
    db.session.commit()
    assert words in official.get("/authority/").text


def test_the_export_page_counts_before_anything_leaves(official: Any) -> None:
    make.make_case()
    make.make_case(status="closed")
    assert "2 trường hợp" in official.get("/authority/export").text
    answer = official.get("/authority/export?status=closed&urgency=&q=", headers=PART)
    assert answer.headers["HX-Replace-Url"] == "/authority/export?status=closed"
    part = answer.text
    assert "1 trường hợp" in part
    assert "<html" not in part
    assert "/authority/export/cases.xlsx?status=closed" in part
    assert "Không có gì để xuất" in official.get("/authority/export?status=expired").text
    assert db.session.scalars(select(AuditRecord)).all() == []


def test_everybody_concerned_sees_who_exported_what(
    official: Any, client_for: Any, ba_official_w2: Any, chu_province_official: Any
) -> None:
    make.make_case()
    other, province = client_for(ba_official_w2), client_for(chu_province_official)
    official.get("/authority/export/cases.csv?status=open&q=0901000001")
    province.get("/authority/export/cases.xlsx?q=Nguyen Van Teo")
    mine = official.get("/authority/audit").text
    assert "Võ Tuấn Anh" in mine
    assert "0901000001" in mine
    assert "Chu Thị Mai" in mine
    assert "Nguyen Van Teo" not in mine
    above = province.get("/authority/audit").text
    assert "Võ Tuấn Anh" in above
    assert "Nguyen Van Teo" in above
    beside = other.get("/authority/audit").text
    assert "Chu Thị Mai" in beside
    assert "Võ Tuấn Anh" not in beside


def test_an_export_that_never_ended_still_shows(official: Any, anh_official_w1: Any) -> None:
    from app.core import audit

    area = make.area_of("26740").id
    with transaction():
        audit.record(
            "cases.export_begun", anh_official_w1.id, area_id=area, export="x", area_ids=[area],
            format="csv", filter={}, via="page", rows=7,
        )  # fmt: skip
    page = official.get("/authority/audit").text
    assert "đang xuất hoặc bị ngắt" in page


def test_the_audit_list_goes_on(official: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.authority.audit_list.exports_of.__defaults__", ("", 2))
    for status in ("open", "closed", "claimed"):
        official.get(f"/authority/export/cases.csv?status={status}")
    page = official.get("/authority/audit").text
    more = re.search(r'hx-get="(/authority/audit\?cursor=[^"]+)"', page)
    assert more
    rest = official.get(more[1], headers=PART).text
    assert (page.count("<time"), rest.count("<time")) == (2, 1)
    assert official.get("/authority/audit?cursor=nonsense").status_code == 422


@pytest.mark.usefixtures("with_csrf")
def test_actions_carry_their_token(official: Any) -> None:
    case = make.make_case()
    assert official.post(f"/authority/cases/{case.code}/verify").status_code == 400
