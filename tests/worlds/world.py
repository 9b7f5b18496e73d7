"""The world of the steps: a data directory, a web server, a source, and a clock that the test moves on.

An `Outlet` is such a world with a past, and a `Street` is one with hostile sites beside its source.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from pipeline.archive.archive import read_page
from pipeline.archive.storage import Location, archive_storage
from pipeline.events import ArticleCaptured
from pipeline.ids import article_id
from pipeline.ledger import Ledger, Run, Verification, verify
from pipeline.ledger.log import utc_now
from pipeline.sources import Source
from pipeline.steps.collect import collect
from pipeline.steps.feed_state import Which
from pipeline.steps.processing import process
from pipeline.steps.run.progress import OnProgress, ignore_progress
from pipeline.steps.run.run_interval import lookback
from pipeline.steps.run.stores import StepResult, Stores
from tests.worlds.ledgers import empty_ledger, is_in_memory, settings_at
from tests.worlds.loopback import WebServer
from tests.worlds.memory_ledger import MemoryCatalog

PARAGRAPHS = (
    "The harbour was closed for most of the morning after the ferry lost power near the outer mole, officials said.",
    "“We had no choice but to call the tugs,” said Ada Lindqvist, the harbour master, on Monday afternoon in the port.",
    "By the evening all passengers had been brought ashore, and the ferry was on its way to the yard for repairs.",
)


class World:
    """One data directory, one server, one source, and a clock that the test moves on."""

    def __init__(self, folder: Path, web: WebServer, source_id: str = "harbour", **settings: Any) -> None:
        self.web = web
        self.source = source_at(source_id, web.base, f"{web.base}/feed.xml")
        self.ahead = timedelta()
        self.runs = 0
        self._lending = Lock()
        defaults: dict[str, Any] = {"data": folder / "data", "allow_hosts": "127.0.0.1", "jobs": 1, "revisit_after": ()}
        self.settings = settings_at(**(defaults | settings))
        self._is_alone = "catalog" not in settings
        self._memory = MemoryCatalog(self.settings.local_catalog) if self._is_alone and is_in_memory() else None
        if self._is_alone and not self._memory:
            empty_ledger(self.settings)

    @property
    def now(self) -> datetime:
        return utc_now() + self.ahead

    def later(self, **time: float) -> None:
        self.ahead += timedelta(**time)

    @contextmanager
    def stores(self, on_progress: OnProgress = ignore_progress) -> Iterator[Stores]:
        """The stores of a new run. One run at a time uses the connection for the test's questions, unless machines are
        tested that share the ledger."""
        self.runs += 1
        run = Run(f"run-{self.runs}", lambda: self.now)
        is_lent = self._is_alone and self._lending.acquire(blocking=False)
        ledger = self.ledger if is_lent else self._memory.session() if self._memory else None
        try:
            with Stores(self.settings, run, on_progress, ledger=ledger) as stores:
                yield stores
        finally:
            if is_lent:
                self._lending.release()
            elif ledger:
                ledger.close()

    def collect(self, which: Which = Which.CURRENT) -> StepResult:
        with self.stores() as stores:
            return collect(stores, [self.source], which)

    def ingest(self) -> StepResult:
        with self.stores() as stores:
            return collect(stores, [self.source]) + process(stores, lookback(self.settings, stores.now()))

    @cached_property
    def ledger(self) -> Ledger:
        """A connection for what the test asks. It is opened once, which takes as long as several questions."""
        return self._memory.session() if self._memory else Ledger.open_existing(self.settings.ledger_catalog)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.ledger.table(sql).to_pylist()
        return rows

    def verify(self) -> Verification:
        return verify(self.ledger)

    def archived(self, capture: ArticleCaptured) -> bytes:
        """The page's body as the archive has it."""
        location = Location(capture.warc_file, capture.warc_offset, capture.warc_length)
        return read_page(archive_storage(self.settings), location).body

    def id(self, path: str) -> Any:
        return article_id(self.web.base + path)


def source_at(source_id: str, base: str, *feeds: str, sitemaps: tuple[str, ...] = ()) -> Source:
    """An English source at this address."""
    return Source(
        id=source_id,
        name=f"{source_id.title()} Post",
        language="en",
        country="GB",
        homepage=f"{base}/",
        feeds=feeds,
        sitemaps=sitemaps,
    )
