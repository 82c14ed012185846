"""Everybody pushes at every door that changes something: what is not theirs stays as it is."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from app.cases.tracking import handover_code
from app.core.db import db
from app.people.models import User
from tests.privacy.story import NOT_CONCERNED, Story, former_helper

THEIR_OWN = {
    "claims.create", "cases_api.claim", "claims.join",  # whoever helps may take what is open
    "people.take_role", "people.give_up_role", "cases.unfollow",  # about themselves and their browser
}  # fmt: skip
STATE = text(
    """
    SELECT json_build_object(
        'cases', (SELECT json_agg(c) FROM (SELECT code, status, verified_at FROM "case" ORDER BY 1) c),
        'needs', (SELECT json_agg(n) FROM (SELECT id, pledged, delivered FROM need ORDER BY 1) n),
        'claims', (SELECT json_agg(k) FROM (
            SELECT id, status, wrong_codes, lease_until FROM claim ORDER BY 1) k),
        'asks', (SELECT json_agg(a) FROM (SELECT id, status, why FROM ask ORDER BY 1) a),
        'rounds', (SELECT json_agg(r) FROM (SELECT id, status FROM round ORDER BY 1) r),
        'stops', (SELECT json_agg(s) FROM (SELECT id, position, outcome FROM round_stop ORDER BY 1) s),
        'plans', (SELECT json_agg(p) FROM (SELECT id, status FROM plan ORDER BY 1) p),
        'lines', (SELECT json_agg(l) FROM (
            SELECT id, chosen, volunteer_id, outcome FROM plan_line ORDER BY 1) l))::text
    """
)


@pytest.fixture
def story(app: Any, client: Any, client_for: Any) -> Story:
    return Story(app, client, client_for, "essentials")


def state() -> str:
    db.session.rollback()
    return str(db.session.execute(STATE).scalar_one())


def pushed(story: Story, round_id: str) -> list[tuple[str, str]]:
    """Every address that changes something about one thing, with its endpoint."""
    keys = story.known | {"round_id": round_id, "code": story.case.code}
    found = []
    for rule in story.app.url_map.iter_rules():
        names = re.findall(r"<(?:[^:>]+:)?(\w+)>", rule.rule)
        if "POST" in rule.methods and names and set(names) <= set(keys) and rule.endpoint not in THEIR_OWN:
            path = re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda name: keys[name[1]], rule.rule)
            found.append((path, rule.endpoint))
    assert len(found) > 25
    return found


@pytest.mark.parametrize("who", [None, *NOT_CONCERNED], ids=lambda who: who.__name__ if who else "stranger")
def test_who_is_not_concerned_changes_nothing(
    story: Story, client: Any, client_for: Any, who: Callable[[], User] | None
) -> None:
    browser = client_for(who()) if who else client
    said = {
        "why": "Tôi muốn thế",
        "code": handover_code(story.case),
        "stop": story.known["stop_id"],
        "to": "up",
    }
    before = state()
    for path, endpoint in pushed(story, story.rounds[-1]):
        if who is former_helper and endpoint.startswith("asks"):
            continue  # They are asked, and may answer.
        for how in ({"data": said}, {"json": said, "headers": {"Accept": "application/json"}}):
            answer = browser.post(path, **how)
            to_sign_in = answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in")
            assert to_sign_in or 400 <= answer.status_code < 500, f"{path}: {answer.status_code}"
        assert state() == before, path
