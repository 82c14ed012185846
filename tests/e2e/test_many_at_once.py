"""Two hundred people press the same button in the same instant."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.site import Site

PEOPLE = 200
MAKE_PEOPLE = """
INSERT INTO "user" (id, phone, name, password_hash)
SELECT gen_random_uuid(), '+849020' || lpad(n::text, 5, '0'), 'Người ' || n, '-'
FROM generate_series(1, :people) AS n
"""
MAKE_VOLUNTEERS = """
INSERT INTO user_role (id, user_id, role) SELECT gen_random_uuid(), id, 'volunteer' FROM "user"
WHERE phone LIKE '+849020%'
"""


@pytest.fixture
def busy_site(worker_database: Any, app: Any, tmp_path: Path) -> Iterator[Site]:
    """Several web processes on the test's own database."""
    site = Site(worker_database.url, tmp_path / "site.log", LALANH_WORKERS="4")
    yield site.start()
    site.stop()


@pytest.fixture
def tokens(app: Any) -> list[str]:
    """Two hundred volunteers, each with a token for the API."""
    from app.core.db import db, transaction
    from app.people.models import User
    from app.people.tokens import create_token

    with transaction():
        db.session.execute(text(MAKE_PEOPLE), {"people": PEOPLE})
        db.session.execute(text(MAKE_VOLUNTEERS))
    people = db.session.scalars(select(User).where(User.phone.like("+849020%"))).all()
    with transaction():
        return [create_token(person, "test", ["claims:write"], days=1).text for person in people]


def take(site: Site, code: str, token: str) -> tuple[int, dict[str, Any]]:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", f"/api/v1/cases/{code}/claims", body="{}", headers=headers)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    return answer.status, body


@pytest.mark.slow
def test_exactly_one_gets_the_last_need(
    busy_site: Site, tokens: list[str], make_case: Callable[..., Any]
) -> None:
    code = make_case([("Bình oxy", 1, "bình")])
    together = Barrier(PEOPLE)
    answers: list[tuple[int, dict[str, Any]]] = []

    def press(token: str) -> None:
        together.wait()
        answers.append(take(busy_site, code, token))

    threads = [Thread(target=press, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(status for status, _body in answers) == {201: 1, 409: PEOPLE - 1}
    assert {body["type"].rsplit("/", 1)[-1] for status, body in answers if status == 409} == {"taken"}
    assert live_claims(code) == [1]


def live_claims(code: str) -> list[int]:
    """How many live claims the case has, and that its need is promised once."""
    from app.core.db import db

    query = """
        SELECT (SELECT count(*) FROM claim k WHERE k.case_id = c.id AND k.status = 'live')
        FROM "case" c JOIN need n ON n.case_id = c.id WHERE c.code = :code AND n.pledged = n.quantity
    """
    return list(db.session.scalars(text(query), {"code": code}))


@pytest.fixture
def make_case(app: Any) -> Callable[..., str]:
    """`make_case(needs)` gives the code of a new case."""
    from tests import make

    return lambda needs: make.make_case(needs).code
