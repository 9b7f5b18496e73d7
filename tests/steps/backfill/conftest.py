"""An outlet with a past, and a server of CC-NEWS files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worlds.ledgers import environment_of
from tests.worlds.news_files import NewsFileServer, news_files
from tests.worlds.outlet import Outlet, outlet


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Outlet]:
    with outlet(tmp_path) as made:
        yield made


@pytest.fixture
def news() -> Iterator[NewsFileServer]:
    with news_files() as server:
        yield server


@pytest.fixture
def env(past: Outlet, tmp_path: Path) -> dict[str, str]:
    """The environment of a command, or a task, for the outlet."""
    source = past.source
    sources = tmp_path / "sources.toml"
    sources.write_text(
        f'[[source]]\nid = "{source.id}"\nname = "{source.name}"\nlanguage = "en"\ncountry = "GB"\n'
        f'homepage = "{source.homepage}"\nfeeds = ["{source.feeds[0]}"]\n'
    )
    return {
        "NEWSLEDGER_ALLOW_HOSTS": "127.0.0.1",
        "NEWSLEDGER_SOURCES": str(sources),
        "NEWSLEDGER_WAYBACK_URL": past.archive.base,
        "NEWSLEDGER_JOBS": "1",
        "NEWSLEDGER_LOCK_TIMEOUT_SECONDS": "240",
        **environment_of(past.settings.data),
    }
