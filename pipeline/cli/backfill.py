"""newsledger backfill: recover the missing articles of a past interval and reprocess its archived pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import structlog
import typer

from pipeline.cli import console
from pipeline.cli.ingest import rebuild
from pipeline.cli.options import Data, SourceIds, SourcesPath, day_or_moment, midnight
from pipeline.collect import READERS
from pipeline.interval import Interval
from pipeline.ledger import Ledger, start_run
from pipeline.ledger.log import utc_now
from pipeline.seen_ledgers import noted_ledger
from pipeline.settings import Settings, load_settings
from pipeline.sources import Source, load_sources, select
from pipeline.workers import preload

log = structlog.get_logger()

WEB = datetime(1991, 8, 6, tzinfo=UTC)
"""Date of the first public web page; nothing earlier exists."""


def backfill(
    start: Annotated[str, typer.Argument(metavar="FROM", help="First day (2026-03-14) or moment (2026-03-14T06:00).")],
    end: Annotated[
        str, typer.Argument(metavar="TO", help="Last day, included; or the moment at which the interval ends.")
    ],
    source: SourceIds = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what a backfill would do; record nothing.")] = False,
    recover: Annotated[
        bool, typer.Option("--recover/--no-recover", help="Search the sources' history for missing articles.")
    ] = True,
    replay: Annotated[
        bool, typer.Option("--replay/--no-replay", help="Run the current extractor and annotators on archived pages.")
    ] = True,
    data: Data = None,
    sources: SourcesPath = None,
) -> None:
    """Recover the missing articles of a past interval and reprocess its archived pages.

    Days and moments are in UTC. Missing articles are searched in the sources' sitemaps, then in a web archive. Their
    pages are fetched live, or from the web archive if they are gone. Then the current extractor and annotators process
    every archived page of the interval that they have not processed yet. An interrupted backfill resumes when it is
    run again. Exit status 1 if no part of the sources' history could be fetched.

    --dry-run fetches no article page: it reads sitemaps and the web archive's captures of feeds, front pages and
    section pages (nothing at all with --no-recover), and prints the counts. An article that counts as lost may also
    count as recoverable, because a backfill would try it again.

    Example: newsledger backfill 2026-03-01 2026-03-07 --dry-run
    """
    interval = parse_interval(start, end, utc_now())
    settings = load_settings(data=data, sources=sources)
    roster = load_sources(settings.sources)
    chosen = select(roster, source or ())
    if dry_run:
        _show_assessment(settings, chosen, roster, interval, ask_history=recover)
    else:
        _run(settings, chosen, roster, interval, recover=recover, replay=replay)


def parse_interval(start: str, end: str, now: datetime) -> Interval:
    """The interval from `start` to `end`; an end that is a day is included. It ends with today at the latest.

    Raises typer.BadParameter.
    """
    from_, until = day_or_moment(start, "FROM"), day_or_moment(end, "TO")
    today_ends = midnight(now.date()) + timedelta(days=1)
    begins_at = from_ if isinstance(from_, datetime) else midnight(from_)
    ends_at = until if isinstance(until, datetime) else midnight(min(until, now.date())) + timedelta(days=1)
    if begins_at < WEB:
        raise typer.BadParameter(f"FROM ({start}) is before {WEB:%Y-%m-%d}; the web did not exist yet")
    if begins_at >= now:
        raise typer.BadParameter(f"FROM ({start}) is in the future; there is nothing to recover yet")
    if ends_at <= begins_at:
        raise typer.BadParameter(f"TO ({end}) is not after FROM ({start})")
    return Interval(begins_at, min(ends_at, today_ends))


def _run(
    settings: Settings,
    chosen: Sequence[Source],
    roster: Sequence[Source],
    interval: Interval,
    *,
    recover: bool,
    replay: bool,
) -> None:
    from pipeline.steps.backfill import backfill as steps
    from pipeline.steps.backfill.history_state import history_answers
    from pipeline.steps.processing import ALL_TASKS
    from pipeline.steps.run.stores import Stores

    preload(*(ALL_TASKS if replay else READERS))
    run, started_at = start_run(), utc_now()
    wanted = steps.Wanted(recover=recover, replay=replay)
    with (
        noted_ledger(settings) as ledger,
        console.progress() as on_progress,
        Stores(settings, run, on_progress, ledger=ledger) as stores,
    ):
        result = steps.backfill(stores, chosen, interval, roster, wanted, started_at)
        numbers = steps.numbers_of_run(stores.ledger, run)
        answers = history_answers(stores.ledger, run)
    fields = steps.BackfillNumbers.__struct_fields__
    rows = [tuple(getattr(each, field) for field in fields) for each in numbers]
    console.table(_title(interval), ("source", *fields[1:]), rows)
    for notice in result.notices:
        log.warning("not_recovered", detail=notice)
    for problem in result.problems:
        log.error("incomplete", detail=problem)
    rebuild(settings)
    result.require_success()
    answers.require_one(pages_captured=result.count("article_captured"))


def _show_assessment(
    settings: Settings, chosen: Sequence[Source], roster: Sequence[Source], interval: Interval, *, ask_history: bool
) -> None:
    from pipeline.steps.backfill import backfill as steps
    from pipeline.steps.backfill.history_state import HistoryAnswers
    from pipeline.steps.run.stores import Stores

    Ledger.open_existing(settings.ledger_catalog).close()  # raises if there is no ledger; a dry run must not create one
    preload(*READERS)
    with Stores(settings, start_run()) as stores:
        if ask_history:
            console.say("reading sitemaps and the web archive's captures of feeds, front pages and section pages")
            steps.require_recoverable(stores, chosen, roster, steps.assess(stores, chosen, interval))
            found = steps.assess_history(stores, chosen, interval, roster)
        else:
            found = steps.HistoryAssessment(steps.assess(stores, chosen, interval), (), HistoryAnswers(0, 0))
    for notice in found.notices:
        log.warning("not_searched", detail=notice)
    rows = [(each.source_id, each.known, each.recoverable, each.replayable, each.lost) for each in found.assessments]
    console.table(_title(interval), ("source", "known", "recoverable", "replayable", "lost"), rows)
    found.answers.require_one(pages_captured=0, see="the warnings above")


def _title(interval: Interval) -> str:
    return f"{interval.start:%Y-%m-%d %H:%M} to {interval.end:%Y-%m-%d %H:%M} UTC"
