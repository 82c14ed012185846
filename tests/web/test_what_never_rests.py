"""However many people are here, asking for help, taking a case and signing in go on, and nearly all else."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from app.cases.models import Claim
from app.core.db import db
from app.people.models import User
from tests import make
from tests.crowd import crowded
from tests.geography import SAI_GON
from tests.people.test_every_door_has_a_guard import address_of

LEVELS = range(5)
MAY_REST = {
    "feed.index", "feed_api.cases", "case_tiles.tile", "supplies.index", "authority.index",
    "authority.export", "authority.export_file",
    "exports_api.cases_csv", "exports_api.cases_xlsx", "exports_api.cases_geojson",
}  # fmt: skip
"""Every door that may answer otherwise in a crowd. A new one belongs here only after a decision."""
# What says on each page that it is crowded, and what differs between any two answers.
PASSING = re.compile(
    r'<p class="busy-line".*?</p>|<(script|style).*?</\1>|<[^>]+>|"request_id": "\w+"|"made_at": "[^"]+"',
    re.DOTALL,
)
KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
POSTED = {
    "category": "essentials",
    "needs": [{"item": "Gạo", "quantity": 5, "unit": "kg"}],
    "lat": SAI_GON.lat,
    "lon": SAI_GON.lon,
    "contact_name": "Nguyễn Thị Lan",
    "contact_phone": "0912345678",
}


def doors(app: Any) -> Iterator[tuple[Any, str]]:
    """Every door but those that may rest, with each way to call it."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in MAY_REST and rule.endpoint != "static":
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield rule, method


def answer_of(app: Any, browser: Any, rule: Any, method: str) -> tuple[int, str, str]:
    """What a door answers: status, where to, and its words where nothing is changed by asking."""
    answer = browser.open(address_of(app, rule), method=method)
    said = method == "GET" and rule.endpoint != "health.metrics"
    words = " ".join(PASSING.sub(" ", answer.text).split()) if said else ""
    return answer.status_code, KEY.sub("…", answer.headers.get("Location", "")), words


@pytest.mark.slow
@pytest.mark.parametrize("who", ["stranger", "minh_volunteer", "anh_official_w1"])
def test_no_other_door_answers_otherwise_in_a_crowd(app: Any, client_for: Any, who: str) -> None:
    make.make_case()
    user = None if who == "stranger" else getattr(make, who)()

    def browser() -> Any:
        return app.test_client() if user is None else client_for(user)

    known = sorted(doors(app), key=lambda door: door[1] != "GET")
    assert len(known) > 100
    differing = {}
    for rule, method in known:
        calm = answer_of(app, browser(), rule, method)
        with crowded(app):
            busy = answer_of(app, browser(), rule, method)
        if calm != busy:
            differing[rule.rule, method] = calm, busy
    assert differing == {}


@pytest.mark.parametrize("level", LEVELS)
def test_a_case_is_posted_taken_and_delivered_at_every_level(
    app: Any, client: Any, client_for: Any, level: int, minh_volunteer: User
) -> None:
    make.emergency()
    minh = client_for(minh_volunteer)
    with crowded(app, level):
        posted = client.post("/api/v1/cases", json=POSTED)
        assert posted.status_code == 201, posted.text
        code = posted.json["code"]
        taken = minh.post(f"/cases/{code}/claims")
        assert taken.status_code == 303, taken.text
        assert minh.get(f"/cases/{code}").status_code == 200
        claim = db.session.scalars(select(Claim)).one()
        assert minh.post(f"/cases/{code}/claims/{claim.id}/deliver").status_code in (200, 303)
        assert client.get(posted.json["tracking_url"], follow_redirects=True).status_code == 200
    db.session.expire_all()
    assert db.session.scalars(select(Claim)).one().status == "delivered"


@pytest.mark.parametrize("level", LEVELS)
def test_people_sign_in_and_out_at_every_level(app: Any, client: Any, level: int) -> None:
    lan = make.lan_resident()
    with crowded(app, level):
        said = {"identity": lan.phone, "password": make.PASSWORD}
        assert client.post("/sign-in", data=said).status_code == 303
        assert lan.name in client.get("/me").text
        assert client.post("/sign-out").status_code == 303
        assert client.get("/me").location.startswith("/sign-in")
