"""Forms of nouns, and answers about words that are worked out once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from functools import cached_property, lru_cache, partial
from typing import Any, TypeVar

MOST_REMEMBERED = 20_000
"""Most words whose answer to one question is kept in memory."""
_ENDINGS = ("innen", "in", "es", "en", "n", "s", "er", "r")
T = TypeVar("T")


def remembered(method: Callable[[Any, str], T]) -> cached_property[Callable[[str], T]]:
    """Make a method that answers a question about a word work out the answer once for each word."""
    return cached_property(lambda self: lru_cache(maxsize=MOST_REMEMBERED)(partial(method, self)))


def pronominal_adverbs(beginnings: Iterable[str], prepositions: Set[str]) -> set[str]:
    """German adverbs made of prepositions: "dafür", "daran", "hiermit", "worüber"."""
    return {
        f"{begin}{'r' * (begin != 'hier' and it[0] in 'aeiouäöü')}{it}" for begin in beginnings for it in prepositions
    }


def ends_in(word: str, nouns: Set[str]) -> bool:
    """True if the German word ends in one of the nouns, in the singular or the plural."""
    stems = [word, *(word[: -len(ending)] for ending in ("es", "en", "n", "s", "e") if word.endswith(ending))]
    return any(stem[at:] in nouns for stem in stems for at in range(max(0, len(stem) - 24), max(0, len(stem) - 3)))


def is_form_of(word: str, nouns: Set[str], compounds: tuple[str, ...]) -> bool:
    """True if the German word is a form of one of the nouns, or of a compound that ends so."""
    stems = [word, *(word[: -len(ending)] for ending in ("es", "en", "s", "n") if word.endswith(ending))]
    return any(stem in nouns or stem.endswith(compounds) for stem in stems)


def stems_of(word: str) -> list[str]:
    """The word, and the words whose feminine, plural or genitive it may be."""
    endings = [ending for ending in _ENDINGS if word.endswith(ending) and len(word) > len(ending) + 3]
    stems = [word, *(word[: -len(ending)] for ending in endings)]
    stems.extend(f"{word[: -len(ending)]}e" for ending in endings if ending in {"in", "innen"})
    if word.endswith("men"):
        stems.append(word[:-2] + "an")
    return stems
