"""An error that nobody expected, at one page, costs only this page: it becomes the page's event, which names the URL.

The error is caused at the edges of the pipeline, by a client or an archive that raises an exception which no code
provides for. The client fails before there is an answer, the archive after the answer was fetched and judged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.archive.archive import Archive, Stored
from pipeline.archive.exchange import Exchange
from pipeline.archive.storage import archive_storage
from pipeline.archive.warc import Original
from pipeline.collect.http.client import Client, Limits
from pipeline.collect.http.responses import Response
from pipeline.errors import StorageError
from pipeline.interval import Interval
from pipeline.shared_locks import FileLocks
from pipeline.steps.backfill.history_state import SourceInterval
from pipeline.steps.backfill.recover_pages import PageRecovery
from pipeline.steps.capture import capture_source
from pipeline.steps.feed_state import Which
from pipeline.steps.poll import poll_source
from pipeline.steps.revisit import revisit_source
from pipeline.steps.run.host_locks import HostLocks
from pipeline.steps.run.page_events import MAX_ATTEMPTS
from pipeline.steps.run.stores import StepResult, Stores
from pipeline.steps.run.visits import SourceLocks
from tests.worlds.outlet import DAY, Outlet, outlet
from tests.worlds.world import World

pytestmark = pytest.mark.slow

FERRY, MARKET = "/ferry-held-back-by-the-tide", "/market-opens-after-the-storm"


class FailingClient(Client):
    async def fetch(self, url: str, *, etag: str | None = None, last_modified: str | None = None) -> Response:
        if url.endswith(("/a", FERRY)):
            raise KeyError("unheard of")
        return await super().fetch(url, etag=etag, last_modified=last_modified)


class FailingArchive(Archive):
    def write(self, exchange: Exchange, original: Callable[[str], Original | None] = lambda _: None) -> Stored:
        if exchange.url.endswith(("/a", FERRY)):
            raise KeyError("unheard of")
        return super().write(exchange, original)


class FullArchive(Archive):
    def write(self, exchange: Exchange, original: Callable[[str], Original | None] = lambda _: None) -> Stored:
        if exchange.url.endswith("/a"):
            raise StorageError("no space left on the disk")
        return super().write(exchange, original)


ARCHIVES = {"archive": FailingArchive, "full disk": FullArchive}


@pytest.fixture(params=["client", "archive"])
def failing(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def run(world: World | Outlet, failing: str, step: Callable[[Stores, Client], Any]) -> StepResult:
    """One run of the step, in which the client or the archive fails for one page; empty if nothing fails."""
    settings = world.settings

    async def visit(stores: Stores) -> StepResult:
        client = (FailingClient if failing == "client" else Client)(
            allow_hosts=settings.allow_hosts, limits=Limits(50), contact="", now=stores.now, hosts=settings.host_folder
        )
        async with client:
            result: StepResult = await step(stores, client)
            return result

    with world.stores() as stores:
        if failing in ARCHIVES:
            stores.archive.close()
            rotate = settings.warc_rotate_bytes
            stores.archive = ARCHIVES[failing](archive_storage(settings), rotate_bytes=rotate, now=stores.now)
        return asyncio.run(visit(stores))


def poll(world: World) -> None:
    run(world, "", lambda stores, client: poll_source(stores, client, world.source, Which.CURRENT))


def capturing(world: World) -> Callable[[Stores, Client], Any]:
    def capture(stores: Stores, client: Client) -> Any:
        week = Interval(stores.now() - timedelta(days=7), stores.now() + timedelta(days=1))
        return capture_source(stores, client, world.source, week)

    return capture


def test_a_full_disk_is_no_failure_of_the_page(world: World) -> None:
    poll(world)
    with pytest.raises(StorageError):
        run(world, "full disk", capturing(world))
    assert world.rows("select url from ledger.capture_failed") == []
    run(world, "", capturing(world))
    assert len(world.rows("select url from ledger.article_captured")) == 2


def test_capture(world: World, failing: str) -> None:
    poll(world)
    capture = capturing(world)
    assert run(world, failing, capture).counts == {"article_captured": 1, "capture_failed": 1}
    (failure,) = world.rows("select url, reason, detail, attempt, will_retry from ledger.capture_failed")
    url = world.web.base + "/a"
    assert failure == {
        "url": url,
        "reason": "error",
        "detail": f"{url}: KeyError: 'unheard of'",
        "attempt": 1,
        "will_retry": True,
    }
    for _ in range(MAX_ATTEMPTS + 2):
        world.ahead += timedelta(hours=18)
        run(world, failing, capture)
    attempts = world.rows("select attempt, will_retry from ledger.capture_failed order by attempt")
    assert [row["attempt"] for row in attempts] == list(range(1, MAX_ATTEMPTS + 1))
    assert [row["will_retry"] for row in attempts] == [True] * (MAX_ATTEMPTS - 1) + [False]


def test_revisit(world: World, failing: str) -> None:
    world.collect()
    world.settings = world.settings.model_copy(update={"revisit_after": (timedelta(hours=1),)})

    def revisit(stores: Stores, client: Client) -> Any:
        return revisit_source(stores, client, world.source)

    world.ahead = timedelta(hours=2)
    assert run(world, failing, revisit).counts == {"article_revisited": 2}
    rows = world.rows("select url, outcome, reason, detail, attempt from ledger.article_revisited order by url")
    url = world.web.base + "/a"
    detail = f"{url}: KeyError: 'unheard of'"
    assert rows[0] == {"url": url, "outcome": "failed", "reason": "error", "detail": detail, "attempt": 1}
    assert (rows[1]["outcome"], rows[1]["reason"]) == ("unchanged", None)
    for _ in range(5):
        world.ahead += timedelta(hours=1)
        run(world, failing, revisit)
    failures = world.rows("select attempt from ledger.article_revisited where outcome = 'failed' order by attempt")
    assert [row["attempt"] for row in failures] == [1, 2, 3]


def test_recover(tmp_path: Path, failing: str) -> None:
    with outlet(tmp_path) as past:
        for path, hours in ((FERRY, 7), (MARKET, 12)):
            past.put_in_sitemap(path, DAY.start + timedelta(hours=hours))
        past.backfill()
        for path, hours in ((FERRY, 7), (MARKET, 12)):
            past.publish(path, DAY.start + timedelta(hours=hours))
        past.later(days=2)

        def recover(stores: Stores, client: Client) -> Any:
            alone = SourceLocks(HostLocks(FileLocks(past.settings.host_folder)), past.source.hosts)
            return PageRecovery(stores, client, None, past.source, SourceInterval(past.source.id, DAY), alone).run()

        counts = run(past, failing, recover).counts
        assert counts == {"article_captured": 1, "capture_failed": 1}
        assert past.captures() == {MARKET: "live"}
        (failure,) = past.rows("select url, detail from ledger.capture_failed where reason = 'error'")
        url = past.site.base + FERRY
        assert failure == {"url": url, "detail": f"{url}: KeyError: 'unheard of'"}
        assert run(past, "", recover).counts == {"article_captured": 1}
