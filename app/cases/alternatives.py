"""Who comes too late is shown the nearest other cases; `wiring.py` says who knows them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import func, select

from app.cases.models import Case
from app.core.db import db
from app.core.errors import Conflict
from app.core.geo import Point
from app.people.models import User

HOW_MANY = 3
TOO_LATE = ("taken", "ended")
"""The slugs of conflicts after which somebody would rather see other cases."""
Provider = Callable[..., list[dict[str, Any]]]

_providers: list[Provider] = []


def provide(provider: Provider) -> None:
    """Name the function `(point, limit, exclude_code, viewer_is_medic) → public cases`, nearest first."""
    _providers[:] = [provider]


def nearest_others(code: str, user: User | None) -> list[dict[str, Any]]:
    """Open cases near this one that the user could take instead, measured from its blurred place."""
    place = Case.public_position
    row = db.session.execute(
        select(func.ST_X(place), func.ST_Y(place)).where(Case.code == code)
    ).one_or_none()
    if row is None or not _providers:
        return []
    return _providers[0](
        Point(row[0], row[1]),
        HOW_MANY,
        exclude_code=code,
        viewer_is_medic=user is not None and user.has_role("medic"),
    )


@contextmanager
def with_alternatives(code: str, user: User) -> Iterator[None]:
    """Add `alternatives` to the Conflict of somebody who came too late."""
    try:
        yield
    except Conflict as late:
        if late.slug in TOO_LATE:
            late.extra["alternatives"] = nearest_others(code, user)
        raise
