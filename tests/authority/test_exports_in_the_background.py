"""An export that need not come at once is made by the worker and fetched by whoever asked for it."""

import csv
import io
import stat
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import delete, select

from app.authority import background, export
from app.authority.jobs import forget_exports, make_export
from app.authority.models import ExportRequest
from app.cases.models import AccessRecord
from app.core.audit import AuditRecord
from app.core.clock import now
from app.core.db import db, transaction
from app.core.events import publish
from app.delivery.models import Message
from app.people.models import User, UserRole
from tests import make
from tests.crowd import crowded
from tests.geography import CHO_LON
from tests.worker import do_the_jobs

API = "/api/v1/exports/cases.csv"
SUFFIXES = ("csv", "xlsx", "geojson")


@pytest.fixture(autouse=True)
def own_folder(app: Any, tmp_path: Path) -> Iterator[Path]:
    """The files of a test are its own."""
    settings = app.config["SETTINGS"]
    settings.export_dir = str(tmp_path / "exports")
    yield tmp_path / "exports"
    settings.export_dir = ""


@pytest.fixture
def official(client_for: Any, anh_official_w1: User) -> Any:
    return client_for(anh_official_w1)


def ask(browser: Any, suffix: str = "csv", query: str = "") -> ExportRequest:
    """Ask on the page for a file that is made in the background."""
    answer = browser.post(f"/authority/exports/?{query}", data={"format": suffix})
    assert answer.status_code == 303, answer.text
    return newest()


def newest() -> ExportRequest:
    return db.session.scalars(select(ExportRequest).order_by(ExportRequest.created_at.desc())).first()


def file_address(request: ExportRequest) -> str:
    return f"/authority/exports/{request.id}"


def rows(content: bytes, suffix: str) -> Any:
    """What a file says, without what differs between two files made at two moments."""
    if suffix == "xlsx":
        return list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
    return content


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_it_is_the_same_file_as_the_direct_one(app: Any, official: Any, suffix: str) -> None:
    for name in ("Nguyễn Thị Lan", "=1+1", "Đỗ, Văn; Bảy"):
        make.make_case(contact_name=name)
    make.make_case(at=CHO_LON)
    make.make_case(status="closed")
    direct = official.get(f"/authority/export/cases.{suffix}?status=open")
    request = ask(official, suffix, "status=open")
    assert official.get(file_address(request)).status_code == 404
    do_the_jobs(app)
    fetched = official.get(file_address(request))
    assert rows(fetched.data, suffix) == rows(direct.data, suffix)
    assert fetched.mimetype == direct.mimetype
    assert fetched.headers["Cache-Control"] == "no-store"
    assert fetched.headers["Content-Disposition"].startswith("attachment; filename=la-lanh-26740-")
    assert newest().rows == 3


def test_it_is_on_record_as_a_direct_one_is(app: Any, official: Any, anh_official_w1: User) -> None:
    case_ids = {make.make_case().id, make.make_case().id}
    request = ask(official, query="status=open")
    assert set(db.session.scalars(select(AccessRecord.case_id))) == set()
    do_the_jobs(app)
    official.get(file_address(request))
    lines = db.session.scalars(
        select(AuditRecord).where(AuditRecord.action.like("cases.export%")).order_by(AuditRecord.at)
    ).all()
    assert [line.action for line in lines] == [
        "cases.export_begun", "cases.export", "cases.export_fetched",
    ]  # fmt: skip
    assert {line.actor_id for line in lines} == {anh_official_w1.id}
    assert {line.details["export"] for line in lines} == {str(request.id)}
    assert (lines[1].details["rows"], lines[1].details["complete"]) == (2, True)
    records = db.session.scalars(select(AccessRecord)).all()
    assert {(record.case_id, record.viewer_id, record.reason) for record in records} == {
        (case_id, anh_official_w1.id, "export") for case_id in case_ids
    }


