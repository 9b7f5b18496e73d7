"""The roster: which source a found feed goes to, an old one or a new one, and what the new one is called. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from operator import attrgetter
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from pipeline.annotate import SURE
from pipeline.annotate.language import detect_language
from pipeline.collect.discovery.opml import Outlet
from pipeline.collect.discovery.sites import (
    LANGUAGE_OF_COUNTRY,
    MAX_ID_CHARS,
    country_of,
    front_page,
    language_of,
    outlet_of,
    registrable_host,
    same_address,
    shared_name,
    suggest_id,
)
from pipeline.errors import SourcesError
from pipeline.sources import Country, Language, Source, SourceId

OVERRULING_CHARS = 300
"""So many characters of titles, and no doubt about their language, overrule a declared one, which is often what the
software came with."""


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What the options say of the source."""

    id: SourceId | None = None
    name: str | None = None
    language: Language | None = None
    country: Country | None = None
    timezone: str | None = None

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone or "UTC")
        except (ValueError, ZoneInfoNotFoundError) as exc:
            raise ValueError(f"--timezone {self.timezone!r}: no such time zone") from exc


class Find(msgspec.Struct, frozen=True, kw_only=True):
    """A feed or sitemap that may be added, and what was learned about its outlet on the way."""

    url: str
    is_sitemap: bool = False
    shared: frozenset[str] = frozenset()
    """What it has in common with the same feed under other addresses."""
    homepage: str | None = None
    site_name: str | None = None
    title: str | None = None
    """The feed's."""
    page_title: str | None = None
    language: str | None = None
    """The tag as the feed, the page or the list has it."""
    sample: str = ""
    """Text in the feed's language."""
    outlet: Outlet | None = None
    kind: str | None = None
    items: int | None = None

    @property
    def identities(self) -> frozenset[str]:
        """Two finds that have one in common are one feed. A list that newsledger wrote has what it has on purpose."""
        return frozenset({self.url} if self.outlet else {self.url, same_address(self.url), *self.shared})


class Verdict(msgspec.Struct, frozen=True):
    """What becomes of a find."""

    find: Find
    source_id: str | None
    outcome: str
    added: bool


class Plan(msgspec.Struct, frozen=True):
    """All sources as they become, the old ones first and in their order, and why."""

    sources: tuple[Source, ...]
    verdicts: tuple[Verdict, ...]


class _Draft(msgspec.Struct, kw_only=True):
    """A source that finds go to."""

    old: Source | None = None
    id: str | None = None
    language: str
    finds: list[Find] = []


def make_plan(sources: Sequence[Source], finds: Iterable[Find], wishes: Wishes) -> Plan:
    """Where each find goes. Raises SourcesError where the options contradict what there is."""
    roster = _Roster(sources, wishes)
    read = [(find, wishes.language or _language(find)) for find in finds]
    # those that say no language come last, and go where others of their outlet have gone
    order = sorted(range(len(read)), key=lambda place: read[place][1] is None)
    admissions = {place: roster.admit(*read[place]) for place in order}
    return Plan(roster.sources(), tuple(_verdict(admissions[place]) for place in range(len(read))))


class _Admission(msgspec.Struct, frozen=True):
    find: Find
    draft: _Draft | None
    outcome: str = ""
    """Why it is not added."""


