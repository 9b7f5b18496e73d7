"""What changed between two readings of an article, word by word, and which of it is mere typography."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterator, Sequence
from difflib import Match, SequenceMatcher
from enum import StrEnum
from itertools import accumulate, chain, groupby

import msgspec

_UNSEEN = re.compile(r"[\u00ad\u200b-\u200d\u2060\ufeff]")
_DASH_BEFORE_DIGIT = re.compile(r"[-‐‑‒–—−](?=\d)")
_MARKS = r"""„“”"‟‚‘’'‛`´«»‹›\[\]{}…;!•‐‑‒–—"""
_TYPOGRAPHY = re.compile(
    rf"(?<!\d)[{_MARKS}]|[{_MARKS}](?!\d)"  # a question mark is none: "Minister resigns?" says something else
    r"|-(?!\d)"
    r"|[.,](?!\d)"  # 3,5 and .5 are numbers
    r"|(?<![^\W_])[:()·]|[:()·](?![^\W_])"  # 10:30 is one, too, and Bürger:innen, Lehrer(innen) are other words
)
_BETWEEN_DIGITS = re.compile(rf"(?<=\d) *([{_MARKS}:·-]) *(?=\d)")
_DIGITS_APART = re.compile(r"(?<=\d) +(?=\d)")
_EXACT_PRODUCT = 4_000_000
"""Where more pairs of words than this could match, words that are everywhere are left out of the matching."""
_MAX_STEPS = 10_000_000
"""Of matching the words of two texts, and again of matching their lines: about a second. 16,000 words of which every
fifth has changed take a third of them. Without a limit, two words in turn, a thousand times each, take minutes."""


class ChangeOp(StrEnum):
    INSERT = "insert"
    DELETE = "delete"
    REPLACE = "replace"


class WordChange(msgspec.Struct, frozen=True):
    """A run of words that was put in, taken out or replaced."""

    op: ChangeOp
    old: str
    """Empty where words were put in."""
    new: str
    """Empty where words were taken out."""
    word_no: int
    """Where `new` begins, or would begin, among the words of the new text; counted from 1."""
    cosmetic: bool
    """Whether nothing but case, punctuation, hyphens or spacing has changed."""


class Difference(msgspec.Struct, frozen=True):
    """How one text became another."""

    words_before: int
    words_after: int
    words_removed: int
    """Without cosmetic changes, as is the next one. A replaced word is one removed and one added."""
    words_added: int
    changes: tuple[WordChange, ...]
    """In the order of the text."""


def compare_words(old: str, new: str) -> Difference:
    """The words by which `new` differs from `old`. White space separates words and is otherwise no difference.

    Lines are matched first, then words where no lines match: so a paragraph that was moved or put in does not pull the
    matches of its neighbours apart, and the cost stays near the size of what changed. Texts that repeat themselves
    without end, or differ in every other word, are compared more coarsely: then a change may hold words that are the
    same in both.
    """
    before, after = _lines(old), _lines(new)
    changes: list[WordChange] = []
    word_no = 1
    steps = _Steps()
    lines = _Matching([line.keys for line in before], [line.keys for line in after], _Steps())
    for op, old_from, old_to, new_from, new_to in lines.get_opcodes():
        was, became = _joined(before[old_from:old_to]), _joined(after[new_from:new_to])
        changes += _respelled(was, became, word_no) if op == "equal" else _reworded(was, became, word_no, steps)
        word_no += len(became.words)
    meant = [change for change in changes if not change.cosmetic]
    return Difference(
        words_before=sum(map(_count, before)),
        words_after=sum(map(_count, after)),
        words_removed=sum(_count(_Words.of(change.old)) for change in meant),
        words_added=sum(_count(_Words.of(change.new)) for change in meant),
        changes=tuple(changes),
    )


class _Words(msgspec.Struct, frozen=True):
    words: tuple[str, ...]
    keys: tuple[str, ...]
    """The words without what is cosmetic in them; empty for a dash that stands alone."""

    @classmethod
    def of(cls, line: str) -> _Words:
        words = tuple(line.split())
        return cls(words, tuple(map(_key, words)))

    def part(self, start: int, end: int) -> _Words:
        return _Words(self.words[start:end], self.keys[start:end])


