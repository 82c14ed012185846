"""An answer that caches may keep for everybody carries nobody's cookie."""

from typing import Any

import pytest

from tests import make

PUBLIC = (
    "/tiles/cases/14/13050/7700.mvt",
    "/tiles/cases/6/50/30.mvt",
    "/coverage.json",
    "/static/logo.svg?v=x",
)


def lasting(browser: Any) -> Any:
    """The browser with a session that Flask lengthens at every answer."""
    with browser.session_transaction() as session:
        session.permanent = True
        session["locale"] = "en"
    return browser


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_answer_sets_no_cookie(client_for: Any, minh_volunteer: Any, path: str) -> None:
    answer = lasting(client_for(minh_volunteer)).get(path)
    assert "public" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers


def test_what_a_program_of_a_stranger_gets_sets_none_either(client: Any) -> None:
    make.make_case()
    browser, where = lasting(client), "/api/v1/cases?near=10.77,106.7"
    # The first answer may note something in the session: then it is this browser's alone.
    first = browser.get(where)
    assert "public" not in first.headers["Cache-Control"] or "Set-Cookie" not in first.headers
    answer = browser.get(where)
    assert "public" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers


def test_a_page_of_ones_own_still_lengthens_the_session(client_for: Any, minh_volunteer: Any) -> None:
    answer = lasting(client_for(minh_volunteer)).get("/me")
    assert "public" not in answer.headers["Cache-Control"]
    assert "Expires=" in answer.headers["Set-Cookie"]
