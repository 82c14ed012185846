"""What the browser gets from static/vendor is what was checked in by name and sum."""

import hashlib
import json

from app.config import ROOT

VENDOR = ROOT / "static" / "vendor"


def test_every_vendored_file_has_the_sum_that_is_written_down() -> None:
    lines = (VENDOR / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    there = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert there == sums.keys() | {"SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name


def test_every_library_comes_with_its_licence() -> None:
    for folder in VENDOR.iterdir():
        if folder.is_dir():
            assert list(folder.glob("LICENSE*")), folder.name


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    assert all("resolved" not in package for package in lock["packages"].values())
