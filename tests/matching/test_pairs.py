"""Candidates come from the index, and keep every hard rule whatever the volunteers are like."""

from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, text

from app.cases.models import Case
from app.core.db import db, transaction
from app.matching.pairs import NEAREST_HELPERS, Nearby, open_cases_in
from app.matching.planning import propose
from app.people.models import User, UserRole
from app.volunteers.models import Volunteer
from app.volunteers.rules import VEHICLES, portions_of
from tests import make
from tests.geography import SAI_GON

SOMEBODY = st.fixed_dictionaries(
    {
        "metres": st.integers(0, 4_000),
        "radius_m": st.sampled_from([100, 1_000, 3_000]),
        "capacity": st.integers(1, 3),
        "vehicle": st.sampled_from(["on_foot", "bicycle"]),
        "available": st.booleans(),
        "medic": st.sampled_from([None, "asked", "verified"]),
        "categories": st.sets(st.sampled_from(["essentials", "medical_advice"]), max_size=2),
    }
)
SOME_CASE = st.tuples(
    st.integers(0, 2_000), st.sampled_from(["essentials", "medical_advice"]), st.integers(1, 12)
)


def add_somebody(n: int, said: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    user = make.person(f"Người {n}", f"+8490500{n:04}", "volunteer")
    if said["medic"]:
        verified = make.now() if said["medic"] == "verified" else None
        make.add(UserRole(user_id=user.id, role="medic", verified_at=verified))
    ids = [make.category(slug).id for slug in said["categories"]]
    columns = {key: said[key] for key in ("radius_m", "capacity", "available", "vehicle")}
    base = SAI_GON.moved(said["metres"], 1.0).ewkt
    make.add(Volunteer(user_id=user.id, base=base, category_ids=ids, **columns))
    return user.id, said


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SOMEBODY, max_size=5), st.lists(SOME_CASE, min_size=1, max_size=5))
def test_no_plan_breaks_a_rule(
    app: Any, people: list[dict[str, Any]], cases: list[tuple[int, str, int]]
) -> None:
    known = dict(add_somebody(n, said) for n, said in enumerate(people))
    places = {}
    for metres, slug, people_there in cases:
        at = SAI_GON.moved(metres, 2.5)
        case = make.make_case(at=at, category_slug=slug, household_size=people_there)
        places[case.id] = (at, slug, portions_of(people_there, carried=slug == "essentials"))
    wanted = open_cases_in([make.area_of("26740").id], [-1], 100)
    lines = propose(wanted, Nearby())
    load: dict[Any, int] = {}
    burden: dict[Any, int] = {}
    for line in lines:
        if line.volunteer_id is None:
            continue
        said, (at, slug, portions) = known[line.volunteer_id], places[line.case.id]
        load[line.volunteer_id] = load.get(line.volunteer_id, 0) + 1
        burden[line.volunteer_id] = burden.get(line.volunteer_id, 0) + portions
        assert line.case.portions == portions
        assert said["available"]
        assert slug in said["categories"]
        assert slug != "medical_advice" or said["medic"] == "verified"
        metres = SAI_GON.moved(said["metres"], 1.0).metres_to(at)
        assert abs(metres - line.metres) < 2
        assert line.metres <= said["radius_m"]
    assert all(count <= known[user]["capacity"] for user, count in load.items())
    assert all(portions <= VEHICLES[known[user]["vehicle"]] for user, portions in burden.items())
    with transaction():
        for table in (Volunteer, UserRole, Case, User):
            db.session.execute(delete(table))


def test_candidates_are_read_from_the_index_nearest_first(app: Any) -> None:
    with transaction():
        db.session.execute(
            text(
                """
                WITH made AS (
                    INSERT INTO "user" (id, phone, name, password_hash)
                    SELECT gen_random_uuid(), '+8499' || n, 'Người ' || n, '' FROM generate_series(1, 3000) n
                    RETURNING id
                ), roles AS (
                    INSERT INTO user_role (id, user_id, role)
                    SELECT gen_random_uuid(), id, 'volunteer' FROM made
                )
                INSERT INTO volunteer (user_id, base, radius_m, category_ids, capacity)
                SELECT id, ST_SetSRID(ST_MakePoint(106.6 + random() * 0.2, 10.7 + random() * 0.2), 4326),
                       3000, ARRAY[:category]::smallint[], 3
                FROM made
                """
            ),
            {"category": make.category().id},
        )
    case = make.make_case()
    nearby = Nearby()
    near = nearby.of([case.id], nearest=20)
    assert len(near) == 20
    # The index orders by degrees, of which those of longitude are a little shorter.
    assert all(after.metres > 0.97 * before.metres for before, after in pairwise(near))
    known = {
        "cases": [str(case.id)], "full": [], "nearest": 20, "widest": nearby.widest, "any_load": False
    }  # fmt: skip
    plan = db.session.execute(text("EXPLAIN " + NEAREST_HELPERS.text), known).scalars()
    text_of_plan = "\n".join(plan)
    assert "Index Scan using free_helper_category_id_base_idx" in text_of_plan
    assert "Order By: (base <->" in text_of_plan
