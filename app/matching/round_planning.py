"""A volunteer's claims made into the question that the solver answers, and its answer into times of day."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app

from app.core.geo import Point
from app.matching.round_metric import ways_between
from app.matching.round_queries import Due
from app.matching.round_rules import Delivery, Stop, Task, timed


@dataclass(frozen=True)
class Wanted:
    """A claim to bring, and the supply point to fetch its goods from first, if they are not on board."""

    due: Due
    point_id: uuid.UUID | None = None
    fetch_at: Point | None = None


@dataclass(frozen=True)
class Journey:
    """From where, when and how a round goes on, and by when it must be over."""

    start: Point
    departure: datetime
    end: datetime
    vehicle: str
    load_limit: int
    home: Point | None = None


@dataclass(frozen=True)
class Question:
    """The task, with the moment from which its minutes count, and how its ways were measured."""

    task: Task
    departure: datetime
    metric: str

    def arrivals(self, order: Sequence[Stop]) -> list[datetime]:
        """When each stop of an order is reached."""
        return [self.departure + timedelta(minutes=m) for m in timed(self.task, order).arrivals]

    def end(self, order: Sequence[Stop]) -> datetime:
        """When the round is over."""
        return self.departure + timedelta(minutes=timed(self.task, order).end)


def question_of(journey: Journey, wanted: Sequence[Wanted]) -> Question:
    """Number the places, ask for the ways between them, and count everything from the departure."""
    places: list[Point] = [journey.start]
    numbers: dict[uuid.UUID, int] = {}
    deliveries = []
    for one in wanted:
        places.append(one.due.place)
        drop_off, pick_up = len(places) - 1, None
        if one.point_id and one.fetch_at:
            if one.point_id not in numbers:
                places.append(one.fetch_at)
                numbers[one.point_id] = len(places) - 1
            pick_up = numbers[one.point_id]
        lease = (one.due.lease_until - journey.departure).total_seconds() / 60
        deliveries.append(Delivery(drop_off, pick_up, one.due.load, one.due.urgency, max(0.0, lease)))
    home = None
    if journey.home is not None:
        places.append(journey.home)
        home = len(places) - 1
    ways = ways_between(places, journey.vehicle, router=current_app.config["SETTINGS"].osrm_url)
    limit = max(0.0, (journey.end - journey.departure).total_seconds() / 60)
    task = Task(ways.minutes, deliveries, journey.load_limit, limit, home)
    return Question(task, journey.departure, ways.metric)
