"""The requester reads four digits out at the door, the volunteer types them: the case closes by itself."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cases.claiming import deliver_claim, release_claim, take_case
from app.cases.closing import Actor, reopen_case
from app.cases.handover import MOST_TRIES, MOST_TRIES_A_DAY, MOST_TRIES_OF_ALL, HandedOver, hand_over
from app.cases.models import Case, Claim
from app.cases.privacy import handover_code as digits_of
from app.cases.tracking import handover_code, tracking_path, tracking_secret
from app.core.clock import held_at, now
from app.core.db import db, transaction
from app.core.errors import Conflict, NotFound
from app.delivery.models import Message
from app.people.models import User
from tests import make


@pytest.fixture
def case(app: Any) -> Case:
    return make.make_case()


def take(case: Case, by: User, part: int | None = None) -> Claim:
    needs = None if part is None else {case.needs[part].id: case.needs[part].left}
    with transaction():
        return take_case(case.code, by=by, needs=needs)


def typed(claim: Claim, by: User, code: str) -> HandedOver:
    with transaction():
        return hand_over(claim.id, by=by, code=code)


def wrong_for(case: Case) -> str:
    return f"{(int(handover_code(case)) + 1) % 10_000:04d}"


def status_of(row: Any) -> str:
    db.session.refresh(row)
    return str(row.status)


@given(st.uuids(), st.integers(1, 99), st.integers(0, 9))
def test_a_code_is_always_four_digits_and_always_the_same(case_id: Any, version: int, turn: int) -> None:
    code = digits_of(str(case_id), version, turn, "key")
    assert len(code) == 4
    assert code.isdecimal()
    assert code == digits_of(str(case_id), version, turn, "key")


def test_the_right_code_closes_the_case_without_any_answer(case: Case, minh_volunteer: User) -> None:
    claim = take(case, minh_volunteer)
    assert typed(claim, minh_volunteer, handover_code(case)).refusal is None
    assert (status_of(case), status_of(claim)) == ("closed", "confirmed")
    assert all(need.delivered == need.quantity for need in case.needs)


@pytest.mark.parametrize("written", ["{0}{1} {2}{3}", " {0}-{1}-{2}-{3} ", "{0}.{1}.{2}.{3}"])
def test_spaces_and_dashes_do_not_matter(case: Case, minh_volunteer: User, written: str) -> None:
    claim = take(case, minh_volunteer)
    assert typed(claim, minh_volunteer, written.format(*handover_code(case))).refusal is None


def test_a_part_is_proved_while_the_rest_stays_open(case: Case, minh_volunteer: User) -> None:
    claim = take(case, minh_volunteer, part=0)
    typed(claim, minh_volunteer, handover_code(case))
    assert (status_of(case), status_of(claim)) == ("open", "confirmed")


def test_what_another_says_to_have_brought_still_waits_for_the_requester(
    case: Case, minh_volunteer: User, hoa_volunteer: User
) -> None:
    said, proved = take(case, minh_volunteer, part=0), take(case, hoa_volunteer)
    with transaction():
        deliver_claim(said.id, by=minh_volunteer)
    typed(proved, hoa_volunteer, handover_code(case))
    assert (status_of(case), status_of(said), status_of(proved)) == ("delivered", "delivered", "confirmed")


def test_wrong_codes_are_counted_and_then_not_even_the_right_one_helps(
    case: Case, minh_volunteer: User
) -> None:
    claim = take(case, minh_volunteer)
    slugs = [typed(claim, minh_volunteer, wrong_for(case)).refusal.slug for _ in range(MOST_TRIES)]
    assert slugs == ["wrong-code"] * (MOST_TRIES - 1) + ["code-locked"]
    assert typed(claim, minh_volunteer, handover_code(case)).refusal.slug == "code-locked"
    assert status_of(claim) == "live"
    with transaction():
        deliver_claim(claim.id, by=minh_volunteer)
    assert status_of(case) == "delivered"


def test_giving_the_case_back_and_taking_it_again_does_not_bring_new_tries(
    case: Case, minh_volunteer: User
) -> None:
    claim = take(case, minh_volunteer)
    for _ in range(MOST_TRIES):
        typed(claim, minh_volunteer, wrong_for(case))
    with transaction():
        release_claim(claim.id, by=minh_volunteer)
    again = take(case, minh_volunteer)
    assert typed(again, minh_volunteer, handover_code(case)).refusal.slug == "code-locked"


def test_several_together_have_no_more_than_the_tries_of_a_case(case: Case, minh_volunteer: User) -> None:
    case.needs[0].quantity = Decimal(100)
    for number in range(-(-MOST_TRIES_OF_ALL // (MOST_TRIES - 1))):
        helper = make.volunteer(f"Người giúp {number}", f"+8490200000{number}", make.SAI_GON)
        with transaction():
            claim = take_case(case.code, by=helper, needs={case.needs[0].id: Decimal(1)})
        for _ in range(MOST_TRIES - 1):
            typed(claim, helper, wrong_for(case))
    claim = take(case, minh_volunteer)
    assert typed(claim, minh_volunteer, handover_code(case)).refusal.slug == "code-locked"


def test_whoever_guesses_at_many_doors_may_guess_at_none_until_tomorrow(
    case: Case, minh_volunteer: User, hoa_volunteer: User
) -> None:
    for _ in range(MOST_TRIES_A_DAY // (MOST_TRIES - 1)):
        claim = take(make.make_case(), minh_volunteer)
        for _try in range(MOST_TRIES - 1):
            typed(claim, minh_volunteer, wrong_for(db.session.get_one(Case, claim.case_id)))
        with transaction():
            release_claim(claim.id, by=minh_volunteer)
    assert (
        typed(take(case, minh_volunteer), minh_volunteer, handover_code(case)).refusal.slug == "code-locked"
    )
    other = make.make_case()
    assert typed(take(other, hoa_volunteer), hoa_volunteer, handover_code(other)).refusal is None
    with held_at(now() + timedelta(days=1, minutes=1)):
        tomorrow = make.make_case()
        claim = take(tomorrow, minh_volunteer)
        assert typed(claim, minh_volunteer, handover_code(tomorrow)).refusal is None


def test_what_is_no_code_at_all_does_not_count_as_a_try(case: Case, minh_volunteer: User) -> None:
    claim = take(case, minh_volunteer)
    for nonsense in ("", "12", "12345", "mười", "٣٤", "-"):
        refusal = typed(claim, minh_volunteer, nonsense).refusal
        assert refusal is not None
        assert "code" in refusal.errors
    db.session.refresh(claim)
    assert claim.wrong_codes == 0


def test_nobody_proves_the_delivery_of_another(case: Case, minh_volunteer: User, hoa_volunteer: User) -> None:
    claim = take(case, minh_volunteer)
    with pytest.raises(NotFound):
        typed(claim, hoa_volunteer, handover_code(case))


def test_a_code_cannot_be_used_twice(case: Case, minh_volunteer: User) -> None:
    claim = take(case, minh_volunteer)
    code = handover_code(case)
    typed(claim, minh_volunteer, code)
    with pytest.raises(Conflict):
        typed(claim, minh_volunteer, code)


def test_what_did_not_arrive_needs_another_code(case: Case, minh_volunteer: User) -> None:
    """Else the volunteer who learned the first one could close the case again from afar."""
    claim = take(case, minh_volunteer)
    before = handover_code(case)
    typed(claim, minh_volunteer, before)
    with transaction():
        reopen_case(case.code, actor=Actor(tracks=True), why="chưa thấy ai")
    assert handover_code(case) != before


def test_the_code_of_a_part_does_not_prove_the_rest(case: Case, minh_volunteer: User) -> None:
    """Else whoever brought a part and heard the code could close the case from afar."""
    used = handover_code(case)
    typed(take(case, minh_volunteer, part=0), minh_volunteer, used)
    assert handover_code(case) != used
    rest = take(case, minh_volunteer)
    assert typed(rest, minh_volunteer, used).refusal.slug == "wrong-code"
    assert typed(rest, minh_volunteer, handover_code(case)).refusal is None
    assert status_of(case) == "closed"


def test_after_a_part_the_requester_is_told_the_code_of_the_next(case: Case, minh_volunteer: User) -> None:
    typed(take(case, minh_volunteer, part=0), minh_volunteer, handover_code(case))
    coming = handover_code(case)
    typed(take(case, minh_volunteer), minh_volunteer, coming)
    told = [
        m.body
        for m in db.session.query(Message).filter_by(purpose="claim_handed_over").order_by(Message.created_at)
    ]
    assert [f"lần sau là {coming}" in body for body in told] == [True, False]


def test_the_requester_is_told_the_code_when_somebody_takes_the_case(
    case: Case, minh_volunteer: User
) -> None:
    take(case, minh_volunteer)
    bodies = [m.body for m in db.session.query(Message).filter_by(purpose="case_taken")]
    assert [handover_code(case) in body for body in bodies] == [True]


# On the pages and in the API.


def test_only_the_requester_sees_the_code(
    app: Any, case: Case, client: Any, client_for: Any, minh_volunteer: User, hoa_volunteer: User
) -> None:
    follower = app.test_client()
    follower.get(tracking_path(case))
    take(case, minh_volunteer)
    shown = f'<strong translate="no">{handover_code(case)}</strong>'
    assert shown in follower.get(f"/cases/{case.code}").text
    signed_in = (minh_volunteer, hoa_volunteer, make.anh_official_w1())
    for other in (client, *map(client_for, signed_in)):
        assert shown not in other.get(f"/cases/{case.code}").text
        assert other.get(f"/api/v1/cases/{case.code}").json["handover_code"] is None
    token = {"X-Tracking-Token": tracking_secret(case)}
    answer = client.get(f"/api/v1/cases/{case.code}", headers=token).json
    assert answer["handover_code"] == handover_code(case)


def test_the_volunteer_types_it_on_the_page(case: Case, client_for: Any, minh_volunteer: User) -> None:
    claim = take(case, minh_volunteer)
    minh, path = client_for(minh_volunteer), f"/cases/{case.code}/claims/{claim.id}/hand-over"
    wrong = minh.post(path, data={"code": wrong_for(case)})
    assert wrong.status_code == 422
    assert "bạn còn 4 lần nhập" in wrong.text
    right = minh.post(path, data={"code": handover_code(case)}, follow_redirects=True)
    assert "Đã giao xong, cảm ơn bạn" in right.text
    assert status_of(case) == "closed"


def test_the_api_counts_wrong_codes_too(case: Case, client_for: Any, minh_volunteer: User) -> None:
    claim = take(case, minh_volunteer)
    minh, path = client_for(minh_volunteer), f"/api/v1/claims/{claim.id}/hand-over"
    answers = [minh.post(path, json={"code": wrong_for(case)}) for _ in range(MOST_TRIES)]
    assert [answer.status_code for answer in answers] == [422] * (MOST_TRIES - 1) + [429]
    assert answers[0].json["errors"]["code"]
    assert minh.post(path, json={"code": handover_code(case)}).status_code == 429


def test_the_right_code_in_the_api(case: Case, client_for: Any, minh_volunteer: User) -> None:
    claim = take(case, minh_volunteer)
    answer = client_for(minh_volunteer).post(
        f"/api/v1/claims/{claim.id}/hand-over", json={"code": handover_code(case)}
    )
    assert (answer.json["status"], answer.json["case_status"]) == ("confirmed", "closed")
