"""Every "after X do Y" of the application, on one page."""

from app.areas.membership import Member, remember
from app.cases import forgetting, telling
from app.cases.announce import announce_case
from app.core.events import subscribe


def set_up() -> None:
    """Connect events to what follows from them."""
    subscribe("case_changed", announce_case)
    for event, tell in telling.EVENTS.items():
        subscribe(event, tell)
    subscribe("user_exported", forgetting.add_cases_and_claims)
    subscribe("user_erased", forgetting.forget_user)
    # Areas were loaded: these follow them into their new communes and provinces.
    remember(Member("case", place="coalesce(position, public_position)"))
    remember(Member("supply_point"))
