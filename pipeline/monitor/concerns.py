"""What needs a person: pure judgements on the state of an installation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby

import msgspec

from pipeline.monitor.state import FailedTask, FeedStatus, State
from pipeline.translatable import Phrase, counted, phrase

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
    sentence: Phrase
    """It says since when something is wrong, and what to do."""
    day: date | None = None
    """The day that it is about, if it is about one."""

    @property
    def what(self) -> str:
        """A line in English that names the source, too."""
        return f"{self.source_id}: {self.sentence}" if self.source_id else str(self.sentence)


def concerns(state: State) -> list[Concern]:
    """Everything that needs a person: what concerns the whole installation, then the sources in alphabetical order."""
    about_installation = [*_verification(state), *_activity(state), *_failed_runs(state)]
    about_sources = [*_feeds(state), *_coverage(state)]
    return about_installation + sorted(about_sources, key=lambda concern: concern.source_id or "")


def _verification(state: State) -> Iterator[Concern]:
    last = state.verification
    if last is not None and last.findings:
        found = phrase(
            "the verification of %(at)s found: %(finding)s", at=last.verified_at, finding=last.first_finding or ""
        )
        if last.findings > 1:
            found = counted("%(first)s (and %(n)s more)", "%(first)s (and %(n)s more)", last.findings - 1, first=found)
        yield Concern(ConcernKind.NOT_AS_RECORDED, None, found)
    since = (last.read_since or last.verified_at) if last else state.ledger.begun_at
    if since is None or since >= state.read_at - VERIFIED_WITHIN:
        return
    if last:
        what = phrase("the ledger was not verified completely since %(at)s: run `newsledger maintain`", at=since)
    else:
        what = phrase("the ledger was never verified; it was begun on %(at)s: run `newsledger maintain`", at=since)
    yield Concern(ConcernKind.NOT_VERIFIED, None, what)


def _activity(state: State) -> Iterator[Concern]:
    begun, idle_since = state.ledger.begun_at, state.read_at - IDLE_AFTER
    polled = max((feed.last_polled_at for feed in state.feeds), default=None)
    if polled is not None and polled < idle_since:
        yield Concern(ConcernKind.NOT_POLLED, None, phrase("no feed was polled since %(at)s", at=polled))
    elif polled is None and begun is not None and begun < idle_since:
        what = phrase("no feed was ever polled; the ledger was begun on %(at)s", at=begun)
        yield Concern(ConcernKind.NOT_POLLED, None, what)
    published = state.publication
    if state.publication_error is not None:
        yield Concern(ConcernKind.NOT_PUBLISHED, None, Phrase("%(error)s", {"error": state.publication_error}))
    elif published is None and begun is not None and begun < idle_since:
        what = phrase("there are no published tables; the ledger was begun on %(at)s", at=begun)
        yield Concern(ConcernKind.NOT_PUBLISHED, None, what)
    if published is None or published.built_at >= idle_since:
        return
    if published.head_position < state.ledger.position:
        what = counted(
            "nothing was published since %(at)s; %(n)s event is newer",
            "nothing was published since %(at)s; %(n)s events are newer",
            state.ledger.position - published.head_position,
            at=published.built_at,
        )
        yield Concern(ConcernKind.NOT_PUBLISHED, None, what)


def _failed_runs(state: State) -> Iterator[Concern]:
    since = state.read_at - REPORTED_FOR
    recent = [
        task
        for task in state.failed_tasks
        if task.occurred_at >= since and task.succeeded_at is None and not task.was_told
    ]
    recent.sort(key=lambda task: (task.dag_id, task.run_id, task.occurred_at))
    for (dag_id, _), group in groupby(recent, key=lambda task: (task.dag_id, task.run_id)):
        first, *others = group
        what = phrase(
            "a run of %(dag)s failed at %(at)s: %(why)s", dag=dag_id, at=first.occurred_at, why=_failure(first)
        )
        if others:
            what = counted(
                "%(first)s (and %(n)s more task)", "%(first)s (and %(n)s more tasks)", len(others), first=what
            )
        yield Concern(ConcernKind.RUN_FAILED, None, what)


def _failure(task: FailedTask) -> str | Phrase:
    """The error, and the task if it was one."""
    if task.task_id is None:
        return task.cause
    if task.label is None:
        return f"{task.task_id}: {task.cause}"
    return phrase("%(task)s of %(label)s: %(error)s", task=task.task_id, label=task.label, error=task.cause)


def _feeds(state: State) -> Iterator[Concern]:
    feeds = sorted(state.current_feeds, key=lambda feed: feed.source_id)
    for source_id, group in groupby(feeds, key=lambda feed: feed.source_id):
        mine = list(group)
        if failing := [feed for feed in mine if feed.is_failing]:
            success = max((feed.last_success_at for feed in failing if feed.last_success_at), default=None)
            what = phrase(
                "%(feeds)s: %(reasons)s; %(since)s",
                feeds=_which(failing, mine),
                reasons=", ".join(sorted({feed.reason or "unknown" for feed in failing})),
                since=phrase("last success %(at)s", at=success) if success else phrase("never read"),
            )
            yield Concern(ConcernKind.SOURCE_FAILS, source_id, what)
        if silent := [feed for feed in mine if feed.is_silent]:
            what = phrase(
                "%(feeds)s: nothing new since %(at)s; probably abandoned by the outlet",
                feeds=_which(silent, mine),
                at=max(feed.last_new_at for feed in silent if feed.last_new_at),
            )
            yield Concern(ConcernKind.FEED_SILENT, source_id, what)


def _which(some: Sequence[FeedStatus], feeds: Sequence[FeedStatus]) -> str | Phrase:
    return (
        some[0].feed_url
        if len(some) == 1
        else counted("%(some)s of %(n)s feed", "%(some)s of %(n)s feeds", len(feeds), some=len(some))
    )


def _coverage(state: State) -> Iterator[Concern]:
    current_sources = {feed.source_id for feed in state.current_feeds}
    newest_day = max((each.day for each in state.coverage), default=None)
    for each in state.coverage:
        if newest_day is None or each.source_id not in current_sources or each.day <= newest_day - REPORTED_FOR:
            continue
        if each.gaps:
            what = counted(
                "items may have been missed once on %(day)s: `newsledger sql missed`",
                "items may have been missed %(n)s times on %(day)s: `newsledger sql missed`",
                each.gaps,
                day=each.day,
            )
            yield Concern(ConcernKind.POSSIBLE_GAP, each.source_id, what, each.day)
        if each.is_quiet:
            what = phrase("unusually few articles on %(day)s: %(seen)s", day=each.day, seen=each.seen)
            yield Concern(ConcernKind.QUIET_DAY, each.source_id, what, each.day)
