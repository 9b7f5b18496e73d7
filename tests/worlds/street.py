"""A street of hostile sites around a sound one that must not notice, and what the ledger holds of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from pipeline.collect.http.robots import KEPT
from pipeline.events import ArticleCaptured, CaptureFailed, Event, FeedPolled, ItemDiscovered, event_type
from pipeline.ids import digest
from pipeline.ledger import Ledger
from pipeline.ledger.rows import Recorded, from_table
from pipeline.steps.collect import collect
from pipeline.steps.run.progress import OnProgress, ignore_progress
from pipeline.steps.run.stores import StepResult
from tests.worlds.hostile import HostileServer, Site, Way, always
from tests.worlds.loopback import WebServer
from tests.worlds.world import PARAGRAPHS, World, source_at

E = TypeVar("E", bound=Event)

COLLECTED = (FeedPolled, ItemDiscovered, ArticleCaptured, CaptureFailed)


class Record:
    """What the ledger holds of the feeds of one site and of what they led to, in order."""

    def __init__(self, base: str, recorded: Iterable[Recorded]) -> None:
        self._base = base
        self.recorded: list[Recorded] = []
        causes: set[UUID | None] = set()
        for each in recorded:
            feed_url = each.event.feed_url if isinstance(each.event, FeedPolled) else ""
            if feed_url.startswith(f"{base}/") or each.event.caused_by in causes:
                self.recorded.append(each)
                causes.add(each.event_id)

    def of(self, kind: type[E]) -> list[E]:
        return [each.event for each in self.recorded if isinstance(each.event, kind)]

    @property
    def counts(self) -> tuple[int, ...]:
        """Number of polls, items, captures and failures."""
        return tuple(len(self.of(kind)) for kind in COLLECTED)

    def poll(self, path: str = "/feed.xml") -> FeedPolled:
        """The last one of this feed."""
        return [poll for poll in self.of(FeedPolled) if poll.feed_url == self._base + path][-1]

    def failure(self, path: str) -> CaptureFailed:
        """The last one of this page."""
        return [failure for failure in self.of(CaptureFailed) if failure.url == self._base + path][-1]

    def capture(self, path: str) -> ArticleCaptured:
        """The only one of this page."""
        (capture,) = (capture for capture in self.of(ArticleCaptured) if capture.url == self._base + path)
        return capture


class Street(World):
    """Its source is a sound site that must not notice; a second source has feeds at hostile sites."""

    def __init__(self, folder: Path, hostile: HostileServer, good: WebServer, settings: Mapping[str, object]) -> None:
        super().__init__(folder, good, "good", **{"allow_hosts": ".localhost", **settings})
        self.hostile = hostile
        self.good = good
        self.sites: dict[str, Site] = {}
        self.feeds: list[str] = []
        self.sitemaps: list[str] = []
        self._robots_read: list[timedelta] = []
        self._recorded: list[Recorded] = []

    def site(self, name: str, *feeds: str, sitemaps: Iterable[str] = ()) -> Site:
        """A new site of the hostile server, and the paths of what is to be read of it."""
        self.sites[name] = site = self.hostile.site(name)
        self.feeds += [site.base + path for path in feeds]
        self.sitemaps += [site.base + path for path in sitemaps]
        return site

    def meet(self, on_progress: OnProgress = ignore_progress) -> StepResult:
        """A run over both sources."""
        if not self._robots_read or self.ahead - self._robots_read[-1] > KEPT:
            self._robots_read.append(self.ahead)
        evil = source_at("evil", "http://evil.localhost", *self.feeds, sitemaps=tuple(self.sitemaps))
        with self.stores(on_progress) as stores:
            result = collect(stores, [evil, self.source])
            self._recorded = _recorded(stores.ledger)
        return result

    def record(self, site: Site) -> Record:
        return Record(site.base, self._recorded)

    def good_record(self) -> Record:
        return Record(self.good.base, self._recorded)

    def assert_good_is_complete(self) -> None:
        """The sound source has been asked for each of its pages once, and has all its events and no other."""
        good, record = self.good, self.good_record()
        assert [(poll.outcome, poll.status, poll.items, poll.warnings) for poll in record.of(FeedPolled)] == [
            ("ok", 200, 2, ())
        ] * self.runs
        assert {item.url for item in record.of(ItemDiscovered)} == {f"{good.base}/a", f"{good.base}/b"}
        for path in ("/a", "/b"):
            assert record.capture(path).payload_digest == digest(good.answers[path].body)
            assert self.archived(record.capture(path)) == good.answers[path].body
        assert record.counts == (self.runs, 2, 2, 0)
        assert good.asked == {"/robots.txt": len(self._robots_read), "/feed.xml": self.runs, "/a": 1, "/b": 1}


@contextmanager
def street(folder: Path, at_accept: Way = always(), **settings: object) -> Iterator[Street]:  # noqa: B008
    """A street whose sound site has a feed of two articles, and where no hostile one is yet."""
    with HostileServer(at_accept) as hostile, WebServer() as good:
        good.base = good.base.replace("127.0.0.1", "good.localhost")
        good.feed("/feed.xml", ("/a", "Ferry adrift"), ("/b", "Harbour reopened"))
        good.page("/a", "Ferry adrift", *PARAGRAPHS)
        good.page("/b", "Harbour reopened", *reversed(PARAGRAPHS))
        yield Street(folder, hostile, good, settings)


def _recorded(ledger: Ledger) -> list[Recorded]:
    """All that collecting has recorded, in order."""
    recorded = [
        each for cls in COLLECTED for each in from_table(cls, ledger.table(f"select * from ledger.{event_type(cls)}"))
    ]
    return sorted(recorded, key=lambda each: each.position)
