"""What changed between two texts of an article, word by word, and which changes are mere typography."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterator, Sequence
from difflib import Match, SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate, chain, groupby

import msgspec

_UNSEEN = re.compile(r"[\u00ad\u200b-\u200d\u2060\ufeff]")
"""Soft hyphens, and characters without a width."""
_DASH_BEFORE_DIGIT = re.compile(r"[-‐‑‒–—−](?=\d)")
_MARKS = r"""„“”"‟‚‘’'‛`´«»‹›\[\]{}…;!•‐‑‒–—"""
# What is removed from a word before it is compared. Marks that can change the meaning stay: between digits, before a
# digit, within a word.
_TYPOGRAPHY = re.compile(
    rf"(?<!\d)[{_MARKS}]|[{_MARKS}](?!\d)"  # not the question mark: "Minister resigns?" says something else
    r"|-(?!\d)"
    r"|[.,](?!\d)"  # 3,5 and .5 are numbers
    r"|(?<![^\W_])[:()·]|[:()·](?![^\W_])"  # not in 10:30, Bürger:innen, Lehrer(innen)
)
_BETWEEN_DIGITS = re.compile(rf"(?<=\d) *([{_MARKS}:·-]) *(?=\d)")
_DIGITS_APART = re.compile(r"(?<=\d) +(?=\d)")
_EXACT_PRODUCT = 4_000_000
"""With more pairs of words than this, frequent words are ignored when texts are matched (difflib's autojunk)."""
_MAX_COMPARISONS = 10_000_000
"""Maximum number of comparisons when matching the words of two texts, and again when matching their lines: about one
second. 16,000 words of which every fifth has changed need a third of this number. Without a limit, a text of two words
that alternate a thousand times takes minutes."""


_KNOWN_WORDS = 50_000
"""Words whose keys are kept in memory: most words of a text are frequent ones."""


class ChangeOp(StrEnum):
    INSERT = "insert"
    DELETE = "delete"
    REPLACE = "replace"


class WordChange(msgspec.Struct, frozen=True):
    """A sequence of words that was inserted, deleted or replaced."""

    op: ChangeOp
    old: str
    """Empty for an insertion."""
    new: str
    """Empty for a deletion."""
    word_no: int
    """Number of the first word of `new` in the new text, counted from 1; for a deletion, of the word that follows."""
    cosmetic: bool
    """True if only case, spacing, hyphens or punctuation changed. A question mark changes the meaning."""


class Difference(msgspec.Struct, frozen=True):
    """The difference between two texts."""

    words_before: int
    """A dash that stands alone is not a word, in all four counts."""
    words_after: int
    words_removed: int
    """Cosmetic changes do not count, here and in `words_added`. A replaced word is one removed and one added."""
    words_added: int
    changes: tuple[WordChange, ...]
    """In the order of the text."""


def compare_words(old: str, new: str) -> Difference:
    """The words by which `new` differs from `old`. White space only separates words.

    Lines are matched first, then the words of lines that do not match. So a paragraph that was moved or inserted does
    not disturb the matches of its neighbours, and the cost depends on the size of the change. Very repetitive texts,
    and texts that differ in every other word, are compared more coarsely: a change may then contain words that are the
    same in both.
    """
    before, after = _lines(old), _lines(new)
    changes: list[WordChange] = []
    word_no = 1
    comparisons = _Comparisons()
    lines = _Matching([line.keys for line in before], [line.keys for line in after], _Comparisons())
    for op, old_from, old_to, new_from, new_to in lines.get_opcodes():
        was, became = _joined(before[old_from:old_to]), _joined(after[new_from:new_to])
        changes += _respelled(was, became, word_no) if op == "equal" else _reworded(was, became, word_no, comparisons)
        word_no += len(became.words)
    rewordings = [change for change in changes if not change.cosmetic]
    return Difference(
        words_before=sum(map(_count, before)),
        words_after=sum(map(_count, after)),
        words_removed=sum(_count(_Words.of(change.old)) for change in rewordings),
        words_added=sum(_count(_Words.of(change.new)) for change in rewordings),
        changes=tuple(changes),
    )


class _Words(msgspec.Struct, frozen=True):
    """A passage of a text."""

    words: tuple[str, ...]
    keys: tuple[str, ...]
    """Each word without its cosmetic parts, for comparing; "" for a dash that stands alone."""

    @classmethod
    def of(cls, line: str) -> _Words:
        words = tuple(line.split())
        return cls(words, tuple(map(_key, words)))

    def part(self, start: int, end: int) -> _Words:
        return _Words(self.words[start:end], self.keys[start:end])


