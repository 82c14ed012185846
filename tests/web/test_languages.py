"""The language of what is said: that of the request, and meanwhile that of somebody else."""

from datetime import timedelta
from typing import Any

import pytest
from flask import render_template_string
from flask_babel import gettext

from app.core.clock import now
from app.web.i18n import in_language, locale_name


def said() -> list[str]:
    """The same word from a template and from Python, after the name of the language."""
    return [locale_name(), render_template_string("{{ _('Giúp') }}"), gettext("Giúp")]


IN_ENGLISH, IN_VIETNAMESE = ["en", "Help", "Help"], ["vi", "Giúp", "Giúp"]


@pytest.mark.parametrize(("asked", "answer"), [("en", IN_ENGLISH), ("vi", IN_VIETNAMESE)])
def test_a_request_is_answered_in_the_language_that_the_browser_asks_for(
    app: Any, asked: str, answer: list[str]
) -> None:
    with app.test_request_context(headers={"Accept-Language": asked}):
        assert said() == said() == answer


def test_a_message_to_somebody_else_is_in_theirs_and_the_page_goes_on_in_its_own(app: Any) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        with in_language("vi"):
            assert said() == IN_VIETNAMESE
            with in_language("en"):
                assert said() == IN_ENGLISH
            assert said() == IN_VIETNAMESE
        assert said() == IN_ENGLISH


def test_a_message_that_fails_leaves_the_language_of_the_page(app: Any) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert said() == IN_ENGLISH
        with pytest.raises(LookupError), in_language("vi"):
            raise LookupError
        assert said() == IN_ENGLISH


def test_without_a_request_everything_is_in_vietnamese(app: Any) -> None:
    assert locale_name() == "vi"
    with in_language("en"):
        assert locale_name() == "en"
    assert locale_name() == "vi"


def test_distances_and_moments_follow_the_language(app: Any) -> None:
    told = "{{ 1234|metres }}, {{ before|ago }}, {{ after|left }}"
    moments = {
        "before": now() - timedelta(minutes=5),
        "after": now() + timedelta(hours=3, minutes=20, seconds=9),
    }
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert render_template_string(told, **moments) == "1.2 km, 5 min ago, 3 h 20 min left"
        with in_language("vi"):
            vietnamese = "1,2 km, 5 phút trước, còn 3 giờ 20 phút"
            assert render_template_string(told, **moments) == vietnamese
