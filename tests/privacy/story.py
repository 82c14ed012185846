"""One case, one helper on the way, one who gave it back, officials with plans; and people not concerned."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.cases.claiming import release_claim, take_case
from app.core.clock import now
from app.core.db import db, transaction
from app.matching.dispatch_models import Ask, Dispatch
from app.matching.models import PlanLine
from app.matching.round_models import Round, RoundStop
from app.people.models import User
from tests import make
from tests.privacy.walking import HOME, doors, marked_case


def former_helper() -> User:
    """Who was on the way, has planned a round with it, gave it back, and is asked again."""
    return make.volunteer("Từng nhận", "+84901000055", HOME.moved(700, 1), "medic")


def another_medic() -> User:
    """Verified, and never concerned with this case."""
    return make.volunteer("Bác sĩ Khác", "+84901000056", HOME.moved(900, 2), "medic")


class Story:
    """One helper is on the way, another was and gave it back, officials have made plans."""

    def __init__(self, app: Any, client: Any, client_for: Any, category: str) -> None:
        self.app = app
        self.case = marked_case(client, category)
        medical = category == "medical_advice"
        self.helper = make.dr_tam_medic() if medical else make.minh_volunteer()
        self.former = former_helper()
        self.known: dict[str, str] = {}
        for who in (self.former, self.helper):
            with transaction():
                claim = take_case(self.case.code, by=who, needs={self.case.needs[0].id: Decimal(1)})
            place = {"lat": f"{HOME.lat + 0.01}", "lon": "106.69", "vehicle": "motorbike"}
            assert client_for(who).post("/me/round", data=place).status_code == 303
            if who is self.former:
                with transaction():
                    release_claim(claim.id, by=who)
        ask = self.asked(self.former)
        for official in (make.anh_official_w1(), make.ba_official_w2()):
            assert client_for(official).post("/authority/assign/").status_code == 303
        plan = db.session.scalars(select(PlanLine)).one()
        keys = {"plan_id": plan.plan_id, "line_id": plan.id, "ask_id": ask}
        self.rounds = [str(key) for key in db.session.scalars(select(Round.id).order_by(Round.created_at))]
        stop = select(RoundStop.id).where(RoundStop.claim_id == claim.id)
        keys |= {"stop_id": db.session.scalars(stop).one(), "claim_id": claim.id}
        self.known = {name: str(key) for name, key in keys.items()}

    def asked(self, who: User) -> Any:
        search = Dispatch(case_id=self.case.id, status="stopped", next_at=now())
        with transaction():
            db.session.add(search)
            db.session.flush()
            ask = Ask(dispatch_id=search.id, case_id=self.case.id, volunteer_id=who.id, wave=1)
            ask.deadline = now().replace(year=now().year + 1)
            db.session.add(ask)
        return ask.id

    def doors(self) -> list[str]:
        """Every address with every key that somebody might have got hold of."""
        return [
            address
            for key in self.rounds
            for address in doors(self.app, self.case, self.known | {"round_id": key})
        ]


NOT_CONCERNED: list[Callable[[], User]] = [
    make.lan_resident, make.hoa_volunteer, make.chi_supplier, make.ba_official_w2, make.admin, former_helper,
    another_medic,
]  # fmt: skip
