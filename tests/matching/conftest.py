"""The clock and the settings of tests of matching, and a volunteer's browser."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.core.clock import Hand, held_at
from tests.matching.dispatching import NOON


@pytest.fixture
def clock(app: Any) -> Iterator[Hand]:
    """The clock, held at noon."""
    with held_at(NOON) as hand:
        yield hand


@pytest.fixture
def settings(app: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The settings, to change one for a test."""
    changed = app.config["SETTINGS"].model_copy()
    monkeypatch.setitem(app.config, "SETTINGS", changed)
    return changed


@pytest.fixture
def minh(client_for: Any, minh_volunteer: Any) -> Any:
    return client_for(minh_volunteer)
