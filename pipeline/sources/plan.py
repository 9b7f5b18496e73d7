"""The plan of `sources add`: which source each found feed joins, an old one or a new one, and what a new one is called.

An old source is one that sources.toml already has. A list is an OPML file; if newsledger wrote it, it names the source
of each feed. Pure: values in, a plan out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from operator import attrgetter
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from pipeline.countries import country_of_code
from pipeline.errors import SourcesError
from pipeline.sources.opml import OpmlSource
from pipeline.sources.sites import (
    MAX_ID_CHARS,
    address_key,
    country_of,
    front_page,
    language_of,
    outlet_of,
    registrable_host,
    shared_name,
    suggest_id,
)
from pipeline.sources.source import Country, Language, Source, SourceId

OVERRULING_CHARS = 300
"""A sample of at least this many characters can overrule the declared language, which is often just the default of the
outlet's software."""

TellLanguage = Callable[[str, str | None], tuple[str | None, float | None]]
"""Takes a text and its declared language, returns its language and the confidence. The caller passes the function of
`pipeline.annotate.language`, which this package must not import."""


class Overrides(msgspec.Struct, frozen=True, kw_only=True):
    """Values from the command line, which replace what would be guessed about the source."""

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


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A feed or sitemap that may be added, and what was learned about its outlet on the way."""

    url: str
    is_sitemap: bool = False
    keys: frozenset[str] = frozenset()
    """Keys of its content and of the addresses that lead to it. Another candidate with one of them is the same feed."""
    homepage: str | None = None
    site_name: str | None = None
    title: str | None = None
    """The title of the feed."""
    page_title: str | None = None
    language: str | None = None
    """The language tag as the feed, the page or the list gives it."""
    sample: str = ""
    """Text in the feed's language."""
    listed_as: OpmlSource | None = None
    """The source that a list written by newsledger names for it; None if it comes from elsewhere."""
    kind: str | None = None
    """The format, for the table that is shown."""
    is_unchecked: bool = False
    """No request was sent, so nothing is known but what the list says."""
    items: int | None = None
    """The number of items, or of sitemaps in an index, for the same table."""

    @property
    def identities(self) -> frozenset[str]:
        """Two candidates with a common identity are the same feed.

        A list that newsledger wrote may hold the same feed under several addresses on purpose, so there only the exact
        address counts.
        """
        return frozenset({self.url} if self.listed_as else {self.url, address_key(self.url), *self.keys})


class Verdict(msgspec.Struct, frozen=True):
    """Where a candidate goes, and why."""

    candidate: Candidate
    source_id: str | None
    outcome: str
    added: bool


class Plan(msgspec.Struct, frozen=True):
    """All sources after the addition, the old ones first and in their order, and the verdicts on the candidates, in the
    order in which these were given."""

    sources: tuple[Source, ...]
    verdicts: tuple[Verdict, ...]


class _Draft(msgspec.Struct, kw_only=True):
    """A source, old or new, and the candidates that join it."""

    old: Source | None = None
    """The source as it was before; None for a new one."""
    id: str | None = None
    """None for a new source until all candidates are placed, unless the options or a list name it."""
    language: str
    candidates: list[Candidate] = []


class _Admission(msgspec.Struct, frozen=True):
    """The decision about a candidate, before new sources have ids. A verdict is made of it."""

    candidate: Candidate
    draft: _Draft | None
    outcome: str = ""
    """Why it is not added; empty if it is."""


ASSUMED_LANGUAGE = "en"
"""The language of unchecked feeds if most entries of their list name none."""


def make_plan(
    sources: Sequence[Source], candidates: Iterable[Candidate], overrides: Overrides, text_language: TellLanguage
) -> Plan:
    """Decide where each candidate goes. Raises SourcesError if the options contradict an existing source."""
    candidates = tuple(candidates)
    drafts = _Drafts(sources, overrides, _assumed_language(candidates))
    described = [(one, overrides.language or _language(one, text_language)) for one in candidates]
    # Candidates of unknown language come last and join the source that others of their outlet have joined.
    order = sorted(range(len(described)), key=lambda place: described[place][1] is None)
    admissions = {place: drafts.admit(*described[place]) for place in order}
    planned = drafts.sources()  # gives the new sources the ids that the verdicts name
    return Plan(planned, tuple(_verdict(admissions[place]) for place in range(len(described))))


