"""Words in marks that name something: das Magazin „Fenster“, die „Abendpost“, the film “Low Water”.

They are no quotation. `read_sentences` turns them into single words, so they stand wherever a noun can stand.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache
from operator import attrgetter

from pipeline.annotate.grammar.marks import Segment
from pipeline.annotate.grammar.tokens import Token
from pipeline.annotate.lexicon import Frame, Lexicon, load_given_names
from pipeline.annotate.lexicon.word_forms import ends_in

MOST_WORDS = 12
"""A longer segment is no name."""
FEW_WORDS = 6
"""Most words of a name that only a noun before it marks as a name."""
LONGEST_NICKNAME = 4
"""Most tokens of a nickname, its marks included."""
_start = attrgetter("start")
CLAUSE_REACH = 20
"""This many tokens before an article are searched for a verb of naming: nannte ihn den „Retter“."""


@cache
def _word() -> re.Pattern[str]:
    return re.compile(r"\w+(?:[-’']\w+)*")


def split_names(
    text: str, words: list[Token], segments: list[Segment], lexicon: Lexicon
) -> tuple[list[Segment], list[Segment]]:
    """The segments that may be quotations, and those that are names, each in order.

    What is a name in one place is one everywhere in the text, with a genitive -s or without.
    """
    named: set[str] = set()
    is_name: list[bool] = []
    for number, segment in enumerate(segments):
        parts = _word().findall(text, segment.start, min(segment.end, segment.start + 200))
        at = bisect_left(words, segment.before, key=_start)
        last = segments[number - 1] if number else None
        follows_name = bool(is_name) and is_name[-1] and last is not None and _is_listed(text, last, segment, lexicon)
        is_name.append(
            not segment.goes_on
            and 0 < len(parts) <= MOST_WORDS
            and (_names(text, words, at, segment, parts, lexicon) or (follows_name and is_title_case(parts, lexicon)))
        )
        if is_name[-1]:
            named.add(_bare(text, segment))
    for number, segment in enumerate(segments):
        if not is_name[number] and not segment.goes_on and _bare(text, segment) in named:
            is_name[number] = text[segment.start].isupper()
    return (
        [segment for segment, name in zip(segments, is_name, strict=True) if not name],
        [segment for segment, name in zip(segments, is_name, strict=True) if name],
    )


def without_nicknames(
    text: str, words: list[Token], segments: list[Segment], lexicon: Lexicon
) -> tuple[list[Token], list[Segment]]:
    """The tokens and segments without a nickname between a given name and a surname: Ray “Buck” Tolliver."""
    kept: list[Segment] = []
    rest: list[Token] = []
    first = 0
    is_given = load_given_names().is_known
    for segment in segments:
        at = bisect_left(words, segment.before, key=_start)
        end = bisect_left(words, segment.after, at, key=_start)
        is_inside = 0 < at < end < len(words) and end - at <= LONGEST_NICKNAME and text[segment.before - 1] == " "
        if (
            is_inside
            and words[end].is_capitalised
            and words[at - 1].is_capitalised
            and (is_given(words[at - 1].surface) or not (lexicon.is_german or lexicon.is_role(words[at - 1].surface)))
            and text[segment.start].isupper()
            and text[segment.end - 1].isalpha()
        ):
            rest += words[first:at]
            first = end
        else:
            kept.append(segment)
    return [*rest, *words[first:]] if first else words, kept


def _bare(text: str, segment: Segment) -> str:
    return text[segment.start : segment.end].removesuffix("s")


def _is_listed(text: str, last: Segment, segment: Segment, lexicon: Lexicon) -> bool:
    """True if only a comma or "und" is between two segments: die Modelle „Falke“ und „Habicht“."""
    between = text[last.after : segment.before].strip().lower()
    return between in {",", "/"} or between in lexicon.joins or between == "and"


def _names(text: str, words: list[Token], at: int, segment: Segment, parts: list[str], lexicon: Lexicon) -> bool:
    """True if the words around the segment show that it names something. `at` is the first token of the segment."""
    after = text[segment.after : segment.after + 2]
    if after[:1] in {"-", "‑"} and after[1:].isalpha():
        return True
    before = words[at - 1] if at else None
    if before is None or before.surface == "\n" or before.lower == "worten" or _ends_in_mark(text, before, segment):
        return False
    if text[segment.before - 1 : segment.before] == "-":
        return True
    if before.lower in lexicon.so_called:
        return len(parts) <= FEW_WORDS and all(token.lower != "what" for token in words[max(0, at - 5) : at])
    if text[segment.end - 1] in ".!?":
        return False
    if before.lower == "laut" and (len(parts) <= 3 or " " not in text[segment.start : segment.end]):
        return True
    if before.lower in lexicon.definite_articles and _tells(text, words, segment, lexicon):
        return True
    if _is_own_name(words, at, segment):
        return True
    if before.is_word and _is_title_noun(before.lower, lexicon):
        return True
    if not lexicon.is_german or len(parts) > FEW_WORDS or text[segment.start].islower():
        return False
    if before.is_capitalised:
        return before.lower not in lexicon.function_words
    if not is_title_case(parts, lexicon):
        return False
    return before.lower in lexicon.definite_articles and not _is_label(words, at, lexicon)


def _tells(text: str, words: list[Token], segment: Segment, lexicon: Lexicon) -> bool:
    """True if a reporting verb follows, so that the words name the source: wie die „Aktion Ufer“ gestern mitteilte."""
    if not text[segment.start].isupper():
        return False
    after = bisect_left(words, segment.after, key=_start)
    near = words[after : after + 2]
    return bool(near) and any(token.lower in lexicon.verbs for token in near[: 2 if near[0].surface.islower() else 0])


def _is_own_name(words: list[Token], at: int, segment: Segment) -> bool:
    """True if the words are the name that a group gives itself: die sich „Falken“ nennen; nennt sich jetzt „Falken“."""
    after = bisect_left(words, segment.after, key=_start)
    near = [token.lower for token in (*words[max(0, at - 4) : at], *words[after : after + 1])]
    return "sich" in near and any(word.startswith(("nenn", "nannt")) for word in near)


def _ends_in_mark(text: str, before: Token, segment: Segment) -> bool:
    """True if another mark stands between the word before and the segment."""
    return any(not char.isspace() for char in text[before.end : segment.before])


def _is_label(words: list[Token], at: int, lexicon: Lexicon) -> bool:
    """True if somebody calls something so: nannte ihn den „Retter“, gilt als die „Retterin“."""
    if any(token.lower in {"als", "as"} for token in words[max(0, at - 4) : at]):
        return True
    for token in words[at - 2 : max(0, at - CLAUSE_REACH) : -1]:
        if not token.is_word:
            return False
        if any(verb.frame is Frame.LABEL and verb.needs is None for verb in lexicon.verbs.get(token.lower, ())):
            return True
    return False


def is_title_case(words: list[str], lexicon: Lexicon) -> bool:
    """True if all words but the small ones begin with a capital letter or a digit."""
    if not words or len(words) > 8:
        return False
    if any(word in lexicon.finite_verbs for word in words):
        return False
    large = [word for word in words if word.lower() not in lexicon.function_words]
    return words[0][0].isupper() and all(word[0].isupper() or word[0].isdigit() for word in large)


def _is_title_noun(word: str, lexicon: Lexicon) -> bool:
    nouns = lexicon.title_nouns
    return word in nouns or (ends_in(word, nouns) if lexicon.is_german else word.removesuffix("s") in nouns)
