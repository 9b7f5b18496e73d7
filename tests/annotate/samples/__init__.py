"""Sample texts with gold, and the comparison of annotations with it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pipeline.annotate import MentionKind, Quote

FOLDER = Path(__file__).parent


class Gold(msgspec.Struct, frozen=True, array_like=True):
    kind: str
    words: str
    who: str
    """The person's full name if the text gives it, or the speaker as written; empty if nobody is named."""


class Sample(msgspec.Struct, frozen=True):
    text: str
    quotes: tuple[Gold, ...]


def read_samples(name: str) -> tuple[Sample, ...]:
    """The articles of `<name>.toml`."""
    return msgspec.toml.decode((FOLDER / f"{name}.toml").read_bytes(), type=dict[str, tuple[Sample, ...]])["article"]


class NamedSample(msgspec.Struct, frozen=True):
    """An article with the names that it mentions."""

    language: str
    text: str
    persons: frozenset[str]
    organisations: frozenset[str]
    places: frozenset[str]

    def names(self, kind: MentionKind) -> frozenset[str]:
        by_kind = {
            MentionKind.PERSON: self.persons,
            MentionKind.ORGANISATION: self.organisations,
            MentionKind.PLACE: self.places,
        }
        return by_kind[kind]


def read_named_samples(name: str) -> tuple[NamedSample, ...]:
    """The articles of `<name>.toml`."""
    content = (FOLDER / f"{name}.toml").read_bytes()
    return msgspec.toml.decode(content, type=dict[str, tuple[NamedSample, ...]])["article"]


class Report(msgspec.Struct, frozen=True):
    """An article with who says each direct quotation: its words, and the name as in `Gold`."""

    language: str
    text: str
    speakers: tuple[tuple[str, str], ...]


def read_reports(name: str) -> tuple[Report, ...]:
    """The articles of `<name>.toml`."""
    return msgspec.toml.decode((FOLDER / f"{name}.toml").read_bytes(), type=dict[str, tuple[Report, ...]])["article"]


def who(quote: Quote) -> str:
    """The speaker as gold spells it."""
    if quote.person is not None:
        return quote.person
    return quote.speaker.surface if quote.speaker is not None else ""


class Score(msgspec.Struct, frozen=True, kw_only=True):
    direct_f1: float
    """Exact words of direct quotations."""
    indirect_f1: float
    attribution: float
    """Share of the quotations found, of either kind, whose speaker is right."""


def score(samples: tuple[Sample, ...], found: list[tuple[Quote, ...]]) -> Score:
    """Compare what was found in the samples with their gold."""
    f1: dict[str, float] = {}
    right = told = 0
    for kind in ("direct", "indirect"):
        hits = gold_count = found_count = 0
        for sample, quotes in zip(samples, found, strict=True):
            gold = {item.words: item.who for item in sample.quotes if item.kind == kind}
            said = {quote.text: who(quote) for quote in quotes if quote.kind == kind}
            both = gold.keys() & said.keys()
            hits, gold_count, found_count = hits + len(both), gold_count + len(gold), found_count + len(said)
            told += len(both)
            right += sum(gold[words].casefold() == said[words].casefold() for words in both)
        f1[kind] = 2 * hits / (gold_count + found_count)
    return Score(direct_f1=f1["direct"], indirect_f1=f1["indirect"], attribution=right / told)
