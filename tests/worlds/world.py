"""A world for the steps: a data directory, a web server, a source, and a clock that the test moves on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from pipeline.ids import article_id
from pipeline.ledger import Run
from pipeline.ledger.log import utc_now
from pipeline.settings import Settings
from pipeline.sources import Source
from pipeline.steps.annotate import annotate
from pipeline.steps.collect import collect
from pipeline.steps.extract import extract
from pipeline.steps.feed_state import Which
from pipeline.steps.run.run_interval import lookback
from pipeline.steps.run.stores import StepResult, Stores
from tests.worlds.ledgers import empty_ledger
from tests.worlds.loopback import WebServer

PARAGRAPHS = (
    "The harbour was closed for most of the morning after the ferry lost power near the outer mole, officials said.",
    "“We had no choice but to call the tugs,” said Ada Lindqvist, the harbour master, on Monday afternoon in the port.",
    "By the evening all passengers had been brought ashore, and the ferry was on its way to the yard for repairs.",
)


class World:
    """One data directory, one server, one source, and a clock that the test moves on."""

    def __init__(self, tmp_path: Path, web: WebServer) -> None:
        self.web = web
        self.ahead = timedelta()
        self.settings = Settings(data=tmp_path / "data", allow_hosts=("127.0.0.1",), jobs=1, revisit_after=())
        empty_ledger(self.settings.ledger_catalog)
        self.source = Source(
            id="harbour",
            name="Harbour Post",
            language="en",
            country="GB",
            homepage=f"{web.base}/",
            feeds=(f"{web.base}/feed.xml",),
        )
        self.runs = 0

    def stores(self) -> Stores:
        self.runs += 1
        return Stores(self.settings, Run(f"run-{self.runs}", lambda: utc_now() + self.ahead))

    def collect(self, which: Which = Which.CURRENT) -> StepResult:
        with self.stores() as stores:
            return collect(stores, [self.source], which)

    def ingest(self) -> StepResult:
        with self.stores() as stores:
            collected = collect(stores, [self.source])
            interval = lookback(self.settings, stores.now())
            return collected + extract(stores, interval) + annotate(stores, interval)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        with self.stores() as stores:
            rows: list[dict[str, Any]] = stores.ledger.table(sql).to_pylist()
            return rows

    def id(self, path: str) -> Any:
        return article_id(self.web.base + path)
