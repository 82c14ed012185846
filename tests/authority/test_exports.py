"""Officials take the list of their area out in a form that they can use."""

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select, text

from app.authority.columns import COLUMNS
from app.cases.models import AccessRecord
from app.core.audit import AuditRecord
from app.core.clock import now
from app.core.db import db
from tests import make
from tests.geography import CHO_LON, LONG_HUNG, SAI_GON

KEYS = [column.key for column in COLUMNS]


def get(browser: Any, suffix: str, query: str = "", status: int = 200, **headers: str) -> bytes:
    answer = browser.get(f"/api/v1/exports/cases.{suffix}?{query}", headers=headers)
    assert answer.status_code == status, answer.text
    return bytes(answer.data)


def table(content: bytes, separator: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator))


def codes(content: bytes) -> set[str]:
    return {row["code"] for row in table(content)}


@pytest.fixture
def official(client_for: Any, anh_official_w1: Any) -> Any:
    return client_for(anh_official_w1)


def test_the_csv_opens_right_in_excel(official: Any) -> None:
    make.make_case(contact_name="Nguyễn Thị Lan")
    content = get(official, "csv")
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n") == 2
    assert table(content)[0]["contact_name"] == "Nguyễn Thị Lan"


def test_every_column_is_filled(official: Any, minh_volunteer: Any) -> None:
    from app.cases.claiming import deliver_claim, take_case
    from app.core.db import transaction

    case = make.make_case(vulnerabilities=["children", "sick"], urgency="urgent", source_id="tờ 5")
    with transaction():
        claim = take_case(case.code, by=minh_volunteer)
    with transaction():
        deliver_claim(claim.id, by=minh_volunteer)
    row = table(get(official, "csv"))[0]
    assert list(row) == KEYS
    assert row["code"] == case.code
    assert row["needs"] == "Gạo 10 kg; Sữa 4 hộp"
    assert (row["status"], row["urgency"], row["category"]) == ("delivered", "urgent", "essentials")
    assert row["vulnerabilities"] == "children; sick"
    assert row["contact_phone"] == "+84901000001"
    assert (row["ward"], row["ward_code"]) == ("Phường Sài Gòn", "26740")
    assert row["province"] == "Thành phố Hồ Chí Minh"
    assert float(row["longitude"]) == pytest.approx(SAI_GON.lon)
    assert float(row["latitude"]) == pytest.approx(SAI_GON.lat)
    assert (row["claimed_by"], row["claimed_by_phone"]) == ("Trần Văn Minh", "+84901000002")
    assert abs(datetime.fromisoformat(row["delivered_at"]) - now()) < timedelta(minutes=1)
    assert row["created_at"].endswith("+07:00")
    assert (row["source"], row["source_id"], row["demo"]) == ("web", "tờ 5", "false")


def test_people_read_headings_and_words_in_their_language(official: Any) -> None:
    make.make_case()
    vietnamese = table(get(official, "csv", "headings=vi"))[0]
    assert vietnamese["Trạng thái"] == "Cần giúp"
    assert vietnamese["Điện thoại"] == "0901 000 001"
    assert vietnamese["Nhóm hỗ trợ"] == "Nhu yếu phẩm"
    page = table(official.get("/authority/export/cases.csv").data)[0]
    assert page.keys() == vietnamese.keys()
    assert "Essentials" in table(get(official, "csv", "headings=en"))[0].values()


@pytest.mark.parametrize(
    "evil", ["=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd", "@SUM(A1)", "\t=1", "  =1+1", "＝1+1"]
)
def test_no_cell_is_a_formula(official: Any, evil: str) -> None:
    make.make_case(contact_name=evil, address=f"hẻm 5;{evil}", description=evil)
    for separator, sign in (("comma", ","), ("semicolon", ";")):
        row = table(get(official, "csv", f"separator={separator}"), sign)[0]
        assert row["contact_name"].startswith("'")
        assert row["description"].replace("'", "") == evil.replace("'", "")
        assert row["description"].startswith("'")
        assert not row["address"].startswith(("=", "+", "-", "@"))
    sheet = openpyxl.load_workbook(io.BytesIO(get(official, "xlsx"))).active
    cells = {cell.value: cell for cell in sheet[2]}
    assert cells[evil].data_type == "s"
    assert cells[evil].quotePrefix


def test_phone_numbers_and_negative_numbers_stay_as_they_are(official: Any) -> None:
    make.make_case(contact_phone="+84901000001", contact_name="-12,5")
    row = table(get(official, "csv"))[0]
    assert (row["contact_phone"], row["contact_name"]) == ("+84901000001", "-12,5")


