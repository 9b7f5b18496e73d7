"""What annotating a text yields. Offsets are characters in that text, end exclusive."""

from __future__ import annotations

import msgspec

from pipeline.events import MentionKind, QuoteKind


class Span(msgspec.Struct, frozen=True):
    """A piece of the text; `surface` is what stands there."""

    start: int
    end: int
    surface: str


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's words. The quotation marks are outside of `start` and `end`."""

    text: str
    start: int
    end: int
    kind: QuoteKind
    speaker: Span | None = None
    """As written: "Holm", "der Kanzler", "sie"."""
    person: str | None = None
    """The speaker's full name as the article introduces it; None where that is unknown or ambiguous."""
    cue: Span | None = None
    """The word that marks it as said: "sagte", "so", "laut"."""
    frame: Span | None = None
    """The words that attribute it, from speaker to cue: "sagte am Dienstag der Kanzler"; None without a cue."""
    rule: str
    """Id of the rule that found it."""
    confidence: float
    """0 to 1: the rule's own constant, less where the person was found through a pronoun or an office."""


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """A person, organisation or place that the text names."""

    kind: MentionKind
    surface: str
    """As written: "Holm", "Frankreichs"."""
    name: str
    """A person's full name as the article introduces it, a place's or organisation's usual name."""
    start: int
    end: int
    role: str | None = None
    """Of a person, as said at this mention: "Bundeskanzler"."""
    party: str | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2: where a place is, whom a person's office serves."""
    rule: str
    """What told it: `full_name`, `surname`, `gazetteer`, …"""
    confidence: float
    """0 to 1."""


class Annotations(msgspec.Struct, frozen=True, kw_only=True):
    """Quotes and mentions in the order of the text. Quotes of one kind do not overlap, nor do mentions."""

    language: str | None = None
    """ISO 639-1. None if the text is too short to tell and none was given."""
    language_confidence: float | None = None
    """0 to 1, as detected; None if the language was taken as given."""
    quotes: tuple[Quote, ...] = ()
    mentions: tuple[Mention, ...] = ()
