"""A round as its volunteer sees it: cards in order, what fell out, and what did not fit."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.geo import Point
from app.matching.reordering import grouped
from app.matching.round_models import Round
from app.matching.round_queries import start_of, stop_rows
from app.matching.round_rules import DROP_OFF, PICK_UP
from app.matching.ticking import DELIVERED


@dataclass(frozen=True)
class Card:
    """One stop as a person makes it: a home, or a counter with all that is fetched there."""

    number: int
    kind: str
    rows: Sequence[Any]
    place: Point | None
    """Only while something is still to do there."""
    done_at: datetime | None
    late: bool
    """Ticked after the claim had ended."""
    after_end: bool
    """Reached after the time by which the round should be over."""
    after_lease: bool
    """Reached after the promise has run out: it should be lengthened first."""

    @property
    def first(self) -> Any:
        """The row that stands for the card."""
        return self.rows[0]

    @property
    def to_do(self) -> bool:
        """Whether somebody still has to go there."""
        return self.done_at is None

    @property
    def code(self) -> str | None:
        """The case of a hand-over."""
        return str(self.first.code) if self.kind == DROP_OFF else None


@dataclass(frozen=True)
class RoundView:
    """All that the page of a round shows."""

    round: Round
    start: Point
    cards: Sequence[Card]
    fallen: Sequence[Any]
    """Hand-overs whose claim has ended before they were ticked."""
    left_out: Sequence[Any]

    @property
    def to_do(self) -> list[Card]:
        """The cards that are not ticked."""
        return [card for card in self.cards if card.to_do]

    @property
    def next(self) -> Card | None:
        """Where to go now."""
        return next(iter(self.to_do), None)

    @property
    def map_stops(self) -> list[dict[str, Any]]:
        """What the map draws: the places still to go to, and the start before anything is ticked."""
        stops = [
            {"n": card.number, "kind": card.kind, "lon": card.place.lon, "lat": card.place.lat}
            for card in self.to_do
            if card.place
        ]
        if len(self.to_do) < len(self.cards):
            return stops
        return [{"n": 0, "kind": "start", "lon": self.start.lon, "lat": self.start.lat}, *stops]


def round_view(round_: Round, viewer_id: uuid.UUID) -> RoundView:
    """The round with its cards; homes and numbers only of claims that live."""
    rows = stop_rows(round_.id, viewer_id)
    placed = [row for row in rows if row.position is not None and not _fell_out(row)]
    return RoundView(
        round=round_,
        start=start_of(round_),
        cards=[_card(n, group, round_) for n, group in enumerate(_groups(placed), start=1)],
        fallen=[row for row in rows if _fell_out(row) and row.kind == DROP_OFF],
        left_out=[row for row in rows if row.left_out and row.claim_status == "live"],
    )


def _fell_out(row: Any) -> bool:
    return row.done_at is None and row.claim_status not in ("live", *DELIVERED)


def _done_at(row: Any) -> datetime | None:
    """When it was ticked, here or on the page of the case."""
    done: datetime | None = row.done_at
    if done is None and row.claim_status in DELIVERED:
        done = row.ended_at
    return done


def _groups(rows: Sequence[Any]) -> list[list[Any]]:
    """Counters whose goods are partly fetched are two cards: one done, one to do."""
    return [
        part
        for group in grouped(rows)
        for part in ([r for r in group if _done_at(r)], [r for r in group if not _done_at(r)])
        if part
    ]


def _card(number: int, rows: Sequence[Any], round_: Round) -> Card:
    first, done_at = rows[0], _done_at(rows[0])
    lon, lat = (first.point_lon, first.point_lat) if first.kind == PICK_UP else (first.lon, first.lat)
    planned = first.planned_at
    waits = done_at is None and planned is not None
    return Card(
        number=number,
        kind=first.kind,
        rows=rows,
        place=Point(lon, lat) if lon is not None and done_at is None else None,
        done_at=done_at,
        late=any(row.outcome == "late" for row in rows),
        after_end=waits and round_.has_end and planned > round_.ends_at,
        after_lease=waits and first.kind == DROP_OFF and planned > first.lease_until,
    )
