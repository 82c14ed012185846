"""Reports from elsewhere become cases, each once, and every row can be accounted for."""

import csv
import io
import os
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.areas.mapping import Unusable
from app.authority.import_mapping import read_import_mapping
from app.authority.import_report import ImportReport
from app.authority.imports import import_cases
from app.cases.models import Case
from app.core.audit import AuditRecord
from app.core.db import db
from app.core.embedded import CHECKOUT
from tests import make
from tests.geography import SAI_GON

EXAMPLES = CHECKOUT / "examples" / "import"
SHARED = Path(os.environ.get("LALANH_SHARED") or CHECKOUT.parent / "shared") / "data" / "real"

MAPPING = """
source = "trial"
[columns]
id = "id"
lat = "lat"
lon = "lon"
time = "time"
category = "kind"
quantity = "much"
description = "text"
contact_phone = "phone"
household_size = "people"
[category]
separator = ";"
values = { food = "essentials", water = "essentials", doctor = "medical_advice", fun = "" }
"""
HEADING = "id,lat,lon,time,kind,much,text,phone,people"
GOOD = f"r1,{SAI_GON.lat},{SAI_GON.lon},2025-11-20T08:30,food; water,2,Nhà số 5,0901 234 567,4"


@pytest.fixture
def bring(app: Any, tmp_path: Path) -> Callable[..., tuple[ImportReport, list[dict[str, str]]]]:
    """Import these lines; gives the numbers and the rows of the report file."""

    def run(
        *lines: str | bytes, heading: str = HEADING, mapping: str = MAPPING, dry_run: bool = False
    ) -> tuple[ImportReport, list[dict[str, str]]]:
        (tmp_path / "map.toml").write_text(mapping)
        file, found = tmp_path / "reports.csv", tmp_path / "found.csv"
        raw = [line if isinstance(line, bytes) else line.encode() for line in (heading, *lines)]
        file.write_bytes(b"\n".join(raw) + b"\n")
        report = import_cases(
            file, read_import_mapping(tmp_path / "map.toml"), found, dry_run=dry_run, quiet=True
        )
        db.session.rollback()
        return report, list(csv.DictReader(io.StringIO(found.read_text("utf-8-sig"), newline="")))

    return run


def cases() -> list[Case]:
    return list(db.session.scalars(select(Case).order_by(Case.source_id)))


def test_a_row_becomes_a_case_with_everything_it_says(bring: Any, emergency: Any) -> None:
    report, findings = bring(GOOD)
    assert (report.read, report.taken, report.refused, findings) == (1, 1, 0, [])
    [case] = cases()
    assert (case.source, case.source_id, case.status) == ("import", "trial:r1", "open")
    assert case.created_at == datetime(2025, 11, 20, 1, 30, tzinfo=UTC)
    assert [(need.item, need.quantity) for need in case.needs] == [
        ("food", Decimal(2)),
        ("water", Decimal(2)),
    ]
    assert (case.contact_phone, case.household_size, case.description) == ("+84901234567", 4, "Nhà số 5")
    assert (case.commune_id, case.emergency_id) == (make.area_of("26740").id, emergency.id)


def test_the_same_file_again_adds_nothing(bring: Any) -> None:
    bring(GOOD)
    report, findings = bring(GOOD, GOOD.replace("r1", "r2"))
    assert (report.taken, report.known, report.refused, findings) == (1, 1, 0, [])
    assert len(cases()) == 2


def test_several_categories_in_one_cell_become_several_cases_where_they_must(bring: Any) -> None:
    row = GOOD.replace("food; water", "food; doctor; fun")
    report, _findings = bring(row)
    assert (report.taken, report.cases) == (1, 2)
    assert [case.source_id for case in cases()] == ["trial:r1", "trial:r1#medical_advice"]
    assert bring(row)[0].known == 1


def test_without_an_id_the_row_itself_is_its_key(bring: Any) -> None:
    mapping = MAPPING.replace('id = "id"', "")
    bring(GOOD, mapping=mapping)
    assert bring(GOOD, mapping=mapping)[0].known == 1


