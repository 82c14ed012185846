"""Everybody walks through every door: only those concerned are shown the contact, each look recorded."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, select

from app.cases.claiming import release_claim, take_case
from app.cases.models import AccessRecord, Case, Claim
from app.core.clock import now
from app.core.db import db, transaction
from app.matching.dispatch_models import Ask, Dispatch
from app.matching.models import Plan, PlanLine
from app.matching.round_models import Round, RoundStop
from app.people.models import User
from tests import make
from tests.privacy.walking import ADDRESS, HOME, NAME, NOTE, doors, holds_nothing, marked_case, text_of, walk

pytestmark = pytest.mark.slow
CONTACT = re.compile("|".join((NAME, ADDRESS, "987 ?654 ?321")))


def former_helper() -> User:
    """Who was on the way, has planned a round with it, gave it back, and is asked again."""
    return make.volunteer("Từng nhận", "+84901000055", HOME.moved(700, 1), "medic")


def another_medic() -> User:
    """Verified, and never concerned with this case."""
    return make.volunteer("Bác sĩ Khác", "+84901000056", HOME.moved(900, 2), "medic")


class Story:
    """One helper is on the way, another was and gave it back, officials have made plans."""

    def __init__(self, app: Any, client: Any, client_for: Any, category: str) -> None:
        self.app = app
        self.case = marked_case(client, category)
        medical = category == "medical_advice"
        self.helper = make.dr_tam_medic() if medical else make.minh_volunteer()
        self.former = former_helper()
        self.known: dict[str, str] = {}
        for who in (self.former, self.helper):
            with transaction():
                claim = take_case(self.case.code, by=who, needs={self.case.needs[0].id: Decimal(1)})
            place = {"lat": f"{HOME.lat + 0.01}", "lon": "106.69", "vehicle": "motorbike"}
            assert client_for(who).post("/me/round", data=place).status_code == 303
            if who is self.former:
                with transaction():
                    release_claim(claim.id, by=who)
        ask = self.asked(self.former)
        for official in (make.anh_official_w1(), make.ba_official_w2()):
            assert client_for(official).post("/authority/assign/").status_code == 303
        plan = db.session.scalars(select(PlanLine)).one()
        keys = {"plan_id": plan.plan_id, "line_id": plan.id, "ask_id": ask}
        self.rounds = [str(key) for key in db.session.scalars(select(Round.id))]
        keys |= {"stop_id": db.session.scalars(select(RoundStop.id)).first(), "claim_id": claim.id}
        self.known = {name: str(key) for name, key in keys.items()}

    def asked(self, who: User) -> Any:
        search = Dispatch(case_id=self.case.id, status="stopped", next_at=now())
        with transaction():
            db.session.add(search)
            db.session.flush()
            ask = Ask(dispatch_id=search.id, case_id=self.case.id, volunteer_id=who.id, wave=1)
            ask.deadline = now().replace(year=now().year + 1)
            db.session.add(ask)
        return ask.id

    def doors(self) -> list[str]:
        """Every address with every key that somebody might have got hold of."""
        return [
            address
            for key in self.rounds
            for address in doors(self.app, self.case, self.known | {"round_id": key})
        ]


@pytest.fixture(params=["essentials", "medical_advice"])
def story(app: Any, client: Any, client_for: Any, request: Any) -> Story:
    return Story(app, client, client_for, request.param)


NOT_CONCERNED: list[Callable[[], User]] = [
    make.lan_resident, make.hoa_volunteer, make.chi_supplier, make.ba_official_w2, make.admin, former_helper,
    another_medic,
]  # fmt: skip


@pytest.mark.parametrize("who", NOT_CONCERNED, ids=lambda who: who.__name__)
def test_who_is_not_concerned_is_shown_nothing_behind_any_door(
    story: Story, client_for: Any, who: Callable[[], User]
) -> None:
    person = who()
    for address, answer in walk(client_for(person), iter(story.doors())):
        if address != "/outbox":  # It does not exist where real people are.
            holds_nothing(text_of(answer), f"{address}, for {person.name},")


def test_whoever_is_shown_the_contact_leaves_a_record_of_it(story: Story, client_for: Any) -> None:
    shown: dict[str, set[str]] = {}
    for person in (story.helper, make.anh_official_w1(), make.chu_province_official()):
        browser = client_for(person)
        for address, answer in walk(_Forgetful(browser), iter(story.doors())):
            if not CONTACT.search(text_of(answer)):
                continue
            shown.setdefault(person.name, set()).add(address.partition("?")[0])
            seen_by = select(AccessRecord.viewer_id).where(AccessRecord.case_id == story.case.id)
            assert person.id in set(db.session.scalars(seen_by)), f"{address}, for {person.name}"
            if story.case.category_id == make.category("medical_advice").id and person is not story.helper:
                assert NOTE not in text_of(answer), address
    code = story.case.code
    assert {f"/cases/{code}", "/me/claims"} <= shown[story.helper.name]
    assert any(address.endswith("/print") for address in shown[story.helper.name])
    for official in (make.anh_official_w1(), make.chu_province_official()):
        assert {f"/authority/cases/{code}", f"/cases/{code}"} <= shown[official.name]


class _Forgetful:
    """A browser before each step of which nobody has looked at anything."""

    def __init__(self, browser: Any) -> None:
        self.browser = browser

    def get(self, address: str) -> Any:
        db.session.execute(delete(AccessRecord))
        db.session.commit()
        return self.browser.get(address)


def test_nobody_is_on_it_who_should_not_be(story: Story) -> None:
    """The story is as it says: one live claim, one given back, the rest open."""
    statuses = sorted(db.session.scalars(select(Claim.status).where(Claim.case_id == story.case.id)))
    assert statuses == ["live", "released"]
    assert db.session.get_one(Case, story.case.id).status == "open"
    assert db.session.query(Plan).count() == 2
