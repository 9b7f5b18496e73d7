"""An outlet with a past, and a server of CC-NEWS files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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
