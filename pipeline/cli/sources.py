"""newsledger sources: list them, try whether they can be read, add to them, hand them on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from pipeline.cli import console
from pipeline.cli.options import SourceIds, SourcesFile
from pipeline.collect.discovery.opml import write_opml
from pipeline.errors import NewsledgerError, SourcesError
from pipeline.ledger.log import utc_now
from pipeline.settings import Settings, load_settings
from pipeline.sources import Source, load_sources, select
from pipeline.sources.file import SourceList, read_source_list, write_source_list
from pipeline.steps.run.progress import OnProgress

if TYPE_CHECKING:
    from pipeline.cli.finds import Findings
    from pipeline.cli.roster import Find, Plan, Wishes
    from pipeline.collect.discovery.probes import Probe

app = typer.Typer(help="The outlets that are read.", no_args_is_help=True)


@app.command("list")
def list_sources(sources: SourcesFile = None) -> None:
    """The sources of the file, a line each.

    Example: newsledger sources list --sources sources.toml
    """
    settings = load_settings(sources=sources)
    rows = [
        (one.id, one.name, one.language, one.country, len(one.feeds), len(one.sitemaps), one.homepage)
        for one in load_sources(settings.sources)
    ]
    console.table(None, ("id", "name", "language", "country", "feeds", "sitemaps", "homepage"), rows)


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="Where to; standard output if left out.")] = None,
    source: SourceIds = None,
    sources: SourcesFile = None,
) -> None:
    """Write the sources as OPML 2.0, which feed readers import and `sources add` reads back without loss.

    Example: newsledger sources export newsledger.opml
    """
    settings = load_settings(sources=sources)
    content = write_opml(select(load_sources(settings.sources), source or ()))
    if file is None:
        typer.echo(content, nl=False)
        return
    file.write_bytes(content)


@app.command()
def check(source: SourceIds = None, sources: SourcesFile = None) -> None:
    """Try every feed and sitemap once, recording nothing. Exit status 1 if one cannot be read.

    Said too: what has moved for good, how old the newest item is, and which addresses lead to the same feed.

    Example: newsledger sources check --source tagesschau
    """
    settings = load_settings(sources=sources)
    chosen = select(load_sources(settings.sources), source or ())
    with console.progress() as on_progress:
        probes = asyncio.run(_probe_all(settings, chosen, on_progress))
    columns = ("source", "feed", "kind", "answer", "items", "newest", "same as", "warnings")
    console.table(None, columns, _check_rows(chosen, probes, utc_now()))
    failed = sum(probe.problem is not None for probe in probes.values())
    if failed:
        what = "feeds and sitemaps" if any(one.sitemaps for one in chosen) else "feeds"
        raise NewsledgerError(f"{failed} of {len(probes)} {what} cannot be read")


async def _probe_all(settings: Settings, sources: Sequence[Source], on_progress: OnProgress) -> dict[str, Probe]:
    from pipeline.cli.finds import counter
    from pipeline.collect.discovery.probes import Prober
    from pipeline.steps.run.visits import polite_client

    zones = {url: source.zone for source in sources for url in source.addresses}
    async with polite_client(settings, sources, utc_now) as client:
        return await Prober(client, now=utc_now).probe_all(zones.items(), counter(on_progress, "check", len(zones)))


def _check_rows(sources: Sequence[Source], probes: Mapping[str, Probe], now: datetime) -> list[tuple[object, ...]]:
    sharing: dict[str, list[str]] = {}
    for probe in probes.values():
        for identity in probe.identities:
            sharing.setdefault(identity, []).append(probe.url)
    readers = {url: source.id for source in sources for url in source.addresses}

    def row(url: str) -> tuple[object, ...]:
        probe = probes[url]
        others = {other for identity in probe.identities for other in sharing[identity]} - {url}
        same = [other if readers[other] == readers[url] else f"{readers[other]}: {other}" for other in sorted(others)]
        age = _age(probe.newest_at, now)
        items = None if probe.problem else probe.items
        return readers[url], url, probe.kind, _answer(probe), items, age, "\n".join(same), " ".join(probe.warnings)

    return [row(url) for url in readers]


def _answer(probe: Probe) -> str:
    if probe.problem is not None:
        return probe.problem
    read = f"ok, {len(probe.sitemaps)} sitemaps" if probe.sitemaps else "ok"
    if probe.moved_to:
        return f"{read}, but moved for good, now at {probe.moved_to}: change it"
    return read if probe.final_url == probe.url else f"{read}, redirected to {probe.final_url}"


def _age(at: datetime | None, now: datetime) -> str | None:
    if at is None:
        return None
    age = now - at
    if age < timedelta(0):
        return "in the future"
    if age < timedelta(hours=1):
        return f"{age // timedelta(minutes=1)} min ago"
    return f"{age // timedelta(hours=1)} h ago" if age < timedelta(days=2) else f"{age.days} days ago"


@app.command()
def add(
    what: Annotated[
        list[str], typer.Argument(metavar="URL|FILE.opml", help="Feeds, sitemaps, homepages, or OPML files.")
    ],
    source_id: Annotated[
        str | None, typer.Option("--id", help="The source to add to, or the id of a new one.", show_default=False)
    ] = None,
    name: Annotated[str | None, typer.Option(help="The new source's name.", show_default=False)] = None,
    language: Annotated[str | None, typer.Option(help="Its language (ISO 639).", show_default=False)] = None,
    country: Annotated[str | None, typer.Option(help="Its country (ISO 3166).", show_default=False)] = None,
    timezone: Annotated[str | None, typer.Option(help="Of dates without one (IANA).", show_default=False)] = None,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Ask nothing, works offline; each address is taken for a feed.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be added, write nothing.")] = False,
    sources: SourcesFile = None,
) -> None:
    """Add feeds to sources.toml: by their address, by an outlet's homepage, or from an OPML list.

    On a homepage: what it declares, shows or has in the usual places, and the
    news sitemaps of its robots.txt. What can be read and has items is added,
    each feed once: to the source of the same outlet and language if the file
    has one (--id decides otherwise), else to a new one. Its name, language and
    country are guesses, which are shown, and which the options overrule.
    Exit status 1 if nothing could be added.

    Example: newsledger sources add https://www.tagblatt.example/ --dry-run
    """
    from pipeline.cli.finds import read_request, take, try_all
    from pipeline.cli.roster import make_plan

    settings = load_settings(sources=sources)
    wishes = _wishes(id=source_id, name=name, language=language, country=country, timezone=timezone)
    request = read_request(what)
    known = read_source_list(settings.sources).sources
    if unchecked:
        findings = take(request)
    else:
        with console.progress() as on_progress:
            findings = asyncio.run(try_all(request, settings, known, on_progress))
    now_there = read_source_list(settings.sources)  # asking takes its time, and the file is there for editing
    plan = make_plan(now_there.sources, findings.finds, wishes)
    _show(plan, now_there)
    added = _complain(findings, plan)
    if dry_run or not added:
        typer.echo(f"{settings.sources}: nothing written")
        return
    write_source_list(settings.sources, now_there, plan.sources)
    sitemaps = sum(find.is_sitemap for find in added)
    new = len(plan.sources) - len(now_there.sources)
    typer.echo(f"{settings.sources}: new feeds {len(added) - sitemaps}, new sitemaps {sitemaps}, new sources {new}")


def _wishes(**options: str | None) -> Wishes:
    """Raises SourcesError naming the option."""
    from pipeline.cli.roster import Wishes

    try:
        return msgspec.convert(options, Wishes)
    except msgspec.ValidationError as exc:
        problem, _, where = str(exc).partition(" - at `$.")
        option = where.rstrip("`")
        raise SourcesError(f"--{option} {options[option]!r}: {problem}" if option else problem) from exc


def _show(plan: Plan, before: SourceList) -> None:
    """What becomes of each address, and of each source that changes."""
    if not plan.verdicts:
        return
    addresses = [(one.find.url, one.find.kind, one.find.items, one.outcome, one.source_id) for one in plan.verdicts]
    console.table(None, ("address", "kind", "items", "outcome", "source"), addresses)
    old = {source.id: source for source in before.sources}
    changed = [
        (
            one.id,
            one.name,
            one.language,
            one.country,
            one.zone.key,
            one.homepage,
            len(one.feeds),
            len(one.sitemaps),
            "more feeds" if one.id in old else "new",
        )
        for one in plan.sources
        if old.get(one.id) != one
    ]
    if changed:
        columns = ("source", "name", "language", "country", "time zone", "homepage", "feeds", "sitemaps", "")
        console.table(None, columns, changed)


def _complain(findings: Findings, plan: Plan) -> list[Find]:
    """Name every address from which nothing comes; the finds that are added. Raises NewsledgerError if something
    failed and none are."""
    unplaced = [(verdict.find.url, verdict.outcome) for verdict in plan.verdicts if verdict.source_id is None]
    failures = [*((failure.address, failure.reason) for failure in findings.failures), *unplaced]
    added = [verdict.find for verdict in plan.verdicts if verdict.added]
    if len(failures) == 1 and not plan.verdicts:
        raise NewsledgerError(": ".join(failures[0]))
    for address, reason in (*failures, *((failure.address, failure.reason) for failure in findings.unread)):
        console.say(f"{address}: {reason}")
    if failures and not added:
        raise NewsledgerError(f"nothing could be added; {len(failures)} addresses cannot be")
    return added
