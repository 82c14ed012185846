"""The assignment benchmark reads what it is given and never counts itself better than the optimum."""

import json
from pathlib import Path

import pytest

from bench.assign import main
from bench.cases_and_helpers import make_files, read_cases, read_helpers


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    cases, volunteers = tmp_path / "cases.csv", tmp_path / "volunteers.csv"
    make_files(cases, volunteers, 300, 110, seed=3, capacity=3)
    return ["--cases", str(cases), "--volunteers", str(volunteers), "--json"]


@pytest.mark.parametrize("mode", ["batch", "stream", "first"])
def test_each_mode_says_how_near_it_comes(
    files: list[str], mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*files, "--mode", mode]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {"cost", "optimum", "ratio", "seconds", "unassigned"} <= set(said)
    assert said["unassigned"] == 0
    assert said["ratio"] == pytest.approx(said["cost"] / said["optimum"], abs=1e-3)
    assert 0.999 <= said["ratio"] < (1.01 if mode == "batch" else 2)


def test_files_of_others_are_read_too(tmp_path: Path) -> None:
    cases, volunteers = tmp_path / "cases.csv", tmp_path / "volunteers.csv"
    cases.write_text(
        "\ufeffID,Time,Latitude,Longitude,note\n"
        "b,2026-11-22T08:05:00Z,10.78,106.70,x\na,2026-11-22T08:00:00+00:00,10.77,106.70,y\n"
    )
    volunteers.write_text("id,lat,lng,radius_m,capacity,vehicle\nv,10.775,106.70,2000,1,bike\n")
    read = read_cases(cases)
    assert list(read.minute) == [0.0, 5.0]
    assert list(read.lat) == [10.77, 10.78]
    assert list(read.weight) == [1.0, 1.0]
    helpers = read_helpers(volunteers)
    assert (list(helpers.capacity), list(helpers.radius_m)) == ([1], [2000.0])


@pytest.mark.parametrize("mode", ["batch", "stream"])
def test_radius_category_and_room_hold(tmp_path: Path, mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    cases, volunteers = tmp_path / "cases.csv", tmp_path / "volunteers.csv"
    cases.write_text(
        "id,time,lat,lon,category\n1,0,10.770,106.70,essentials\n2,60,10.771,106.70,essentials\n"
        "3,120,10.770,106.70,medical_advice\n4,180,10.900,106.70,essentials\n"
    )
    volunteers.write_text("id,lat,lon,capacity,radius_m,categories\nv,10.770,106.70,5,3000,essentials\n")
    main(["--cases", str(cases), "--volunteers", str(volunteers), "--json", "--mode", mode])
    assert json.loads(capsys.readouterr().out)["unassigned"] == 2
