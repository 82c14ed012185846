"""What happened to each request since: promises, deliveries, answers, by the rules of the domain.

A `History` is a case played through in memory. It asks `app.cases.rules` what each step leads to, so that
what is written down could have happened; the database's own constraints check it again.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from app.cases.rules import CLAIM_LIFE, LIFE, Quantities, lease, status_from
from app.config import Settings


@dataclass
class NeedPlayed:
    """One need of the case and how far it has got."""

    id: uuid.UUID
    quantity: Decimal
    pledged: Decimal = Decimal(0)
    delivered: Decimal = Decimal(0)

    @property
    def left(self) -> Decimal:
        """What nobody has promised yet."""
        return self.quantity - self.pledged


@dataclass
class ClaimPlayed:
    """One promise and what became of it."""

    id: uuid.UUID
    volunteer_id: uuid.UUID
    created_at: datetime
    lease_until: datetime
    lines: dict[uuid.UUID, Decimal]
    status: str = "live"
    extended_at: datetime | None = None
    extension_reason: str | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None


@dataclass
class EventPlayed:
    """One line of the case's history."""

    at: datetime
    actor_id: uuid.UUID | None
    actor_kind: str
    action: str
    from_status: str
    to_status: str
    why: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass
class History:
    """A case being played through; times must not run backwards."""

    case_id: uuid.UUID
    urgency: str
    requester_id: uuid.UUID | None
    needs: list[NeedPlayed]
    at: datetime
    settings: Settings
    status: str = "open"
    status_at: datetime | None = None
    asked_at: datetime | None = None
    verified_at: datetime | None = None
    verified_by: uuid.UUID | None = None
    claims: list[ClaimPlayed] = field(default_factory=list)
    events: list[EventPlayed] = field(default_factory=list)
    posted_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.posted_at = self.at

    def claim(
        self,
        key: uuid.UUID,
        volunteer_id: uuid.UUID,
        at: datetime,
        part: Mapping[uuid.UUID, Decimal] | None = None,
    ) -> ClaimPlayed:
        """A volunteer promises `part` of the needs, or all that is left."""
        lines = dict(part) if part else {need.id: need.left for need in self.needs if need.left > 0}
        for need in self.needs:
            need.pledged += lines.get(need.id, Decimal(0))
        claim = ClaimPlayed(key, volunteer_id, at, at + self.lease(), lines)
        self.claims.append(claim)
        self._settle(at, volunteer_id, "volunteer", "claimed", claim_id=str(key))
        return claim

    def extend(self, claim: ClaimPlayed, at: datetime, why: str) -> None:
        """The volunteer needs more time."""
        claim.extended_at, claim.extension_reason = at, why
        claim.lease_until = max(claim.lease_until, at) + self.lease()
        self._settle(at, claim.volunteer_id, "volunteer", "extended", why, claim_id=str(claim.id))

    def release(self, claim: ClaimPlayed, at: datetime, why: str) -> None:
        """The volunteer gives the promise back."""
        self._end(claim, "released", at, why)
        self._settle(at, claim.volunteer_id, "volunteer", "released", why, claim_id=str(claim.id))

    def lapse(self, claim: ClaimPlayed) -> None:
        """The lease runs out."""
        at = claim.lease_until
        self._end(claim, "expired", at, "lease")
        self._settle(at, None, "system", "lease_expired", claim_id=str(claim.id))

    def deliver(self, claim: ClaimPlayed, at: datetime) -> None:
        """The volunteer has handed it over."""
        self._end(claim, "delivered", at)
        self._settle(at, claim.volunteer_id, "volunteer", "delivered", claim_id=str(claim.id))

    def confirm(self, at: datetime) -> None:
        """The requester says that it arrived."""
        self._close(at, self.requester_id, "requester", "confirmed")

    def close_unanswered(self, at: datetime) -> None:
        """Nobody answered for two days: the system closes it."""
        self._close(at, None, "system", "auto_closed")

    def reopen(self, at: datetime, why: str) -> None:
        """The requester says that it did not arrive."""
        for claim in self.claims:
            if claim.status == "delivered":
                self._end(claim, "failed", at, why)
        self._settle(at, self.requester_id, "requester", "reopened", why)

    def cancel(self, at: datetime, why: str) -> None:
        """The requester no longer needs it."""
        self._move("cancelled", at, self.requester_id, "requester", "cancelled", why)

    def verify(self, at: datetime, official_id: uuid.UUID) -> None:
        """An official of the ward vouches for it."""
        self.verified_at, self.verified_by = at, official_id
        self._move(self.status, at, official_id, "official", "verified")

    def _close(self, at: datetime, actor_id: uuid.UUID | None, kind: str, action: str) -> None:
        for claim in self.claims:
            if claim.status == "delivered":
                self._end(claim, "confirmed", at)
        self._move("closed", at, actor_id, kind, action)

    def _end(self, claim: ClaimPlayed, target: str, at: datetime, why: str = "") -> None:
        CLAIM_LIFE.check(claim.status, target)
        claim.status, claim.ended_at, claim.end_reason = target, at, why or None
        for need in self.needs:
            quantity = claim.lines.get(need.id, Decimal(0))
            if target == "delivered":
                need.delivered += quantity
            elif target in ("released", "expired"):
                need.pledged -= quantity
            elif target == "failed":
                need.delivered -= quantity
                need.pledged -= quantity

    def _settle(
        self, at: datetime, actor_id: uuid.UUID | None, kind: str, action: str, why: str = "", **details: Any
    ) -> None:
        lines = [Quantities(n.quantity, n.pledged, n.delivered) for n in self.needs]
        self._move(status_from(lines), at, actor_id, kind, action, why, **details)

    def _move(
        self,
        target: str,
        at: datetime,
        actor_id: uuid.UUID | None,
        kind: str,
        action: str,
        why: str = "",
        **details: Any,
    ) -> None:
        assert at >= self.at, f"{action} before what came before it"
        before, self.at = self.status, at
        if target != before:
            LIFE.check(before, target)
            self.status, self.status_at, self.asked_at = target, at, None
        self.events.append(EventPlayed(at, actor_id, kind, action, before, target, why, details))

    def lease(self) -> timedelta:
        """How long a promise for this case holds."""
        return lease(
            self.urgency,
            minutes=self.settings.lease_minutes,
            minutes_life_threatening=self.settings.lease_minutes_life_threatening,
        )
