"""What an area is before it is stored, what a load tells, and at which map zooms a level is drawn."""

from dataclasses import dataclass, field
from datetime import date

from shapely.geometry.base import BaseGeometry

MAX_TEXT = 200
DEEPEST_ZOOM = 22


@dataclass(frozen=True, slots=True)
class Incoming:
    """A unit on its way into the table `area`, with `shape` in degrees, longitude first, or none."""

    level: str
    code: str
    name: str
    full_name: str
    parent_code: str | None = None
    name_en: str = ""
    kind: str = ""
    kind_en: str = ""
    shape: BaseGeometry | None = None
    boundary: str | None = None
    source: str = ""
    population: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A feature that was not taken: its number in the file (from 1), its code if it has one, and why."""

    number: int
    code: str
    why: str


@dataclass
class LoadReport:
    """What a load did."""

    read: int = 0
    added: int = 0
    updated: int = 0
    repaired: int = 0
    recoded: int = 0
    retired: int = 0
    redrawn: int = 0
    orphans: int = 0
    changed: list[int] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    moved: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Band:
    """Zooms that share one simplified shape of a level."""

    min_zoom: int
    max_zoom: int

    @property
    def tolerance_m(self) -> float:
        """Three quarters of a pixel (512 px tiles) at the band's deepest zoom, in web Mercator metres.

        Zooms from 13 on share one shape: what is drawn there is as fine as 15 asks for.
        """
        pixel_m = 40_075_016.686 / 512 / (1 << min(self.max_zoom, 15))
        return 0.75 * pixel_m


WIDE_BANDS = (Band(0, 3), Band(4, 5), Band(6, 7), Band(8, 9), Band(10, 12), Band(13, DEEPEST_ZOOM))
LOCAL_BANDS = (Band(9, 9), Band(10, 10), Band(11, 12), Band(13, DEEPEST_ZOOM))
WIDE_LEVELS = frozenset({"country", "region", "state", "province"})


def bands_of(level: str) -> tuple[Band, ...]:
    """The zoom bands in which a level is drawn: provinces always, smaller units from zoom 9 on."""
    return WIDE_BANDS if level in WIDE_LEVELS else LOCAL_BANDS
