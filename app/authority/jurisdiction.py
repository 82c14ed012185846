"""The areas that an official answers for: their own and everything under them, as ids that cases carry."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import text

from app.core.db import db
from app.core.errors import NotAllowed
from app.people.models import User

LEAF = "commune"

BELOW = text(
    """
    WITH RECURSIVE below AS (
        SELECT id FROM area WHERE id = ANY(:roots)
        UNION
        SELECT a.id FROM area a JOIN below ON a.parent_id = below.id
    )
    SELECT a.id, a.code, a.level, a.full_name AS name, a.parent_id, a.valid_to IS NULL AS in_force,
           coalesce(a.boundary = 'approximate', false) AS approximate
    FROM below JOIN area a USING (id)
    ORDER BY a.level <> 'province', a.folded, a.id
    """
)

ABOVE = text(
    """
    WITH RECURSIVE above AS (
        SELECT id, parent_id FROM area WHERE id = ANY(:roots)
        UNION
        SELECT a.id, a.parent_id FROM area a JOIN above ON a.id = above.parent_id
    )
    SELECT id FROM above
    """
)


class Unit(NamedTuple):
    """One administrative unit inside a jurisdiction."""

    id: int
    code: str
    level: str
    name: str
    parent_id: int | None
    in_force: bool
    approximate: bool


@dataclass(frozen=True)
class Jurisdiction:
    """Some areas and all that lies under them. Cases are matched by the area ids stored on them."""

    roots: tuple[Unit, ...]
    units: tuple[Unit, ...]

    @property
    def ids(self) -> list[int]:
        """Every unit of the jurisdiction."""
        return [unit.id for unit in self.units]

    @property
    def province_ids(self) -> list[int]:
        """Units whose cases are found by `case.province_id`: all that are not communes."""
        return [unit.id for unit in self.units if unit.level != LEAF]

    @property
    def commune_ids(self) -> list[int]:
        """Communes that no unit of `province_ids` holds already."""
        held = set(self.province_ids)
        return [unit.id for unit in self.units if unit.level == LEAF and unit.parent_id not in held]

    @property
    def communes(self) -> list[Unit]:
        """The communes in force, by name: what a filter can be narrowed to."""
        return [unit for unit in self.units if unit.level == LEAF and unit.in_force]

    @property
    def approximate(self) -> bool:
        """Whether the outline of any unit in force is only an approximation."""
        return any(unit.approximate for unit in self.units if unit.in_force)

    @property
    def name(self) -> str:
        """The areas by name, for headings."""
        return ", ".join(unit.name for unit in self.roots)

    def narrowed(self, code: str) -> "Jurisdiction":
        """Only the unit with this code, and what is under it. NotAllowed when it is somebody else's."""
        same = [unit for unit in self.units if unit.code == code]
        chosen = [unit for unit in same if unit.in_force] or same
        if not chosen:
            raise NotAllowed(
                _("Địa bàn này không thuộc phạm vi của bạn."), slug="outside-jurisdiction", field="area"
            )
        return Jurisdiction(tuple(chosen), tuple(self._under(chosen)))

    def holds(self, commune_id: int | None, province_id: int | None) -> bool:
        """Whether a case with these stored areas lies inside."""
        return commune_id in self.commune_ids or province_id in self.province_ids

    def _under(self, chosen: Iterable[Unit]) -> Iterable[Unit]:
        children: dict[int | None, list[Unit]] = {}
        for unit in self.units:
            children.setdefault(unit.parent_id, []).append(unit)
        waiting, seen = list(chosen), set()
        while waiting:
            unit = waiting.pop()
            if unit.id not in seen:
                seen.add(unit.id)
                yield unit
                waiting += children.get(unit.id, [])


def jurisdiction_of(user: User) -> Jurisdiction:
    """The jurisdiction of an official, or NotAllowed. An administrator as such has none: no private data."""
    roots = user.official_area_ids
    if not roots:
        raise NotAllowed(_("Trang này dành cho cán bộ của một địa bàn."))
    rows = db.session.execute(BELOW, {"roots": sorted(roots)}).all()
    units = tuple(Unit(*row) for row in rows)
    return Jurisdiction(tuple(unit for unit in units if unit.id in roots), units)


def ids_above(jurisdiction: Jurisdiction) -> list[int]:
    """The units above the jurisdiction: whoever exports one of those exports this one with it."""
    roots: list[Any] = [unit.id for unit in jurisdiction.roots]
    return list(db.session.execute(ABOVE, {"roots": roots}).scalars())
