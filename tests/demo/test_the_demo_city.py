"""The demo city: believable, consistent, all of it marked, and gone without a trace when told to go."""

from typing import Any

import pytest
from sqlalchemy import text

from app.core.db import db
from app.demo import ACCOUNTS, PASSWORD
from app.demo.clear import clear
from app.demo.load import CannotLoad, load
from app.demo.words import book
from app.people.passwords import password_fits
from tests import make
from tests.geography import HOA_HUNG

CASES = 200


def ask(query: str, **values: Any) -> list[Any]:
    return list(db.session.execute(text(query), values))


def one(query: str, **values: Any) -> Any:
    return db.session.execute(text(query), values).scalar()


@pytest.fixture
def city(app: Any) -> None:
    """The small country with one of its wards renamed after the demo city's home ward."""
    db.session.execute(text("UPDATE area SET code = '26743' WHERE code = '27212' AND level = 'commune'"))
    db.session.commit()
    assert load(cases=CASES, quiet=True)


def test_it_is_loaded_once(city: None) -> None:
    assert load(cases=CASES, quiet=True) is False
    assert one('SELECT count(*) FROM "case"') == CASES


def test_cases_ask_for_what_people_asked_for(city: None) -> None:
    def share(groups: str) -> float:
        items = [row["item"] for group in groups.split() for row in book("needs")[group]]
        found = one("SELECT count(DISTINCT case_id) FROM need WHERE item = ANY(:items)", items=items)
        return float(100 * found / CASES)

    assert share("food grocery") == pytest.approx(94, abs=1.5)
    assert share("household") == pytest.approx(35, abs=1.5)
    assert share("medical") == pytest.approx(14, abs=1.5)
    assert share("advice") == pytest.approx(3, abs=1)


def test_every_status_is_there_and_follows_from_its_history(city: None) -> None:
    statuses = dict(ask('SELECT status, count(*) FROM "case" GROUP BY 1'))
    assert set(statuses) == {"open", "claimed", "delivered", "closed", "cancelled"}
    steps = "SELECT *, lag(to_status) OVER (PARTITION BY case_id ORDER BY at, id) AS before FROM case_event"
    assert one(f"SELECT count(*) FROM ({steps}) AS steps WHERE before <> from_status") == 0
    last = (
        "SELECT DISTINCT ON (case_id) case_id, to_status FROM case_event ORDER BY case_id, at DESC, id DESC"
    )
    agree = f'SELECT count(*) FROM ({last}) AS e JOIN "case" c ON c.id = e.case_id AND c.status = e.to_status'
    assert one(agree) == CASES


def test_promises_add_up(city: None) -> None:
    wrong = """
        SELECT count(*) FROM need n LEFT JOIN LATERAL (
            SELECT coalesce(sum(l.quantity), 0) AS pledged,
                   coalesce(sum(l.quantity) FILTER (WHERE k.status <> 'live'), 0) AS delivered
            FROM claim_need l JOIN claim k ON k.id = l.claim_id
            WHERE l.need_id = n.id AND k.status IN ('live', 'delivered', 'confirmed')
        ) AS sums ON true
        WHERE (n.pledged, n.delivered) <> (sums.pledged, sums.delivered)
    """
    assert one(wrong) == 0
    assert one("SELECT count(*) FROM claim WHERE status = 'live' AND lease_until <= now()") == 0
    assert one("SELECT count(*) FROM claim WHERE created_at > now() OR ended_at > now()") == 0
    held = "SELECT count(*) AS n FROM claim WHERE status = 'live' GROUP BY volunteer_id"
    assert one(f"SELECT max(n) FROM ({held}) AS held") <= 5


def test_only_medics_take_medical_cases(city: None) -> None:
    outsiders = """
        SELECT count(*) FROM claim k JOIN "case" c ON c.id = k.case_id JOIN category g ON g.id = c.category_id
        WHERE g.medic_only AND NOT EXISTS (SELECT FROM user_role r WHERE r.user_id = k.volunteer_id
                                           AND r.role = 'medic' AND r.verified_at IS NOT NULL)
    """
    assert one(outsiders) == 0


def test_places_lie_in_their_wards_and_are_blurred(city: None) -> None:
    outside = """
        SELECT count(*) FROM "case" c JOIN area a ON a.id = c.commune_id
        WHERE NOT ST_Covers(a.geom, c.position)
    """
    assert one(outside) == 0
    assert one('SELECT min(ST_DistanceSphere(position, public_position)) FROM "case"') > 100


def test_everybody_on_the_list_can_sign_in_and_has_something_to_see(city: None) -> None:
    hashes = dict(ask('SELECT phone, password_hash FROM "user" WHERE is_demo'))
    assert all(password_fits(PASSWORD, hashes["+84" + account.phone[1:]]) for account in ACCOUNTS[:1])
    assert {"+84" + account.phone[1:] for account in ACCOUNTS} <= set(hashes)
    resident = 'SELECT c.status FROM "case" c JOIN "user" u ON u.id = c.requester_id WHERE u.phone = :phone'
    assert {row[0] for row in ask(resident, phone="+84900000001")} == {
        "open",
        "claimed",
        "delivered",
        "closed",
    }
    volunteer = 'SELECT k.status FROM claim k JOIN "user" u ON u.id = k.volunteer_id WHERE u.phone = :phone'
    assert [row[0] for row in ask(volunteer, phone="+84900000002")].count("live") == 2
    officials = """
        SELECT u.phone, a.code
        FROM user_role r JOIN "user" u ON u.id = r.user_id JOIN area a ON a.id = r.area_id
    """
    assert dict(tuple(row) for row in ask(officials)) == {
        "+84900000005": "26743",
        "+84900000006": "79",
        "+84900000009": "26740",
    }


def test_clearing_takes_all_of_it_and_nothing_else(city: None) -> None:
    mine = make.make_case(at=HOA_HUNG, requester=make.lan_resident())
    key = mine.id
    assert clear() == CASES
    assert one('SELECT count(*) FROM "case"') == 1
    assert one('SELECT count(*) FROM "user" WHERE is_demo') == 0
    assert one("SELECT count(*) FROM case_event WHERE case_id <> :key", key=key) == 0
    assert one("SELECT count(*) FROM supply_point") == 0
    assert one("SELECT count(*) FROM emergency WHERE is_demo") == 0


def test_production_never_gets_it(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.config["SETTINGS"], "env", "production")
    with pytest.raises(CannotLoad):
        load(cases=10, quiet=True)
