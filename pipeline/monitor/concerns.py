"""What needs a person: pure judgements on the state of an installation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import groupby

import msgspec

from pipeline.interval import utc_minute
from pipeline.monitor.state import FeedStatus, State

REPORTED_FOR = timedelta(days=2)
"""For this long a gap, a quiet day or a failed run is a concern. A daily check reports each at least once, but not for
ever."""
IDLE_AFTER = timedelta(days=2)
"""The last poll and the last publication may be this old. If a daily run is missed once, the next makes up for it."""
VERIFIED_WITHIN = timedelta(days=14)
"""All events must have been read within this time. The weekly maintenance reads them; it may fail once."""


class ConcernKind(StrEnum):
    SOURCE_FAILS = "source_fails"
    FEED_SILENT = "feed_silent"
    POSSIBLE_GAP = "possible_gap"
    QUIET_DAY = "quiet_day"
    RUN_FAILED = "run_failed"
    NOT_VERIFIED = "not_verified"
    NOT_AS_RECORDED = "not_as_recorded"
    NOT_POLLED = "not_polled"
    NOT_PUBLISHED = "not_published"


class Concern(msgspec.Struct, frozen=True):
    """One thing that a person should look at."""

    kind: ConcernKind
    source_id: str | None
    what: str
    """A line that says what is wrong and since when."""


def concerns(state: State) -> list[Concern]:
    """Everything that needs a person: what concerns the whole installation, then the sources in alphabetical order."""
    about_installation = [*_verification(state), *_activity(state), *_failed_runs(state)]
    about_sources = [*_feeds(state), *_coverage(state)]
    return about_installation + sorted(about_sources, key=lambda concern: concern.source_id or "")


def _verification(state: State) -> Iterator[Concern]:
    last = state.verification
    if last is not None and last.findings:
        more = f" (and {last.findings - 1} more)" if last.findings > 1 else ""
        what = f"the verification of {utc_minute(last.verified_at)} found: {last.first_finding}{more}"
        yield Concern(ConcernKind.NOT_AS_RECORDED, None, what)
    since = (last.read_since or last.verified_at) if last else state.ledger.begun_at
    if since is not None and since < state.read_at - VERIFIED_WITHIN:
        verified = "was not verified completely since" if last else "was never verified; it was begun on"
        what = f"the ledger {verified} {utc_minute(since)}: run `newsledger maintain`"
        yield Concern(ConcernKind.NOT_VERIFIED, None, what)


def _activity(state: State) -> Iterator[Concern]:
    polled = max((feed.last_polled_at for feed in state.feeds), default=None)
    if polled is not None and polled < state.read_at - IDLE_AFTER:
        yield Concern(ConcernKind.NOT_POLLED, None, f"no feed was polled since {utc_minute(polled)}")
    published = state.publication
    if state.publication_error is not None:
        yield Concern(ConcernKind.NOT_PUBLISHED, None, state.publication_error)
    if published is None or published.built_at >= state.read_at - IDLE_AFTER:
        return
    if published.head_position < state.ledger.position:
        waiting = state.ledger.position - published.head_position
        what = f"nothing was published since {utc_minute(published.built_at)}; {waiting} events are newer"
        yield Concern(ConcernKind.NOT_PUBLISHED, None, what)


def _failed_runs(state: State) -> Iterator[Concern]:
    since = state.read_at - REPORTED_FOR
    recent = [task for task in state.failed_tasks if task.occurred_at >= since and not task.was_told]
    recent.sort(key=lambda task: (task.dag_id, task.run_id, task.occurred_at))
    for (dag_id, _), group in groupby(recent, key=lambda task: (task.dag_id, task.run_id)):
        tasks = list(group)
        first = tasks[0]
        more = f" (and {len(tasks) - 1} more task{'s' if len(tasks) > 2 else ''})" if len(tasks) > 1 else ""
        what = f"a run of {dag_id} failed at {utc_minute(first.occurred_at)}: {first.message}"
        yield Concern(ConcernKind.RUN_FAILED, None, what + more)


def _feeds(state: State) -> Iterator[Concern]:
    feeds = sorted(state.current_feeds, key=lambda feed: feed.source_id)
    for source_id, group in groupby(feeds, key=lambda feed: feed.source_id):
        mine = list(group)
        if failing := [feed for feed in mine if feed.is_failing]:
            success = max((feed.last_success_at for feed in failing if feed.last_success_at), default=None)
            since = f"last success {utc_minute(success)}" if success else "never read"
            reasons = ", ".join(sorted({feed.reason or "unknown" for feed in failing}))
            what = f"{source_id}: {_which(failing, mine)}: {reasons}; {since}"
            yield Concern(ConcernKind.SOURCE_FAILS, source_id, what)
        if silent := [feed for feed in mine if feed.is_silent]:
            since = utc_minute(max(feed.last_new_at for feed in silent if feed.last_new_at))
            what = f"{source_id}: {_which(silent, mine)}: nothing new since {since}; probably abandoned by the outlet"
            yield Concern(ConcernKind.FEED_SILENT, source_id, what)


def _which(some: Sequence[FeedStatus], feeds: Sequence[FeedStatus]) -> str:
    return some[0].feed_url if len(some) == 1 else f"{len(some)} of {len(feeds)} feeds"


def _coverage(state: State) -> Iterator[Concern]:
    current_sources = {feed.source_id for feed in state.current_feeds}
    newest_day = max((each.day for each in state.coverage), default=None)
    for each in state.coverage:
        if newest_day is None or each.source_id not in current_sources or each.day <= newest_day - REPORTED_FOR:
            continue
        if each.gaps:
            times = f"{each.gaps} times" if each.gaps > 1 else "once"
            what = f"{each.source_id}: items may have been missed {times} on {each.day}: `newsledger sql missed`"
            yield Concern(ConcernKind.POSSIBLE_GAP, each.source_id, what)
        if each.is_quiet:
            what = f"{each.source_id}: unusually few articles on {each.day}: {each.seen}"
            yield Concern(ConcernKind.QUIET_DAY, each.source_id, what)
