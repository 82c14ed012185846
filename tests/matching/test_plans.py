"""Batch assignment: proposed, looked at, changed, applied; what changed meanwhile is reported."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.cases.claiming import deliver_claim, expire_leases, release_claim, take_case
from app.cases.closing import Actor, cancel_case, reopen_case
from app.cases.models import Case, CaseEvent, Claim
from app.core.audit import AuditRecord
from app.core.clock import now
from app.core.db import db, transaction
from app.core.errors import Conflict
from app.core.geo import Point
from app.delivery.models import Message
from app.matching.applying import apply_plan
from app.matching.dispatch_models import Ask, Dispatch
from app.matching.models import Plan, PlanLine
from app.matching.plans import (
    candidates_of,
    change_line,
    discard_plan,
    propose_plan,
)
from app.people.models import User
from app.volunteers.models import Volunteer
from tests import make
from tests.geography import CHO_LON, SAI_GON

WARD = "26740"


def plan_for(official, *codes: str) -> Plan:
    areas = [make.area_of(code).id for code in codes or (WARD,)]
    with transaction():
        return propose_plan(areas[0], areas, [-1], by=official)


def lines_of(plan: Plan) -> dict[str, PlanLine]:
    found = select(Case.code, PlanLine).join(PlanLine, PlanLine.case_id == Case.id)
    return dict(db.session.execute(found.where(PlanLine.plan_id == plan.id)).all())


def near(metres: float, bearing: float = 0.0) -> Point:
    return SAI_GON.moved(metres, bearing)


@pytest.fixture
def official(anh_official_w1):
    return anh_official_w1


def test_each_case_gets_the_helper_that_is_best_for_all(app, official) -> None:
    west = make.volunteer("Tây", "+84902000001", near(0), capacity=1)
    east = make.volunteer("Đông", "+84902000002", near(900, 1.57), capacity=1)
    # The case in the middle is nearer to west, but west alone reaches the other one well.
    middle, beyond = make.make_case(at=near(300, 1.57)), make.make_case(at=near(500, -1.57))
    lines = lines_of(plan_for(official))
    assert lines[beyond.code].volunteer_id == west.id
    assert lines[middle.code].volunteer_id == east.id
    assert lines[middle.code].metres == pytest.approx(600, abs=400)


def test_the_most_pressing_are_served_when_helpers_are_too_few(app, official) -> None:
    make.volunteer("Một", "+84902000001", near(0), capacity=1)
    calm, grave = make.make_case(at=near(50)), make.make_case(at=near(800), urgency="life_threatening")
    lines = lines_of(plan_for(official))
    assert lines[grave.code].chosen
    assert (lines[calm.code].chosen, lines[calm.code].why_none) == (False, "all_full")


def test_a_case_out_of_reach_says_so(app, official) -> None:
    make.volunteer("Gần", "+84902000001", near(3000), radius_m=1000)
    far = make.make_case(at=near(0))
    assert lines_of(plan_for(official))[far.code].why_none == "nobody_in_reach"


@pytest.mark.parametrize(
    "columns",
    [{"available": False}, {"radius_m": 500}, {"categories": ("grocery_run",)}],
    ids=["not now", "too far", "other work"],
)
def test_who_does_not_suit_is_not_proposed(app, official, columns) -> None:
    make.volunteer("Ai đó", "+84902000001", near(600), **columns)
    case = make.make_case()
    assert not lines_of(plan_for(official))[case.code].chosen


def test_medical_advice_is_for_verified_medics_alone(app, official, dr_tam_medic) -> None:
    make.volunteer("Không phải bác sĩ", "+84902000001", near(0))
    case = make.make_case(category_slug="medical_advice")
    assert lines_of(plan_for(official))[case.code].volunteer_id == dr_tam_medic.id
    with transaction():
        dr_tam_medic.roles[-1].verified_at = None
        for role in dr_tam_medic.roles:
            role.verified_at = None
    assert not lines_of(plan_for(official))[case.code].chosen


def test_nobody_is_given_their_own_case_or_one_that_they_are_on(app, official, minh_volunteer) -> None:
    own = make.make_case(requester=minh_volunteer)
    shared = make.make_case()
    with transaction():
        take_case(shared.code, by=minh_volunteer, needs={shared.needs[0].id: shared.needs[0].quantity})
    lines = lines_of(plan_for(official))
    assert not lines[own.code].chosen
    assert not lines[shared.code].chosen


def given_back(case, claim_of, minh):
    release_claim(claim_of(case).id, by=minh)


def lapsed(case, claim_of, minh):
    claim_of(case).lease_until = now() - timedelta(minutes=1)
    expire_leases(case.code)


def never_arrived(case, claim_of, minh):
    deliver_claim(claim_of(case).id, by=minh)
    reopen_case(case.code, actor=Actor(tracks=True))


def declined(case, _claim_of, minh):
    dispatch = Dispatch(case_id=case.id, status="stopped", next_at=now())
    db.session.add(dispatch)
    db.session.flush()
    columns = {
        "case_id": case.id,
        "volunteer_id": minh.id,
        "wave": 1,
        "deadline": now(),
        "status": "declined",
    }
    db.session.add(Ask(dispatch_id=dispatch.id, **columns))


@pytest.mark.parametrize("enough", [given_back, lapsed, never_arrived, declined])
def test_a_case_goes_to_nobody_who_has_had_enough_of_it(app, official, minh_volunteer, enough) -> None:
    case = make.make_case()
    before = plan_for(official)
    with transaction():
        enough(case, lambda case: take_case(case.code, by=minh_volunteer), minh_volunteer)
    assert db.session.get_one(Case, case.id).status == "open"
    assert not lines_of(plan_for(official))[case.code].chosen
    apply_plan(before.id, by=official)
    assert lines_of(before)[case.code].outcome == "volunteer-changed"


def test_cases_of_other_areas_are_not_in_the_plan(app, official, minh_volunteer) -> None:
    make.make_case(at=CHO_LON)
    here = make.make_case()
    assert set(lines_of(plan_for(official))) == {here.code}


def test_applying_makes_claims_tells_people_and_keeps_who_decided(app, official, minh_volunteer) -> None:
    case = make.make_case()
    plan = plan_for(official)
    apply_plan(plan.id, by=official)
    line = lines_of(plan)[case.code]
    assert line.outcome == "taken"
    claim = db.session.get_one(Claim, line.claim_id)
    assert (claim.volunteer_id, claim.status) == (minh_volunteer.id, "live")
    event = db.session.scalars(select(CaseEvent).where(CaseEvent.action == "claimed")).one()
    assert event.details["assigned_by"] == str(official.id)
    told = db.session.scalars(select(Message).where(Message.to_user_id == minh_volunteer.id)).all()
    assert [message.purpose for message in told] == ["case_assigned"]
    done = db.session.scalars(select(AuditRecord).where(AuditRecord.action == "plan_applied")).one()
    assert (done.details["taken"], done.area_id) == (1, plan.area_id)


def test_applying_twice_is_applying_once(app, official, minh_volunteer) -> None:
    make.make_case()
    plan = plan_for(official)
    apply_plan(plan.id, by=official)
    apply_plan(plan.id, by=official)
    assert len(db.session.scalars(select(Claim)).all()) == 1
    assert len(db.session.scalars(select(AuditRecord).where(AuditRecord.action == "plan_applied")).all()) == 1


def test_two_officials_who_apply_at_once_give_nobody_more_than_they_have_room_for(
    app, official, chu_province_official
) -> None:
    minh = make.volunteer("Minh", "+84902000001", near(0), capacity=2)
    for n in range(6):
        make.make_case(at=near(20 * n))
    plans = [plan_for(official), plan_for(official)]
    # The second official has chosen the same person for the other cases, and for one of the same.
    for number, line in enumerate(lines_of(plans[1]).values()):
        line.chosen, line.volunteer_id = number > 0, minh.id
    db.session.commit()
    work = [(plan.id, by.id) for plan, by in zip(plans, (official, chu_province_official), strict=True)]
    start = threading.Barrier(2)

    def apply(plan_id, by_id) -> None:
        with app.app_context():
            start.wait()
            apply_plan(plan_id, by=db.session.get_one(User, by_id))
            db.session.remove()

    together = [threading.Thread(target=apply, args=one) for one in work]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    db.session.expire_all()
    claims = db.session.scalars(select(Claim)).all()
    assert len({claim.case_id for claim in claims}) == len(claims) == 2
    assert {plan.status for plan in plans} == {"applied"}
    outcomes = [line.outcome for plan in plans for line in lines_of(plan).values() if line.chosen]
    assert outcomes.count("taken") == 2
    assert None not in outcomes


def test_what_was_interrupted_is_taken_up_again(app, official, minh_volunteer) -> None:
    case = make.make_case()
    plan = plan_for(official)
    with transaction():
        db.session.get_one(Plan, plan.id).status = "applying"
    apply_plan(plan.id, by=official)
    assert lines_of(plan)[case.code].outcome == "taken"
    assert db.session.get_one(Plan, plan.id).status == "applied"


def test_a_case_that_changed_is_reported_and_the_others_go_on(
    app, official, minh_volunteer, hoa_volunteer, lan_resident
) -> None:
    taken, cancelled, still = make.make_case(), make.make_case(requester=lan_resident), make.make_case()
    plan = plan_for(official)
    with transaction():
        take_case(taken.code, by=hoa_volunteer)
        cancel_case(cancelled.code, actor=Actor(lan_resident, tracks=False))
    apply_plan(plan.id, by=official)
    lines = lines_of(plan)
    assert lines[taken.code].outcome == lines[cancelled.code].outcome == "case-changed"
    assert "thay đổi" in lines[taken.code].outcome_words
    assert lines[still.code].outcome == "taken"
    assert db.session.get_one(Case, taken.id).status == "claimed"
    assert db.session.get_one(Case, cancelled.id).status == "cancelled"


@pytest.mark.parametrize(("column", "value"), [("available", False), ("radius_m", 100), ("category_ids", [])])
def test_a_volunteer_who_changed_is_reported(app, official, column, value) -> None:
    minh = make.volunteer("Minh", "+84902000001", near(500))
    case = make.make_case()
    plan = plan_for(official)
    with transaction():
        setattr(db.session.get_one(Volunteer, minh.id), column, value)
    apply_plan(plan.id, by=official)
    assert lines_of(plan)[case.code].outcome == "volunteer-changed"
    assert db.session.get_one(Case, case.id).status == "open"


def test_only_officials_of_the_area_can_apply(app, official, ba_official_w2, minh_volunteer) -> None:
    case = make.make_case()
    plan = plan_for(official)
    apply_plan(plan.id, by=ba_official_w2)
    assert lines_of(plan)[case.code].outcome == "outside-jurisdiction"
    assert db.session.get_one(Case, case.id).status == "open"


def test_a_line_can_be_given_to_another_candidate_or_dropped(
    app, official, minh_volunteer, hoa_volunteer
) -> None:
    case, other = make.make_case(), make.make_case(at=near(30))
    plan = plan_for(official)
    line, dropped = (lines_of(plan)[c.code] for c in (case, other))
    assert {pair.user_id for pair in candidates_of(line)} == {minh_volunteer.id, hoa_volunteer.id}
    with transaction():
        change_line(line.id, plan_id=plan.id, volunteer_id=hoa_volunteer.id)
        change_line(dropped.id, plan_id=plan.id, volunteer_id=None)
    apply_plan(plan.id, by=official)
    claims = db.session.scalars(select(Claim)).all()
    assert [(claim.case_id, claim.volunteer_id) for claim in claims] == [(case.id, hoa_volunteer.id)]


def test_nobody_is_given_more_than_they_can_carry_by_hand_either(app, official, minh_volunteer) -> None:
    one = make.volunteer("Một", "+84902000001", near(2000), capacity=1)
    cases = [make.make_case(at=near(10 * n)) for n in range(3)]
    plan = plan_for(official)
    lines = lines_of(plan)
    ids = [lines[case.code].id for case in cases]
    mine = [key for key in ids if db.session.get_one(PlanLine, key).volunteer_id == one.id]
    spare = [key for key in ids if key not in mine]
    if not mine:
        with transaction():
            change_line(spare.pop(), plan_id=plan.id, volunteer_id=one.id)
    with pytest.raises(Conflict), transaction():
        change_line(spare[0], plan_id=plan.id, volunteer_id=one.id)


def test_a_plan_that_has_ended_cannot_be_changed(app, official, minh_volunteer) -> None:
    make.make_case()
    plan = plan_for(official)
    line = next(iter(lines_of(plan).values()))
    with transaction():
        discard_plan(plan.id, by=official)
    with pytest.raises(Conflict), transaction():
        change_line(line.id, plan_id=plan.id, volunteer_id=None)
    with pytest.raises(Conflict):
        apply_plan(plan.id, by=official)
    assert not db.session.scalars(select(Claim)).all()


def test_more_cases_than_near_helpers_have_room_for_reach_the_next_ones(app, official) -> None:
    for n in range(25):
        make.volunteer(f"Gần {n}", f"+849030000{n:02}", near(n), capacity=1)
    for n in range(6):
        make.volunteer(f"Xa {n}", f"+849040000{n:02}", near(1500 + n), capacity=1)
    cases = [make.make_case(at=near(5 + n)) for n in range(30)]
    lines = lines_of(plan_for(official))
    assert sum(lines[case.code].chosen for case in cases) == 30


def test_a_load_that_no_vehicle_holds_is_left_out_and_says_so(app, official) -> None:
    make.volunteer("Đi bộ", "+84902000001", near(100), vehicle="on_foot")
    small, big = make.make_case(household_size=8), make.make_case(household_size=30)
    lines = lines_of(plan_for(official))
    assert lines[small.code].chosen
    assert (lines[small.code].portions, lines[big.code].portions) == (2, 8)
    assert lines[big.code].why_none == "too_much"


def test_what_somebody_carries_already_counts(app, official) -> None:
    minh = make.volunteer("Minh", "+84902000001", near(100), vehicle="on_foot")
    held = make.make_case(household_size=4)
    with transaction():
        take_case(held.code, by=minh)
    one, two = make.make_case(household_size=3), make.make_case(household_size=5, at=near(40))
    lines = lines_of(plan_for(official))
    assert lines[one.code].chosen
    assert not lines[two.code].chosen


def test_advice_weighs_nothing(app, official, dr_tam_medic) -> None:
    with transaction():
        db.session.get_one(Volunteer, dr_tam_medic.id).vehicle = "on_foot"
    case = make.make_case(category_slug="medical_advice", household_size=40)
    line = lines_of(plan_for(official))[case.code]
    assert (line.chosen, line.portions) == (True, 0)


def test_a_supply_point_helps_through_its_owner(app, official, chi_supplier) -> None:
    kinds = [make.category().id]
    point = make.make_supply_point(chi_supplier, at=near(200), radius_m=3000, category_ids=kinds)
    cases = [make.make_case(at=near(10 * n)) for n in range(4)]
    plan = plan_for(official)
    lines = lines_of(plan)
    chosen = [lines[case.code] for case in cases if lines[case.code].chosen]
    assert len(chosen) == point.deliveries == 3
    assert {(line.volunteer_id, line.supply_point_id) for line in chosen} == {(chi_supplier.id, point.id)}
    apply_plan(plan.id, by=official)
    claims = db.session.scalars(select(Claim)).all()
    assert {claim.volunteer_id for claim in claims} == {chi_supplier.id}
    assert len(claims) == 3


@pytest.mark.parametrize(
    "columns", [{"active": False}, {"radius_m": 0}, {"radius_m": 100}], ids=["closed", "no delivery", "far"]
)
def test_a_point_that_does_not_deliver_there_is_not_proposed(app, official, chi_supplier, columns) -> None:
    said = {"radius_m": 3000, "category_ids": [make.category().id]} | columns
    make.make_supply_point(chi_supplier, at=near(500), **said)
    case = make.make_case()
    assert not lines_of(plan_for(official))[case.code].chosen


def test_a_point_that_closed_meanwhile_is_reported(app, official, chi_supplier) -> None:
    point = make.make_supply_point(chi_supplier, radius_m=3000, category_ids=[make.category().id])
    case = make.make_case()
    plan = plan_for(official)
    with transaction():
        db.session.merge(point).active = False
    apply_plan(plan.id, by=official)
    assert lines_of(plan)[case.code].outcome == "volunteer-changed"


def test_a_helper_with_a_shop_is_one_helper_who_starts_at_the_nearer_place(
    app, official, chi_supplier
) -> None:
    with transaction():
        chi_supplier.roles.append(make.UserRole(role="volunteer"))
    kinds = [make.category().id]
    make.add(Volunteer(user_id=chi_supplier.id, base=near(50).ewkt, category_ids=kinds, capacity=2))
    point = make.make_supply_point(chi_supplier, at=near(1500), radius_m=3000, category_ids=kinds)
    home, shop = make.make_case(at=near(0)), make.make_case(at=near(1520))
    # Of four cases the person can take three: the farthest is left out.
    others = [make.make_case(at=near(150)), make.make_case(at=near(200))]
    lines = lines_of(plan_for(official))
    assert (lines[home.code].volunteer_id, lines[home.code].supply_point_id) == (chi_supplier.id, None)
    assert lines[shop.code].supply_point_id == point.id
    assert sum(lines[case.code].chosen for case in (home, shop, *others)) == 3


def test_only_cases_that_have_waited_long_enough_are_planned(app, official, minh_volunteer) -> None:
    make.make_case()
    old = make.make_case(created_at=now() - timedelta(hours=30))
    areas = [make.area_of(WARD).id]
    with transaction():
        plan = propose_plan(areas[0], areas, [-1], by=official, waited_h=24)
    assert set(lines_of(plan)) == {old.code}
    assert (plan.open_cases, plan.waited_h) == (1, 24)
