"""Which emergencies are on, where, with which categories."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, text

from app.core.clock import now
from app.core.db import db
from app.emergencies.models import Category

OPEN_FOR = text(
    """
    SELECT e.id, array_agg(ec.category_id) AS category_ids
    FROM emergency e
    JOIN emergency_category ec ON ec.emergency_id = e.id
    WHERE e.starts_at <= now() AND (e.ends_at IS NULL OR e.ends_at > now())
      AND EXISTS (
          SELECT FROM emergency_area ea WHERE ea.emergency_id = e.id AND ea.area_id = ANY(:area_ids)
      )
    GROUP BY e.id
    ORDER BY e.starts_at DESC
    LIMIT 20
    """
)


class OpenEmergency(NamedTuple):
    """An emergency that is on somewhere, and its categories."""

    id: uuid.UUID
    category_ids: Sequence[int]


def all_categories() -> list[Category]:
    """Every category, in the order in which people see them."""
    return list(db.session.scalars(select(Category).order_by(Category.position, Category.id).limit(200)))


def category_by_slug(slug: str) -> Category | None:
    """The category called `slug`, if there is one."""
    return next((category for category in all_categories() if category.slug == slug), None)


def open_emergencies(area_ids: Sequence[int]) -> list[OpenEmergency]:
    """The emergencies that are on now in any of the areas, newest first."""
    rows = db.session.execute(OPEN_FOR, {"area_ids": list(area_ids)})
    return [OpenEmergency(*row) for row in rows]


def categories_on() -> list[Category]:
    """The categories that are switched on somewhere now."""
    ids = db.session.scalars(
        text(
            """
            SELECT DISTINCT ec.category_id FROM emergency e
            JOIN emergency_category ec ON ec.emergency_id = e.id
            WHERE e.starts_at <= now() AND (e.ends_at IS NULL OR e.ends_at > now())
            """
        )
    ).all()
    return [category for category in all_categories() if category.id in ids]


class EmergencyRow(NamedTuple):
    """An emergency in the list of administrators."""

    id: uuid.UUID
    name: str
    name_en: str
    starts_at: datetime
    ends_at: datetime | None
    areas: Sequence[str]
    category_ids: Sequence[int]

    @property
    def state(self) -> str:
        """Whether it is "coming", "on" or "over" now."""
        moment = now()
        if self.ends_at is not None and self.ends_at <= moment:
            return "over"
        return "on" if self.starts_at <= moment else "coming"


EVERY_EMERGENCY = text(
    """
    SELECT e.id, e.name, e.name_en, e.starts_at, e.ends_at,
        ARRAY(SELECT a.full_name FROM emergency_area ea JOIN area a ON a.id = ea.area_id
              WHERE ea.emergency_id = e.id ORDER BY a.full_name LIMIT 50) AS areas,
        ARRAY(SELECT ec.category_id FROM emergency_category ec WHERE ec.emergency_id = e.id) AS category_ids
    FROM emergency e
    ORDER BY (e.ends_at IS NULL OR e.ends_at > now()) DESC, e.starts_at DESC
    LIMIT :limit
    """
)


def every_emergency(limit: int = 100) -> list[EmergencyRow]:
    """All emergencies: those that are on or coming first, then newest first."""
    return [EmergencyRow(*row) for row in db.session.execute(EVERY_EMERGENCY, {"limit": limit})]
