"""Where somebody says that help is needed: a point, a ward, or an address to be understood."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flask_babel import gettext as _

from app.areas.actions import places_of_address
from app.areas.queries import AreaRow, FoundArea, area_at, areas_with_codes, search_areas
from app.cases.placing import commune_of
from app.core.errors import Invalid
from app.core.geo import Point
from app.core.text import clean
from app.volunteers.queries import middle_of

MOST_CHOICES = 6


class Whereabouts(NamedTuple):
    """What is known of a place: the commune once it is clear, else communes to choose from."""

    position: Point | None
    commune: AreaRow | None
    exact: bool
    """False: the position is only the middle of the ward."""
    choices: Sequence[FoundArea] = ()
    problem: str = ""

    @property
    def known(self) -> bool:
        """Whether the case can be written down at this place."""
        return self.position is not None and self.commune is not None and not self.problem


def whereabouts(typed: Mapping[str, str]) -> Whereabouts:
    """Read `lat`, `lon`, the chosen ward (`area`, or `commune_code` from before), `q` and `address`.

    A ward chosen by hand stands beside the point as long as it is near; the point alone gives the ward
    around it; a ward alone gives its middle; words alone give wards to choose from.
    """
    point, chosen = _point(typed), typed.get("area") or typed.get("commune_code") or ""
    if point is not None:
        return _with_point(point, clean(chosen), asked_anew=not typed.get("area"), q=typed.get("q", ""))
    if chosen:
        return _with_ward(clean(chosen))
    return _with_words(typed.get("q", ""), typed.get("address", ""))


def _point(typed: Mapping[str, str]) -> Point | None:
    try:
        return Point.checked(float(typed["lon"]), float(typed["lat"]))
    except (KeyError, ValueError, Invalid):
        return None


def _with_point(point: Point, chosen: str, *, asked_anew: bool, q: str) -> Whereabouts:
    choices = _named(q) if asked_anew else []
    around = area_at(point)
    try:
        commune = commune_of(point, chosen or None)
    except Invalid as refusal:
        problem = refusal.message
        if around is None:
            return Whereabouts(point, None, True, choices, problem)
        return Whereabouts(point, None, True, choices or [FoundArea(around, None)], problem)
    if around is not None and around.code != commune.code and asked_anew and not choices:
        choices = [FoundArea(around, None)]
    return Whereabouts(point, commune, True, choices)


def _with_ward(code: str) -> Whereabouts:
    ward, middle = next(iter(areas_with_codes([code])), None), middle_of(code)
    if ward is None or middle is None:
        return Whereabouts(None, None, False, problem=_("Chọn phường, xã trong danh sách."))
    return Whereabouts(middle, ward, False)


def _with_words(q: str, address: str) -> Whereabouts:
    if not clean(q) and not clean(address):
        return Whereabouts(
            None, None, False, problem=_("Cho biết cần giúp ở đâu: dùng vị trí, đặt ghim, hoặc ghi địa chỉ.")
        )
    choices = _named(q) or places_of_address(address or q, MOST_CHOICES)
    if not choices:
        return Whereabouts(
            None,
            None,
            False,
            problem=_("Chưa tìm ra phường, xã từ địa chỉ này. Hãy ghi tên phường, dấu phẩy, rồi tên tỉnh."),
        )
    return Whereabouts(None, None, False, choices, _("Chọn đúng phường, xã của bạn trong danh sách."))


def _named(q: str) -> list[FoundArea]:
    return search_areas(q, MOST_CHOICES, level="commune") if clean(q) else []