def test_an_excel_set_to_vietnamese_gets_semicolons_and_decimal_commas(official: Any) -> None:
    make.make_case()
    row = table(get(official, "csv", "separator=semicolon"), ";")[0]
    assert row["latitude"] == "10,776900"


def test_the_workbook_has_types_a_frozen_heading_and_a_filter(official: Any) -> None:
    make.make_case(household_size=4)
    sheet = openpyxl.load_workbook(io.BytesIO(get(official, "xlsx"))).active
    heading = {cell.value: cell.column for cell in sheet[1]}
    assert list(heading) == KEYS
    row = {key: sheet.cell(2, column).value for key, column in heading.items()}
    assert isinstance(row["created_at"], datetime)
    local = row["created_at"] - timedelta(hours=7)
    assert abs(local - now().replace(tzinfo=None)) < timedelta(minutes=1)
    assert row["household_size"] == 4
    assert row["longitude"] == pytest.approx(SAI_GON.lon)
    assert row["contact_phone"] == "+84901000001"
    assert row["on_behalf"] is False
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:Z2"
    assert sheet.column_dimensions["C"].width > 30


def test_the_geojson_is_rfc_7946_with_the_exact_place(official: Any) -> None:
    case = make.make_case()
    gone = make.make_case(position=None)
    found = json.loads(get(official, "geojson"))
    assert found["type"] == "FeatureCollection"
    features = {feature["id"]: feature for feature in found["features"]}
    assert features[case.code]["geometry"]["coordinates"] == [SAI_GON.lon, SAI_GON.lat]
    assert features[case.code]["properties"]["contact_phone"] == "+84901000001"
    assert features[gone.code]["geometry"] is None


def test_an_export_of_nothing_is_still_a_file(official: Any) -> None:
    assert table(get(official, "csv")) == []
    assert json.loads(get(official, "geojson"))["features"] == []
    assert openpyxl.load_workbook(io.BytesIO(get(official, "xlsx"))).active.max_row == 1


WHO = (
    ("lan_resident", 403),
    ("minh_volunteer", 403),
    ("dr_tam_medic", 403),
    ("chi_supplier", 403),
    ("admin", 403),
    ("anh_official_w1", {"w1"}),
    ("ba_official_w2", {"w2"}),
    ("chu_province_official", {"w1", "w2"}),
)


@pytest.mark.parametrize(("name", "expected"), WHO)
@pytest.mark.parametrize("suffix", ["csv", "xlsx", "geojson"])
def test_officials_export_their_own_jurisdiction_and_nobody_else_anything(
    client_for: Any, name: str, expected: Any, suffix: str
) -> None:
    named = {"w1": make.make_case().code, "w2": make.make_case(at=CHO_LON).code}
    named["elsewhere"] = make.make_case(at=LONG_HUNG).code
    browser = client_for(getattr(make, name)())
    if expected == 403:
        get(browser, suffix, status=403)
        return
    content = get(browser, suffix)
    if suffix == "xlsx":
        found = {
            row[0].value for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(min_row=2)
        }
    elif suffix == "geojson":
        found = {feature["id"] for feature in json.loads(content)["features"]}
    else:
        found = codes(content)
    assert found == {named[ward] for ward in expected}


def test_a_stranger_must_sign_in(client: Any) -> None:
    make.make_case()
    assert b"Lan" not in get(client, "csv", status=401)
    assert client.get("/authority/export/cases.csv").status_code in (302, 303)


def test_the_area_must_lie_within_the_jurisdiction(official: Any, client_for: Any) -> None:
    case, other = make.make_case(), make.make_case(at=CHO_LON)
    province = client_for(make.chu_province_official())
    assert codes(get(province, "csv", "area=26740")) == {case.code}
    assert codes(get(province, "csv", "area=79")) == {case.code, other.code}
    get(official, "csv", "area=27301", status=403)
    get(official, "csv", "area=79", status=403)
    get(official, "csv", "area=nowhere", status=403)


