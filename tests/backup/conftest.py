"""A small ledger, places for its backup, and data directories into which a backup is restored."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.backup import restore
from pipeline.ledger import Ledger, Run
from pipeline.settings import Settings
from tests.worlds.restored import Restored
from tests.worlds.stories import item


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("backup")


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest) -> Path | str:
    """An empty place for a backup."""
    if request.param == "folder":
        return Path(request.getfixturevalue("folder"))
    return str(request.getfixturevalue("s3_place"))


@pytest.fixture
def restored(tmp_path_factory: pytest.TempPathFactory) -> Restored:
    def restore_all(place: Path | str) -> Settings:
        settings = Settings(data=tmp_path_factory.mktemp("restored") / "data")
        restore(place, settings)
        return settings

    return restore_all


@pytest.fixture(scope="session")
def three_appends(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("three appends")
    with Ledger.open(Settings(data=data).ledger_catalog) as ledger:
        for number in range(3):
            ledger.append([item(str(number))], Run("test-run"))
    return data


@pytest.fixture
def filled(three_appends: Path, tmp_path: Path) -> Settings:
    return Settings(data=shutil.copytree(three_appends, tmp_path / "data"))