def test_the_official_is_told_and_finds_it_on_the_page(app: Any, official: Any) -> None:
    make.make_case()
    ask(official, "xlsx")
    assert "Đang chờ" in official.get("/authority/export").text
    do_the_jobs(app)
    page = official.get("/authority/export").text
    assert file_address(newest()) in page
    message = db.session.scalars(select(Message).where(Message.purpose == "export")).one()
    assert newest().filename in message.body
    assert "/authority/export" in message.body
    assert "Lan" not in message.body


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("ba_official_w2", 404),
        ("chu_province_official", 404),
        ("minh_volunteer", 403),
        ("admin", 403),
    ],
)
def test_nobody_else_may_fetch_it(app: Any, official: Any, client_for: Any, name: str, status: int) -> None:
    make.make_case()
    request = ask(official)
    do_the_jobs(app)
    other = client_for(getattr(make, name)())
    for address in (file_address(request), f"/api/v1/exports/requests/{request.id}"):
        answer = other.get(address)
        assert answer.status_code == status
        assert b"Lan" not in answer.data


def test_a_stranger_must_sign_in_to_fetch_it(app: Any, official: Any, client: Any) -> None:
    make.make_case()
    request = ask(official)
    do_the_jobs(app)
    assert client.get(file_address(request)).status_code == 303
    assert client.get(f"/api/v1/exports/requests/{request.id}").status_code == 401


def dismiss(user: User, new_area: str | None = None) -> None:
    """Take the office away, or give the person another ward instead."""
    with transaction():
        db.session.execute(delete(UserRole).where(UserRole.user_id == user.id))
    if new_area:
        make.add(UserRole(user_id=user.id, role="official", area_id=make.area_of(new_area).id))


@pytest.mark.parametrize("new_area", [None, "27301"])
def test_who_has_lost_the_area_may_not_fetch_it(
    app: Any, official: Any, anh_official_w1: User, new_area: str | None
) -> None:
    make.make_case()
    request = ask(official)
    do_the_jobs(app)
    dismiss(anh_official_w1, new_area)
    for address in (file_address(request), f"/api/v1/exports/requests/{request.id}"):
        answer = official.get(address)
        assert answer.status_code == 403
        assert b"Lan" not in answer.data


@pytest.mark.parametrize("new_area", [None, "27301"])
def test_who_has_lost_the_area_before_it_was_made_gets_none(
    app: Any, official: Any, anh_official_w1: User, new_area: str | None, own_folder: Path
) -> None:
    make.make_case()
    ask(official)
    dismiss(anh_official_w1, new_area)
    do_the_jobs(app)
    assert newest().status == "failed"
    assert newest().why
    assert list(own_folder.glob("*")) == []
    assert db.session.scalars(select(AccessRecord)).all() == []


def test_the_file_is_closed_to_other_users_of_the_machine(app: Any, official: Any, own_folder: Path) -> None:
    make.make_case()
    ask(official)
    do_the_jobs(app)
    [path] = own_folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(own_folder.stat().st_mode) == 0o700


def test_it_is_erased_after_a_day(app: Any, official: Any, own_folder: Path) -> None:
    make.make_case()
    request = ask(official)
    do_the_jobs(app)
    (own_folder / "belongs-to-somebody-else.csv").touch()
    (own_folder / f"{uuid.uuid4()}.part").touch()
    forget_exports(0)
    assert official.get(file_address(request)).status_code == 200
    with transaction():
        newest().expires_at = now() - timedelta(seconds=1)
    assert official.get(file_address(request)).status_code == 404
    forget_exports(0)
    assert [path.name for path in own_folder.iterdir()] == ["belongs-to-somebody-else.csv"]
    assert newest() is None


def test_who_closes_the_account_leaves_no_file_behind(
    app: Any, official: Any, anh_official_w1: User, own_folder: Path
) -> None:
    make.make_case()
    ask(official)
    do_the_jobs(app)
    assert official.get("/me/data.json").json["exports_asked"][0]["format"] == "csv"
    with transaction():
        publish("user_erased", user_id=anh_official_w1.id)
    assert list(own_folder.glob("*")) == []


def test_a_job_that_runs_twice_makes_one_file_and_tells_once(app: Any, official: Any) -> None:
    make.make_case()
    request_id = str(ask(official).id)
    make_export(request_id)
    make_export(request_id)
    assert len(db.session.scalars(select(Message)).all()) == 1
    ended = select(AuditRecord).where(AuditRecord.action == "cases.export")
    assert len(db.session.scalars(ended).all()) == 1


