"""Every "after X do Y" of the application, on one page."""

from app.areas.membership import Member, remember
from app.authority.background import add_requests, erase_requests
from app.authority.jobs import make_export_soon
from app.cases import alternatives, forgetting, telling
from app.cases.announce import announce_case
from app.core.events import subscribe
from app.delivery.actions import add_messages, erase_messages, write_message
from app.delivery.jobs import deliver_soon
from app.feed.queries import nearest_open
from app.feed.versions import follow_commits
from app.matching.dispatch import add_asks, erase_asks, follow_case
from app.matching.round_forgetting import add_rounds, erase_rounds
from app.matching.telling import case_assigned
from app.people.jobs import send_code_soon
from app.supplies.actions import add_points, erase_points
from app.volunteers.actions import add_helping, erase_helping


def set_up() -> None:
    """Connect events to what follows from them."""
    subscribe("case_changed", announce_case)
    # A case that opens is offered around in waves; one that is taken, or over, no longer.
    subscribe("case_changed", follow_case)
    # The worker makes and sends one-time codes: so asking for one takes the same time for everybody.
    subscribe("code_asked", send_code_soon)
    subscribe("message_wanted", write_message)
    subscribe("message_written", deliver_soon)
    # Somebody takes their data away with them, or has it removed: each feature adds, or erases, its share.
    shares = ((add_messages, erase_messages), (add_helping, erase_helping), (add_points, erase_points))
    for add, erase in shares:
        subscribe("user_exported", add)
        subscribe("user_erased", erase)
    subscribe("export_asked", make_export_soon)
    subscribe("user_exported", add_requests)
    subscribe("user_erased", erase_requests)
    for event, tell in telling.EVENTS.items():
        subscribe(event, tell)
    subscribe("case_assigned", case_assigned)
    subscribe("user_exported", forgetting.add_cases_and_claims)
    subscribe("user_erased", forgetting.forget_user)
    subscribe("user_exported", add_rounds)
    subscribe("user_erased", erase_rounds)
    subscribe("user_exported", add_asks)
    subscribe("user_erased", erase_asks)
    # Areas were loaded: these follow them into their new communes and provinces.
    remember(Member("case", place="coalesce(position, public_position)"))
    remember(Member("supply_point"))
    remember(Member("volunteer", place="base", key="user_id"))
    # Whatever the feed keeps in memory, people see what they have just done.
    follow_commits()
    # Who comes too late is shown what else is near.
    alternatives.provide(nearest_open)
