"""Leases run out, silence closes, the untouched expires, personal fields are erased."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from app.areas.queries import area_by_id
from app.cases import jobs
from app.cases.bulk import BulkCase, add_cases
from app.cases.claiming import deliver_claim, take_case
from app.cases.closing import Actor, cancel_case, still_needed
from app.cases.models import Case, Claim
from app.cases.posting import CaseRequest, NeedLine
from app.core.clock import now
from app.core.db import db, transaction
from app.core.errors import Conflict, NotAllowed
from app.delivery.models import Message
from tests import make
from tests.geography import SAI_GON


@pytest.fixture
def case(app: Any) -> Case:
    return make.make_case(requester=make.lan_resident())


def back_in_time(table: str, column: str, hours: float) -> None:
    with transaction():
        db.session.execute(
            text(f'UPDATE "{table}" SET {column} = now() - make_interval(secs => :s)'), {"s": hours * 3600}
        )
    db.session.expire_all()


def told(purpose: str) -> list[str]:
    return list(db.session.scalars(db.select(Message.address).where(Message.purpose == purpose)))


def test_a_lapsed_claim_goes_back_and_the_volunteer_is_told(case: Case) -> None:
    with transaction():
        take_case(case.code, by=make.minh_volunteer())
    back_in_time("claim", "lease_until", 0.1)
    assert jobs.end_lapsed_claims() == 1
    assert case.status == "open"
    assert db.session.query(Claim).one().status == "expired"
    assert told("claim_expired") == [make.minh_volunteer().phone]


def test_somebody_who_takes_a_lapsed_case_first_ends_the_lapsed_claim(case: Case) -> None:
    with transaction():
        take_case(case.code, by=make.minh_volunteer())
    back_in_time("claim", "lease_until", 0.1)
    with transaction():
        take_case(case.code, by=make.hoa_volunteer())
    assert sorted(claim.status for claim in db.session.query(Claim)) == ["expired", "live"]


def test_two_days_of_silence_close_a_delivered_case(case: Case) -> None:
    minh = make.minh_volunteer()
    with transaction():
        deliver_claim(take_case(case.code, by=minh).id, by=minh)
    assert jobs.close_unanswered() == 0
    back_in_time("case", "status_at", 49)
    assert jobs.close_unanswered() == 1
    assert case.status == "closed"
    assert told("case_auto_closed") == [make.lan_resident().phone]


def test_after_a_day_the_requester_is_asked_once(case: Case) -> None:
    back_in_time("case", "status_at", 25)
    assert [jobs.ask_still_needed(), jobs.ask_still_needed()] == [1, 0]
    assert told("case_waiting") == [make.lan_resident().phone]


def test_who_still_needs_help_says_so_and_the_case_stays(case: Case) -> None:
    lan = Actor(make.lan_resident())
    back_in_time("case", "status_at", 24 * 15)
    jobs.ask_still_needed()
    with transaction():
        still_needed(case.code, actor=lan)
    assert (jobs.expire_untouched(), jobs.ask_still_needed(), case.status) == (0, 0, "open")
    assert case.asked_at is None
    with pytest.raises(NotAllowed), transaction():
        still_needed(case.code, actor=Actor(make.minh_volunteer()))
    with transaction():
        cancel_case(case.code, actor=lan)
    with pytest.raises(Conflict), transaction():
        still_needed(case.code, actor=lan)


def test_a_case_of_which_a_part_was_taken_lately_does_not_run_out(case: Case) -> None:
    back_in_time("case", "status_at", 24 * 15)
    with transaction():
        take_case(case.code, by=make.minh_volunteer(), needs={case.needs[0].id: Decimal(1)})
    assert (jobs.expire_untouched(), case.status) == (0, "open")


def test_what_nobody_touches_for_two_weeks_leaves_the_map(case: Case) -> None:
    back_in_time("case", "status_at", 24 * 14 + 1)
    assert jobs.expire_untouched() == 1
    assert case.status == "expired"


def test_personal_fields_are_erased_after_ninety_days_and_the_figures_stay(case: Case) -> None:
    with transaction():
        case.status = "closed"
    back_in_time("case", "status_at", 24 * 91)
    assert jobs.erase_long_ended() == 1
    assert jobs.erase_long_ended() == 0
    db.session.refresh(case)
    private = ("contact_name", "contact_phone", "address", "position", "requester_id")
    assert [getattr(case, name) for name in private] == [None] * len(private)
    assert case.needs_text
    assert case.erased_at is not None
    assert now() - case.erased_at < timedelta(minutes=1)


def test_events_cannot_be_rewritten(case: Case) -> None:
    with transaction():
        take_case(case.code, by=make.minh_volunteer())
    with pytest.raises(Exception, match="append-only"), transaction():
        db.session.execute(text("UPDATE case_event SET why = 'x'"))


def test_the_requester_is_told_who_comes_with_the_link_to_answer(case: Case) -> None:
    with transaction():
        take_case(case.code, by=make.minh_volunteer())
    message = db.session.query(Message).filter_by(purpose="case_taken").one()
    assert "Trần Văn Minh" in message.subject
    assert f"/t/{case.code}/" in message.body


def test_an_old_report_that_is_brought_in_does_not_run_out_at_once(app: Any) -> None:
    commune = area_by_id(make.area_at(SAI_GON).id)
    said = CaseRequest(
        "essentials", [NeedLine("Gạo", Decimal(1), "kg")], SAI_GON, source="import", source_id="1"
    )
    with transaction():
        add_cases([BulkCase(said, make.category(), commune, None, now() - timedelta(days=900))])
    assert jobs.expire_untouched() == 0
    assert db.session.query(Case).one().status == "open"
