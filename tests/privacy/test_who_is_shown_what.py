"""Everybody walks through every door: only those concerned are shown the contact, each look recorded."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, select

from app.cases.models import AccessRecord, Case, Claim
from app.core.db import db
from app.matching.models import Plan
from app.people.models import User
from tests import make
from tests.privacy.story import NOT_CONCERNED, Story
from tests.privacy.walking import ADDRESS, NAME, NOTE, holds_nothing, text_of, walk

pytestmark = pytest.mark.slow
CONTACT = re.compile("|".join((NAME, ADDRESS, "987 ?654 ?321")))


@pytest.fixture(params=["essentials", "medical_advice"])
def story(app: Any, client: Any, client_for: Any, request: Any) -> Story:
    return Story(app, client, client_for, request.param)


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
