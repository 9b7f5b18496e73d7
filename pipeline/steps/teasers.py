"""Pages that show only the beginning of an article which they showed whole before.

Outlets put articles behind a paywall days after they were published. The rest of such a page is the article, but its
text has not changed: as a revision, it would have lost its end. Only the ledger is read.
"""

from __future__ import annotations

import re

from pipeline.extract import PRODUCER
from pipeline.interval import Interval
from pipeline.steps.extraction_task import CapturedPage, extraction_failed
from pipeline.steps.run.stores import RECALL, StepResult, Stores

TEASER = "teaser"
"""Reason of `extraction_failed`: the page shows only a part of what it showed before."""

_CUT_OFF = re.compile(r"\s*(?:…|\.\.\.|\[…\]|\[\.\.\.\])\s*$")


class ShortenedReading(CapturedPage, frozen=True, kw_only=True):
    """A reading with at most half of the words of an earlier one. One row of `shortened_readings.sql`."""

    text: str
    is_restricted: bool
    """True if the page says that it is not free, or has the notice of a paywall."""
    earlier_text: str
    """Lead and text of the earlier reading."""

    @property
    def is_teaser(self) -> bool:
        """True if the page hides the rest: it says so or breaks off, and it says nothing that it did not say before. An
        outlet that shortens an article leaves neither sign."""
        earlier = _words(self.earlier_text)
        is_cut = self.is_restricted or _CUT_OFF.search(self.text) is not None
        return is_cut and all(_words(_CUT_OFF.sub("", line)) in earlier for line in self.text.split("\n"))


def refuse_teasers(stores: Stores, interval: Interval) -> StepResult:
    """Record for the pages of the interval which of them only tease an article, as failures of the extractor."""
    readings = stores.ledger.select(
        ShortenedReading,
        "shortened_readings",
        start=interval.start,
        end=interval.end,
        recall_start=interval.start - RECALL,
        producer=PRODUCER,
    )
    now = stores.now()
    return stores.record(
        [
            extraction_failed(
                reading, now, TEASER, f"{reading.url} shows only a part of the article that it showed before"
            )
            for reading in readings
            if reading.is_teaser
        ]
    )


def _words(text: str) -> str:
    return " ".join(text.split())
