"""The annotations of an article. Offsets count characters of the text, the lead or the headline; ends are exclusive."""

from __future__ import annotations

import msgspec

from pipeline.events import ArticlePart, MentionKind, QuoteKind


class Span(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A piece of the text; `surface` is its words."""

    start: int
    end: int
    surface: str
    part: ArticlePart | None = None
    """The part of the article that the offsets belong to; None for the text."""


class Quote(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Somebody's words. The quotation marks are outside of `start` and `end`."""

    text: str
    start: int
    end: int
    kind: QuoteKind
    speaker: Span | None = None
    """As written: "Holm", "der Kanzler", "sie"."""
    person: str | None = None
    """The speaker's full name as the article introduces it; None if that is unknown or ambiguous."""
    cue: Span | None = None
    """The word that shows that it was said: "sagte", "so", "laut"."""
    frame: Span | None = None
    """The words that attribute it, from speaker to cue: "sagte am Dienstag der Kanzler"; None without a cue."""
    rule: str
    """Id of the rule that found it."""
    confidence: float
    """0 to 1: that of the rule, and less if the person was found through a pronoun or an office."""
    part: ArticlePart | None = None
    """The part of the article in which it stands; None for the text."""


class Mention(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A person, organisation or place that the text names."""

    kind: MentionKind
    surface: str
    """As written: "Holm", "Frankreichs"."""
    name: str
    """A person's full name as the article introduces it, a place's or organisation's usual name."""
    start: int
    end: int
    role: str | None = None
    """The office of a person, as written at this mention: "Bundeskanzler"."""
    party: str | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2: the country that a place is in, or that a person's office serves."""
    rule: str
    """Id of the rule that found it: `full_name`, `surname`, `gazetteer`, …"""
    confidence: float
    """0 to 1."""
    part: ArticlePart | None = None
    """The part of the article in which it stands; None for the text."""


class Annotations(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Quotations and mentions in the text's order. Quotations of one kind do not overlap, and mentions do not."""

    language: str | None = None
    """ISO 639-1. None if the text is too short to tell and none was given."""
    language_confidence: float | None = None
    """0 to 1, as detected; None if the language was taken as given."""
    quotes: tuple[Quote, ...] = ()
    mentions: tuple[Mention, ...] = ()