def test_what_a_killed_worker_left_half_done_is_made_by_the_next(
    app: Any, official: Any, own_folder: Path
) -> None:
    make.make_case()
    request = ask(official)
    with transaction():
        background.start(request.id)
    (own_folder / f"{request.id}.part").parent.mkdir(exist_ok=True)
    (own_folder / f"{request.id}.part").write_text("half a file")
    do_the_jobs(app)
    content = official.get(file_address(newest())).data.decode("utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(content, newline="")))) == 1


def test_a_fault_is_told_and_not_hidden(app: Any, official: Any, own_folder: Path) -> None:
    make.make_case()
    ask(official)
    own_folder.parent.mkdir(exist_ok=True)
    own_folder.write_text("a file where the folder should be")
    do_the_jobs(app)
    assert newest().status == "failed"
    assert "thử lại" in official.get("/authority/export").text


def test_only_so_many_may_wait_at_a_time(official: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "MOST_PENDING", 2)
    for status in ("open", "closed"):
        ask(official, query=f"status={status}")
    answer = official.post("/authority/exports/?status=claimed", data={"format": "csv"})
    assert answer.status_code == 429


def test_one_process_sends_only_so_many_files_at_a_time(
    official: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.make_case()
    monkeypatch.setattr(export, "MOST_AT_ONCE", 1)
    leaving = official.get("/authority/export/cases.csv", buffered=False)
    parts = leaving.iter_encoded()
    next(parts)
    assert official.get(API).status_code == 202, "the worker makes the second one"
    leaving.close()
    assert official.get(API).status_code == 200


@pytest.mark.parametrize("format_", ["", "pdf", "csv-tabs"])
def test_a_format_that_is_none_is_refused(official: Any, format_: str) -> None:
    assert official.post("/authority/exports/", data={"format": format_}).status_code == 422


def test_while_it_is_crowded_the_page_queues_every_export(app: Any, official: Any) -> None:
    make.make_case()
    with crowded(app, 3):
        page = official.get("/authority/export").text
        answer = official.get("/authority/export/cases.xlsx?status=open")
    assert "/authority/export/cases." not in page
    assert "Đang rất đông người dùng: tệp được làm ở nền" in page
    assert (answer.status_code, answer.location) == (303, "/authority/export?status=open")
    assert newest().status == "waiting"


def test_while_it_is_crowded_the_api_says_where_to_ask_again(app: Any, official: Any) -> None:
    make.make_case()
    with crowded(app, 3):
        told = official.get(f"{API}?status=open")
        again = official.get(f"{API}?status=open")
        other = official.get(f"{API}?status=closed")
        assert told.status_code == 202
        assert int(told.headers["Retry-After"]) > 0
        assert again.json == told.json
        assert other.json["id"] != told.json["id"]
        waits = official.get(told.location)
        assert (waits.status_code, waits.json["status"]) == (202, "waiting")
        do_the_jobs(app)
        there = official.get(told.location)
    assert there.status_code == 200
    assert there.data == official.get(f"{API}?status=open").data


def test_a_token_needs_the_scope_to_fetch(
    app: Any, official: Any, client: Any, anh_official_w1: User
) -> None:
    from app.people.tokens import create_token

    request = ask(official)
    do_the_jobs(app)
    with transaction():
        plain = create_token(anh_official_w1, "đọc", ["cases:read"], days=1).text
        scoped = create_token(anh_official_w1, "xuất", ["exports:read"], days=1).text
    address = f"/api/v1/exports/requests/{request.id}"
    assert client.get(address, headers={"Authorization": f"Bearer {plain}"}).status_code == 403
    assert client.get(address, headers={"Authorization": f"Bearer {scoped}"}).status_code == 200


def test_a_refusal_is_told_to_programs(official: Any) -> None:
    make.make_case()
    request = ask(official)
    with transaction():
        background.start(request.id)
        background.give_up(request.id, None)
    answer = official.get(f"/api/v1/exports/requests/{request.id}")
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/export-failed")
