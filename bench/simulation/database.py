"""The scratch database of a simulation: volunteers and cases as rows, and the application's own actions.

This is the only place where the simulation touches the application. It calls what the pages call.
"""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import current_app
from sqlalchemy import insert, select, text

from app.cases.claiming import deliver_claim, expire_leases, extend_claim, release_claim, take_case
from app.cases.models import Case, Need
from app.cases.placing import ToBlur, public_points
from app.core.clock import now
from app.core.db import db, new_id, transaction
from app.core.errors import Refusal
from app.core.geo import Point
from app.emergencies.models import Category, Emergency, EmergencyCategory
from app.people.models import User, UserRole
from app.volunteers.models import Volunteer
from bench.simulation.demand import Ask
from bench.simulation.people import Person

CHUNK = 1000
EMPTY = """
TRUNCATE "user", "case", case_event, emergency, message, procrastinate_jobs, audit_record CASCADE
"""
COMMUNES = text(
    """
    SELECT p.n - 1, a.id
    FROM unnest(CAST(:lons AS float8[]), CAST(:lats AS float8[])) WITH ORDINALITY AS p(lon, lat, n)
    JOIN area a ON ST_Covers(a.geom, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326))
    WHERE a.level = 'commune' AND a.valid_to IS NULL
    ORDER BY 1, 2 DESC
    """
)
NEW_ASKS = text(
    """
    SELECT a.id, c.code, u.phone FROM ask a JOIN "case" c ON c.id = a.case_id
    JOIN "user" u ON u.id = a.volunteer_id WHERE a.sent_at = :at ORDER BY c.code, u.phone
    """
)
TIDY = text('VACUUM (ANALYZE) dispatch, ask, claim, claim_need, need, "case", procrastinate_jobs')
NEXT_DUE = text("SELECT min(next_at) FROM dispatch WHERE status = 'waiting'")
MESSAGES = text("SELECT (SELECT count(*) FROM ask) + (SELECT count(*) FROM message)")


class Claimed:
    """A promise of one volunteer to one case."""

    def __init__(self, key: uuid.UUID, lease_until: datetime) -> None:
        self.key, self.lease_until = key, lease_until


