"""First everybody with a name, a token or a tracking link, then a stranger: nothing of theirs is kept."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from app.cases.claiming import take_case
from app.cases.models import Case
from app.cases.tracking import tracking_path
from app.core.db import transaction
from app.people.tokens import create_token
from tests import make
from tests.privacy.walking import HOME, doors, marked_case, text_of

NEAR = f"near={HOME.lat:.3f},{HOME.lon:.3f}"
ADDRESSES = (
    "/?sort=suggested", f"/?{NEAR}&live=1", f"/?{NEAR}&sort=nearest", f"/?{NEAR}&%73ort=suggested",
    f"/api/v1/cases?{NEAR}&sort=nearest", f"/api/v1/cases?{NEAR}&limit=1", "/api/v1/coverage",
    "/coverage?page=2", "/coverage.json?area=79",
    "/tiles/cases/6/50/30.mvt", "/tiles/cases/10/815/481.mvt", "/tiles/cases/14/13048/7700.mvt",
    "/tiles/cases/14/13048/7700.mvt?category=medical_advice",
)  # fmt: skip
WAYS: tuple[dict[str, str], ...] = ({}, {"HX-Request": "true"}, {"Accept-Language": "en"})
OWN_TO_EACH_ANSWER = re.compile(
    r'nonce="[^"]+"|nonce-[\w+/=-]+|[\w.-]{20,}|"?request_id"?: ?"\w+"|\b[0-9a-f]{32}\b'
)
NOT_FOR_CACHES = ("/metrics", "/readyz", "/healthz", "/outbox", "/static/")


def addresses(app: Any, case: Case) -> list[str]:
    """Everything that anybody may ask for."""
    found = dict.fromkeys([*doors(app, case), *ADDRESSES])
    return [address for address in found if not address.startswith(NOT_FOR_CACHES)]


def told(answer: Any) -> tuple[int, str]:
    """What an answer says, without what is new in each."""
    return answer.status_code, OWN_TO_EACH_ANSWER.sub("·", text_of(answer))


class Bearer:
    """A program that shows a token with each request."""

    def __init__(self, browser: Any, token: str) -> None:
        self.browser, self.token = browser, token

    def open(self, address: str, *, headers: dict[str, str], method: str) -> Any:
        shown = headers | {"Authorization": f"Bearer {self.token}"}
        return self.browser.open(address, headers=shown, method=method)


@pytest.fixture
def case(app: Any, client: Any) -> Case:
    made = marked_case(client, "essentials")
    marked_case(client, "medical_advice")
    make.make_case(vulnerabilities=["children"], at=HOME.moved(400, 1))
    with transaction():
        take_case(made.code, by=make.minh_volunteer(), needs={made.needs[0].id: Decimal(1)})
    return made


def people(app: Any, client_for: Any, case: Case) -> Iterator[Any]:
    """Somebody of each kind."""
    follower = app.test_client()
    assert follower.get(tracking_path(case)).status_code == 303
    yield follower
    for who in (make.minh_volunteer, make.dr_tam_medic, make.anh_official_w1, make.admin):
        yield client_for(who())
    with transaction():
        token = create_token(make.dr_tam_medic(), "test", ["cases:read"], days=1).text
    yield Bearer(app.test_client(), token)
    yield Bearer(app.test_client(), "no-such-token")


@pytest.mark.slow
def test_a_stranger_after_everybody_is_answered_as_if_nobody_had_been_there(
    app: Any, client: Any, client_for: Any, case: Case
) -> None:
    asked = [(address, way) for address in addresses(app, case) for way in WAYS]
    alone = {}
    for number, (address, way) in enumerate(asked):
        app.extensions.pop("lalanh_feed_kept", None)
        alone[number] = told(app.test_client().get(address, headers=way))
    app.extensions.pop("lalanh_feed_kept", None)
    for browser in people(app, client_for, case):
        for number, (address, way) in enumerate(asked):
            answer = browser.open(address, headers=way, method="GET")
            caching = answer.headers.get("Cache-Control", "")
            if "public" in caching and answer.status_code == 200:
                assert told(answer) == alone[number], f"{address} {way} is kept by caches"
                assert "Set-Cookie" not in answer.headers, address
            elif answer.status_code == 200:
                assert "no-store" in caching or "private" in caching or "no-cache" in caching, address
            browser.open(address, headers=way, method="HEAD")
    for number, (address, way) in enumerate(asked):
        stranger = app.test_client()
        assert told(stranger.get(address, headers=way)) == alone[number], f"{address} {way}"
        if stranger.head(address, headers=way).status_code == 200:
            assert stranger.head(address, headers=way).data == b""
