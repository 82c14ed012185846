"""What "behind" means, as plain rules on plain numbers. docs/matching.md says it to people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from zoneinfo import ZoneInfo

LEVELS = ("none", "kept_up", "slow", "behind")
"""Nobody waits · help keeps up · some wait too long · the ward is left behind."""
WAITING_H = 24
"""From then on a case counts as waiting too long."""
RECENT_DAYS = 7
"""What was helped in so many days counts beside what is asked for now."""

SLOW_SHARE = 0.25
BEHIND_SHARE = 0.5
LEAST_WAITING = 3
"""One or two cases are bad luck, not a ward left behind."""

ALERT_LEAST_OPEN = 5
ALERT_MARGIN = 0.2
ALERT_MOST_SHARE = 0.95
ALERT_EVERY_H = 12
AWAKE_HOURS = range(7, 21)
LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")

HELPER_CLASSES = ("few", "some", "many")
FEW_HELPERS = 3
MANY_HELPERS = 10


@dataclass(frozen=True)
class Ward:
    """One ward's figures. `unmet` is the share of what was asked for that nobody has promised, 0 to 1."""

    area_id: int
    province_id: int | None
    open: int
    waiting: int
    counted_only: int
    asked: int
    unmet: float
    helpers: int

    @property
    def waiting_share(self) -> float:
        """The share of its open cases that have waited too long."""
        return self.waiting / self.open if self.open else 0.0

    @property
    def level(self) -> str:
        """How far behind, by itself."""
        return level_of(self)


def level_of(ward: Ward) -> str:
    """One of LEVELS. A case posted a moment ago never makes a ward slow: only waiting does."""
    if not ward.open:
        return "kept_up" if ward.counted_only else "none"
    if ward.waiting_share < SLOW_SHARE:
        return "kept_up"
    left = ward.waiting_share >= BEHIND_SHARE and ward.unmet >= BEHIND_SHARE
    return "behind" if left and ward.waiting >= LEAST_WAITING else "slow"


def helpers_class(helpers: int, open_cases: int) -> str:
    """How many could come, in words so coarse that one volunteer more or less rarely shows."""
    for_each = helpers / max(1, open_cases)
    if helpers < FEW_HELPERS or for_each < 0.5:
        return "few"
    return "many" if helpers >= MANY_HELPERS and for_each >= 2 else "some"


def falls_behind(ward: Ward, others: Sequence[Ward]) -> bool:
    """Whether a ward is so much worse off than the other wards of its province that somebody must be told.

    Both the unmet share and the share of long waits must lie well above the median of the others. Where
    everything is bad, only the worst are named.
    """
    if ward.open < ALERT_LEAST_OPEN or ward.waiting < LEAST_WAITING:
        return False
    usual_unmet = median(other.unmet for other in others) if others else 0.0
    usual_waiting = median(other.waiting_share for other in others) if others else 0.0
    return ward.unmet >= _limit(usual_unmet) and ward.waiting_share >= _limit(usual_waiting)


def _limit(usual: float) -> float:
    return min(ALERT_MOST_SHARE, max(BEHIND_SHARE, usual + ALERT_MARGIN))


def wards_behind(wards: Sequence[Ward]) -> list[Ward]:
    """The wards to tell somebody about; each is held against the others of its own province."""
    by_province: dict[int | None, list[Ward]] = {}
    for ward in wards:
        by_province.setdefault(ward.province_id, []).append(ward)
    return [
        ward
        for together in by_province.values()
        for ward in together
        if falls_behind(ward, [other for other in together if other is not ward])
    ]


def may_tell_at(moment: datetime) -> bool:
    """Whether officials are told now: a ward that falls behind is for the day, not for the night."""
    return moment.astimezone(LOCAL).hour in AWAKE_HOURS