class _Steps:
    """What matching may still cost."""

    def __init__(self) -> None:
        self.left = _MAX_STEPS


class _Matching(SequenceMatcher[Hashable]):
    """difflib's matching, within so many steps; what is left then is matched where it begins and ends alike."""

    b2j: dict[Hashable, list[int]]
    """The places of each member of `new`, but of those that are everywhere; difflib's documented name."""

    def __init__(
        self, old: Sequence[Hashable], new: Sequence[Hashable], steps: _Steps, *, autojunk: bool = False
    ) -> None:
        super().__init__(None, old, new, autojunk=autojunk)
        self._old, self._new, self._steps = old, new, steps
        self._costs = list(accumulate((1 + len(self.b2j.get(each, ())) for each in old), initial=0))

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        """The longest passage that both have in these ranges; what they begin or else end with when steps are short."""
        old_end = len(self._old) if ahi is None else ahi
        new_end = len(self._new) if bhi is None else bhi
        cost = self._costs[old_end] - self._costs[alo]
        if cost <= self._steps.left:
            self._steps.left -= cost
            return super().find_longest_match(alo, old_end, blo, new_end)
        old, new = self._old[alo:old_end], self._new[blo:new_end]
        start = _same(old, new)
        end = 0 if start else _same(old[::-1], new[::-1])
        return Match(old_end - end, new_end - end, end) if end else Match(alo, blo, start)


def _same(old: Sequence[Hashable], new: Sequence[Hashable]) -> int:
    """How many of their first members are the same."""
    return next(
        (place for place, (one, other) in enumerate(zip(old, new, strict=False)) if one != other),
        min(len(old), len(new)),
    )


def _key(word: str) -> str:
    seen = _UNSEEN.sub("", unicodedata.normalize("NFC", word))
    return _TYPOGRAPHY.sub("", _DASH_BEFORE_DIGIT.sub("-", seen)).lower()  # casefold would make Masse of Maße


def _lines(text: str) -> list[_Words]:
    return [_Words.of(line) for line in text.splitlines() if line.strip()]


def _joined(lines: Sequence[_Words]) -> _Words:
    return _Words(tuple(chain(*(line.words for line in lines))), tuple(chain(*(line.keys for line in lines))))


def _count(words: _Words) -> int:
    return sum(1 for key in words.keys if key)


def _reworded(was: _Words, became: _Words, word_no: int, steps: _Steps) -> Iterator[WordChange]:
    """The changes between two passages. The new one begins at `word_no`."""
    crowded = len(was.words) * len(became.words) > _EXACT_PRODUCT
    matching = _Matching(was.keys, became.keys, steps, autojunk=crowded)
    for op, old_from, old_to, new_from, new_to in matching.get_opcodes():
        old, new = was.part(old_from, old_to), became.part(new_from, new_to)
        if op == "equal":
            yield from _respelled(old, new, word_no + new_from)
        else:
            yield _change(old, new, word_no + new_from)


def _respelled(was: _Words, became: _Words, word_no: int) -> Iterator[WordChange]:
    """The cosmetic changes between two passages of the same words."""
    pairs = enumerate(zip(was.words, became.words, strict=True))
    for same, run in groupby(pairs, key=lambda pair: pair[1][0] == pair[1][1]):
        if not same:
            places = [place for place, _ in run]
            start, end = places[0], places[-1] + 1
            yield _change(was.part(start, end), became.part(start, end), word_no + start)


def _written(words: _Words) -> str:
    """As if it were one word; "2 : 1" is 2:1, but "1 2 goals" are not 12."""
    joined = _BETWEEN_DIGITS.sub(r"\1", " ".join(words.words))
    return _DIGITS_APART.sub("|", " ".join(map(_key, joined.split()))).replace(" ", "")


def _change(old: _Words, new: _Words, word_no: int) -> WordChange:
    op = ChangeOp.REPLACE if old.words and new.words else ChangeOp.DELETE if old.words else ChangeOp.INSERT
    cosmetic = _written(old) == _written(new)  # also where a word was written apart
    return WordChange(op, " ".join(old.words), " ".join(new.words), word_no, cosmetic)
