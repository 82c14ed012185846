"""A filter is read strictly from an address, and written back into the same address."""

from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.core.errors import Invalid
from app.feed.cursor import Cursor
from app.feed.filters import Filter
from app.feed.rules import SHOWN_STATUSES
from tests.geography import SAI_GON


def read(**args: str) -> Filter:
    return Filter.from_args(MultiDict(args))


def refused(**args: str) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as wrong:
        read(**args)
    return wrong.value.errors


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("near", "10.77"), ("near", "nan,106.7"), ("near", "inf,106.7"), ("near", "91,106.7"),
        ("near", "10,181"),
        ("near", "1e3,2"), ("near", "١٠,106"), ("near", "10;106"), ("near", "\x00,1"),
        ("near", "9" * 400 + ",1"),
        ("bbox", "1,2,3"), ("bbox", "106.8,10.7,106.6,10.9"), ("bbox", "1,2,1,2"), ("bbox", "a,b,c,d"),
        ("area", "99999"), ("area", "26734"), ("area", "' OR 1=1"), ("area", "\x00"),
        ("category", "money"), ("category", "essentials,\x00"), ("urgency", "very"), ("status", "rejected"),
        ("status", "expired"), ("q", "gạo\x00"), ("q", "g" * 101),
        ("limit", "0"), ("limit", "101"), ("limit", "-1"), ("limit", "ten"), ("limit", "1.5"), ("limit", "²"),
        ("cursor", "x"), ("cursor", "bnVsbA"), ("cursor", "W10"), ("cursor", "é"), ("cursor", "[" * 5000),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_refused_beside_its_field(app: Any, field: str, value: str) -> None:
    assert list(refused(**{field: value})) == [field]


@pytest.mark.parametrize("radius", ["0", "200001", "-5", "nan", "1e3", "10.5", "٣"])
def test_a_radius_is_a_whole_number_of_metres_within_reason(app: Any, radius: str) -> None:
    assert list(refused(near="10.77,106.7", radius_m=radius)) == ["radius_m"]


def test_a_radius_needs_a_place(app: Any) -> None:
    assert list(refused(radius_m="500")) == ["radius_m"]


def test_a_cursor_of_another_order_is_refused(app: Any) -> None:
    nearest = Cursor.read("WzAsNTAwLjUsbnVsbCwiMDE5M2Q1YjBjNmY0N2FiYzg5YWJjZGVmMDEyMzQ1NjciXQ")
    assert nearest is not None
    assert list(refused(cursor=nearest.written())) == ["cursor"]
    assert read(near="10.77,106.7", cursor=nearest.written()).cursor == nearest


def test_all_that_is_wrong_is_said_at_once(app: Any) -> None:
    assert set(refused(near="x", limit="x", category="x", q="\x00")) == {"near", "limit", "category", "q"}


def test_empty_values_and_unknown_names_change_nothing(app: Any) -> None:
    assert read(near="", radius_m=" ", category="", q="", limit="", utm_source="zalo") == Filter()


def test_an_argument_given_twice_is_refused_unless_it_may_be_several(app: Any) -> None:
    assert read(status="open,claimed").statuses == ("open", "claimed")
    several = MultiDict([("category", "essentials"), ("category", "grocery_run,essentials")])
    assert Filter.from_args(several).categories == ("essentials", "grocery_run")
    with pytest.raises(Invalid):
        Filter.from_args(MultiDict([("near", "1,2"), ("near", "3,4")]))


def test_groups_of_the_map_stand_for_their_statuses(app: Any) -> None:
    assert read(status="helped").statuses == ("delivered", "closed")
    assert read(status="closed,needs_help").statuses == ("open", "closed")
    assert read(status="closed,needs_help").groups == ("needs_help", "helped")


def test_an_area_is_known_by_its_code(app: Any) -> None:
    ward = read(area="26740").area
    assert ward is not None
    assert (ward.level, ward.label) == ("commune", "Phường Sài Gòn, Thành phố Hồ Chí Minh")


degrees = st.floats(-89, 89).map(lambda n: round(n, 7))
filters = st.fixed_dictionaries(
    {},
    optional={
        "near": st.tuples(degrees, degrees).map(lambda p: f"{p[0]:.7f},{p[1]:.7f}"),
        "bbox": st.tuples(degrees, degrees).map(
            lambda p: f"{p[0]:.7f},{p[1]:.7f},{p[0] + 1.5:.7f},{p[1] + 0.5:.7f}"
        ),
        "area": st.sampled_from(["79", "75", "26740"]),
        "category": st.sets(st.sampled_from(["essentials", "grocery_run", "medical_advice"])).map(",".join),
        "urgency": st.sets(st.sampled_from(["normal", "urgent", "life_threatening"])).map(",".join),
        "status": st.sets(st.sampled_from([*SHOWN_STATUSES, "helped"])).map(",".join),
        "q": st.text(st.characters(exclude_characters="\x00"), max_size=50),
        "limit": st.integers(1, 100).map(str),
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters)
def test_what_is_written_into_an_address_reads_back_as_the_same_view(app: Any, args: dict[str, str]) -> None:
    asked = read(**args)
    again = Filter.from_args(MultiDict(part_of(asked.query_string(paging=True))))
    assert again == asked


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(
            ["near", "radius_m", "bbox", "area", "category", "urgency", "status", "q", "limit", "cursor"]
        ),
        st.text(max_size=60),
    )
)
def test_no_text_whatever_breaks_the_reading(app: Any, args: dict[str, str]) -> None:
    named: set[str] = set()
    try:
        read(**args)
    except Invalid as wrong:
        named = set(wrong.errors)
    assert named <= set(args)


def part_of(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query)


def test_the_place_is_written_to_a_tenth_of_a_metre(app: Any) -> None:
    assert read(near=f"{SAI_GON.lat},{SAI_GON.lon}").query_string() == "near=10.776900,106.700900"
