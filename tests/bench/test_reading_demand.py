"""Anybody's file of demand is read: what cannot be understood is told with its row and stops nothing."""

from datetime import datetime
from pathlib import Path

import pytest

from bench.simulation.demand import FIRST_HOUR, Demand, Unreadable, read

HEADER = "id,time,lat,lon,category\n"


@pytest.fixture
def demand(tmp_path: Path):
    def of(text: str) -> Demand:
        file = tmp_path / "demand.csv"
        file.write_text(text, encoding="utf-8")
        return read(file)

    return of


def test_rows_come_in_the_order_of_their_times_and_each_counts(demand) -> None:
    read = demand(
        HEADER + "a,2024-05-08T17:00,-30.03,-51.22,food\na,2024-05-08 16:11,-30.04,-51.21,medical_advice\n"
    )
    assert [(ask.id, ask.at.hour, ask.category) for ask in read.asks] == [
        ("a", 16, "medical_advice"),
        ("a", 17, "essentials"),
    ]
    assert read.wrong == ()


def test_wrong_rows_are_told_by_their_number(demand) -> None:
    read = demand(
        HEADER
        + "1,2024-05-08,10.77,106.7,x\n2,,10.77,106.7,x\n3,soon,10.77,106.7,x\n4,2024-05-08,,106.7,x\n"
        + "5,2024-05-08,91,106.7,x\n6,2024-05-08,ten,106.7,x\n7,2024-05-08,nan,106.7,x\n8\n\n,,,,\n"
        + "9,1e300,10.77,106.7,x\n"
    )
    assert len(read.asks) == 1
    assert [line.split(":")[0] for line in read.wrong] == [f"row {n}" for n in (3, 4, 5, 6, 7, 8, 9, 12)]
    assert "no time" in read.wrong[0]
    assert "'soon'" in read.wrong[1]


@pytest.mark.parametrize(
    ("time", "at"),
    [
        ("2017-09-19T17:32", datetime.fromisoformat("2017-09-19T17:32")),
        ("2017/09/19 17:32:10", datetime.fromisoformat("2017-09-19T17:32:10")),
        ("2017-09-19T17:32Z", datetime.fromisoformat("2017-09-19T10:32")),
        ("2017-09-19T17:32+05:00", datetime.fromisoformat("2017-09-19T05:32")),
        ("1505842320", datetime.fromisoformat("2017-09-19T10:32")),
        ("1505842320000", datetime.fromisoformat("2017-09-19T10:32")),
        ("90", FIRST_HOUR.replace(hour=9, minute=30)),
        ("0", FIRST_HOUR),
    ],
)
def test_times_become_local_to_the_place(demand, time: str, at: datetime) -> None:
    """Mexico City lies seven hours behind Greenwich by its longitude."""
    assert demand(HEADER + f"1,{time},19.43,-99.13,\n").asks[0].at == at


def test_other_names_separators_and_further_columns_are_read(demand) -> None:
    read = demand("\ufeffstatus;Latitude;Longitude;Timestamp;note\nopen;10.7;106.7;2024-05-08 16:11;a,b\n")
    assert [(ask.id, ask.lat, ask.lon, ask.category) for ask in read.asks] == [
        ("2", 10.7, 106.7, "essentials")
    ]


def test_a_stray_date_does_not_stretch_the_simulation(demand) -> None:
    read = demand(HEADER + "1,1970-01-01T06:00,1,1,\n2,2024-05-08T16:00,1,1,\n3,2024-05-08T17:00,1,1,\n")
    first, second, third = (ask.at for ask in read.asks)
    assert (second - first).days == 3
    assert (second.hour, third.hour) == (16, 17)


@pytest.mark.parametrize("text", ["", "\n", "id,lat,lon\n1,2,3\n", "no header at all"])
def test_a_file_without_the_columns_is_refused_in_words(demand, text: str) -> None:
    with pytest.raises(Unreadable, match="names no column"):
        demand(text)


def test_a_file_that_is_not_there_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        read(tmp_path / "none.csv")


def test_a_header_alone_is_no_demand(demand) -> None:
    assert demand(HEADER) == Demand(())
