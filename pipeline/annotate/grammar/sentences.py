"""Sentences: where they begin and end, and which capitals only their beginning gives."""

from __future__ import annotations

from collections.abc import Set

import msgspec

from pipeline.annotate.grammar.marks import Segment
from pipeline.annotate.grammar.tokens import Reading, Sentence, Token, View, fold_names, fold_segments
from pipeline.annotate.lexicon import load_given_names

_SENTENCE_ENDS = frozenset(".!?…")
_LOOK_AHEAD = 12
LONGEST_DATELINE = 14
"""Most tokens of "PORT ELLERY, Ohio (Hafenpost)" before the dash."""


def read_sentences(text: str, words: View, segments: list[Segment], titles: list[Segment], names: Set[str]) -> Reading:
    """Read the text's sentences. `words` are its tokens, and `names` the words of the names of people in it.

    Each segment becomes a single token: of `segments`, which may be quotations, one that stands for the marked words,
    and of `titles` a capitalised word.
    """
    tokens = fold_segments(text, fold_names(text, words.tokens, titles), segments)
    view = View(tokens, words.lexicon, 0, len(tokens))
    sentences = split_sentences(text, view, segments)
    return Reading(
        tokens=_without_capitals(view, sentences),
        lexicon=words.lexicon,
        names=names,
        first=view.first,
        end=view.end,
        text=text,
        segments=segments,
        marked=[at for at, token in enumerate(view.tokens) if token.segment >= 0] if segments else [],
        sentences=sentences,
    )


def _without_capitals(view: View, sentences: list[Sentence]) -> list[Token]:
    """The tokens; German words that only the beginning of a sentence gives a capital count as small ones."""
    tokens, lexicon = view.tokens, view.lexicon
    if not lexicon.is_german:
        return tokens
    openers = [sentence.first for sentence in sentences if _may_be_small(view, sentence)]
    is_opener = set(openers)
    known = {token.surface for at, token in enumerate(tokens) if token.is_word and at not in is_opener}
    for at in openers:
        token = tokens[at]
        if token.surface not in known and (token.lower in known or token.lower.endswith(lexicon.adverb_endings)):
            tokens[at] = msgspec.structs.replace(token, is_capitalised=False)
    return tokens


def _may_be_small(view: View, sentence: Sentence) -> bool:
    """True if a verb or another small word follows the word that begins the sentence."""
    first = view.tokens[sentence.first]
    if not first.is_capitalised or sentence.first + 1 >= sentence.end or view.lexicon.is_role(first.surface):
        return False
    return view.tokens[sentence.first + 1].surface.islower() and not load_given_names().is_known(first.surface)


def split_sentences(text: str, view: View, segments: list[Segment]) -> list[Sentence]:
    """The sentences. One ends at each line end, unless a colon before it announces a quotation."""
    tokens = view.tokens
    sentences: list[Sentence] = []
    first = 0
    paragraph = 0
    last = len(tokens) - 1
    for at in [at for at, token in enumerate(tokens) if not token.is_word or token.surface[-1] == "." or at == last]:
        token = tokens[at]
        if token.surface == "\n":
            follower = next((t for t in tokens[at + 1 : at + 4] if t.surface != "\n"), None)
            announces = (
                at > first and tokens[at - 1].surface in {":", "\n"} and follower is not None and follower.segment >= 0
            )
            if announces and any(t.surface == ":" for t in tokens[max(first, at - 2) : at]):
                continue
            if at > first:
                sentences.append(Sentence(first, at, paragraph))
            first = at + 1
            paragraph += 1
        elif (
            (token.segment >= 0 or token.surface[-1] in _SENTENCE_ENDS or at == last)
            and _ends_sentence(text, view, at, segments)
        ) or (at - first <= LONGEST_DATELINE and ends_dateline(view, first, at)):
            sentences.append(Sentence(first, at + 1, paragraph))
            first = at + 1
    if first < len(tokens):
        sentences.append(Sentence(first, len(tokens), paragraph))
    return sentences


def ends_dateline(view: View, first: int, at: int) -> bool:
    """True for the dash after the place and the agency of a report: "PORT ELLERY (Hafenpost) -", "ELLERY, Ohio —"."""
    tokens = view.tokens
    if tokens[at].surface not in {"-", "–", "—"} or at == first or (first and tokens[first - 1].surface != "\n"):
        return False
    has_agency = tokens[at - 1].surface == ")" and tokens[first].surface != "("
    end = view.find(first, at, "(") if has_agency else at
    words = [token for token in tokens[first:end] if token.surface not in {",", ".", "/"}]
    return bool(words) and all(
        (token.is_capitalised and token.lower not in view.lexicon.verb_forms)
        if has_agency or number
        else len(token.surface) > 2 and token.surface.isupper()
        for number, token in enumerate(words)
    )


def _ends_sentence(text: str, view: View, at: int, segments: list[Segment]) -> bool:
    tokens, lexicon = view.tokens, view.lexicon
    token = tokens[at]
    if at + 1 >= len(tokens):
        return True
    follower = tokens[at + 1]
    if token.segment >= 0:
        last = text[segments[token.segment].end - 1]
        if last not in _SENTENCE_ENDS:
            return False
        if follower.segment >= 0:
            return True
        return follower.is_capitalised and not (last in "!?…" and _attributes(view, at + 1))
    if token.surface not in _SENTENCE_ENDS:  # "in the U.S. He left": a name may follow initials, a pronoun does not
        return token.surface.endswith(".") and follower.is_capitalised and follower.lower in lexicon.function_words
    if follower.surface in _SENTENCE_ENDS or follower.surface in {",", ")", ";"}:
        return False
    if token.surface == "." and at > 0 and tokens[at - 1].segment < 0 and tokens[at - 1].end == token.start:
        before = tokens[at - 1]
        if len(before.surface) == 1 and before.surface.isalpha():
            return at > 1 and tokens[at - 2].end == before.start and tokens[at - 2].surface[-1].isdigit()  # "£4m."
        is_second = before.surface.islower() and at > 1 and tokens[at - 2].surface == "."  # "Dr. med. Holm"
        if (is_second or before.lower in lexicon.abbreviations) and follower.surface != "\n":
            return False
        if before.surface.isdigit() and len(before.surface) <= 2 and lexicon.is_german:
            return follower.surface == "\n" or follower.segment >= 0 or _is_age(view, at - 1)
    return follower.segment >= 0 or not follower.surface[0].islower()


def _is_age(view: View, at: int) -> bool:
    """True if the number is an age, not a date: "sagt Lena Berg, 34. Ihr Bruder"."""
    tokens = view.tokens
    if at < 2 or tokens[at - 1].surface != "," or not tokens[at - 2].is_capitalised:
        return False
    is_date = any(token.lower in view.lexicon.weekdays for token in (tokens[at - 2], *tokens[at + 2 : at + 3]))
    return not is_date and len(tokens[at].surface) == 2


def _attributes(view: View, at: int) -> bool:
    """True if what follows a question belongs to its sentence: “Is it?” Marsh, a farmer, asked."""
    lexicon = view.lexicon
    if lexicon.is_german:
        return False
    is_apposed = False
    for before, token in zip(view.tokens[at - 1 : at + _LOOK_AHEAD], view.tokens[at : at + _LOOK_AHEAD], strict=False):
        if token.surface == "," and (is_apposed or before.is_capitalised):
            is_apposed = not is_apposed
        elif not token.is_word and not (token.surface == "." and before.lower in lexicon.abbreviations):
            return False
        if token.lower in lexicon.verbs:
            return True
    return False
