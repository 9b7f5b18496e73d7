"""Text in one spelling, for comparing names: without case, accents and invisible characters, with escapes undone. The
place of each character in the original is kept."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import NamedTuple
from urllib.parse import unquote

_CONTINUED = r"%[89abAB][\da-fA-F]"
_PIECE = re.compile(
    r"&#?\w{1,31};"  # an entity
    rf"|%[0-7][\da-fA-F]|%[cdCD][\da-fA-F]{_CONTINUED}|%[eE][\da-fA-F](?:{_CONTINUED}){{2}}"  # a character, escaped
    r"|[^\W\d_][\u0300-\u036f]+"  # a letter with its accents
    r"|[^\x00-\x7f]"
)
_LETTERS = {"ß": "ss", "ø": "ö", "œ": "ö", "æ": "ä", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ё": "е"}
"""Letters that Unicode does not take apart, or not as languages do. Umlauts stay, because they have two spellings."""
_UMLAUTS = "äöü"
_APOSTROPHES = "’‘ʼ＇`´"


class FoldedText(NamedTuple):
    text: str
    starts: list[int]
    """The place in the original at which each character begins, …"""
    ends: list[int]
    """… and that at which it ends."""


def fold(text: str) -> FoldedText:
    folded, starts, ends, at = list[str](), list[int](), list[int](), 0
    for piece in _PIECE.finditer(text):
        folded.append(text[at : piece.start()].lower())
        starts += range(at, piece.start())
        ends += range(at + 1, piece.start() + 1)
        at = piece.end()
        characters = fold_characters(_unescaped(piece[0]))
        folded.append(characters)
        starts += [piece.start()] * len(characters)
        ends += [at] * len(characters)
    folded.append(text[at:].lower())
    starts += range(at, len(text))
    ends += range(at + 1, len(text) + 1)
    return FoldedText("".join(folded), starts, ends)


def fold_characters(text: str) -> str:
    """The text in the one spelling; it has no escapes."""
    return "".join(map(_folded, unicodedata.normalize("NFC", text)))


def _unescaped(piece: str) -> str:
    return unquote(piece) if piece.startswith("%") else html.unescape(piece)


def _folded(character: str) -> str:
    lower = unicodedata.normalize("NFC", character.lower())
    if lower in _UMLAUTS:
        return lower
    if lower in _APOSTROPHES:
        return "'"
    if lower in _LETTERS:
        return _LETTERS[lower]
    return "".join(each for each in unicodedata.normalize("NFKD", lower) if unicodedata.category(each) not in _UNSEEN)


_UNSEEN = frozenset({"Mn", "Cf"})
"""Accents, and characters without width: soft hyphens, joiners, marks of direction."""
