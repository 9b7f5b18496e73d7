"""The ledger that is tampered with."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.settings import Settings
from tests.worlds.ledgers import copy_installation, settings_at
from tests.worlds.verified import append, prove


@pytest.fixture(scope="session")
def three_appends(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("three")
    append(settings_at(folder), "one", "two", "three")
    return folder


@pytest.fixture
def settings(three_appends: Path, tmp_path: Path) -> Settings:
    """A ledger of three appends, two events each, that was verified."""
    settings = settings_at(tmp_path / "data")
    copy_installation(three_appends, settings.data)
    assert prove(settings).findings == ()
    return settings