def _assumed_language(candidates: Sequence[Candidate]) -> str:
    """What an unchecked feed is taken for if nothing tells its language: the language that more than half of the
    entries name. It is shown, and easy to correct."""
    named = Counter(language_of(one.language) for one in candidates)
    return next((one for one, entries in named.items() if one and 2 * entries > len(candidates)), ASSUMED_LANGUAGE)


class _Drafts:
    """The old sources, and the new ones that admitting candidates creates."""

    def __init__(self, sources: Sequence[Source], overrides: Overrides, assumed_language: str) -> None:
        self._overrides = overrides
        self._assumed_language = assumed_language
        self._drafts = [_Draft(old=source, id=source.id, language=source.language) for source in sources]
        self._by_id: dict[str | None, _Draft] = {draft.id: draft for draft in self._drafts}
        self._by_outlet: dict[str, list[_Draft]] = {}
        self._taken: dict[str, tuple[_Draft, str]] = {}
        """Identity of a feed ▶ the source that has it, and its address there."""
        for source, draft in zip(sources, self._drafts, strict=True):
            for url in source.addresses:
                self._taken[url] = self._taken[address_key(url)] = draft, url
            for outlet in {outlet_of(url): None for url in (source.homepage, *source.addresses)}:
                self._by_outlet.setdefault(outlet, []).append(draft)

    def admit(self, candidate: Candidate, language: str | None) -> _Admission:
        """Let the candidate join a source, unless a source has the same feed or its language is unknown."""
        identities = sorted(candidate.identities)
        taken = next((self._taken[identity] for identity in identities if identity in self._taken), None)
        if taken is not None:
            outcome = "is read already" if taken[1] == candidate.url else f"the same as {taken[1]}"
            return _Admission(candidate, taken[0], outcome)
        draft = self._draft_for(candidate, language)
        if draft is None:
            return _Admission(candidate, None, "does not say its language: give it with --language")
        draft.candidates.append(candidate)
        self._taken |= dict.fromkeys(identities, (draft, candidate.url))
        return _Admission(candidate, draft)

    def sources(self) -> tuple[Source, ...]:
        """All sources with the candidates that joined them. Call it once, after all candidates are admitted."""
        new = [draft for draft in self._drafts if draft.old is None]
        if self._overrides.name is not None and len(new) > 1:
            raise SourcesError(f"--name is for one source, but these feeds belong to {len(new)}")
        for draft in new:
            draft.id = draft.id or self._free_id(draft)
            self._by_id[draft.id] = draft
        return tuple(map(self._source, self._drafts))

    def _draft_for(self, candidate: Candidate, language: str | None) -> _Draft | None:
        """The source that the options or the list name, else one of the same outlet and language, else a new one.

        The list's id is ignored if a source of another outlet has it. If several sources fit, an old one with
        the same homepage is preferred. None if the source would be new and its language is unknown.
        """
        address = candidate.homepage or candidate.url
        outlet = outlet_of(address)
        of_outlet = self._by_outlet.get(outlet, [])
        source_id = self._overrides.id
        if source_id is None and candidate.listed_as is not None:
            namesake = self._by_id.get(candidate.listed_as.id)
            source_id = candidate.listed_as.id if namesake is None or namesake in of_outlet else None
        if source_id is None:
            fitting = [one for one in of_outlet if language in {None, one.language}]
            home = address_key(address)
            fitting.sort(key=lambda one: one.old is None or address_key(one.old.homepage) != home)
        else:
            fitting = [self._by_id[source_id]] if source_id in self._by_id else []
        if fitting:
            return fitting[0]
        country = country_of_code(self._country(address, candidate.language))
        language = language or (country.language if country else None)
        if language is None and candidate.is_unchecked:
            language = self._assumed_language
        if language is None:
            return None
        draft = _Draft(id=source_id, language=language)
        self._drafts.append(draft)
        self._by_outlet.setdefault(outlet, []).append(draft)
        if source_id is not None:
            self._by_id[source_id] = draft
        return draft

    def _country(self, address: str, tag: str | None) -> str:
        return self._overrides.country or country_of(urlsplit(address).hostname or "", tag)

    def _free_id(self, draft: _Draft) -> str:
        wanted = suggest_id(_homepage(draft.candidates))
        for suffix in _suffixes(draft.language):
            name = wanted[: MAX_ID_CHARS - len(suffix)] + suffix
            if name not in self._by_id:
                return name
        raise AssertionError("the suffixes do not end")

    def _source(self, draft: _Draft) -> Source:
        feeds = tuple(one.url for one in draft.candidates if not one.is_sitemap)
        sitemaps = tuple(one.url for one in draft.candidates if one.is_sitemap)
        if draft.old is None:
            return self._new_source(draft, feeds, sitemaps)
        old = draft.old
        for name in self._overrides.__struct_fields__ if draft.candidates else ():
            wanted, current = getattr(self._overrides, name), getattr(old, name)
            if wanted not in {None, current}:
                raise SourcesError(
                    f"source {old.id!r} is the same outlet and has {name} {current!r}: change that in the file,"
                    f" or create another source with --id"
                )
        return msgspec.structs.replace(old, feeds=(*old.feeds, *feeds), sitemaps=(*old.sitemaps, *sitemaps))

    def _new_source(self, draft: _Draft, feeds: tuple[str, ...], sitemaps: tuple[str, ...]) -> Source:
        first = draft.candidates[0]
        listed = first.listed_as or OpmlSource(id="")
        homepage = _homepage(draft.candidates)
        tags = (one.language for one in draft.candidates if language_of(one.language) == draft.language)
        country = self._overrides.country or listed.country
        fields = {
            "id": draft.id,
            "name": self._overrides.name or listed.name or _name(draft.candidates, homepage),
            "language": draft.language,
            "country": country or self._country(homepage, next(tags, None) or draft.language),
            "homepage": homepage,
            "feeds": feeds,
            "sitemaps": sitemaps,
            "requests_per_second": listed.requests_per_second,
            "timezone": self._overrides.timezone or listed.timezone,
        }
        try:
            return msgspec.convert(fields, Source)
        except msgspec.ValidationError as exc:
            raise SourcesError(f"{first.url}: cannot become source {draft.id!r}: {exc}") from exc


