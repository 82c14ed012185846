"""The assignment benchmark reads what it is given and never counts itself better than the optimum."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.assign import main
from bench.cases_and_helpers import make_files
from bench.reading import read_cases, read_helpers


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    cases, volunteers = tmp_path / "cases.csv", tmp_path / "volunteers.csv"
    make_files(cases, volunteers, 300, 110, seed=3, capacity=3)
    return ["--cases", str(cases), "--volunteers", str(volunteers), "--json"]


def run(tmp_path: Path, mode: str, cases: str, volunteers: str, capsys: pytest.CaptureFixture[str]) -> Any:
    """What it prints about these files, and what it complains of."""
    (tmp_path / "c.csv").write_text(cases, encoding="utf-8")
    (tmp_path / "v.csv").write_text(volunteers, encoding="utf-8")
    main(
        [
            "--cases",
            str(tmp_path / "c.csv"),
            "--volunteers",
            str(tmp_path / "v.csv"),
            "--json",
            "--mode",
            mode,
        ]
    )
    said = capsys.readouterr()
    return json.loads(said.out) | {"told": said.err}


@pytest.mark.parametrize("mode", ["batch", "stream", "first"])
def test_each_mode_says_how_near_it_comes(
    files: list[str], mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*files, "--mode", mode]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {"cost", "optimum", "ratio", "seconds", "unassigned"} <= set(said)
    assert said["unassigned"] == 0
    assert said["ratio"] == pytest.approx(said["cost"] / said["optimum"], abs=1e-3)
    assert said["optimum_within"] <= 1.0001
    assert 1.0 <= said["ratio"] < {"batch": 1.006, "stream": 1.3, "first": 2}[mode]


def test_files_of_others_are_read_too(tmp_path: Path) -> None:
    cases, volunteers = tmp_path / "cases.csv", tmp_path / "volunteers.csv"
    cases.write_text(
        "\ufeffID,Time,Latitude,Longitude,note\n"
        "b,2026-11-22T08:05:00Z,10.78,106.70,x\na,2026-11-22T08:00:00+00:00,10.77,106.70,y\n"
    )
    volunteers.write_text(
        "id;lat;lng;radius km;capacity;vehicle;skills\nv;10.775;106.70;2;1;bike;Food|medicine\n"
    )
    read = read_cases(cases)
    assert list(read.minute) == [0.0, 5.0]
    assert list(read.lat) == [10.77, 10.78]
    assert list(read.weight) == [1.0, 1.0]
    helpers = read_helpers(volunteers)
    assert (list(helpers.capacity), list(helpers.radius_m)) == ([1], [2000.0])
    assert helpers.categories == [{"food", "medicine"}]


def test_rows_without_sense_are_told_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = (
        "id,time,lat,lon,weight\n1,0,10.7,106.7,1\n2,soon,10.7,106.7,1\n3,0,95,106.7,1\n"
        "4,0,10.7,,1\n5,0,10.7,106.7,-1\n"
    )
    said = run(tmp_path, "batch", cases, "lat,lon\n10.7,106.7\n", capsys)
    assert (said["cases"], said["unassigned"]) == (1, 0)
    for line, column in [(3, "time"), (4, "lat"), (5, "lon"), (6, "weight")]:
        assert f"line {line}: {column} is" in said["told"]


@pytest.mark.parametrize("mode", ["batch", "stream", "first"])
@pytest.mark.parametrize(
    ("cases", "volunteers", "unassigned"),
    [
        ("", "lat,lon\n", 0),
        ("lat,lon\n", "lat,lon\n10.7,106.7\n", 0),
        ("lat,lon\n10.7,106.7\n", "lat,lon\n", 1),
        ("lat,lon\n10.7,106.7\n", "lat,lon,capacity\n10.7,106.7,0\n", 1),
        ("lat,lon\n" + "48.85,2.35\n" * 9, "lat,lon,capacity\n" + "48.86,2.35,2\n" * 3, 3),
        ("lat,lon\n-17.7,179.99\n", "lat,lon\n-17.7,-179.99\n", 0),
    ],
    ids=["empty file", "no cases", "no volunteers", "no room", "one place, too little room", "date line"],
)
def test_little_is_no_trouble(
    tmp_path: Path,
    mode: str,
    cases: str,
    volunteers: str,
    unassigned: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = run(tmp_path, mode, cases, volunteers, capsys)
    assert (said["unassigned"], said["ratio"]) == (unassigned, 1.0)
    assert said["cost"] < 10_000


def test_a_file_without_places_says_which_columns_it_has(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("id,street\n1,x\n")
    with pytest.raises(SystemExit, match="no column lat and lon, only: id, street"):
        read_cases(tmp_path / "c.csv")


@pytest.mark.parametrize("mode", ["batch", "stream"])
def test_radius_category_and_room_hold(tmp_path: Path, mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    cases = (
        "id,time,lat,lon,category\n1,0,10.770,106.70,essentials\n2,60,10.771,106.70,essentials\n"
        "3,120,10.770,106.70,medical_advice\n4,180,10.900,106.70,essentials\n"
    )
    volunteers = "id,lat,lon,capacity,radius_m,categories\nv,10.770,106.70,5,3000,essentials\n"
    assert run(tmp_path, mode, cases, volunteers, capsys)["unassigned"] == 2


def test_whoever_comes_far_is_found_behind_many_who_do_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    near = "".join(f"10.7{n:03d},106.70,100\n" for n in range(10, 160))
    said = run(
        tmp_path, "batch", "lat,lon\n10.70,106.70\n", f"lat,lon,radius_m\n{near}10.9,106.70,\n", capsys
    )
    assert said["unassigned"] == 0
