"""The given names by which people are recognised, and the words that show an organisation."""

from __future__ import annotations

from functools import cache

import msgspec

from pipeline.annotate.lexicon.word_forms import remembered
from pipeline.annotate.lexicon.words import read_words


class GivenNames(msgspec.Struct, frozen=True, dict=True):
    female: frozenset[str]
    male: frozenset[str]
    either: frozenset[str]
    organisation_words: frozenset[str]

    @remembered
    def is_known(self, name: str) -> bool:
        """True if each part is: "Anna-Lena"."""
        parts = name.lower().split("-")
        return all(part in self.female or part in self.male or part in self.either for part in parts)


@cache
def load_given_names() -> GivenNames:
    return GivenNames(**{key: frozenset(text.split()) for key, text in read_words("given_names.toml").items()})
