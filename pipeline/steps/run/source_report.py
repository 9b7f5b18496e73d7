"""What a run has done for each source, for its log: counted from the events that it records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

import msgspec

from pipeline.display import printable
from pipeline.events import (
    ArticleCaptured,
    ArticleRevisited,
    CaptureFailed,
    Event,
    FeedPolled,
    HistoryRead,
    ItemDiscovered,
    PollOutcome,
    RevisitOutcome,
)

_UNREAD = frozenset({PollOutcome.FAILED, PollOutcome.BLOCKED, PollOutcome.GONE})


class SourceReport(msgspec.Struct, kw_only=True):
    """One visit to a source."""

    source_id: str
    counts: Counter[str] = msgspec.field(default_factory=Counter)
    """`polled` feeds and sitemaps, `searched` documents of the history, `new` items, `captured` and `revisited` pages,
    and `failed` ones of all these."""
    asked: Counter[str] = msgspec.field(default_factory=Counter)
    """Documents of the history by kind and host: `sitemap at bbc.example`."""
    not_asked: str = ""
    """Why no document of the history was requested, if its history was to be searched."""
    captured: Counter[str] = msgspec.field(default_factory=Counter)
    """Captured pages by the way in which they were obtained."""
    failures: Counter[str] = msgspec.field(default_factory=Counter)
    """Failures by what failed and why: `page timeout`."""
    bytes: int = 0
    """Size of the feeds and pages that were received."""
    seconds: float = 0.0
    problems: tuple[str, ...] = ()
    """An error of newsledger's own that ended the visit, or why a part of it was put off."""

    def count(self, event: Event) -> None:
        """Add what the event says."""
        match event:
            case FeedPolled():
                self._add("polled", f"feed {event.reason}" if event.outcome in _UNREAD else None)
                self.bytes += event.bytes or 0
            case ItemDiscovered():
                self._add("new", None)
            case ArticleCaptured():
                self._add("captured", None)
                self.captured[event.via.value] += 1
                self.bytes += event.bytes
            case ArticleRevisited():
                self._add("revisited", f"revisit {event.reason}" if event.outcome is RevisitOutcome.FAILED else None)
            case CaptureFailed():
                self.counts["failed"] += 1
                self.failures[f"page {event.reason}"] += 1
            case HistoryRead():
                self._add("searched", f"{event.via.value} {event.reason}" if event.reason else None)
                self.asked[f"{event.via.value} at {urlsplit(event.url).hostname}"] += 1

    def _add(self, name: str, failure: str | None) -> None:
        self.counts[name] += 1
        if failure is not None:
            self.counts["failed"] += 1
            self.failures[failure] += 1

    def fields(self) -> Mapping[str, object]:
        """The fields of the line in the log; what is zero or empty is left out."""
        named = {"asked": self.asked, "came": self.captured, "why": self.failures}
        texts = {name: _listed(counts) for name, counts in named.items() if counts}
        if self.not_asked and not self.asked:
            texts["asked"] = f"nobody: {self.not_asked}"
        problems = {"problem": printable("; ".join(self.problems))} if self.problems else {}
        size = {"bytes": self.bytes} if self.bytes else {}
        return {"source": self.source_id, **self.counts, **texts, **size, "seconds": round(self.seconds, 1), **problems}


OnSource = Callable[[SourceReport], None]


class SourceReports:
    """The visits of a run."""

    def __init__(self) -> None:
        self._open: dict[str, SourceReport] = {}
        self.totals: dict[str, Counter[str]] = {}
        """The counts of all visits that have ended, by source."""

    def count(self, events: Iterable[Event]) -> None:
        """Add events that were recorded to the reports of their sources."""
        for event in events:
            source_id = getattr(event, "source_id", None)
            if source_id is not None:
                self._open.setdefault(source_id, SourceReport(source_id=source_id)).count(event)

    def explain(self, source_id: str, not_asked: str) -> None:
        """Say why the history of a source may not be asked for anything."""
        self._open.setdefault(source_id, SourceReport(source_id=source_id)).not_asked = not_asked

    def close(self, source_id: str, seconds: float, problems: tuple[str, ...]) -> SourceReport:
        """The report of a visit that has ended. Later events of the source begin a new one."""
        report = self._open.pop(source_id, None) or SourceReport(source_id=source_id)
        report.seconds, report.problems = seconds, problems
        self.totals.setdefault(source_id, Counter()).update(report.counts)
        return report


def ignore_source(report: SourceReport) -> None:
    """For callers that show no reports."""


def _listed(counts: Counter[str]) -> str:
    """`3 page timeout, 1 feed dns`, the most frequent first."""
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())
