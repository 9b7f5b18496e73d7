"""Replaces a person's name in events by blocks of the same length, so that all offsets stay true."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import combinations
from typing import Any

import msgspec

from pipeline.errors import NewsledgerError
from pipeline.events import ArticleExtracted
from pipeline.ids import text_digest
from pipeline.ledger.rows import ENVELOPE, Recorded
from pipeline.steps.folded_text import fold, fold_characters

BLOCK = "█"
_BLOCKS = re.compile(rf"{BLOCK}+(?:[\W_]+{BLOCK}+)*")
IN_ADDRESSES = "x"
"""Stands for each letter of the name in an address, which can have no blocks."""
_ADDRESS = re.compile(r"\S*[/:?&=@]\S*")
"""An address, or a guid that is made of one."""
_LIKE_ADDRESS = re.compile(r"//|@|(?<!&)#")
_LETTER = re.compile(r"[^\W\d_]")
_NO_LETTER_BEFORE, _NO_LETTER_AFTER = r"(?<![^\W\d_])", r"(?![^\W\d_])"
_PARTICLE = r"[\W_]{1,2}[^\W\d_]{1,3}"
"""A word such as "von" between two words of a name that is written in any case."""
_WORD = re.compile(r"\S+")
_NAME_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ][^\W\d_]+)*")
_SPELLINGS = {
    "ä": "(?:ä|ae?)",
    "ö": "(?:ö|oe?)",
    "ü": "(?:ü|ue?)",
    "ae": "(?:ae|ä)",
    "oe": "(?:oe|ö)",
    "ue": "(?:ue|ü)",
    "a": "[aä]",
    "o": "[oö]",
    "u": "[uü]",
    "'": r"\W?",
}
"""The ways to spell a letter of a name in folded text."""
_SPELT_LETTER = re.compile("ae|oe|ue|.")
_LONG_CHARS = 5
"""A family name of this length is also masked with an ending: "Lindqvistsche"."""
_ENDING = r"(?:e?s|ens|sche[mnrs]?)?"
_LONG_ENDING = r"(?:sche[mnrs]?|[^\W\d_]{0,4})"
_INFLECTION = r"[^\W\d_]{0,3}"
"""Cases of Russian, Greek and others, and particles of Korean."""
_PROCLITICS = r"(?:[وف]?[بلك]?(?:ال)?|[ובלמהשכ]{0,2})"
"""Words of Arabic and Hebrew that are written together with the next one: and, to, the."""
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Letters of scripts that have no blanks between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""
_NEAR = 0.75
"""Similarity, from 0 to 1, from which a word may be another spelling of the name."""


class NameMask:
    """Finds each word of the name, with the endings of a case, whatever the spelling of its umlauts and accents, and
    with escapes or invisible characters in it. In a text, a name with capital letters is found only with one.

    Words of the name that begin with a small letter are particles ("von"), unless all do. In addresses, hashtags and
    the like, it finds the words in any case; so it finds two or more words of the name that are written together or
    one after the other, anywhere.
    """

    def __init__(self, name: str) -> None:
        every = _NAME_WORD.findall(unicodedata.normalize("NFC", name))
        named = [word for word in every if not word[0].islower()] or every
        self.words = [word for word in named if len(word) > 1 or not word.isupper()] or named
        if not self.words:
            raise NewsledgerError(f"{name}: has no letter, so it is no name")
        self._is_cased = any(word[0].isupper() for word in self.words)
        last = self.words[-1]
        self._each = re.compile("|".join(_anywhere(word, is_last=word is last) for word in self.words))
        particles = [_spelt(word) for word in every if word not in named]
        between = rf"(?:{_PARTICLE}|[\W_]{{0,2}}(?:{'|'.join(particles)})){{0,3}}" if particles else f"(?:{_PARTICLE})?"
        parts = [part for n in range(len(self.words), 1, -1) for part in combinations(map(_spelt, self.words), n)]
        joined = [rf"{between}[\W_]{{0,2}}".join(order) for part in parts for order in (part, part[::-1])]
        if particles:
            joined.append(r"[\W_]{0,2}".join([*particles, _spelt(last)]))
        self._joined = re.compile(rf"{_NO_LETTER_BEFORE}(?:{'|'.join(joined) or '(?!)'})s?{_NO_LETTER_AFTER}")

    def is_in(self, text: str) -> bool:
        """True if a word of the name is in the text, in any case."""
        folded = fold(text).text
        return any(pattern.search(folded) for pattern in (self._each, self._joined))

    def masked(self, recorded: Recorded) -> Recorded:
        """The event without the name; equal to the given one if the name is not in it."""
        fields = msgspec.to_builtins(recorded.event)
        masked = {name: value if name in ENVELOPE.names else self._mask(value) for name, value in fields.items()}
        if masked == fields:
            return recorded
        event = msgspec.convert(masked, type(recorded.event))
        if isinstance(event, ArticleExtracted):  # with the digest of the whole text, names could be tried
            digest = text_digest(event.headline, event.lead, event.text)
            event = msgspec.structs.replace(event, text_digest=digest)
        return msgspec.structs.replace(recorded, event=event)

    def near(self, masked: Iterable[Recorded]) -> list[str]:
        """Words of these events, from which the name is gone, that may be the name in another spelling."""
        texts = (text for item in masked for text in _texts(msgspec.to_builtins(item.event)))
        words = {fold_characters(word): word for text in texts for word in _NAME_WORD.findall(text)}
        names = [fold_characters(word) for word in self.words]
        near = {each for name in names for each in get_close_matches(name, words, 10, _NEAR)}
        near |= {each for name in names if len(name) >= _LONG_CHARS for each in words if name in each}
        return sorted(words[each] for each in near)

    def _mask(self, value: Any) -> Any:
        if isinstance(value, str) and _ADDRESS.fullmatch(value):
            return self._mask_address(value)
        if isinstance(value, str):
            return self._mask_text(_WORD.sub(lambda found: self._mask_word(found[0]), value))
        if isinstance(value, list | tuple):
            return [self._mask(each) for each in value]
        if isinstance(value, dict):
            return {name: self._mask(each) for name, each in value.items()}
        return value

    def _mask_word(self, word: str) -> str:
        """A word of a text, which may be an address or a hashtag."""
        return self._mask_address(word) if _LIKE_ADDRESS.search(word) else word

    def _mask_address(self, address: str) -> str:
        for pattern in (self._joined, self._each):
            for start, end in _found(pattern, address):
                address = address[:start] + IN_ADDRESSES * (end - start) + address[end:]
        return address

    def _mask_text(self, text: str) -> str:
        for start, end in _found(self._each, text):
            word = text[start:end]
            if not self._is_cased or word != word.lower():
                text = text[:start] + BLOCK * (end - start) + text[end:]
        for start, end in _found(self._joined, text):
            text = text[:start] + _LETTER.sub(BLOCK, text[start:end]) + text[end:]
        return text


def _found(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    """The places in the text at which the pattern is found when it is folded."""
    folded = fold(text)
    return [
        (folded.starts[found.start()], folded.ends[found.end() - 1])
        for found in pattern.finditer(folded.text)
        if found[0]
    ]


def _spelt(word: str) -> str:
    """A pattern of the word's spellings, in folded text."""
    return "".join(
        _SPELLINGS.get(found[0]) or re.escape(found[0]) for found in _SPELT_LETTER.finditer(fold_characters(word))
    )


def _anywhere(word: str, *, is_last: bool) -> str:
    """A pattern of the word, with the endings that it may have."""
    if _UNSPACED.match(word):
        return _spelt(word)
    is_latin = fold_characters(word)[0] < "\u0250"
    if not word[0].isupper() and not word[0].islower():
        return rf"{_NO_LETTER_BEFORE}{_PROCLITICS}{_spelt(word)}{_INFLECTION}{_NO_LETTER_AFTER}"
    if not is_latin and len(word) >= _LONG_CHARS - 1:
        stem = word[:-1] if word[-1] in "аяйьоеыηςαο" else word
        return rf"{_NO_LETTER_BEFORE}{_spelt(stem)}{_INFLECTION}{_NO_LETTER_AFTER}"
    ending = _LONG_ENDING if is_last and len(word) >= _LONG_CHARS else _ENDING
    return rf"{_NO_LETTER_BEFORE}{_spelt(word)}{ending}{_NO_LETTER_AFTER}"


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


def _texts(value: Any) -> Iterator[str]:
    """The texts in a value that are no addresses."""
    if isinstance(value, str):
        yield from () if _ADDRESS.fullmatch(value) else (value,)
    elif isinstance(value, list | tuple | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
