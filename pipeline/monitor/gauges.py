"""The state of an installation as metrics in Prometheus' text format.

All metrics are gauges: they are read from the ledger, so they show totals and not what one process has counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from pipeline.monitor.concerns import Concern, ConcernKind
from pipeline.monitor.state import CoverageDay, FeedStatus, State


class StateCollector(Collector):
    """Gives the metrics of one state, and the number of its concerns."""

    def __init__(self, state: State, concerns: Iterable[Concern]) -> None:
        self._state, self._concerns = state, Counter(concern.kind for concern in concerns)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        state, days = self._state, self._state.lookback_days
        yield _by(
            "concerns",
            "Number of things that need a person; `newsledger status --check` names them.",
            "kind",
            ((kind.value, self._concerns[kind]) for kind in ConcernKind),
        )
        yield _one("ledger_events", "Number of events in the ledger.", state.ledger.position)
        yield _one("ledger_appends", "Number of appends in the ledger.", state.ledger.appends)
        yield from self._feeds()
        yield _by("articles", "Articles that were extracted at any time.", "source", sorted(state.articles.items()))
        yield from self._coverage()
        yield _one("pages_pending", f"Pages of the last {days} days that are to be captured.", state.pages_pending)
        yield _by(
            "processing_pending",
            f"Pages or texts of the last {days} days that a step has not processed.",
            "step",
            state.pending.items(),
        )
        lost = Counter(page.reason for page in state.lost)
        yield _by(
            "pages_lost", f"Pages of the {days} days before now that were given up.", "reason", sorted(lost.items())
        )
        tasks = Counter(task.dag_id for task in state.failed_tasks)
        yield _by(
            "tasks_failed",
            f"Airflow tasks of the last {days} days that failed, and runs that were ended as a whole.",
            "dag",
            sorted(tasks.items()),
        )
        if (published := state.publication) is not None:
            at = published.built_at.timestamp()
            yield _one("published_timestamp_seconds", "When the published models were built.", at)
            yield _one("published_position", "Last event in the published models.", published.head_position)
        if (verified := state.verification) is not None:
            at = verified.verified_at.timestamp()
            yield _one("verified_timestamp_seconds", "When the ledger was last verified.", at)
            yield _one("verification_findings", "Differences that the last verification found.", verified.findings)

    def _feeds(self) -> Iterator[GaugeMetricFamily]:
        feeds = self._state.current_feeds
        yield _count("feeds", "Feeds that are polled or retired.", feeds, lambda feed: True)
        yield _count("feeds_failing", "Feeds whose last poll failed.", feeds, lambda feed: feed.is_failing)
        yield _count("feeds_retired", "Feeds that are not polled after a 410.", feeds, lambda feed: feed.is_retired)
        polled, read = dict[str, float](), dict[str, float]()
        for feed in feeds:
            polled[feed.source_id] = max(feed.last_polled_at.timestamp(), polled.get(feed.source_id, 0))
            if feed.last_success_at:
                read[feed.source_id] = max(feed.last_success_at.timestamp(), read.get(feed.source_id, 0))
        yield _by("last_poll_timestamp_seconds", "Last poll of one of the feeds.", "source", sorted(polled.items()))
        yield _by("last_success_timestamp_seconds", "Last poll that read a feed.", "source", sorted(read.items()))

    def _coverage(self) -> Iterator[GaugeMetricFamily]:
        for name, text, number in _COVERAGE:
            counts: Counter[str] = Counter()
            for day in self._state.coverage:
                counts[day.source_id] += number(day)
            yield _by(
                name,
                f"{text} In the published models, in the last 7 days of their data.",
                "source",
                sorted(counts.items()),
            )


_COVERAGE: tuple[tuple[str, str, Callable[[CoverageDay], int]], ...] = (
    ("week_articles_seen", "Articles that the source named.", lambda day: day.seen),
    ("week_articles_captured", "Those of them with a page or text in the archive.", lambda day: day.captured),
    ("week_articles_lost", "Those of them that were given up.", lambda day: day.failed),
    ("week_possible_gaps", "Times when items may have been missed between two polls.", lambda day: day.gaps),
    ("week_quiet_days", "Days with unusually few articles.", lambda day: day.is_quiet),
)


def registry_of(state: State, concerns: Iterable[Concern]) -> CollectorRegistry:
    """A registry with the metrics of this state only."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StateCollector(state, concerns))
    return registry


def _one(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"newsledger_{name}", text, value=value)


def _by(name: str, text: str, label: str, values: Iterable[tuple[str, float]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"newsledger_{name}", text, labels=[label])
    for labelled, value in values:
        family.add_metric([labelled], value)
    return family


def _count(
    name: str, text: str, feeds: Iterable[FeedStatus], counts: Callable[[FeedStatus], bool]
) -> GaugeMetricFamily:
    numbers: Counter[str] = Counter()
    for feed in feeds:
        numbers[feed.source_id] += counts(feed)
    return _by(name, text, "source", sorted(numbers.items()))
