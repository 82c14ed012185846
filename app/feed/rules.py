"""What the feed may show, as plain values: groups of statuses, limits, boxes."""

from typing import NamedTuple

GROUP_STATUSES = {
    "needs_help": ("open",),
    "taken": ("claimed",),
    "helped": ("delivered", "closed"),
}
"""The three colours of the map, in the order of the story: torn, on the way, whole."""

SHOWN_STATUSES = tuple(status for statuses in GROUP_STATUSES.values() for status in statuses)

PAGE_STATUSES = SHOWN_STATUSES
"""The page and its map show the whole story: what is torn, who is on the way, what is whole again."""

STATUS_WORDS = GROUP_STATUSES | {status: (status,) for status in SHOWN_STATUSES}
"""What `status=` may say: a group, or one status."""

DEFAULT_STATUSES = ("open",)
FARTHEST_RADIUS_M = 200_000
DEFAULT_LIMIT = 20
MOST_LIMIT = 100
LONGEST_QUERY = 100
MOST_WORDS = 8

WEB_MERCATOR_EDGE = 85.05
"""Degrees of latitude beyond which the web's map has no place."""


class Box(NamedTuple):
    """A rectangle in degrees."""

    west: float
    south: float
    east: float
    north: float


def statuses_of(words: tuple[str, ...]) -> tuple[str, ...]:
    """The statuses that these words of `status=` stand for, each once, in the order of the story."""
    wanted = {status for word in words for status in STATUS_WORDS[word]}
    return tuple(status for status in SHOWN_STATUSES if status in wanted)


def groups_of(statuses: tuple[str, ...]) -> tuple[str, ...]:
    """The groups that these statuses belong to."""
    return tuple(group for group, members in GROUP_STATUSES.items() if set(members) & set(statuses))


def words_for(statuses: tuple[str, ...]) -> tuple[str, ...]:
    """The shortest way to say these statuses: whole groups by their name, else one by one."""
    said: list[str] = []
    for group, members in GROUP_STATUSES.items():
        chosen = [status for status in members if status in statuses]
        said.extend([group] if len(chosen) == len(members) else chosen)
    return tuple(said)


def quadkey(x: int, y: int) -> int:
    """The bits of x and y woven together (Morton order), as the database numbers cells."""
    return int(f"{y:b}", 4) << 1 | int(f"{x:b}", 4)