def test_a_dry_run_says_the_same_and_writes_nothing(bring: Any) -> None:
    lines = (GOOD, "r2,,,,food,,,,", GOOD.replace("r1", "r3").replace("0901 234 567", "gọi hàng xóm"))
    dry, said = bring(*lines, dry_run=True)
    assert db.session.scalar(select(func.count()).select_from(Case)) == 0
    assert db.session.scalar(select(func.count()).select_from(AuditRecord)) == 0
    real, said_again = bring(*lines)
    assert (dry, said) == (real, said_again)
    assert len(cases()) == 2


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("x,,,2025-11-20,food,1,,,", "no coordinates"),
        ("x,10.77,,2025-11-20,food,1,,,", "no coordinates"),
        ("x,north,106.7,2025-11-20,food,1,,,", "these are no coordinates"),
        ("x,10.77,nan,2025-11-20,food,1,,,", "these are no coordinates"),
        ("x,106.70,10.77,2025-11-20,food,1,,,", "these are no coordinates"),
        ("x,0,0,2025-11-20,food,1,,,", "outside every loaded area"),
        ("x,9.5,107.5,2025-11-20,food,1,,,", "outside every loaded area"),
        ("x,10.7769,106.7009,last week,food,1,,,", "written in none of the forms"),
        ("x,10.7769,106.7009,2999-01-01,food,1,,,", "lies in the future"),
        ("x,10.7769,106.7009,2025-11-20,,1,,,", "no category"),
        ("x,10.7769,106.7009,2025-11-20,boats,1,,,", "'boats' is not in the mapping"),
        ("x,10.7769,106.7009,2025-11-20,fun,1,,,", "leaves out every category"),
        (",10.7769,106.7009,2025-11-20,food,1,,,", "no id"),
        ("x,10.7769,106.7009,2025-11-20,food,1," + "a" * 1001 + ",,", "description"),
    ],
)
def test_what_cannot_be_taken_is_told_with_line_reason_and_the_row(bring: Any, row: str, why: str) -> None:
    report, findings = bring(GOOD, row)
    assert (report.taken, report.refused) == (1, 1)
    [found] = findings
    assert why in found["reason"]
    assert (found["line"], found["outcome"], found["id"]) == ("3", "refused", row.split(",")[0])


def test_a_mended_report_can_be_imported_itself(bring: Any, tmp_path: Path) -> None:
    mapping = MAPPING.replace('id = "id"', "")
    bring(GOOD.replace("0901 234 567", "hỏi cô Tư"), "x,,,,food,,,,", mapping=mapping)
    mended = (tmp_path / "found.csv").read_text("utf-8-sig").replace("x,,", f"x,{SAI_GON.lat},{SAI_GON.lon}")
    heading, *lines = mended.splitlines()
    report, findings = bring(*lines, heading=heading, mapping=mapping)
    assert (report.taken, report.known, findings) == (1, 1, [])
    bring("x,,,,food,,,,", mapping=mapping)
    heading, line = (tmp_path / "found.csv").read_text("utf-8-sig").splitlines()
    _report, [found] = bring(line, heading=heading, mapping=mapping)
    assert (found["line"], found["id"], found["kind"]) == ("2", "x", "food")


def test_lines_are_counted_as_an_editor_counts_them(bring: Any) -> None:
    report, [found] = bring(GOOD.replace("Nhà số 5", '"Nhà\nsố 5"'), "", "x,,,,food,,,,")
    assert found["line"] == "5"
    assert report.read == 2


def test_what_finds_no_place_of_its_own_is_kept_in_the_description(bring: Any) -> None:
    report, [found] = bring(GOOD.replace("0901 234 567", "hỏi cô Tư").replace(",4", ",cả xóm"))
    assert (report.taken, report.noted, found["outcome"]) == (1, 1, "taken")
    [case] = cases()
    assert case.description == "Nhà số 5\nphone: hỏi cô Tư\npeople: cả xóm"
    assert case.contact_phone is None


def test_more_needs_than_a_case_can_hold_are_kept_in_the_description(bring: Any) -> None:
    mapping = MAPPING.replace("[category]", '[needs]\nseparator = "+"\n[category]', 1)
    mapping = mapping.replace('quantity = "much"', 'quantity = "much"\nitem = "text"')
    bring(GOOD.replace("Nhà số 5", "+".join(f"món {n}" for n in range(12))), mapping=mapping)
    [case] = cases()
    assert len(case.needs) == 10
    assert "also needed: món 10, món 11" in case.description


def test_the_same_id_twice_in_a_file_is_told(bring: Any) -> None:
    report, [found] = bring(GOOD, GOOD)
    assert (report.taken, report.refused) == (1, 1)
    assert "the same id as line 2" in found["reason"]


def test_rows_left_out_by_the_mapping_are_counted(bring: Any) -> None:
    report, findings = bring(GOOD, mapping=MAPPING + '[only]\nkind = ["water"]\n')
    assert (report.read, report.left_out, report.taken, findings) == (1, 1, 0, [])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_decides_the_encoding(app: Any, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "map.toml").write_text(MAPPING)
    file = tmp_path / "r.csv"
    file.write_text(f"{HEADING}\n{GOOD}\n".replace(",", "\t"), encoding=encoding)
    report = import_cases(file, read_import_mapping(tmp_path / "map.toml"), tmp_path / "f.csv", quiet=True)
    assert report.taken == 1
    assert cases()[0].description == "Nhà số 5"


