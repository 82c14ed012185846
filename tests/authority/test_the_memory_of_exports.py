"""A hundred thousand cases leave through a real server without filling its memory."""

import csv
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import create_engine, text

from app.core.embedded import CHECKOUT
from tests.database import build_template, clone, drop

pytestmark = [pytest.mark.slow, pytest.mark.alone]

CASES = 100_000
MOST_MB = 150

FILL = (
    "DROP INDEX ix_case_search, ix_case_open_near, ix_case_open_category_near",
    "DROP INDEX ix_case_shown_cell, ix_case_open_cell",
    """
    INSERT INTO "user" (id, phone, name, password_hash) VALUES
      ('00000000-0000-7000-8000-000000000001', '+84901000008', 'Chu Thị Mai', 'x'),
      ('00000000-0000-7000-8000-000000000002', '+84901000002', 'Trần Văn Minh', 'x')
    """,
    """
    INSERT INTO user_role (id, user_id, role, area_id)
    SELECT gen_random_uuid(), '00000000-0000-7000-8000-000000000001', 'official', id FROM area
    WHERE code = '79' AND level = 'province'
    """,
    f"""
    INSERT INTO "case" (id, code, category_id, status, urgency, needs_text, household_size, description,
        contact_name, contact_phone, address, vulnerabilities, position, public_position, commune_id,
        province_id, created_at)
    SELECT gen_random_uuid(), 'HCM-' || lpad(to_hex(n), 6, '0'), k.id, 'open', 'normal', 'Gạo, sữa',
        1 + n % 6, repeat('Nhà có người già và em bé, đã hết gạo từ hôm qua. ', 3), 'Nguyễn Thị Lan ' || n,
        '+84' || (900000000 + n), n || '/3 Nguyễn Trãi', '{{elderly,children}}',
        ST_SetSRID(ST_MakePoint(106.69 + n % 100 * 1e-4, 10.78), 4326),
        ST_SetSRID(ST_MakePoint(106.691 + n % 100 * 1e-4, 10.781), 4326), w.id, w.parent_id,
        now() - n * interval '1 second'
    FROM generate_series(1, {CASES}) n, area w, category k
    WHERE w.code = '26740' AND w.valid_to IS NULL AND k.slug = 'essentials'
    """,
    """
    INSERT INTO need (id, case_id, position, item, quantity, unit)
    SELECT gen_random_uuid(), id, 1, 'Gạo', 10, 'kg' FROM "case"
    """,
    """
    INSERT INTO claim (id, case_id, volunteer_id, lease_until)
    SELECT gen_random_uuid(), id, '00000000-0000-7000-8000-000000000002', now() FROM "case" LIMIT 20000
    """,
    "ANALYZE",
)


class Site(NamedTuple):
    """A running server: its port, the pids of its workers, the cookie of a province's official."""

    port: int
    workers: list[int]
    cookie: str

    def get(self, suffix: str) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/exports/cases.{suffix}?headings=vi",
            headers={"Cookie": self.cookie},
        )
        return urllib.request.urlopen(request, timeout=300)

    @property
    def most_mb(self) -> int:
        """The most memory that a worker has ever had."""
        return max(_peak_mb(pid) for pid in self.workers)


def _peak_mb(pid: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) // 1024


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture(scope="module")
def database(worker_name: str) -> Iterator[str]:
    build_template()
    name = f"{worker_name}_exports"
    url = clone(name)
    with create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
        for statement in FILL:
            connection.execute(text(statement))
    yield url
    drop(name)


@pytest.fixture(scope="module")
def site(database: str, application: Any) -> Iterator[Site]:
    browser = application.test_client()
    with browser.session_transaction() as session:
        session["_user_id"] = "00000000-0000-7000-8000-000000000001:1"
    port = _free_port()
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "asginl",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    server = subprocess.Popen(
        [*command, "--workers", "1", "--log-level", "warning", "app.asgi:application"],
        cwd=CHECKOUT,
        env={**os.environ, "DATABASE_URL": database},
        start_new_session=True,
    )
    try:
        _wait(port)
        yield Site(port, _children(server.pid), f"lalanh={browser.get_cookie('lalanh').value}")
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the server did not start")


def _records(database: str) -> list[dict[str, Any]]:
    with create_engine(database).connect() as connection:
        rows = connection.execute(
            text("SELECT details FROM audit_record WHERE action = 'cases.export' ORDER BY at")
        )
        return [row.details for row in rows]


def test_the_server_notes_who_hung_up(site: Site, database: str) -> None:
    with site.get("csv") as answer:
        answer.read(1000)
    deadline = time.monotonic() + 60
    while not _records(database) and time.monotonic() < deadline:
        time.sleep(0.2)
    [told] = _records(database)
    assert not told["complete"]
    assert 0 < told["rows"] < CASES


def test_a_hundred_thousand_cases_need_no_more_than_150_mb(site: Site, database: str, tmp_path: Path) -> None:
    with site.get("csv") as answer:
        lines = io.TextIOWrapper(answer, encoding="utf-8-sig", newline="")
        assert sum(1 for _row in csv.reader(lines)) == CASES + 1
    with site.get("geojson") as answer:
        assert sum(line.startswith(b'{"type":"Feature"') for line in answer) == CASES
    book = tmp_path / "cases.xlsx"
    with site.get("xlsx") as answer, book.open("wb") as file:
        shutil.copyfileobj(answer, file)
    with zipfile.ZipFile(book).open("xl/worksheets/sheet1.xml") as sheet:
        assert sheet.read().count(b"<row ") == CASES + 1
    assert site.most_mb < MOST_MB
    whole = [(told["format"], told["rows"]) for told in _records(database) if told["complete"]]
    assert whole == [("csv", CASES), ("geojson", CASES), ("xlsx", CASES)]
