"""How templates draw a case: the group whose colour and shape it has, and how far its needs are."""

from decimal import Decimal
from functools import lru_cache

from flask import render_template
from markupsafe import Markup

from app.cases.routes.blueprint import bp
from app.web.i18n import locale_name

GROUPS = {"open": "torn", "claimed": "taken", "delivered": "helped", "closed": "helped"}
SHAPES = {"danger": "bell", "torn": "torn", "taken": "steps", "helped": "leaf"}


@bp.app_template_global()
def group_of(status: str, urgency: str = "normal") -> str:
    """The visual group of a case: torn, danger, taken, helped, ended."""
    if status == "open" and urgency == "life_threatening":
        return "danger"
    return GROUPS.get(status, "ended")


@bp.app_template_global()
def shape_of(group: str) -> str:
    """The icon of a group: never colour alone."""
    return SHAPES.get(group, "minus")


@bp.app_template_global()
def progress_of(
    quantity: Decimal | float, pledged: Decimal | float | None, delivered: Decimal | float | None, unit: str
) -> Markup:
    """How far one need is, in figures and as a thin line: `templates/ui/_progress.html`."""
    return _progress(locale_name(), quantity, pledged or 0, delivered or 0, unit or "")


@lru_cache(maxsize=8192)
def _progress(
    _locale: str, quantity: Decimal | float, pledged: Decimal | float, delivered: Decimal | float, unit: str
) -> Markup:
    """Kept: a page holds forty of them, mostly of the same few figures.

    The database sees to it that delivered <= pledged <= quantity.
    """
    figures = {"whole": float(quantity), "brought": float(pledged), "done": float(delivered), "unit": unit}
    return Markup(render_template("ui/_progress.html", **figures))  # noqa: S704 (our own template)
