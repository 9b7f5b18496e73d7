"""Tokens, and the view of them that every rule and every question of grammar starts from."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from pipeline.annotate.lexicon import Lexicon

NO_SEGMENT = -1

Range = tuple[int, int]
"""Token indices: the first one, and the one after the last."""


class Token(NamedTuple):
    """A word, a punctuation mark, a line end, or all the words between two quotation marks."""

    start: int
    """Offset of its first character in the text."""
    end: int
    surface: str
    """As written."""
    lower: str
    segment: int
    """Index of the marked segment that this token stands for; `NO_SEGMENT` for a word or a punctuation mark."""

    @property
    def is_word(self) -> bool:
        return self.segment < 0 and (self.surface[0].isalnum() or self.surface[0] == "_")

    @property
    def is_capitalised(self) -> bool:
        """True also for "39-Jährige"."""
        if self.segment >= 0:
            return False
        first = self.surface[0]
        return first.isupper() or (
            first.isdigit()
            and self.surface.lstrip("0123456789")[:1] == "-"
            and self.surface.partition("-")[2][:1].isupper()
        )


class View(msgspec.Struct, frozen=True):
    """A stretch of a text's tokens, together with the lexicon of the text's language.

    `tokens` are those of the whole text, and all positions are indices into it. `first` and `end` bound the stretch
    that a question is about: a sentence, the words around a quotation, or the whole text.
    """

    tokens: list[Token]
    lexicon: Lexicon
    first: int
    """The first token of the stretch."""
    end: int
    """The token after the last one of the stretch."""

    @property
    def is_german(self) -> bool:
        return self.lexicon.language == "de"

    def is_at(self, position: int, *words: str) -> bool:
        """Whether one of the words (lower case) or marks is at the position, within the stretch."""
        return self.first <= position < self.end and self.tokens[position].lower in words

    def between(self, first: int, end: int) -> View:
        """Another stretch of the same text."""
        return View(self.tokens, self.lexicon, first, end)

    def find(self, first: int, end: int, *surfaces: str) -> int | None:
        """Where the first of the words or marks stands between two positions; None if it does not."""
        for at in range(first, end):
            if self.tokens[at].surface in surfaces:
                return at
        return None

    def find_back(self, last: int, first: int, *surfaces: str) -> int | None:
        """The same from `last` back to `first`, both included."""
        for at in range(last, first - 1, -1):
            if self.tokens[at].surface in surfaces:
                return at
        return None

    def has(self, first: int, end: int, *words: str) -> bool:
        """Whether one of the words (lower case) or marks stands between two positions."""
        return any(token.lower in words for token in self.tokens[first:end])

    def has_role(self, first: int, end: int) -> bool:
        """Whether a word between two positions names an office or an occupation."""
        return any(self.lexicon.is_role(token.surface) for token in self.tokens[first:end])


def view_all(tokens: list[Token], lexicon: Lexicon) -> View:
    """The view of all tokens."""
    return View(tokens, lexicon, 0, len(tokens))


class Attribution(msgspec.Struct, frozen=True):
    """Who said something, and the word that says so, as token ranges. None if the text names nobody, or has no cue."""

    speaker: Range | None = None
    cue: Range | None = None