def test_a_named_encoding_is_used_and_a_wrong_one_is_told(bring: Any) -> None:
    line = GOOD.replace("Nhà số 5", "Casa número 5").encode("latin-1")
    with pytest.raises(Unusable, match="name its encoding"):
        bring(line)
    bring(line, mapping='encoding = "latin-1"\n' + MAPPING)
    assert cases()[0].description == "Casa número 5"


@pytest.mark.parametrize(
    ("mapping", "why"),
    [
        (MAPPING.replace('lat = "lat"', ""), "name `lat` and `lon`"),
        (MAPPING.replace('"lat"', '"latitude"'), "no column 'latitude'; the file has id, lat"),
        (MAPPING.replace('"medical_advice"', '"doctors"'), "there is no 'doctors'; known: essentials"),
        (MAPPING + '[time]\nzone = "Mars"\n', "there is no time zone 'Mars'"),
        (MAPPING.replace("[category]", "[categories]"), "categories: Extra inputs"),
        ("not toml", "map.toml"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_before_any_row(bring: Any, mapping: str, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        bring(GOOD, mapping=mapping)


def test_of_a_file_that_is_no_csv_not_everything_is_told(bring: Any) -> None:
    with pytest.raises(Unusable, match="no column 'id'") as wrong:
        bring(GOOD, heading=", ".join(f"[106.{n}, 10.{n}]" for n in range(1000)))
    assert len(str(wrong.value)) < 1000


def test_an_import_is_on_record(bring: Any) -> None:
    bring(GOOD, "x,,,,food,,,,")
    record = db.session.scalars(select(AuditRecord)).one()
    assert record.action == "cases.import"
    assert (record.details["taken"], record.details["refused"], record.details["source"]) == (1, 1, "trial")


def test_strangers_see_an_imported_case_blurred(bring: Any, client: Any) -> None:
    bring(GOOD)
    found = db.session.execute(
        select(func.ST_DistanceSphere(Case.position, Case.public_position), Case.needs_text)
    ).one()
    assert 100 < found[0] < 320
    assert found[1] == "food, water"


@pytest.mark.parametrize(("name", "taken"), [("simple", 3), ("field-reports", 2)])
def test_the_examples_work(app: Any, tmp_path: Path, name: str, taken: int) -> None:
    result = app.test_cli_runner().invoke(
        args=["cases", "import", str(EXAMPLES / f"{name}.csv"), "--map", str(EXAMPLES / f"{name}.toml"),
              "--report", str(tmp_path / "found.csv")]
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert f"{taken}  taken" in result.output
    db.session.rollback()
    assert len(cases()) == 3


def test_a_mistake_in_the_mapping_is_one_clear_line(app: Any, tmp_path: Path) -> None:
    broken = tmp_path / "map.toml"
    broken.write_text("source = 5")
    result = app.test_cli_runner().invoke(
        args=["cases", "import", str(EXAMPLES / "simple.csv"), "--map", str(broken)]
    )
    assert result.exit_code == 1
    assert "Error: " in result.output
    assert "Traceback" not in result.output


@pytest.mark.skipif(
    not SHARED.is_dir(), reason=f"no real data in {SHARED} (LALANH_SHARED names another place)"
)
@pytest.mark.parametrize(
    "name",
    ["mexico-2017-offers-needs", "mexico-2017-sites", "rio-grande-2024-points", "rio-grande-2024-supplies"],
)
def test_every_row_of_a_real_crisis_is_accounted_for(app: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / "map.toml").write_text(
        'source = "real"\n[columns]\nid="id"\nlat="lat"\nlon="lon"\ntime="time"\ncategory="category"\n'
        'description="text"\n[category]\nseparator=";"\ndefault="essentials"\n[needs]\ndefault_item="?"\n'
        '[time]\nformats=["iso"]\nzone="America/Mexico_City"\n'
    )
    found = tmp_path / "found.csv"
    report = import_cases(
        SHARED / f"{name}.csv", read_import_mapping(tmp_path / "map.toml"), found, dry_run=True, quiet=True
    )
    assert report.read == report.taken + report.known + report.left_out + report.refused > 0
    rows = list(csv.DictReader(io.StringIO(found.read_text("utf-8-sig"), newline="")))
    assert sum(row["outcome"] == "refused" for row in rows) == report.refused
    assert set(report.reasons) <= {"outside every loaded area", "no coordinates", "these are no coordinates"}
