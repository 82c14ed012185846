"""Rounds hold names and homes: nobody else's, on record, and forgotten in time."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.cases.models import AccessRecord, Case, Claim
from app.core.clock import now
from app.core.db import db, transaction
from app.matching.round_forgetting import erase_old_rounds
from app.matching.round_models import Round, RoundStop
from app.people.erasure import erase_account, personal_data
from app.web.qr import qr_of
from tests import make
from tests.geography import SAI_GON
from tests.matching.rounds import east, planned, stops, taken


@pytest.mark.parametrize("who", ["hoa_volunteer", "lan_resident", "anh_official_w1", "admin"])
def test_nobody_else_learns_of_a_round_or_changes_it(
    minh: Any, minh_volunteer: Any, client_for: Any, who: str
) -> None:
    _case, claim = taken(minh_volunteer, 600)
    where = planned(minh)
    other = client_for(getattr(make, who)())
    stop = stops()[0].id
    assert other.get(where).status_code == 404
    assert other.get(f"{where}/print").status_code == 404
    for path in ("ticks", f"stops/{stop}/move", "again", "end"):
        answer = other.post(f"{where}/{path}", data={"stop": str(stop), "to": "down"})
        assert answer.status_code == 404, path
    assert db.session.get_one(Claim, claim.id).status == "live"
    assert db.session.scalars(select(Round.status)).one() == "active"


def test_a_stop_of_another_round_is_not_ticked_through_ones_own(
    minh: Any, minh_volunteer: Any, client_for: Any, hoa_volunteer: Any
) -> None:
    _case, claim = taken(minh_volunteer, 600)
    planned(minh)
    stop = stops()[0].id
    hoa = client_for(hoa_volunteer)
    taken(hoa_volunteer, 900)
    own = planned(hoa)
    assert hoa.post(f"{own}/ticks", data={"stop": str(stop)}).status_code == 404
    assert hoa.post(f"{own}/ticks", data={"stop": "x"}).status_code == 422
    assert db.session.get_one(Claim, claim.id).status == "live"


def test_looking_at_a_round_is_recorded_for_the_requester(minh: Any, minh_volunteer: Any) -> None:
    case, _claim = taken(minh_volunteer, 600)
    where = planned(minh)
    minh.get(where)
    minh.get(f"{where}/print")
    seen = db.session.scalars(select(AccessRecord).where(AccessRecord.case_id == case.id)).all()
    assert [(record.viewer_id, record.reason) for record in seen] == [(minh_volunteer.id, "claim")]


def test_paper_has_a_code_for_each_stop(minh: Any, minh_volunteer: Any) -> None:
    shop = make.make_supply_point(at=east(300), category_ids=[make.category().id])
    claims = [taken(minh_volunteer, metres)[1] for metres in (600, 900)]
    where = planned(minh, **{f"from.{claims[0].id}": str(shop.id)})
    paper = minh.get(f"{where}/print").text
    assert paper.count('class="qr"') == 3
    codes = db.session.scalars(select(Case.code))
    for opens in (f"/supplies/{shop.id}", *(f"/cases/{code}" for code in codes)):
        assert str(qr_of(f"http://localhost{opens}")) in paper
    # Whoever finds the paper opens the page that strangers see.
    assert "12/3 Nguyễn Trãi" not in minh.application.test_client().get(f"/cases/{claims[0].case.code}").text
    assert "12/3 Nguyễn Trãi" in paper


def test_ones_own_copy_holds_rounds_and_they_end_with_the_account(minh: Any, minh_volunteer: Any) -> None:
    case, _claim = taken(minh_volunteer, 600)
    planned(minh)
    copy = personal_data(minh_volunteer)
    assert copy["rounds"][0]["lat"] == pytest.approx(SAI_GON.lat)
    assert copy["rounds"][0]["stops"][0]["code"] == case.code
    with transaction():
        erase_account(minh_volunteer, make.PASSWORD)
    assert db.session.scalar(select(func.count()).select_from(Round)) == 0
    assert db.session.scalar(select(func.count()).select_from(RoundStop)) == 0


def test_old_rounds_are_forgotten_with_where_they_started(minh: Any, minh_volunteer: Any) -> None:
    taken(minh_volunteer, 600)
    planned(minh)
    assert erase_old_rounds() == 0
    with transaction():
        db.session.execute(update(Round).values(created_at=now() - timedelta(days=8)))
    assert erase_old_rounds() == 1
    assert db.session.scalar(select(func.count()).select_from(RoundStop)) == 0
    assert db.session.scalars(select(Claim.status)).one() == "live"
