"""The feed of one volunteer: of the nearest cases that suit them, those first that help does most for.

The index gives the nearest few hundred, `matching.rules` ranks them: so the cost does not grow with the
number of cases. Places are the blurred ones, as in every feed. What comes of it is for this person alone and
is never kept for another.
"""

import base64
import binascii
import json
import math
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from app.cases.looking import others_looking
from app.core.clock import now
from app.core.db import read_engine
from app.core.geo import Point
from app.feed import catalogue
from app.feed.filters import Filter
from app.feed.queries import cases_with_ids, feed_sql
from app.feed.rules import FARTHEST_RADIUS_M
from app.feed.standing import Standing
from app.matching.rules import Candidate, Ranked, rank, worth_going

MOST_WEIGHED = 200
"""So many of the nearest suitable cases are ranked."""
DENSE = MOST_WEIGHED // 2
"""With fewer found these are all there are within reach."""
MOST_IN_DANGER = 20

# Nobody helps themselves, nor a case that they are on already, nor in an emergency that is over.
AS_CANDIDATES = """
SELECT s.id, s.code, s.category_id, s.metres, s.urgency, s.created_at, c.vulnerabilities
FROM shown s
JOIN "case" c ON c.id = s.id
LEFT JOIN emergency e ON e.id = c.emergency_id
WHERE c.requester_id IS DISTINCT FROM %(me)s AND s.id <> ALL(CAST(%(holds)s AS uuid[]))
  AND (e.ends_at IS NULL OR e.ends_at > now())
"""


Shown = Callable[[Sequence[uuid.UUID], Point], dict[str, dict[str, Any]]]


class After(NamedTuple):
    """Where a page of suggestions ended: when they were weighed, and what the last one weighed."""

    weighed_at: datetime
    cost_min: float
    code: str

    def written(self) -> str:
        """As it stands in an address."""
        plain = json.dumps([self.weighed_at.timestamp(), self.cost_min, self.code], separators=(",", ":"))
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, given: str) -> Self | None:
        """The place behind the text; None when it is not one of ours."""
        try:
            padded = given.encode("ascii") + b"=" * (-len(given) % 4)
            at, cost_min, code = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            if not (type(cost_min) in (int, float) and math.isfinite(cost_min) and isinstance(code, str)):
                return None
            weighed_at = datetime.fromtimestamp(at, UTC)
            # Years at the ends of the calendar cannot be reckoned with.
            return cls(weighed_at, float(cost_min), code) if 2000 <= weighed_at.year < 9000 else None
        except (ValueError, TypeError, OverflowError, OSError, binascii.Error, RecursionError):
            return None


@dataclass(frozen=True)
class Suggested:
    """One page of suggestions as cards with their reasons, and where the next begins (None: the last)."""

    cases: Sequence[dict[str, Any]]
    next: After | None


def suggestions(
    asked: Filter,
    standing: Standing,
    start: Point,
    after: After | None = None,
    shown: Shown = cases_with_ids,
) -> Suggested:
    """The cases that this volunteer should help first, going out from `start`, `asked.limit` at most.

    The filters of `asked` narrow them down. The time at which the first page was weighed holds for all pages,
    so that the order does not change from one to the next. `shown` makes of the keys of a page what is shown
    of each: a card, or a feature of GeoJSON.
    """
    at = after.weighed_at if after else now()
    weighed, ids = _weighed(asked, standing, start, at)
    if after:
        weighed = [r for r in weighed if (r.cost_min, r.candidate.code) > (after.cost_min, after.code)]
    page = weighed[: asked.limit]
    rows = shown([ids[r.candidate.code] for r in page], start)
    cases = [
        rows[r.candidate.code] | {"reasons": r.reasons, "looking": r.candidate.looking}
        for r in page
        if r.candidate.code in rows
    ]
    more = len(weighed) > len(page)
    return Suggested(cases, After(at, page[-1].cost_min, page[-1].candidate.code) if more else None)


def _weighed(
    asked: Filter, standing: Standing, start: Point, at: datetime
) -> tuple[list[Ranked], dict[str, uuid.UUID]]:
    """What suits, ranked; and the key of each code."""
    narrowed = suitable(asked, standing, start)
    rows = candidates(narrowed, standing) if narrowed else []
    looking = others_looking([row.id for row in rows], besides=standing.user_id, at=at)
    known = {c.id: c for c in catalogue.categories().values()}
    weighed = [
        Candidate(
            code=row.code,
            category_id=row.category_id,
            medic_only=known[row.category_id].medic_only,
            metres=row.metres,
            urgency=row.urgency,
            hours_waited=max(0.0, (at - row.created_at).total_seconds() / 3600),
            vulnerabilities=frozenset(row.vulnerabilities),
            looking=looking.get(row.id, 0),
        )
        for row in rows
    ]
    return worth_going(rank(standing.helper, weighed)), {row.code: row.id for row in rows}


def suitable(asked: Filter, standing: Standing, start: Point) -> Filter | None:
    """The filter narrowed to what the volunteer serves and reaches; None when nothing of it is left."""
    known = catalogue.categories()
    served = [slug for slug, c in known.items() if c.id in standing.helper.category_ids]
    slugs = tuple(slug for slug in served if not asked.categories or slug in asked.categories)
    if not slugs:
        return None
    # With every public category the index without categories does: one walk instead of one for each.
    public = {slug for slug, c in known.items() if c.on_map}
    everything = public <= set(slugs)
    reach = min(round(standing.helper.radius_m), asked.radius_m or FARTHEST_RADIUS_M)
    return replace(
        asked,
        near=start,
        radius_m=reach,
        categories=() if everything else slugs,
        statuses=("open",),
        cursor=None,
        by_group=False,
    )


def candidates(narrowed: Filter, standing: Standing) -> Sequence[Any]:
    """The nearest that suit; in a crowded city, where these end after some streets, also who is in danger
    farther away: a life weighs more than any way within reach.
    """
    found = _walk(narrowed, standing, MOST_WEIGHED)
    if len(found) < DENSE or narrowed.urgencies:
        return found
    in_danger = _walk(replace(narrowed, urgencies=("life_threatening",)), standing, MOST_IN_DANGER)
    seen = {row.id for row in found}
    return [*found, *(row for row in in_danger if row.id not in seen)]


def _walk(narrowed: Filter, standing: Standing, limit: int) -> Sequence[Any]:
    known = catalogue.categories().values()
    mine = standing.helper.category_ids
    medic = standing.helper.medic and any(not c.on_map and c.id in mine for c in known)
    begun = feed_sql(replace(narrowed, limit=limit), medic=medic, fetch=limit + limit // 4)
    if begun is None:
        return []
    sql, bound = begun
    bound |= {"me": str(standing.user_id), "holds": [str(key) for key in standing.holds]}
    with read_engine().connect() as connection:
        return connection.exec_driver_sql(sql + AS_CANDIDATES, bound).all()