def test_filters_narrow_the_export(official: Any) -> None:
    open_case = make.make_case(urgency="urgent", contact_name="Trần Đình Đức")
    closed = make.make_case(status="closed", category_slug="grocery_run", contact_phone="+84909123456")
    closed_code, open_code = closed.code, open_case.code
    for query, expected in (
        ("status=open", {open_code}),
        ("status=open,closed", {open_code, closed_code}),
        ("status=open&status=closed", {open_code, closed_code}),
        ("category=grocery_run", {closed_code}),
        ("urgency=urgent", {open_code}),
        ("q=dinh duc", {open_code}),
        ("q=0909123", {closed_code}),
        ("q=" + closed_code, {closed_code}),
        ("q=100%25", set()),
        ("verified=yes", set()),
        ("verified=no", {open_code, closed_code}),
    ):
        assert codes(get(official, "csv", query)) == expected, query


def test_the_period_is_in_local_days(official: Any) -> None:
    late = make.make_case(created_at=datetime.fromisoformat("2026-03-01T23:30:00+07:00")).code
    early = make.make_case(created_at=datetime.fromisoformat("2026-03-02T00:30:00+07:00")).code
    assert codes(get(official, "csv", "to=2026-03-01")) == {late}
    assert codes(get(official, "csv", "from=2026-03-02&to=2026-03-02")) == {early}


@pytest.mark.parametrize(
    "query", ["status=lost", "category=nothing", "from=yesterday", "from=2026-03-02&to=2026-03-01",
              "headings=fr", "separator=x", "verified=maybe"]
)  # fmt: skip
def test_a_filter_that_cannot_be_read_is_refused(official: Any, query: str) -> None:
    get(official, "csv", query, status=422)


def test_the_text_of_a_medical_case_stays_between_requester_and_medic(official: Any) -> None:
    make.make_case(category_slug="medical_advice", description="Đau ngực từ hôm qua")
    assert "Đau ngực" not in get(official, "csv").decode()


def test_every_export_is_on_record(official: Any, anh_official_w1: Any) -> None:
    case_ids = {make.make_case().id, make.make_case().id}
    get(official, "csv", "status=open&from=2020-01-01")
    begun, ended = db.session.scalars(select(AuditRecord).order_by(AuditRecord.at)).all()
    assert (begun.action, ended.action) == ("cases.export_begun", "cases.export")
    assert ended.actor_id == anh_official_w1.id
    assert ended.area_id == make.area_of("26740").id
    assert ended.details["filter"] == {"status": ["open"], "from": "2020-01-01"}
    assert (ended.details["rows"], ended.details["complete"], ended.details["format"]) == (2, True, "csv")
    records = db.session.scalars(select(AccessRecord)).all()
    assert {record.case_id for record in records} == case_ids
    assert {(record.viewer_id, record.reason) for record in records} == {(anh_official_w1.id, "export")}


def test_who_hangs_up_is_on_record_with_what_had_been_sent(
    official: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.authority.queries.BATCH", 2)
    for _number in range(6):
        make.make_case()
    answer = official.get("/api/v1/exports/cases.csv", buffered=False)
    stream = answer.iter_encoded()
    next(stream)
    answer.close()
    stream.close()
    ended = db.session.scalars(select(AuditRecord).where(AuditRecord.action == "cases.export")).one()
    assert not ended.details["complete"]
    assert ended.details["rows"] < 6
    assert db.session.scalar(text("SELECT count(*) FROM access_record")) == ended.details["rows"]


def test_a_workbook_is_written_in_turns_before_it_leaves(
    official: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.authority.queries.BATCH", 2)
    for _number in range(6):
        make.make_case()
    answer = official.get("/api/v1/exports/cases.xlsx", buffered=False)
    parts = list(answer.iter_encoded())
    written = parts.index(next(filter(None, parts)))
    assert written > 3, "three batches, and the end"
    assert openpyxl.load_workbook(io.BytesIO(b"".join(parts))).active.max_row == 7


def test_more_than_the_limit_is_refused_with_advice(
    app: Any, official: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.config["SETTINGS"], "export_limit", 1)
    make.make_case()
    make.make_case()
    assert "thu hẹp" in json.loads(get(official, "csv", status=422))["detail"]


def test_a_token_needs_the_scope(app: Any, client: Any, anh_official_w1: Any) -> None:
    from app.core.db import transaction
    from app.people.tokens import create_token

    make.make_case()
    with transaction():
        plain = create_token(anh_official_w1, "đọc", ["cases:read"], days=1).text
        scoped = create_token(anh_official_w1, "xuất", ["exports:read"], days=1).text
    assert (
        json.loads(get(client, "csv", status=403, Authorization=f"Bearer {plain}"))["scope"] == "exports:read"
    )
    assert len(table(get(client, "csv", Authorization=f"Bearer {scoped}"))) == 1
