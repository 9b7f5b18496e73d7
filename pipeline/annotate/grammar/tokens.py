"""Tokens, and the view of them from which every rule and every question of grammar starts."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Set
from functools import cache
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple

import msgspec

from pipeline.annotate.grammar.marks import Segment
from pipeline.annotate.lexicon import Lexicon

NO_SEGMENT = -1
ARABIC_ARTICLES = frozenset(["al", "el", "ad", "ar", "as", "at", "ash", "az"])
"""With a hyphen they begin a name: "al-Masri", "ad-Din"."""
MOST_TRAITS = 200_000
"""Most different words whose traits are kept in memory."""

Range = tuple[int, int]
"""Token indices: the first one, and the one after the last."""


class Token(msgspec.Struct, frozen=True, gc=False):
    """A word, a punctuation mark, a line end, or all the words between two quotation marks."""

    start: int
    """Offset of its first character in the text."""
    end: int
    surface: str
    """As written."""
    lower: str
    is_word: bool
    is_capitalised: bool
    """True also for "39-Jährige", "al-Masri", "eBay" and "example.org"."""
    segment: int = NO_SEGMENT
    """Index of the marked segment that this token stands for; `NO_SEGMENT` for a word or a punctuation mark."""


def new_token(start: int, end: int, surface: str) -> Token:
    """The token of a word or a punctuation mark at those characters."""
    return Token(start, end, surface, *_traits[surface])


class _Traits(dict[str, tuple[str, bool, bool]]):
    """For each word that was read: in lower case, whether it is a word, and whether it is capitalised."""

    def __missing__(self, surface: str) -> tuple[str, bool, bool]:
        if len(self) >= MOST_TRAITS:
            self.clear()
        self[surface] = _read_traits(surface)
        return self[surface]


_traits = _Traits()


def _read_traits(surface: str) -> tuple[str, bool, bool]:
    first = surface[0]
    is_word = first.isalnum() or first == "_"
    head, _, tail = surface.partition("-")
    is_brand = first.islower() and "-" not in surface and any(map(str.isupper, surface))
    is_address = "." in surface and first.isalpha()
    is_name = tail[:1].isupper() and (head.isdigit() or head in ARABIC_ARTICLES)
    is_capitalised = first.isupper() or is_name or is_brand or is_address
    return surface.lower(), is_word, is_capitalised


class View(msgspec.Struct, frozen=True, gc=False):
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
    names: Set[str] = frozenset()
    """The words of the names of people whom the text introduces."""

    @property
    def is_german(self) -> bool:
        return self.lexicon.is_german

    def is_at(self, position: int, *words: str) -> bool:
        """True if one of the words (lower case) or marks is at the position, within the stretch."""
        return self.first <= position < self.end and self.tokens[position].lower in words

    def is_in(self, position: int, words: Set[str]) -> bool:
        """The same for a set of words."""
        return self.first <= position < self.end and self.tokens[position].lower in words

    def between(self, first: int, end: int) -> View:
        """Another stretch of the same text."""
        return View(self.tokens, self.lexicon, first, end, self.names)

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
        """True if one of the words (lower case) or marks stands between two positions."""
        return any(token.lower in words for token in self.tokens[first:end])

    def has_in(self, first: int, end: int, words: Set[str]) -> bool:
        """The same for a set of words."""
        return any(token.lower in words for token in self.tokens[first:end])

    def has_role(self, first: int, end: int) -> bool:
        """True if a word between two positions names an office or an occupation."""
        return any(self.lexicon.is_role(token.surface) for token in self.tokens[first:end])


class TextView(View, frozen=True, kw_only=True, gc=False):
    """All tokens of a text."""

    capitals: list[int]
    """The positions of the capitalised words."""


def view_all(tokens: list[Token], lexicon: Lexicon) -> TextView:
    """The view of all tokens."""
    capitals = [at for at, token in enumerate(tokens) if token.is_capitalised]
    return TextView(tokens, lexicon, 0, len(tokens), capitals=capitals)


class Attribution(msgspec.Struct, frozen=True, gc=False):
    """Who said something, and the word that says so, as token ranges. None if the text names nobody, or has no cue."""

    speaker: Range | None = None
    cue: Range | None = None


_start, _end = attrgetter("start"), attrgetter("end")


class Sentence(NamedTuple):
    """The tokens from `first` up to but not including `end`, and the number of the paragraph."""

    first: int
    end: int
    paragraph: int


class Reading(View, frozen=True, kw_only=True, gc=False):
    """A whole text as the rules for quotations see it: tokens in sentences, with each marked segment as one token."""

    text: str
    segments: list[Segment]
    marked: list[int]
    """The positions of the tokens that stand for segments."""
    sentences: list[Sentence]

    def segment_at(self, at: int) -> Segment:
        """The marked words that the token stands for."""
        return self.segments[self.tokens[at].segment]

    def marked_between(self, first: int, end: int) -> list[int]:
        """The positions of the marked words between two positions."""
        return self.marked[bisect_left(self.marked, first) : bisect_left(self.marked, end)]

    def sentence_before(self, number: int) -> Range | None:
        """The sentence before in the same paragraph."""
        if not number or self.sentences[number - 1].paragraph != self.sentences[number].paragraph:
            return None
        return self.sentences[number - 1].first, self.sentences[number - 1].end


@cache
def _token() -> re.Pattern[str]:
    """Initials such as "U.S." and "D-N.Y.", a number, a word, a web address ("example.org"), a line end or a mark."""
    return re.compile(
        r"((?:[A-Z]-)?(?:[A-Z]\.){2,}|\d++(?:[.,:]\d+)*+(?:-\w++)*+|\w++(?:(?:[-‑’'&/]|\.(?=[a-z]{2}))\w++)*+|\n|[^\w\s])"
    )


def read_tokens(text: str) -> list[Token]:
    """The tokens of the text. Line ends are tokens too."""
    pieces = _token().split(text)
    surfaces = pieces[1::2]
    if not surfaces:
        return []
    ends = list(accumulate(map(len, pieces)))  # a space and a token in turn
    return list(map(Token, ends[0::2], ends[1::2], surfaces, *zip(*map(_traits.__getitem__, surfaces), strict=True)))


def fold_names(text: str, words: list[Token], names: list[Segment]) -> list[Token]:
    """The tokens, with each name in marks as a single word, together with a noun after a hyphen: „Fenster“-Magazin."""
    if not names:
        return words
    tokens: list[Token] = []
    at = 0
    for name in names:
        at = _copy_before(tokens, text, words, at, name.before)
        end = name.after
        while at < len(words) and (words[at].start < end or (words[at].start == end and text[end] in "-‑")):
            end = max(end, words[at].end)
            if words[at].surface in {"-", "‑"} and at + 1 < len(words) and words[at + 1].start == end:
                end = words[at + 1].end
            at += 1
        surface = text[name.start : name.end] + text[name.after : end]
        tokens.append(Token(name.before, end, surface, surface.lower(), True, True))
    tokens.extend(words[at:])
    return tokens


def fold_segments(text: str, words: list[Token], segments: list[Segment]) -> list[Token]:
    """The tokens, with each marked segment as a single one. A token that a mark cuts in two ends before the mark."""
    tokens: list[Token] = []
    at = 0
    for number, segment in enumerate(segments):
        at = _copy_before(tokens, text, words, at, segment.before)
        at = bisect_right(words, segment.after, at, key=_end)
        tokens.append(Token(segment.before, segment.after, "“", "“", False, False, number))
        if at < len(words) and words[at].start < segment.after:
            tokens.append(new_token(segment.after, words[at].end, text[segment.after : words[at].end]))
            at += 1
    tokens.extend(words[at:])
    return tokens


def _copy_before(tokens: list[Token], text: str, words: list[Token], at: int, stop: int) -> int:
    """Append the words from index `at` that begin before the character `stop`, and cut the last one there.

    Returns the index of the word after them.
    """
    end = bisect_left(words, stop, at, key=_start)
    tokens.extend(words[at:end])
    if end > at and tokens[-1].end > stop:
        tokens[-1] = new_token(tokens[-1].start, stop, text[tokens[-1].start : stop])
    return end