class _Comparisons:
    """The number of comparisons that matching may still use."""

    def __init__(self) -> None:
        self.left = _MAX_COMPARISONS


class _Matching(SequenceMatcher[Hashable]):
    """difflib's matching with a limit. Beyond it, passages are matched only at a common start or end."""

    b2j: dict[Hashable, list[int]]
    """The positions of each member of `new`, without very frequent ones; difflib's documented name."""

    def __init__(
        self, old: Sequence[Hashable], new: Sequence[Hashable], comparisons: _Comparisons, *, autojunk: bool = False
    ) -> None:
        super().__init__(None, old, new, autojunk=autojunk)
        self._old, self._new, self._comparisons = old, new, comparisons
        self._costs = list(accumulate((1 + len(self.b2j.get(each, ())) for each in old), initial=0))

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        """The longest common passage of these ranges; with no comparisons left, their common start or else end."""
        old_end = len(self._old) if ahi is None else ahi
        new_end = len(self._new) if bhi is None else bhi
        cost = self._costs[old_end] - self._costs[alo]
        if cost <= self._comparisons.left:
            self._comparisons.left -= cost
            return super().find_longest_match(alo, old_end, blo, new_end)
        old, new = self._old[alo:old_end], self._new[blo:new_end]
        start = _common_start(old, new)
        end = 0 if start else _common_start(old[::-1], new[::-1])
        return Match(old_end - end, new_end - end, end) if end else Match(alo, blo, start)


def _common_start(old: Sequence[Hashable], new: Sequence[Hashable]) -> int:
    """The number of leading members that are the same in both."""
    return next(
        (place for place, (one, other) in enumerate(zip(old, new, strict=False)) if one != other),
        min(len(old), len(new)),
    )


@lru_cache(_KNOWN_WORDS)
def _key(word: str) -> str:
    """The word without its cosmetic parts, in lower case."""
    seen = _UNSEEN.sub("", unicodedata.normalize("NFC", word))
    return _TYPOGRAPHY.sub("", _DASH_BEFORE_DIGIT.sub("-", seen)).lower()  # casefold would make Maße and Masse equal


def _lines(text: str) -> list[_Words]:
    return [_Words.of(line) for line in text.splitlines() if line.strip()]


def _joined(lines: Sequence[_Words]) -> _Words:
    return _Words(tuple(chain(*(line.words for line in lines))), tuple(chain(*(line.keys for line in lines))))


def _count(words: _Words) -> int:
    return sum(1 for key in words.keys if key)


def _reworded(was: _Words, became: _Words, word_no: int, comparisons: _Comparisons) -> Iterator[WordChange]:
    """The changes between two passages that differ. `word_no` is the number of the new one's first word in its text."""
    crowded = len(was.words) * len(became.words) > _EXACT_PRODUCT
    matching = _Matching(was.keys, became.keys, comparisons, autojunk=crowded)
    for op, old_from, old_to, new_from, new_to in matching.get_opcodes():
        old, new = was.part(old_from, old_to), became.part(new_from, new_to)
        if op == "equal":
            yield from _respelled(old, new, word_no + new_from)
        else:
            yield _change(old, new, word_no + new_from)


def _respelled(was: _Words, became: _Words, word_no: int) -> Iterator[WordChange]:
    """The cosmetic changes between two passages whose words have the same keys."""
    pairs = enumerate(zip(was.words, became.words, strict=True))
    for same, neighbours in groupby(pairs, key=lambda pair: pair[1][0] == pair[1][1]):
        if not same:
            places = [place for place, _ in neighbours]
            start, end = places[0], places[-1] + 1
            yield _change(was.part(start, end), became.part(start, end), word_no + start)


def _written(words: _Words) -> str:
    """All the words as one string without typography and spaces, for telling whether a change is cosmetic.

    "2 : 1" equals "2:1". Separate numbers stay apart: "1 2 goals" is not "12 goals".
    """
    joined = _BETWEEN_DIGITS.sub(r"\1", " ".join(words.words))
    return _DIGITS_APART.sub("|", " ".join(map(_key, joined.split()))).replace(" ", "")


def _change(old: _Words, new: _Words, word_no: int) -> WordChange:
    op = ChangeOp.REPLACE if old.words and new.words else ChangeOp.DELETE if old.words else ChangeOp.INSERT
    cosmetic = _written(old) == _written(new)  # also if one word was split into two
    return WordChange(op, " ".join(old.words), " ".join(new.words), word_no, cosmetic)
