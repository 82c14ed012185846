"""`flask` finds the application wherever one stands, and says in a sentence why it cannot start."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from app.config import ROOT
from tests.site import two_free_ports


def flask(*words: str, at: Path, python: str | Path = sys.executable, **environment: str) -> Any:
    return subprocess.run(
        [python, "-m", "flask", *words],
        check=False,
        cwd=at,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.slow
def test_flask_finds_the_application_from_any_folder(tmp_path: Path, worker_database: Any) -> None:
    venv = tmp_path / "venv"
    python = venv / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    subprocess.run([ROOT / "scripts" / "link-project", venv], check=True, cwd=tmp_path)
    [link] = venv.glob("lib/python*/site-packages/lalanh.pth")
    link.with_name("packages.pth").write_text(sysconfig.get_path("purelib"))
    found = flask(
        "areas", "search", "sai", "gon", python=python, at=tmp_path, DATABASE_URL=worker_database.url
    )
    assert "Phường Sài Gòn" in found.stdout, found.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"LALANH_ENV": "production"}, "Error: Set SECRET_KEY, LALANH_PRIVACY_KEY, DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, "Error: The database cannot be used: connection"),
    ],
)
def test_what_keeps_it_from_starting_is_said_in_a_sentence(
    tmp_path: Path, environment: dict[str, str], said: str
) -> None:
    refused = flask("serve", at=ROOT, LALANH_DATA=str(tmp_path), PORT=str(two_free_ports()), **environment)
    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
