"""What tests of rounds have in common: cases along a street, a planned round and its ticks."""

from typing import Any

from sqlalchemy import select

from app.cases.claiming import take_case
from app.cases.models import Case, Claim
from app.core.db import db, transaction
from app.core.geo import Point
from app.matching.round_models import Round, RoundStop
from tests import make
from tests.geography import SAI_GON

HERE = {"lat": f"{SAI_GON.lat}", "lon": f"{SAI_GON.lon}", "vehicle": "motorbike"}


def east(metres: float) -> Point:
    return SAI_GON.moved(metres, 1.5708)


def taken(volunteer: Any, metres: float, **columns: Any) -> tuple[Case, Claim]:
    """A case east of the start, which this volunteer has taken."""
    case = make.make_case(at=east(metres), **columns)
    with transaction():
        claim = take_case(case.code, by=volunteer)
    return case, claim


def planned(browser: Any, **typed: str) -> str:
    """The address of the round that the form makes."""
    answer = browser.post("/me/round", data=HERE | typed)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def stops() -> list[RoundStop]:
    """The stops of the newest round in their order, what did not fit at the end."""
    newest = select(Round.id).order_by(Round.created_at.desc()).limit(1).scalar_subquery()
    query = select(RoundStop).where(RoundStop.round_id == newest).order_by(RoundStop.position.nulls_last())
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def tick(browser: Any, where: str, *chosen: RoundStop, **typed: str) -> Any:
    answer = browser.post(
        f"{where}/ticks",
        data={"stop": [str(stop.id) for stop in chosen], **typed},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    return answer.json["ticked"]
