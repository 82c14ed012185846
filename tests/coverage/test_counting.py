"""The figures of a small country, counted by hand; and who is told of a ward that falls behind."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text

from app.core.clock import now
from app.core.db import db, transaction
from app.core.jobs import jobs
from app.coverage.alerts import tell_of_wards_behind
from app.coverage.counting import count_wards
from app.coverage.jobs import every_minute
from app.coverage.models import AreaCoverage, CoverageAlert
from app.coverage.queries import measured_at
from app.delivery.models import Message
from app.volunteers.models import Volunteer
from tests import make
from tests.geography import CHO_LON, KHANH_HOI, LONG_HUNG, SAI_GON

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)


def ago(hours: float) -> dict[str, Any]:
    return {"created_at": now() - timedelta(hours=hours), "status_at": now() - timedelta(hours=hours)}


def counted() -> dict[str, AreaCoverage]:
    with transaction():
        count_wards()
    return {row.code: row for row in db.session.execute(text(
        "SELECT a.code, w.* FROM area_coverage w JOIN area a ON a.id = w.area_id"))}  # fmt: skip


def pledge(case: Any, *amounts: int) -> None:
    with transaction():
        for need, amount in zip(db.session.merge(case).needs, amounts, strict=True):
            need.pledged = Decimal(amount)


def test_every_figure_of_a_ward(app: Any) -> None:
    make.make_case(**ago(1))
    half = make.make_case(**ago(30))  # 10 kg and 4 boxes
    pledge(half, 5, 2)
    claimed = make.make_case(status="claimed", **ago(30))
    pledge(claimed, 10, 4)
    make.make_case(status="closed", **ago(5))
    make.make_case(status="closed", **ago(24 * 8))
    make.make_case(status="cancelled", **ago(5))
    make.make_case(category_slug="medical_advice", **ago(30))
    make.make_case(at=CHO_LON, **ago(25))
    wards = counted()
    assert set(wards) == {"26740", "27301"}
    here, there = wards["26740"], wards["27301"]
    assert (here.open, here.waiting, here.counted_only, here.asked) == (2, 1, 1, 4)
    assert here.unmet == pytest.approx((1 + 0.5 + 0 + 0) / 4)
    assert (there.open, there.waiting, there.asked, there.unmet) == (1, 1, 1, 1.0)
    assert here.province_id == make.area_of("79").id


def test_the_mean_of_unlike_needs_not_their_sum(app: Any) -> None:
    case = make.make_case(needs=[("Gạo", 100, "kg"), ("Sữa", 2, "hộp")])
    pledge(case, 100, 0)
    assert counted()["26740"].unmet == pytest.approx(0.5)


def test_helpers_count_from_the_middle_of_their_ward_as_far_as_they_go(app: Any) -> None:
    for place in (SAI_GON, KHANH_HOI, LONG_HUNG):
        make.make_case(at=place)
    make.volunteer("Một", "+84902000001", SAI_GON, radius_m=1000)
    make.volunteer("Hai", "+84902000002", SAI_GON.moved(900, 1.0), radius_m=1000)
    make.volunteer("Ba", "+84902000003", KHANH_HOI, radius_m=9000)
    make.volunteer("Nghỉ", "+84902000004", SAI_GON, available=False)
    wards = counted()
    assert {code: row.helpers for code, row in wards.items()} == {"26740": 3, "27265": 1, "26368": 1}


def test_two_bases_of_one_ward_look_the_same(app: Any) -> None:
    make.make_case()
    make.make_case(at=KHANH_HOI)
    minh = make.volunteer("Minh", "+84902000001", SAI_GON, radius_m=5000)
    before = {code: row.helpers for code, row in counted().items()}
    with transaction():
        volunteer = db.session.get_one(Volunteer, minh.id)
        volunteer.base = SAI_GON.moved(1500, 0.3).ewkt
    assert {code: row.helpers for code, row in counted().items()} == before


def test_a_ward_where_nothing_is_left_disappears_and_the_count_is_dated(app: Any) -> None:
    case = make.make_case()
    assert "26740" in counted()
    with transaction():
        db.session.delete(db.session.merge(case))
    assert counted() == {}
    assert measured_at() is not None


@pytest.fixture
def ward_behind(app: Any, anh_official_w1: Any, ba_official_w2: Any, chu_province_official: Any) -> None:
    for n in range(6):
        make.make_case(at=SAI_GON.moved(20 * n, 1.0), **ago(30))
    make.make_case(at=CHO_LON)
    make.make_case(at=KHANH_HOI)
    counted()


def told(at: datetime) -> int:
    with transaction():
        return tell_of_wards_behind(at)


def test_officials_of_the_ward_and_of_its_province_are_told_once(
    ward_behind: None, anh_official_w1: Any, chu_province_official: Any
) -> None:
    assert told(NOON) == 1
    assert told(NOON + timedelta(hours=3)) == 0
    messages = db.session.scalars(select(Message).where(Message.purpose == "ward_behind")).all()
    assert {message.to_user_id for message in messages} == {anh_official_w1.id, chu_province_official.id}
    assert "Phường Sài Gòn" in messages[0].subject
    assert "6 trong 6" in messages[0].body
    assert "100%" in messages[0].body
    alert = db.session.scalars(select(CoverageAlert)).one()
    assert (alert.open, alert.waiting, alert.told) == (6, 6, 2)


def test_after_half_a_day_they_are_told_again_and_never_at_night(ward_behind: None) -> None:
    assert told(NOON + timedelta(hours=11)) == 0  # eleven in the evening
    assert told(NOON) == 1
    assert told(NOON + timedelta(hours=24)) == 1


def test_wards_that_keep_up_are_nobodys_news(app: Any, anh_official_w1: Any) -> None:
    for n in range(8):
        make.make_case(at=SAI_GON.moved(20 * n, 1.0), **ago(2))
    counted()
    assert told(NOON) == 0


def test_the_worker_does_both_by_the_clock(ward_behind: None, app: Any) -> None:
    with transaction():
        db.session.execute(text("DELETE FROM area_coverage"))
    with app.app_context():
        every_minute(0)
    db.session.rollback()
    assert len(db.session.scalars(select(AreaCoverage)).all()) == 3
    known = {(task.name, due.cron) for due in jobs.periodic_registry.periodic_tasks.values()
             for task in (due.task,)}  # fmt: skip
    assert {("coverage.every_minute", "* * * * *"), ("coverage.every_quarter", "7,22,37,52 * * * *")} <= known
