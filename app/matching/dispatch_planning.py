"""Plans the next waves of many dispatches together, so that a volunteer is asked about the right case."""

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from flask import current_app

from app.matching.dispatch_queries import Due, Found, candidates
from app.matching.rules import WORTH_GOING_MIN
from app.matching.waves import (
    GRAVE_CHANCE,
    LIFE_THREATENING,
    TERMS,
    Choice,
    Terms,
    ring_for,
    share_out,
    still_waits,
)


class Wave(NamedTuple):
    """The next wave of one dispatch; without helpers there is nobody (more) to ask."""

    due: Due
    ring: float
    helpers: list[Choice]


def terms_here(chance: float = TERMS.chance) -> Terms:
    """How hard this installation tries."""
    settings = current_app.config["SETTINGS"]
    return Terms(chance, settings.asks_per_wave, settings.asks_per_case)


def plan_waves(batch: Sequence[Due], at: datetime) -> list[Wave]:
    """Whom each of these dispatches asks next, in the order of `batch`. Changes nothing."""
    if not batch:
        return []
    settings = current_app.config["SETTINGS"]
    found = candidates(batch, at, per_hour=settings.asks_per_hour, most_claims=settings.claims_per_person)
    grave = [number for number, due in enumerate(batch) if due.urgency == LIFE_THREATENING]
    calm = [number for number in range(len(batch)) if number not in set(grave)]
    # Danger to life first. Otherwise whoever has unanswered asks keeps room for a yes to each of them.
    in_hour: dict[Hashable, int] = {f.user_id: _hours_room(f, settings.asks_per_hour) for f in found}
    first = _planned(batch, grave, found, in_hour, at, terms_here(GRAVE_CHANCE))
    used: dict[Hashable, int] = {}
    for wave in first.values():
        for choice in wave.helpers:
            used[choice.helper] = used.get(choice.helper, 0) + 1
    room: dict[Hashable, int] = {
        f.user_id: min(in_hour[f.user_id], f.capacity - f.held - f.live) - used.get(f.user_id, 0)
        for f in found
    }
    waves = first | _planned(batch, calm, found, room, at, terms_here())
    return [waves[number] for number in range(len(batch))]


def _hours_room(found: Found, per_hour: int) -> int:
    return min(found.capacity - found.held, per_hour - found.lately)


def _planned(
    batch: Sequence[Due],
    numbers: Sequence[int],
    found: Sequence[Found],
    room: Mapping[Hashable, int],
    at: datetime,
    terms: Terms,
) -> dict[int, Wave]:
    """The waves of these numbers of the batch.

    Only those are asked for whom it is worth the way, and the longer a case waits, the longer a way it is
    worth. Where there is nobody of that kind at all, everybody who comes so far, once the search has been
    patient: who lives far out has no neighbours to be spared for. Medical advice goes by phone.
    """
    patience = current_app.config["SETTINGS"].dispatch_patience_hours
    spares = {
        n
        for n in numbers
        if not batch[n].medic_only
        and batch[n].urgency != LIFE_THREATENING
        and (batch[n].anybody_asked or still_waits(batch[n].urgency, batch[n].started_at, at, patience))
    }
    choices: dict[int, list[Choice]] = {number: [] for number in numbers}
    for one in found:
        if one.n in choices and room[one.user_id] > 0:
            choice = one.choice(batch[one.n], at)
            if choice.cost_min <= WORTH_GOING_MIN or one.n not in spares:
                choices[one.n].append(choice)
    rings = {n: ring_for(choices[n], batch[n].urgency, batch[n].wave, terms) for n in numbers}
    inside = [choice for n in numbers for choice in choices[n] if choice.reach <= rings[n]]
    most = {n: max(0, terms.most_per_case - batch[n].asked) for n in numbers}
    chosen: dict[int, list[Choice]] = {number: [] for number in numbers}
    for choice in share_out(inside, room, most, terms):
        chosen[choice.case].append(choice)
    return {n: Wave(batch[n], rings[n], chosen[n]) for n in numbers}
