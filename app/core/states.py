"""States that move by a table, in one place."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from flask_babel import gettext as _

from app.core.errors import Conflict


class Flow:
    """Which status may follow which.

    >>> Flow({"open": {"closed"}}).allows("open", "closed")
    True
    """

    def __init__(self, moves: Mapping[str, AbstractSet[str]]) -> None:
        self.moves = {status: frozenset(targets) for status, targets in moves.items()}

    @property
    def statuses(self) -> frozenset[str]:
        """Every status that the table names."""
        return frozenset(self.moves).union(*self.moves.values())

    def allows(self, current: str, target: str) -> bool:
        """Whether `target` may follow `current`."""
        return target in self.moves.get(current, frozenset())

    def check(self, current: str, target: str) -> None:
        """Refuse, as a Conflict, a move that is not in the table."""
        if not self.allows(current, target):
            raise Conflict(
                _("Trạng thái đã thay đổi, không làm được việc này nữa."),
                slug="wrong-state",
                extra={"current_status": current},
            )
