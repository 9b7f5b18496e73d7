"""newsledger sources: list, export, check and add to the sources."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from pipeline.cli import console
from pipeline.cli.interruption import recording_nothing
from pipeline.cli.options import SourceIds, SourcesPath
from pipeline.collect import READERS
from pipeline.errors import NewsledgerError, SourcesError
from pipeline.ledger.log import utc_now
from pipeline.settings import Settings, load_settings
from pipeline.sources import Source, load_sources, select
from pipeline.sources.opml import Outline, read_opml, write_opml
from pipeline.sources.sites import http_address
from pipeline.sources.source import SILENT_AFTER, address_problem
from pipeline.steps.run.progress import OnProgress, Progress
from pipeline.workers import preload

if TYPE_CHECKING:
    from pipeline.collect.discovery.candidates import AddRequest, SearchResult, Unusable
    from pipeline.collect.discovery.probes import Probe
    from pipeline.sources.plan import Candidate, Overrides, Plan
    from pipeline.sources.source_list import SourceList

LIST_SUFFIXES = frozenset({".opml", ".xml"})

app = typer.Typer(help="List, test, add and export the sources of sources.toml.", no_args_is_help=True)


@app.command("list")
def list_sources(sources: SourcesPath = None) -> None:
    """List the sources of the file, one per line.

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
    file: Annotated[Path | None, typer.Argument(help="File to write; standard output if left out.")] = None,
    source: SourceIds = None,
    sources: SourcesPath = None,
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
@recording_nothing
def check(source: SourceIds = None, sources: SourcesPath = None) -> None:
    """Request every feed and sitemap once, without recording anything. Exit status 1 if one cannot be read.

    The answer of a feed is `ok` only if it has an item of the last 30 days. Also shown: what has moved permanently, how
    old the newest item is, and which addresses lead to the same feed.

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
    from pipeline.collect.discovery.probes import Prober
    from pipeline.steps.run.visits import polite_client

    zones = {url: source.zone for source in sources for url in source.addresses}
    preload(*READERS)
    async with polite_client(settings, sources, utc_now) as client:
        return await Prober(client, now=utc_now).probe_all(zones.items(), _counter(on_progress, "check", len(zones)))


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
        return readers[url], url, probe.kind, _answer(probe, now), items, age, "\n".join(same), " ".join(probe.warnings)

    return [row(url) for url in readers]


def _answer(probe: Probe, now: datetime) -> str:
    if probe.problem is not None:
        return probe.problem
    read = f"ok, {len(probe.sitemaps)} sitemaps" if probe.sitemaps else _liveliness(probe, now)
    if probe.moved_to:
        return f"{read}, but moved permanently, now at {probe.moved_to}: change it"
    return read if probe.final_url == probe.url else f"{read}, redirected to {probe.final_url}"


def _liveliness(probe: Probe, now: datetime) -> str:
    if not probe.items:
        return "no items"
    if probe.newest_at is None:
        return "no dates, so its age is unknown"
    return (
        "ok"
        if probe.newest_at >= now - SILENT_AFTER
        else f"silent: nothing new for {(now - probe.newest_at).days} days"
    )


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
@recording_nothing
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
    timezone: Annotated[str | None, typer.Option(help="Its time zone (IANA).", show_default=False)] = None,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Send no requests; each address is taken for a feed.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be added, write nothing.")] = False,
    sources: SourcesPath = None,
) -> None:
    """Add feeds to sources.toml: by their address, by an outlet's homepage, or from an OPML list.

    A homepage is searched for the feeds that it declares, links to or has in
    the usual places, and for the news sitemaps of its robots.txt. A feed is
    added if it can be read and has items. It joins the source of the same
    outlet and language if the file has one (or the one that --id names), else
    a new source. The name, language and country of a new source are guesses;
    they are shown, and the options overrule them.
    Exit status 1 if nothing could be added.

    Example: newsledger sources add https://www.tagblatt.example/ --dry-run
    """
    from pipeline.annotate.language import text_language
    from pipeline.collect.discovery.candidates import take_unchecked
    from pipeline.sources.plan import make_plan
    from pipeline.sources.source_list import read_source_list, write_source_list

    settings = load_settings(sources=sources)
    overrides = _overrides(id=source_id, name=name, language=language, country=country, timezone=timezone)
    wanted = read_arguments(what)
    known = read_source_list(settings.sources).sources
    if unchecked:
        found = take_unchecked(wanted)
    else:
        with console.progress() as on_progress:
            found = asyncio.run(_try_all(settings, wanted, known, on_progress))
    current = read_source_list(settings.sources)  # again, because it may have been edited during the requests
    plan = make_plan(current.sources, found.candidates, overrides, text_language)
    _show(plan, current)
    added = _report_failures(found, plan)
    if dry_run or not added:
        console.echo(f"{settings.sources}: nothing written")
        return
    write_source_list(settings.sources, current, plan.sources)
    sitemaps = sum(candidate.is_sitemap for candidate in added)
    new = len(plan.sources) - len(current.sources)
    console.echo(f"{settings.sources}: new feeds {len(added) - sitemaps}, new sitemaps {sitemaps}, new sources {new}")


def _overrides(**options: str | None) -> Overrides:
    """Raises SourcesError naming the option."""
    from pipeline.sources.plan import Overrides

    for field in msgspec.structs.fields(Overrides):
        value = options[field.name]
        try:
            msgspec.convert(value, field.type)
        except msgspec.ValidationError as exc:
            raise SourcesError(f"--{field.name} {value!r}: {exc}") from exc
    try:
        return Overrides(**options)
    except ValueError as exc:
        raise SourcesError(str(exc)) from exc


def read_arguments(arguments: Iterable[str]) -> AddRequest:
    """Files are OPML; anything else is an address, `https://` if it names no scheme. Raises SourcesError."""
    from pipeline.collect.discovery.candidates import AddRequest, Unusable

    addresses: list[str] = []
    outlines: list[Outline] = []
    unusable: list[Unusable] = []
    for argument in arguments:
        path = Path(argument).expanduser()
        if path.is_file() or (path.suffix.lower() in LIST_SUFFIXES and ":" not in argument):
            for outline in _read_outlines(path, unusable):
                url, homepage = http_address(outline.url), http_address(outline.homepage)
                if url is None:
                    unusable.append(Unusable(outline.url, "is not an http(s) address"))
                elif problem := address_problem(url):
                    unusable.append(Unusable(str(path), problem))
                else:
                    homepage = None if homepage and address_problem(homepage) else homepage
                    outlines.append(msgspec.structs.replace(outline, url=url, homepage=homepage))
            continue
        url = http_address(argument if ":/" in argument else f"https://{argument}")
        if url is None:
            raise SourcesError(f"{argument}: is neither an http(s) address nor an OPML file")
        addresses.append(url)
    return AddRequest(tuple(addresses), tuple(outlines), tuple(unusable))


def _read_outlines(path: Path, unusable: list[Unusable]) -> tuple[Outline, ...]:
    """The feeds of the list. Adds what cannot be read to `unusable`."""
    from pipeline.collect.discovery.candidates import Unusable

    try:
        content = path.read_bytes()
    except OSError as exc:
        raise SourcesError(f"{path}: cannot be read: {exc.strerror}") from exc
    listed = read_opml(content, file=str(path))
    unusable += [Unusable(str(path), problem) for problem in listed.problems]
    if not listed.outlines and not listed.problems:
        raise SourcesError(f"{path}: lists no feeds")
    return listed.outlines


async def _try_all(
    settings: Settings, wanted: AddRequest, known: Sequence[Source], on_progress: OnProgress
) -> SearchResult:
    from pipeline.collect.discovery.candidates import try_all
    from pipeline.collect.discovery.probes import Prober
    from pipeline.steps.run.visits import polite_client

    preload(*READERS, "pipeline.collect.discovery.probes")
    async with polite_client(settings, known, utc_now) as client:
        return await try_all(wanted, Prober(client, now=utc_now), known, partial(_counter, on_progress))


def _counter(on_progress: OnProgress, step: str, total: int) -> Callable[[object], None]:
    """What to call after each of `total` parts is done."""
    done = count(1)
    if total:
        on_progress(Progress(step, None, 0, total))
    return lambda _: on_progress(Progress(step, None, next(done), total))


def _show(plan: Plan, before: SourceList) -> None:
    """Print where each address goes, and each source that changes."""
    if not plan.verdicts:
        return
    addresses = [
        (verdict.candidate.url, verdict.candidate.kind, verdict.candidate.items, verdict.outcome, verdict.source_id)
        for verdict in plan.verdicts
    ]
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


def _report_failures(found: SearchResult, plan: Plan) -> list[Candidate]:
    """Print every address from which nothing is added, and return the candidates that are added.

    Raises NewsledgerError if something failed and nothing is added.
    """
    unplaced = [(verdict.candidate.url, verdict.outcome) for verdict in plan.verdicts if verdict.source_id is None]
    failures = [*((one.address, one.reason) for one in found.unusable), *unplaced]
    added = [verdict.candidate for verdict in plan.verdicts if verdict.added]
    if len(failures) == 1 and not plan.verdicts:
        raise NewsledgerError(": ".join(failures[0]))
    for address, reason in (*failures, *((one.address, one.reason) for one in found.unread)):
        console.say(f"{address}: {reason}")
    if failures and not added:
        raise NewsledgerError(f"nothing could be added; {len(failures)} addresses cannot be")
    return added
