"""What `sources add` is given, addresses and OPML files, as finds: tried one by one, or taken as they are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from pathlib import Path

import msgspec

from pipeline.cli.roster import Find
from pipeline.collect.discovery.opml import Outline, read_opml
from pipeline.collect.discovery.probes import UTC_ZONE, Probe, Prober
from pipeline.collect.discovery.sites import http_address, same_address
from pipeline.collect.discovery.survey import Survey, survey
from pipeline.errors import SourcesError
from pipeline.ledger.log import utc_now
from pipeline.settings import Settings
from pipeline.sources import Source
from pipeline.steps.run.progress import OnProgress, Progress
from pipeline.steps.run.visits import polite_client

LIST_SUFFIXES = frozenset({".opml", ".xml"})


class Failure(msgspec.Struct, frozen=True):
    """An address from which nothing can be added, and why."""

    address: str
    reason: str


class Request(msgspec.Struct, frozen=True):
    """What the command line asks to add."""

    addresses: tuple[str, ...]
    outlines: tuple[Outline, ...]
    failures: tuple[Failure, ...]
    """Outlines whose address cannot be one."""


class Findings(msgspec.Struct, frozen=True):
    finds: tuple[Find, ...]
    failures: tuple[Failure, ...]
    unread: tuple[Failure, ...] = ()
    """Feeds that pages declare and that cannot be read; others of the page can."""


def read_request(arguments: Iterable[str]) -> Request:
    """Files are OPML; anything else is an address, with `https://` where it names no scheme. Raises SourcesError."""
    addresses: list[str] = []
    outlines: list[Outline] = []
    failures: list[Failure] = []
    for argument in arguments:
        path = Path(argument).expanduser()
        if path.is_file() or (path.suffix.lower() in LIST_SUFFIXES and ":" not in argument):
            for outline in _read_list(path):
                url = http_address(outline.url)
                if url is None:
                    failures.append(Failure(outline.url, "is no http(s) address"))
                else:
                    homepage = http_address(outline.homepage)
                    outlines.append(msgspec.structs.replace(outline, url=url, homepage=homepage))
            continue
        url = http_address(argument if ":/" in argument else f"https://{argument}")
        if url is None:
            raise SourcesError(f"{argument}: is neither an http(s) address nor an OPML file")
        addresses.append(url)
    return Request(tuple(addresses), tuple(outlines), tuple(failures))


def take(request: Request) -> Findings:
    """All of it as it is, nothing asked; every address is taken for a feed."""
    finds = (*(Find(url=url) for url in request.addresses), *map(_taken, request.outlines))
    return Findings(finds, request.failures)


async def try_all(request: Request, settings: Settings, sources: Sequence[Source], on_progress: OnProgress) -> Findings:
    """Ask every address; of the outlines, those that the sources do not read yet."""
    read = {url for source in sources for url in source.addresses}
    known = read | set(map(same_address, read))
    new = {one.url: UTC_ZONE for one in request.outlines if known.isdisjoint(_taken(one).identities)}
    addresses = list(dict.fromkeys(request.addresses))
    searched = counter(on_progress, "search", len(addresses))
    async with polite_client(settings, sources, utc_now) as client:
        prober = Prober(client, now=utc_now)

        async def search(url: str) -> Survey:
            result = await survey(prober, url)
            searched(result)
            return result

        surveys = await asyncio.gather(*map(search, addresses))
        probes = await prober.probe_all(new.items(), counter(on_progress, "try", len(new)))
    failures = [*request.failures, *(Failure(one.url, one.problem) for one in surveys if one.problem)]
    unread = [Failure(probe.url, _why_not(probe)) for one in surveys for probe in one.unread if not one.problem]
    finds = [_surveyed(one, probe) for one in surveys for probe in one.found]
    for outline in request.outlines:
        probe = probes.get(outline.url)
        if probe is None:
            finds.append(_taken(outline))
        elif probe.holds_something:
            finds.append(_probed(outline, probe))
        else:
            failures.append(Failure(probe.url, _why_not(probe)))
    return Findings(tuple(finds), tuple(dict.fromkeys(failures)), tuple(unread))


def counter(on_progress: OnProgress, step: str, total: int) -> Callable[[object], None]:
    """To be called for each that is done."""
    done = count(1)
    if total:
        on_progress(Progress(step, None, 0, total))
    return lambda _: on_progress(Progress(step, None, next(done), total))


def _read_list(path: Path) -> tuple[Outline, ...]:
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise SourcesError(f"{path}: cannot be read: {exc.strerror}") from exc
    outlines = read_opml(content, file=str(path))
    if not outlines:
        raise SourcesError(f"{path}: lists no feeds")
    return outlines


def _why_not(probe: Probe) -> str:
    return probe.problem or f"has no items ({probe.kind})"


def _taken(outline: Outline) -> Find:
    return Find(
        url=outline.url,
        is_sitemap=outline.is_sitemap,
        homepage=outline.homepage,
        title=outline.title,
        language=outline.language,
        outlet=outline.outlet,
    )


def _probed(outline: Outline, probe: Probe) -> Find:
    return msgspec.structs.replace(
        _read(probe),
        homepage=outline.homepage or probe.masthead.homepage,
        title=outline.title or probe.masthead.title,
        language=outline.language or probe.masthead.language,
        outlet=outline.outlet,
    )


def _surveyed(found: Survey, probe: Probe) -> Find:
    page = found.homepage
    return msgspec.structs.replace(
        _read(probe),
        homepage=found.homepage_url or probe.masthead.homepage,
        site_name=page.name if page else None,
        page_title=page.title if page else None,
        language=probe.masthead.language or (page.language if page else None),
    )


def _read(probe: Probe) -> Find:
    return Find(
        url=probe.moved_to or probe.url,
        is_sitemap=probe.is_sitemap,
        shared=probe.identities | {same_address(probe.url)},
        title=probe.masthead.title,
        language=probe.masthead.language,
        homepage=probe.masthead.homepage,
        sample=probe.sample,
        kind=probe.kind,
        items=probe.items or len(probe.sitemaps),
    )
