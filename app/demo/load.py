"""Puts the demo city into the database, or takes it out again."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from random import Random
from typing import Any

from flask import current_app
from sqlalchemy import exists, insert, select, text
from tqdm import tqdm

from app.areas.queries import AreaRow, area_by_id
from app.cases.bulk import BulkCase, add_cases
from app.cases.models import AccessRecord, CaseEvent, Claim, ClaimNeed
from app.core.clock import now
from app.core.db import db, new_id, transaction
from app.demo import PASSWORD
from app.demo.asks import Ask, Setting, make_asks
from app.demo.fates import Helpers, Stage, play
from app.demo.histories import History
from app.demo.known import known_asks, play_known
from app.demo.people import Person, Town, make_town
from app.demo.places import HOME_WARD, OTHER_WARD, case_weights, wards
from app.demo.rows import (
    access_rows,
    chunks,
    event_rows,
    execute_many,
    needs_of,
    update_cases,
    update_needs,
)
from app.demo.supplies import supply_rows
from app.demo.words import book
from app.emergencies.models import Category, Emergency, EmergencyArea, EmergencyCategory
from app.people.models import User, UserRole
from app.people.passwords import hash_password
from app.supplies.models import SupplyPoint
from app.volunteers.models import Volunteer

SEED = 2021
CASES = 2000
CHUNK = 500
LOCK = 727_202_107  # any number: two loads at the same time must not meet
NAME = "Giãn cách xã hội Thành phố Hồ Chí Minh"


class CannotLoad(RuntimeError):
    """There is nothing to put the demo city on, or it must not be here."""


def is_loaded() -> bool:
    """Whether demo people are in the database."""
    return bool(db.session.scalar(select(exists().where(User.is_demo))))


def load(*, cases: int = CASES, quiet: bool = False) -> bool:
    """Load everything in one transaction. False when it is there already."""
    if current_app.config["SETTINGS"].production:
        raise CannotLoad("Demo data is never loaded in production.")
    with transaction():
        db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if is_loaded():
            return False
        with tqdm(total=3 * cases, desc="Demo data", unit="row", disable=quiet) as bar:
            _City(Random(SEED), now(), bar).build(cases)  # noqa: S311 - the same city every time
    return True


class _City:
    """One load under way."""

    def __init__(self, rng: Random, moment: datetime, bar: Any) -> None:
        self.rng, self.now, self.bar = rng, moment, bar
        self.wards = wards()
        if not {HOME_WARD, OTHER_WARD} <= {ward.code for ward in self.wards}:
            raise CannotLoad(
                "The demo city lies in Hồ Chí Minh City: load the areas first (flask areas default)."
            )
        self.categories = {category.slug: category for category in db.session.scalars(select(Category))}

    def build(self, cases: int) -> None:
        """Everything, in the order in which one thing needs the other."""
        town = make_town(self.rng, self.wards, self.now, lambda _since: new_id())
        self._add_people(town)
        emergency_id = self._add_emergency(town.known["0900000007"])
        self._add_supplies(town)
        weights = case_weights(self.wards)
        setting = Setting(self.wards, weights, town.residents, emergency_id, self.now)
        by_hand = known_asks(self.rng, setting, town)
        asks = [*by_hand, *make_asks(self.rng, cases - len(by_hand), setting)]
        histories = self._add_cases(asks)
        self._play(asks, histories, len(by_hand), town)
        self._write(histories)

    def _add_people(self, town: Town) -> None:
        everyone = town.everyone()
        # One hash for all: hashing seven hundred times would take a minute, and nobody's secret is behind it.
        hashed = hash_password(PASSWORD)
        db.session.execute(
            insert(User),
            [
                {
                    "id": person.id,
                    "phone": person.phone,
                    "name": person.name,
                    "password_hash": hashed,
                    "is_demo": True,
                    "created_at": person.created_at,
                }
                for person in everyone
            ],
        )
        db.session.execute(
            insert(UserRole), [row for person in everyone for row in self._role_rows(person, town)]
        )
        db.session.execute(insert(Volunteer), [self._volunteer_row(person) for person in town.volunteers])

    def _role_rows(self, person: Person, town: Town) -> Iterator[dict[str, Any]]:
        for role in person.roles:
            verified = role == "medic" and person.verified
            yield {
                "id": new_id(),
                "user_id": person.id,
                "role": role,
                "area_id": person.official_of if role == "official" else None,
                "verified_at": person.created_at if verified else None,
                "verified_by": town.known["0900000006"].id if verified else None,
                "note": f"Chứng chỉ mẫu {person.phone[-4:]}, trạm y tế mẫu" if role == "medic" else "",
                "created_at": person.created_at,
            }

    def _volunteer_row(self, person: Person) -> dict[str, Any]:
        return {
            "user_id": person.id,
            "base": person.base.ewkt if person.base else None,
            "radius_m": person.radius_m,
            "category_ids": [self.categories[slug].id for slug in person.categories],
            "capacity": person.capacity,
            "available": person.available,
        }

    def _add_emergency(self, opened_by: Person) -> uuid.UUID:
        emergency = Emergency(
            name=NAME,
            name_en=book("words")["english"]["emergency"],
            starts_at=opened_by.created_at,
            created_by=opened_by.id,
            is_demo=True,
        )
        db.session.add(emergency)
        db.session.flush()
        key = emergency.id
        area = EmergencyArea(emergency_id=key, area_id=self.wards[0].province_id)
        on = [EmergencyCategory(emergency_id=key, category_id=c.id) for c in self.categories.values()]
        db.session.add_all([area, *on])
        db.session.flush()
        return key

    def _add_supplies(self, town: Town) -> None:
        ids = {slug: category.id for slug, category in self.categories.items()}
        rows = supply_rows(self.rng, self.wards, town.suppliers, ids, new_id)
        db.session.execute(insert(SupplyPoint), rows)

    def _add_cases(self, asks: Sequence[Ask]) -> list[History]:
        communes = {ward.id: area_by_id(ward.id) for ward in self.wards}
        histories = []
        for chunk in chunks(asks, CHUNK):
            keys = add_cases([self._bulk(ask, communes[ask.ward.id]) for ask in chunk])
            needs = needs_of(keys)
            for ask, key in zip(chunk, keys, strict=True):
                requester_id = ask.requester.id if ask.requester else None
                settings = current_app.config["SETTINGS"]
                histories.append(
                    History(key, ask.request.urgency, requester_id, needs[key], ask.at, settings)
                )
            self.bar.update(len(chunk))
        return histories

    def _bulk(self, ask: Ask, commune: AreaRow | None) -> BulkCase:
        assert commune is not None
        return BulkCase(
            ask.request,
            self.categories[ask.request.category],
            commune,
            ask.request.emergency_id,
            ask.at,
            ask.requester.id if ask.requester else None,
        )

    def _play(self, asks: Sequence[Ask], histories: Sequence[History], by_hand: int, town: Town) -> None:
        officials = {person.official_of: person for person in town.known.values() if person.official_of}
        province = town.known["0900000006"]
        most = current_app.config["SETTINGS"].claims_per_person
        helpers = Helpers(town.volunteers, list(town.known.values()), most)
        stage = Stage(self.rng, helpers, self.now, new_id, lambda area: officials.get(area, province))
        play_known(stage, list(histories[:by_hand]), town)
        for ask, history in zip(asks[by_hand:], histories[by_hand:], strict=True):
            play(stage, history, ask.request.position, ask.request.category, ask.ward.id)
            self.bar.update(1)
        self.bar.update(by_hand)

    def _write(self, histories: Sequence[History]) -> None:
        for chunk in chunks(histories, CHUNK):
            update_cases(chunk)
            update_needs([need for history in chunk for need in history.needs if need.pledged])
            claims = [(history, claim) for history in chunk for claim in history.claims]
            rows = [asdict(claim) | {"case_id": history.case_id} for history, claim in claims]
            lines = [
                {"claim_id": claim.id, "need_id": need_id, "quantity": quantity}
                for _history, claim in claims
                for need_id, quantity in claim.lines.items()
            ]
            execute_many(insert(Claim), [{k: v for k, v in row.items() if k != "lines"} for row in rows])
            execute_many(insert(ClaimNeed), lines)
            execute_many(insert(CaseEvent), [row for history in chunk for row in event_rows(history)])
            execute_many(insert(AccessRecord), [row for history in chunk for row in access_rows(history)])
            self.bar.update(len(chunk))