class _Roster:
    """Old sources, and those that come into being as finds are admitted."""

    def __init__(self, sources: Sequence[Source], wishes: Wishes) -> None:
        self._wishes = wishes
        self._drafts = [_Draft(old=source, id=source.id, language=source.language) for source in sources]
        self._by_id: dict[str | None, _Draft] = {draft.id: draft for draft in self._drafts}
        self._by_outlet: dict[str, list[_Draft]] = {}
        self._read: dict[str, tuple[_Draft, str]] = {}
        """Who reads it, at which address, by identity."""
        for source, draft in zip(sources, self._drafts, strict=True):
            for url in source.addresses:
                self._read[url] = self._read[same_address(url)] = draft, url
            for outlet in {outlet_of(url): None for url in (source.homepage, *source.addresses)}:
                self._by_outlet.setdefault(outlet, []).append(draft)

    def admit(self, find: Find, language: str | None) -> _Admission:
        reader = next((self._read[identity] for identity in sorted(find.identities) if identity in self._read), None)
        if reader is not None:
            outcome = "is read already" if reader[1] == find.url else f"the same as {reader[1]}"
            return _Admission(find, reader[0], outcome)
        draft = self._draft_of(find, language)
        if draft is None:
            return _Admission(find, None, "does not say its language: give it with --language")
        draft.finds.append(find)
        self._read |= dict.fromkeys(find.identities, (draft, find.url))
        return _Admission(find, draft)

    def sources(self) -> tuple[Source, ...]:
        new = [draft for draft in self._drafts if draft.old is None]
        if self._wishes.name is not None and len(new) > 1:
            raise SourcesError(f"--name is for one source, and these feeds are of {len(new)}")
        for draft in new:
            draft.id = draft.id or self._free_id(draft)
            self._by_id[draft.id] = draft
        return tuple(map(self._source, self._drafts))

    def _draft_of(self, find: Find, language: str | None) -> _Draft | None:
        """The source that the options or the list name; else the one of the same outlet that writes the same language;
        else a new one. None where its language cannot be told."""
        address = find.homepage or find.url
        outlet = outlet_of(address)
        near = self._by_outlet.get(outlet, [])
        source_id = self._wishes.id
        if source_id is None and find.outlet is not None:
            namesake = self._by_id.get(find.outlet.id)
            source_id = find.outlet.id if namesake is None or namesake in near else None
        if source_id is None:
            fitting = [one for one in near if language in {None, one.language}]
            home = same_address(address)
            fitting.sort(key=lambda one: one.old is None or same_address(one.old.homepage) != home)
        else:
            fitting = [self._by_id[source_id]] if source_id in self._by_id else []
        if fitting:
            return fitting[0]
        language = language or LANGUAGE_OF_COUNTRY.get(self._country(address, find.language))
        if language is None:
            return None
        draft = _Draft(id=source_id, language=language)
        self._drafts.append(draft)
        self._by_outlet.setdefault(outlet, []).append(draft)
        if source_id is not None:
            self._by_id[source_id] = draft
        return draft

    def _country(self, address: str, tag: str | None) -> str:
        return self._wishes.country or country_of(urlsplit(address).hostname or "", tag)

    def _free_id(self, draft: _Draft) -> str:
        wanted = suggest_id(_homepage(draft.finds))
        for suffix in _suffixes(draft.language):
            name = wanted[: MAX_ID_CHARS - len(suffix)] + suffix
            if name not in self._by_id:
                return name
        raise AssertionError("the suffixes do not end")

    def _source(self, draft: _Draft) -> Source:
        feeds = tuple(find.url for find in draft.finds if not find.is_sitemap)
        sitemaps = tuple(find.url for find in draft.finds if find.is_sitemap)
        if draft.old is None:
            return self._new_source(draft, feeds, sitemaps)
        old = draft.old
        for name in self._wishes.__struct_fields__ if draft.finds else ():
            wish, is_now = getattr(self._wishes, name), getattr(old, name)
            if wish not in {None, is_now}:
                raise SourcesError(
                    f"source {old.id!r} is of the same outlet and has {name} {is_now!r}: change that in the file,"
                    f" or make a source of its own with --id"
                )
        return msgspec.structs.replace(old, feeds=(*old.feeds, *feeds), sitemaps=(*old.sitemaps, *sitemaps))

    def _new_source(self, draft: _Draft, feeds: tuple[str, ...], sitemaps: tuple[str, ...]) -> Source:
        first = draft.finds[0]
        told = first.outlet or Outlet(id="")
        homepage = _homepage(draft.finds)
        said = next((find.language for find in draft.finds if language_of(find.language) == draft.language), None)
        fields = {
            "id": draft.id,
            "name": self._wishes.name or told.name or _name(draft.finds, homepage),
            "language": draft.language,
            "country": self._wishes.country or told.country or self._country(homepage, said or draft.language),
            "homepage": homepage,
            "feeds": feeds,
            "sitemaps": sitemaps,
            "requests_per_second": told.requests_per_second,
            "timezone": self._wishes.timezone or told.timezone,
        }
        try:
            return msgspec.convert(fields, Source)
        except msgspec.ValidationError as exc:
            raise SourcesError(f"{first.url}: cannot become source {draft.id!r}: {exc}") from exc


def _verdict(admission: _Admission) -> Verdict:
    draft = admission.draft
    source_id = draft.id if draft else None
    if admission.outcome:
        return Verdict(admission.find, source_id, admission.outcome, added=False)
    is_new = draft is not None and draft.old is None
    return Verdict(admission.find, source_id, "new source" if is_new else "added to the source", added=True)


def _language(find: Find) -> str | None:
    """As declared; as detected where nothing is, or where there is much text and no doubt."""
    declared = language_of(find.language)
    if declared is not None and len(find.sample) < OVERRULING_CHARS:
        return declared
    detected, confidence = detect_language(find.sample)
    return detected if declared is None or (confidence or 0) >= SURE else declared


def _homepage(finds: Sequence[Find]) -> str:
    """The shortest that is given, which is the front page rather than a section; else that of the first feed's host."""
    given = [find.homepage for find in finds if find.homepage]
    return min(given, key=len) if given else front_page(finds[0].url)


def _name(finds: Sequence[Find], homepage: str) -> str:
    titles = [find.title for find in finds if find.title]
    site_name, page_title = (
        next((name for name in map(attrgetter(where), finds) if name), None) for where in ("site_name", "page_title")
    )
    return site_name or shared_name(titles) or page_title or registrable_host(urlsplit(homepage).hostname or "")


def _suffixes(language: str) -> Iterator[str]:
    yield ""
    yield f"_{language}"
    yield from (f"_{number}" for number in count(2))