def _verdict(admission: _Admission) -> Verdict:
    draft = admission.draft
    source_id = draft.id if draft else None
    if admission.outcome:
        return Verdict(admission.candidate, source_id, admission.outcome, added=False)
    is_new = draft is not None and draft.old is None
    return Verdict(admission.candidate, source_id, "new source" if is_new else "added to the source", added=True)


def _language(candidate: Candidate, text_language: TellLanguage) -> str | None:
    """The declared language; the detected one if none is declared, or if the sample is long and the result certain."""
    declared = language_of(candidate.language)
    if declared is not None and len(candidate.sample) < OVERRULING_CHARS:
        return declared
    return text_language(candidate.sample, declared)[0]


def _homepage(candidates: Sequence[Candidate]) -> str:
    """The shortest given homepage, which is the front page rather than a section; else the root of the first feed's
    host."""
    given = [one.homepage for one in candidates if one.homepage]
    return min(given, key=len) if given else front_page(candidates[0].url)


def _name(candidates: Sequence[Candidate], homepage: str) -> str:
    titles = [one.title for one in candidates if one.title]
    site_name, page_title = (
        next((name for name in map(attrgetter(field), candidates) if name), None)
        for field in ("site_name", "page_title")
    )
    return site_name or shared_name(titles) or page_title or registrable_host(urlsplit(homepage).hostname or "")


def _suffixes(language: str) -> Iterator[str]:
    yield ""
    yield f"_{language}"
    yield from (f"_{number}" for number in count(2))
