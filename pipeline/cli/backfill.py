"""newsledger backfill: recover what was missed of a past interval, and replay what was archived of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import structlog
import typer

from pipeline.cli import console
from pipeline.cli.jobs import rebuild
from pipeline.cli.options import Data, SourceIds, SourcesFile
from pipeline.interval import Interval
from pipeline.ledger import Ledger, start_run
from pipeline.ledger.log import utc_now
from pipeline.settings import Settings, load_settings
from pipeline.sources import Source, load_sources, select

log = structlog.get_logger()

WEB = datetime(1991, 8, 6, tzinfo=UTC)
"""Of its first public page: of earlier days nothing can be had."""


def register(app: typer.Typer) -> None:
    app.command()(backfill)


_WEEK = re.compile(r"\d{4}-?W")


def backfill(
    start: Annotated[str, typer.Argument(metavar="FROM", help="First day, 2026-03-14, or moment, 2026-03-14T06:00.")],
    end: Annotated[str, typer.Argument(metavar="TO", help="Last day, included; or the moment before which it ends.")],
    source: SourceIds = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what there is to do.")] = False,
    recover: Annotated[bool, typer.Option("--recover/--no-recover", help="Ask the sources' history.")] = True,
    replay: Annotated[bool, typer.Option("--replay/--no-replay", help="Read older captures anew.")] = True,
    data: Data = None,
    sources: SourcesFile = None,
) -> None:
    """Recover what was missed from FROM to TO, and replay what was archived of it.

    Days and moments are UTC. Articles that the ledger lacks are looked for in the sources' sitemaps, then in a web
    archive; their pages are fetched live, and from the web archive where they are gone. Then every capture in our own
    archive that the current extractor and annotators have not read is read. Run again, it goes on where it stopped.
    Exit status 1 if not one document of the history could be asked for.

    --dry-run records nothing and fetches no page; it asks for sitemaps and for the web archive's captures of feeds,
    front and section pages, unless --no-recover is given. What was lost so far may be recoverable, too: it would be
    asked for again.
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
    """From the first day or moment to the last day, included, or the moment before which it ends; no longer than today.

    Raises typer.BadParameter.
    """
    from_, until = _moment(start, "FROM"), _moment(end, "TO")
    today_ends = _midnight(now.date()) + timedelta(days=1)
    begins_at = from_ if isinstance(from_, datetime) else _midnight(from_)
    ends_at = until if isinstance(until, datetime) else _midnight(min(until, now.date())) + timedelta(days=1)
    if begins_at < WEB:
        raise typer.BadParameter(f"FROM ({start}) is before {WEB:%Y-%m-%d}; there was no web to recover anything from")
    if begins_at >= now:
        raise typer.BadParameter(f"FROM ({start}) is in the future; there is nothing to recover yet")
    if ends_at <= begins_at:
        raise typer.BadParameter(f"TO ({end}) is not after FROM ({start})")
    return Interval(begins_at, min(ends_at, today_ends))


def _moment(text: str, name: str) -> date | datetime:
    if _WEEK.match(text):  # Python would take its Monday
        raise typer.BadParameter(f"{name}: {text!r} is a week; give its first or last day")
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass  # then it is a moment
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as exc:
        raise typer.BadParameter(f"{name}: {text!r} is neither a day such as 2026-03-14 nor a moment") from exc


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


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
    from pipeline.steps.run.stores import Stores

    run, started_at = start_run(), utc_now()
    wanted = steps.Wanted(recover=recover, replay=replay)
    with console.progress() as on_progress, Stores(settings, run, on_progress) as stores:
        result = steps.backfill(stores, chosen, interval, roster, wanted, started_at)
        numbers = steps.numbers_of_run(stores.ledger, run)
        answers = history_answers(stores.ledger, run)
    fields = steps.BackfillNumbers.__struct_fields__
    rows = [tuple(getattr(each, field) for field in fields) for each in numbers]
    console.table(_title(interval), ("source", *fields[1:]), rows)
    for notice in result.notices:
        log.warning("not_had", detail=notice)
    for problem in result.problems:
        log.error("left_undone", detail=problem)
    rebuild(settings)
    result.require_success()
    answers.require_one(had=result.count("article_captured"))


def _show_assessment(
    settings: Settings, chosen: Sequence[Source], roster: Sequence[Source], interval: Interval, *, ask_history: bool
) -> None:
    from pipeline.steps.backfill import backfill as steps
    from pipeline.steps.run.stores import Stores

    Ledger.open_existing(settings.ledger_catalog).close()  # nothing is made where one only asks
    with Stores(settings, start_run()) as stores:
        if ask_history:
            console.say(
                "asking for sitemaps and the web archive's captures of feeds, front and section pages; no pages"
            )
            assessments, notices = steps.assess_history(stores, chosen, interval, roster)
        else:
            assessments, notices = steps.assess(stores, chosen, interval), ()
    for notice in notices:
        log.warning("not_asked", detail=notice)
    rows = [(each.source_id, each.known, each.recoverable, each.replayable, each.lost) for each in assessments]
    console.table(_title(interval), ("source", "known", "recoverable", "replayable", "lost"), rows)


def _title(interval: Interval) -> str:
    return f"{interval.start:%Y-%m-%d %H:%M} to {interval.end:%Y-%m-%d %H:%M} UTC"
