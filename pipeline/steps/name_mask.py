"""Replaces a person's name in events by blocks of the same length, so that all offsets stay true."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any
from urllib.parse import quote

import msgspec

from pipeline.errors import NewsledgerError
from pipeline.ledger.rows import ENVELOPE, Recorded

BLOCK = "█"
_BLOCKS = re.compile(rf"{BLOCK}+(?:[\W_]+{BLOCK}+)*")
IN_ADDRESSES = "x"
"""Stands for each letter of the name in an address, which can have no blocks."""
_ADDRESS = re.compile(r"\S*[/:?&=@]\S*")
"""An address, or a guid that is made of one."""
_LETTER = re.compile(r"[^\W\d_]")
_BETWEEN = r"(?:[\W_]{1,2}[^\W\d_]{1,3})?[\W_]{0,2}"
"""What may stand between two words of a name that is written in any case: a particle such as "von", a mark or two."""
_WORD = re.compile(r"\S+")
_TRANSLITERATED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


class NameMask:
    """Finds each word of the name that begins with a capital letter, also with a genitive s and in capitals.

    In addresses, hashtags and the like, it finds the words in any case, with percent escapes, and as they are spelt
    without umlauts and accents; so it finds two or more words of the name that are written together or one after the
    other, anywhere.
    """

    def __init__(self, name: str) -> None:
        words = [word for word in re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", name)) if word[0].isupper()]
        if not words:
            raise NewsledgerError(f"{name}: no word of it begins with a capital letter, so it is no name")
        self.words = words
        spellings = [form for word in words for spelling in (word, word.upper()) for form in _composed_or_not(spelling)]
        in_addresses = [spelling for word in words for spelling in _in_addresses(word)]
        self._in_text = re.compile(rf"(?<!\w)(?:{_any(spellings)})s?(?!\w)")
        self._in_addresses = re.compile(
            rf"(?:(?<![^\W\d_])|(?<=%[\da-f]{{2}}))(?:{_any(in_addresses)})s?(?![^\W\d_])", re.IGNORECASE
        )
        in_any_case = [rf"(?:{_any([*_in_addresses(word)])})" for word in words]
        parts = [part for n in range(len(words), 1, -1) for part in combinations(in_any_case, n)]
        joined = "|".join(_BETWEEN.join(order) for part in parts for order in (part, part[::-1]))
        self._joined = re.compile(rf"(?<![^\W\d_])(?:{joined or '(?!)'})s?(?![^\W\d_])", re.IGNORECASE)

    def is_in(self, text: str) -> bool:
        return any(pattern.search(text) for pattern in (self._in_text, self._in_addresses, self._joined))

    def masked(self, recorded: Recorded) -> Recorded:
        """The event without the name; equal to the given one if the name is not in it."""
        fields = msgspec.to_builtins(recorded.event)
        masked = {name: value if name in ENVELOPE.names else self._mask(value) for name, value in fields.items()}
        if masked == fields:
            return recorded
        return msgspec.structs.replace(recorded, event=msgspec.convert(masked, type(recorded.event)))

    def _mask(self, value: Any) -> Any:
        if isinstance(value, str) and _ADDRESS.fullmatch(value):
            return self._mask_address(value)
        if isinstance(value, str):
            value = _WORD.sub(lambda found: self._mask_word(found[0]), value)
            value = self._in_text.sub(lambda found: BLOCK * len(found[0]), value)
            return self._joined.sub(lambda found: _LETTER.sub(BLOCK, found[0]), value)
        if isinstance(value, list | tuple):
            return [self._mask(each) for each in value]
        if isinstance(value, dict):
            return {name: self._mask(each) for name, each in value.items()}
        return value

    def _mask_word(self, word: str) -> str:
        """A word of a text, which may be an address or a hashtag."""
        return self._mask_address(word) if "//" in word or "@" in word or "#" in word else word

    def _mask_address(self, address: str) -> str:
        address = self._joined.sub(lambda found: IN_ADDRESSES * len(found[0]), address)
        return self._in_addresses.sub(lambda found: IN_ADDRESSES * len(found[0]), address)


def spellings(recorded: Recorded, masked: Recorded) -> Counter[str]:
    """What blocks stand for in the masked event, and how often; addresses aside."""
    return Counter(_covered(msgspec.to_builtins(recorded.event), msgspec.to_builtins(masked.event)))


def _covered(value: Any, masked: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from (value[found.start() : found.end()] for found in _BLOCKS.finditer(masked) if value != masked)
    elif isinstance(value, list | tuple):
        for each, other in zip(value, masked, strict=True):
            yield from _covered(each, other)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _covered(each, masked[name])


def _composed_or_not(word: str) -> Iterator[str]:
    yield word
    yield unicodedata.normalize("NFD", word)


def _in_addresses(word: str) -> Iterator[str]:
    lower = word.lower()
    for spelling in (word, lower, word.upper()):
        for form in _composed_or_not(spelling):
            yield form
            yield quote(form)
    yield lower.translate(_TRANSLITERATED)
    yield "".join(each for each in unicodedata.normalize("NFD", lower) if not unicodedata.combining(each))


def _any(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))