class Database:
    """The cases and people of one run, by their numbers."""

    def __init__(self, asks: Sequence[Ask], people: Sequence[Person], moments: Sequence[datetime]) -> None:
        self.asks, self.people = asks, people
        self.categories = {row.slug: row for row in db.session.scalars(select(Category))}
        self.category_ids = {slug: category.id for slug, category in self.categories.items()}
        self.medic_only = {slug for slug, category in self.categories.items() if category.medic_only}
        self.communes = self._communes()
        self.public: list[Point] = []
        self.case_ids: list[uuid.UUID] = []
        self.users: list[User] = []
        self._fill(moments)

    def _communes(self) -> dict[int, int]:
        """The commune of each case that lies in one."""
        places = {"lons": [ask.lon for ask in self.asks], "lats": [ask.lat for ask in self.asks]}
        return {n: area for n, area in db.session.execute(COMMUNES, places)}  # noqa: C416 (rows, not pairs)

    def _fill(self, moments: Sequence[datetime]) -> None:
        if current_app.config["SETTINGS"].env != "test":
            raise RuntimeError("A simulation empties its database: it runs in a scratch one only.")
        with transaction():
            db.session.execute(text(EMPTY))
            emergency = Emergency(name="Mô phỏng", starts_at=min(moments, default=None))
            db.session.add(emergency)
            db.session.flush()
            on = [
                EmergencyCategory(emergency_id=emergency.id, category_id=n)
                for n in self.category_ids.values()
            ]
            db.session.add_all(on)
            self._add_people()
            self._add_cases(emergency.id, moments)
        db.session.execute(text("ANALYZE"))
        db.session.commit()
        self.users = list(db.session.scalars(select(User).order_by(User.phone)))
        for user in self.users:
            # Kept in memory as they are: nobody's account changes.
            db.session.expunge(user)
        db.session.commit()

    def _add_people(self) -> None:
        ids = [new_id() for _person in self.people]
        accounts = [
            {"id": key, "phone": phone_of(n), "name": f"Người giúp {n}", "password_hash": "-"}
            for n, key in enumerate(ids)
        ]
        roles = [
            {"id": new_id(), "user_id": key, "role": "medic" if person.medic else "volunteer",
             "verified_at": now() if person.medic else None}
            for key, person in zip(ids, self.people, strict=True)
        ]  # fmt: skip
        volunteers = [
            {
                "user_id": key,
                "base": Point(person.lon, person.lat).ewkt,
                "radius_m": person.radius_m,
                "capacity": person.capacity,
                "category_ids": sorted(self.category_ids[slug] for slug in person.categories),
            }
            for key, person in zip(ids, self.people, strict=True)
        ]
        for model, rows in ((User, accounts), (Volunteer, volunteers)):
            if rows:
                db.session.execute(insert(model), rows)
        db.session.add_all(UserRole(**row) for row in roles)
        db.session.flush()

    def _add_cases(self, emergency_id: uuid.UUID, moments: Sequence[datetime]) -> None:
        """Straight into the tables, like an import: each household blurred by the rules, one need each."""
        self.case_ids = [new_id() for _ask in self.asks]
        for start in range(0, len(self.asks), CHUNK):
            numbers = range(start, min(start + CHUNK, len(self.asks)))
            exact = {n: Point(self.asks[n].lon, self.asks[n].lat) for n in numbers}
            public = public_points(
                [ToBlur(exact[n], f"household {n}", self.communes.get(n)) for n in numbers]
            )
            self.public += public
            rows = [
                self._case_row(n, exact[n], place, moments[n]) | {"emergency_id": emergency_id}
                for n, place in zip(numbers, public, strict=True)
            ]
            db.session.execute(insert(Case), rows)
            needs = [
                {"id": new_id(), "case_id": self.case_ids[n], "position": 0, "item": "Gạo",
                 "quantity": Decimal(1), "unit": "phần"}
                for n in numbers
            ]  # fmt: skip
            db.session.execute(insert(Need), needs)

    def _case_row(self, number: int, exact: Point, public: Point, at: datetime) -> dict[str, Any]:
        ask = self.asks[number]
        category = self.categories[ask.category]
        return {
            "id": self.case_ids[number],
            "code": code_of(number),
            "category_id": category.id,
            "on_map": category.on_map,
            "status": "open",
            "urgency": ask.urgency,
            "needs_text": "Gạo",
            "vulnerabilities": list(ask.vulnerabilities),
            "position": exact.ewkt,
            "public_position": public.ewkt,
            "commune_id": self.communes.get(number),
            "source": "import",
            "created_at": at,
            "status_at": at,
        }

    def take(self, case: int, person: int) -> Claimed | None:
        """Press "I will help"; None when refused."""
        return self._claimed(lambda: take_case(code_of(case), by=self.users[person]))

    def accept(self, ask_id: uuid.UUID, person: int) -> Claimed | None:
        """Say yes to having been asked; None when it is too late."""
        from app.matching.dispatch import accept_ask

        return self._claimed(lambda: accept_ask(ask_id, by=self.users[person]))

    def _claimed(self, action: Any) -> Claimed | None:
        try:
            with transaction():
                claim = action()
                return Claimed(claim.id, claim.lease_until)
        except Refusal:
            return None

    def decline(self, ask_id: uuid.UUID, person: int) -> None:
        """Say no to having been asked."""
        from app.matching.dispatch import decline_ask

        with _refused(), transaction():
            decline_ask(ask_id, by=self.users[person])

    def deliver(self, claim: Claimed, person: int) -> bool:
        """Say that it was handed over; False when the lease had run out meanwhile."""
        with _refused(), transaction():
            deliver_claim(claim.key, by=self.users[person])
            return True
        return False

    def give_back(self, claim: Claimed, person: int) -> None:
        """Cannot after all."""
        with _refused(), transaction():
            release_claim(claim.key, by=self.users[person])

    def extend(self, claim: Claimed, person: int) -> None:
        """Still on the way, once."""
        with _refused(), transaction():
            claim.lease_until = extend_claim(
                claim.key, by=self.users[person], why="đang trên đường"
            ).lease_until

    def end_lease(self, case: int) -> bool:
        """What the worker does when a lease has run out; True when one had."""
        with transaction():
            return expire_leases(code_of(case)) > 0

    def look_for_helpers(self, case: int) -> None:
        """What follows from posting: the search for helpers begins."""
        from app.matching.dispatch import start_dispatch

        with transaction():
            start_dispatch(db.session.get_one(Case, self.case_ids[case]))

    def dispatch(self, at: datetime) -> list[tuple[uuid.UUID, int, int]]:
        """What the worker does when dispatches are due; who was asked about what."""
        from app.matching.dispatch import dispatch_due

        while dispatch_due() >= 500:
            pass
        rows = db.session.execute(NEW_ASKS, {"at": at}).all()
        db.session.commit()
        return [(key, number_of(code), number_of(phone)) for key, code, phone in rows]

    def next_due(self) -> datetime | None:
        """When a dispatch is to be looked at next."""
        due: datetime | None = db.session.execute(NEXT_DUE).scalar()
        db.session.commit()
        return due

    def tidy(self) -> None:
        """What autovacuum does in use: it is off here, for the sake of speed."""
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(TIDY)

    def messages(self) -> int:
        """How many asks and other messages went to people."""
        return int(db.session.execute(MESSAGES).scalar_one())


@contextmanager
def _refused() -> Iterator[None]:
    """What cannot be done any more is left."""
    try:
        yield
    except Refusal:
        pass


def code_of(case: int) -> str:
    """The code of a case; in the order in which they come, as ties are broken by it."""
    return f"SIM-{case:06}"


def phone_of(person: int) -> str:
    """A number that nobody has."""
    return f"+8490{person:08}"


def number_of(text_with_number: str) -> int:
    """The number in a code or phone made here."""
    return int(text_with_number[-6:])
