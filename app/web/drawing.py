"""What a page calls dozens or hundreds of times: words and icons, as plain functions rather than macros.

A feed of twenty cards says two hundred texts and draws ninety icons. Through Flask-Babel's and Jinja's own
layers that was a third of the work for the page.
"""

from functools import lru_cache
from typing import Any

from flask import Flask
from flask_babel import get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from app.web.i18n import locale_name
from app.web.statics import static_url


@pass_eval_context
def words(context: EvalContext, text: str, /, **variables: Any) -> str:
    """`_("…")` in templates: the text in the language of this request, with what is put into it escaped."""
    if not variables:
        return _plain(locale_name(), text, context.autoescape)
    return _pattern(locale_name(), text, context.autoescape) % variables


def plain_words(text: str, /, **variables: Any) -> str:
    """The text in the language of this request, for what Python says dozens of times a page."""
    return _pattern(locale_name(), text, False) % variables


@lru_cache(maxsize=8192)
def _pattern(_locale: str, text: str, autoescape: bool) -> str:
    said = str(get_translations().gettext(text))
    return Markup(said) if autoescape else said  # noqa: S704 (our own catalogue)


@lru_cache(maxsize=8192)
def _plain(locale: str, text: str, autoescape: bool) -> str:
    # Always a pattern, as in Jinja's own: a per cent sign is written twice with variables and without.
    return _pattern(locale, text, autoescape) % {}


def icon(name: str, label: str | None = None, size: str = "normal", **attributes: str) -> Markup:
    """An icon or state shape of static/icons.svg.

    Beside a text it is decoration and hidden from screen readers; alone in a button it needs a `label`.
    Sizes: small 16, normal 20, large 28 px. `class` adds a class.
    """
    return _icon(static_url("icons.svg"), str(name), str(label or ""), size, attributes.get("class", ""))


@lru_cache(maxsize=2048)
def _icon(file: str, name: str, label: str, size: str, more: str) -> Markup:
    said = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon icon-{}" {}><use href="{}#{}"></use></svg>').format(
        f"{size} {more}".rstrip(), said, file, name
    )


def set_up(app: Flask) -> None:
    """Give every template `_` and `icon`."""
    app.jinja_env.globals |= {"_": words, "icon": icon}
