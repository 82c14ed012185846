"""Official boundaries to try things on, no part of the project; tests skip where they are absent."""

import json
import lzma
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("LALANH_SHARED", ROOT.parent / "shared"))
COMMUNES = SHARED / "data" / "areas" / "communes.geojson.xz"
PROVINCES = SHARED / "data" / "areas" / "provinces.geojson.xz"

needed = pytest.mark.skipif(
    not COMMUNES.exists(), reason=f"no official boundaries at {COMMUNES} (set LALANH_SHARED to their folder)"
)


def features(path: Path) -> list[dict[str, Any]]:
    """The GeoJSON features of a file."""
    with lzma.open(path, "rt", encoding="utf-8") as file:
        return list(json.load(file)["features"])
