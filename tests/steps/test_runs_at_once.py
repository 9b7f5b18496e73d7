"""Two runs at once do the work of one, in two processes on one machine and on two machines of a cluster."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipeline.ledger import Ledger, start_run
from pipeline.ledger.log import utc_now
from pipeline.monitor.state import read_state
from pipeline.settings import Settings
from pipeline.steps.collect import collect
from pipeline.steps.maintain import delete_superseded, merge_files
from pipeline.steps.processing import process
from pipeline.steps.run.run_interval import lookback
from pipeline.steps.run.stores import Stores
from tests.worlds.loopback import WebServer
from tests.worlds.postgres import PostgresServer
from tests.worlds.world import PARAGRAPHS, World

pytestmark = [pytest.mark.slow, pytest.mark.ducklake]

LINKS = [(f"/{n}", f"Story number {n}") for n in range(12)]


@pytest.fixture(params=["one machine", "two machines"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[World, Settings]]:
    """An installation, and the settings of another process. Two machines share ledger files and archive, as a network
    file system lets them, and PostgreSQL, but no file that could be a lock."""
    with WebServer() as web:
        if request.param == "one machine":
            world = World(tmp_path, web)
            yield world, world.settings
            return
        server: PostgresServer = request.getfixturevalue("postgres_server")
        world = World(tmp_path, web, catalog=SecretStr(server.new_database()))
        other = world.settings.model_copy(update={"data": tmp_path / "other"})
        for folder in ("ledger", "archive"):
            (world.settings.data / folder).mkdir(parents=True)
            other.data.mkdir(exist_ok=True)
            (other.data / folder).symlink_to(world.settings.data / folder)
        yield world, other


def test_two_runs_at_once_fetch_each_page_once_and_record_it_once(places: tuple[World, Settings]) -> None:
    world, other = places
    world.web.feed("/feed.xml", *LINKS)
    for path, title in LINKS:
        world.web.page(path, title, *PARAGRAPHS)
    extracted = []

    def run(settings: Settings) -> None:
        with Stores(settings, start_run()) as stores:
            collect(stores, [world.source])
            extracted.append(process(stores, lookback(settings, stores.now())).count("article_extracted"))

    threads = [threading.Thread(target=run, args=[settings]) for settings in (world.settings, other)]
    with world.stores():
        pass
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [world.web.asked[path] for path, _ in LINKS] == [1] * len(LINKS)
    assert world.web.asked["/feed.xml"] == 2
    assert sum(extracted) == len(LINKS)
    with Ledger.open(other.ledger_catalog) as ledger:
        assert merge_files(ledger).after.files > 0
        delete_superseded(ledger, utc_now() + timedelta(days=2))
    assert world.verify().findings == ()
    state = read_state(other, utc_now())
    assert state.ledger.position == world.verify().events
    assert state.articles == {world.source.id: len(LINKS)}
