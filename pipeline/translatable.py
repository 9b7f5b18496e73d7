"""Sentences of ours with values in them: written in English, and said in other languages on the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from gettext import NullTranslations

import msgspec

from pipeline.interval import utc_minute


class Phrase(msgspec.Struct, frozen=True):
    """A sentence. `str()` is its English, with times in UTC. `phrase` and `counted` make one."""

    words: str
    """With places for the values, such as `%(day)s`."""
    values: Mapping[str, Value]
    plural: str | None = None
    """The words if the value `n` is not one."""

    def __str__(self) -> str:
        return self.said(NullTranslations(), str, _plain)

    def said(self, translations: NullTranslations, words: Callable[[str], str], value: Callable[[Value], str]) -> str:
        """The sentence in a language. The functions give its words, and the values in it, the form that is shown."""
        if self.plural is None:
            translated = translations.gettext(self.words)
        else:
            number = self.values["n"]
            assert isinstance(number, int)
            translated = translations.ngettext(self.words, self.plural, number)
        return words(translated) % {name: value(each) for name, each in self.values.items()}


Value = str | int | date | datetime | Phrase


def phrase(words: str, **values: Value) -> Phrase:
    """A sentence. Its words are a literal: the translators' list is read from the source."""
    return Phrase(words, values)


def counted(words: str, plural: str, n: int, **values: Value) -> Phrase:
    """A sentence about a number, which is its value `n`."""
    return Phrase(words, {"n": n, **values}, plural)


def _plain(value: Value) -> str:
    return utc_minute(value) if isinstance(value, datetime) else str(value)
