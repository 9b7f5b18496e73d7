"""Models of two outlets, built once for all tests."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterator

import duckdb
import pytest
from filelock import FileLock

from pipeline import models
from pipeline.settings import Settings
from tests.conftest import ledgers_folder
from tests.models.two_outlets import Built, first_day, later_days
from tests.worlds.ledgers import NewData, copy_installation, settings_at
from tests.worlds.stories import append


@pytest.fixture(scope="session")
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, new_data: NewData) -> Built:
    """Built and published after the first day, then after the later ones."""
    folder = ledgers_folder(request.config, tmp_path_factory) / "it's a newsroom"
    results = folder / "results.pickle"
    own = tmp_path_factory.mktemp("it's a newsroom") / "data"
    with FileLock(folder.with_suffix(".lock")):
        if not results.exists():
            settings = new_data(own)
            append(settings.ledger_catalog, first_day())
            first = models.build(settings)
            folder.mkdir()
            shutil.copyfile(models.publish(settings), folder / "first.duckdb")
            append(settings.ledger_catalog, later_days())
            second = models.build(settings)
            models.publish(settings)
            copy_installation(own, folder / "kept")
            results.write_bytes(pickle.dumps((first, second)))
    first, second = pickle.loads(results.read_bytes())
    return Built(settings_at(own), first, second, folder / "first.duckdb", folder / "kept")


@pytest.fixture(scope="session")
def news(built: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    """A stock DuckDB session on the published file, as an analyst has it."""
    with duckdb.connect(built.news_file, read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        yield con


@pytest.fixture
def settings(built: Built) -> Settings:
    """A fresh copy of the built data directory, always at the same path: dbt would parse again at another one."""
    copy_installation(built.kept, built.settings.data)
    return built.settings
