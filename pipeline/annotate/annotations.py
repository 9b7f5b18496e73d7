"""What annotating a text yields. Offsets are characters in that text, end exclusive."""

from __future__ import annotations

import msgspec

from pipeline.events import QuoteKind


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
    """As written: "Merz", "der Kanzler", "sie"."""
    person: str | None = None
    """The speaker's full name as the article introduces it; None where that is unknown or ambiguous."""
    cue: Span | None = None
    """The word that marks it as said: "sagte", "so", "laut"."""
    rule: str
    """Id of the rule that found the speaker, see `rules.RULES`."""
    confidence: float
    """0 to 1: the rule's own constant, less where the person was found through a pronoun."""


class Annotations(msgspec.Struct, frozen=True, kw_only=True):
    """Quotes in the order of the text, without overlap."""

    language: str | None = None
    """ISO 639-1. None if the text is too short to tell and none was given."""
    language_confidence: float | None = None
    """0 to 1, as detected; None if the language was taken as given."""
    quotes: tuple[Quote, ...] = ()
