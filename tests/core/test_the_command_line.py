"""`flask` finds the application wherever one stands."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from app.config import ROOT


@pytest.mark.slow
def test_flask_finds_the_application_from_any_folder(tmp_path: Path, worker_database: Any) -> None:
    venv = tmp_path / "venv"
    python = venv / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    subprocess.run([ROOT / "scripts" / "link-project", venv], check=True, cwd=tmp_path)
    [link] = venv.glob("lib/python*/site-packages/lalanh.pth")
    link.with_name("packages.pth").write_text(sysconfig.get_path("purelib"))
    found = subprocess.run(
        [python, "-m", "flask", "areas", "search", "sai", "gon"],
        check=False,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": worker_database.url, "LALANH_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert "Phường Sài Gòn" in found.stdout, found.stderr
