"""Candidates for sources.toml, from the addresses and OPML outlines that `sources add` is given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from pipeline.collect.discovery.probes import UTC_ZONE, Probe, Prober
from pipeline.collect.discovery.survey import Survey, survey
from pipeline.sources import Source
from pipeline.sources.opml import Outline
from pipeline.sources.plan import Candidate
from pipeline.sources.sites import address_key

StartPhase = Callable[[str, int], Callable[[object], None]]
"""Called with the name of a phase and its number of parts. Returns a function to call after each part."""


class Unusable(msgspec.Struct, frozen=True):
    """An address from which nothing can be added, and why."""

    address: str
    reason: str


class AddRequest(msgspec.Struct, frozen=True):
    """What the command line asks to add."""

    addresses: tuple[str, ...]
    outlines: tuple[Outline, ...]
    unusable: tuple[Unusable, ...]
    """The parts of the OPML lists that cannot be read, and outlines whose address is not an http(s) address."""


class SearchResult(msgspec.Struct, frozen=True):
    """What the addresses and outlines gave."""

    candidates: tuple[Candidate, ...]
    unusable: tuple[Unusable, ...]
    unread: tuple[Unusable, ...] = ()
    """Feeds that a page declares and that cannot be read, while others of the same page can."""


def take_unchecked(wanted: AddRequest) -> SearchResult:
    """Make a candidate of every address and outline without requesting it; each address is taken for a feed."""
    candidates = (*(Candidate(url=url) for url in wanted.addresses), *map(_from_outline, wanted.outlines))
    unchecked = tuple(msgspec.structs.replace(candidate, is_unchecked=True) for candidate in candidates)
    return SearchResult(unchecked, wanted.unusable)


async def try_all(
    wanted: AddRequest, prober: Prober, sources: Sequence[Source], start_phase: StartPhase
) -> SearchResult:
    """Search every address for feeds, and probe the outlines that no source reads yet.

    An outline that a source reads becomes a candidate without a request; the plan names the source that has it.
    """
    read = {url for source in sources for url in source.addresses}
    known = read | set(map(address_key, read))
    new = {one.url: UTC_ZONE for one in wanted.outlines if known.isdisjoint(_from_outline(one).identities)}
    addresses = list(dict.fromkeys(wanted.addresses))
    count_address = start_phase("search", len(addresses))

    async def search(url: str) -> Survey:
        result = await survey(prober, url)
        count_address(result)
        return result

    surveys = await asyncio.gather(*map(search, addresses))
    probes = await prober.probe_all(new.items(), start_phase("try", len(new)))
    unusable = [*wanted.unusable, *(Unusable(one.url, one.problem) for one in surveys if one.problem)]
    unread = [Unusable(probe.url, _why_not(probe)) for one in surveys for probe in one.unread if not one.problem]
    candidates = [_from_survey(one, probe) for one in surveys for probe in one.found]
    for outline in wanted.outlines:
        probe = probes.get(outline.url)
        if probe is None:
            candidates.append(_from_outline(outline))
        elif probe.holds_something:
            candidates.append(_from_probed_outline(outline, probe))
        else:
            unusable.append(Unusable(probe.url, _why_not(probe)))
    return SearchResult(tuple(candidates), tuple(dict.fromkeys(unusable)), tuple(unread))


def _why_not(probe: Probe) -> str:
    return probe.problem or f"has no items ({probe.kind})"


def _from_outline(outline: Outline) -> Candidate:
    return Candidate(
        url=outline.url,
        is_sitemap=outline.is_sitemap,
        homepage=outline.homepage,
        title=outline.title,
        language=outline.language,
        listed_as=outline.source,
    )


def _from_probed_outline(outline: Outline, probe: Probe) -> Candidate:
    return msgspec.structs.replace(
        _from_probe(probe),
        homepage=outline.homepage or probe.masthead.homepage,
        title=outline.title or probe.masthead.title,
        language=outline.language or probe.masthead.language,
        listed_as=outline.source,
    )


def _from_survey(found: Survey, probe: Probe) -> Candidate:
    page = found.homepage
    return msgspec.structs.replace(
        _from_probe(probe),
        homepage=found.homepage_url or probe.masthead.homepage,
        site_name=page.name if page else None,
        page_title=page.title if page else None,
        language=probe.masthead.language or (page.language if page else None),
    )


def _from_probe(probe: Probe) -> Candidate:
    return Candidate(
        url=probe.moved_to or probe.url,
        is_sitemap=probe.is_sitemap,
        keys=probe.identities | {address_key(probe.url)},
        title=probe.masthead.title,
        language=probe.masthead.language,
        homepage=probe.masthead.homepage,
        sample=probe.sample,
        kind=probe.kind,
        items=probe.items or len(probe.sitemaps),
    )
