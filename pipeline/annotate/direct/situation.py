"""What a rule of direct quotation sees: the words between marks, what they look like, and the sentence around them."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import IntEnum
from functools import cache

import msgspec

from pipeline.annotate.grammar.marked_names import is_title_case
from pipeline.annotate.grammar.marks import Segment
from pipeline.annotate.grammar.tokens import Attribution, Range, Reading, View
from pipeline.annotate.lexicon import Lexicon
from pipeline.annotate.rules import Finding, Rule, rule_of


class Evidence(IntEnum):
    """How strong a rule's cue is, and so how little the marked words must look like a quotation themselves."""

    NONE = 0
    """No cue: only a clear statement is a quotation."""
    CLAUSE = 1
    """A colon without a cue: several words that make a clause are a quotation."""
    SENTENCE = 2
    """A cue in the same sentence: several words that are no name are a quotation."""
    LABEL = 3
    """A verb of naming: a single word is a quotation."""
    ADJACENT = 4
    """A cue next to the marks: any words are a quotation."""


class Situation(View, frozen=True, kw_only=True, gc=False):
    """Words in marks in their sentence. The stretch is the sentence, as far as rules look to either side."""

    at: int
    """The token of the marked words."""
    earlier: tuple[Range, ...] = ()
    """The sentences before in the same paragraph, nearest first, as many as rules look at."""
    last_attribution: Attribution | None = None
    """Who said the quotation that ended in this sentence or the one before, or that these words continue; else None."""
    last_quotation_at: int = 0
    """The token of the last quotation before these words."""
    candidate: Attribution | None = None
    """What another rule found for these words; set for the rule `denied` alone."""
    reporting: Attribution | None = None
    """Who reports the indirect speech around these words; set for the rule `within_reported` alone."""
    goes_on: bool = False
    """True if the words continue the quotation of the paragraph before."""
    ending: str = ""
    """The last character inside the marks."""

    @property
    def after(self) -> int:
        """The first word after the marks and the comma or dash that may follow them."""
        return self.at + 2 if self.is_at(self.at + 1, ",", "–", "—", "-") else self.at + 1

    @property
    def is_set_off(self) -> bool:
        """True if a comma or the like separates the marked words from what follows."""
        return self.after == self.at + 2 or self.ending in ",!?…"

    @property
    def is_own_sentence(self) -> bool:
        """True if nothing else is in the sentence. A title or slogan would be part of a longer one."""
        following = self.at + 1
        if following < self.end and self.tokens[following].surface in ".!?…":
            following += 1
        return self.first == self.at and (following == self.end or self.tokens[following].surface == "\n")


Attribute = Callable[[Situation], Attribution | None]
"""Who said the marked words, by which word; None if the rule does not apply."""


class MarkedFinder(msgspec.Struct, frozen=True):
    """How a rule of direct quotation decides."""

    evidence: Evidence
    find: Attribute


MarkedRule = Rule[MarkedFinder]
"""A rule that attributes words in marks. Its example is a text whose last direct quotation it attributes."""


def marked_rule(
    language: str, *, confidence: float, evidence: Evidence, matches: str, misses: str
) -> Callable[[Attribute], MarkedRule]:
    """Make a rule of the function below.

    The function's name is the rule's id, which annotations record. The first line of its docstring describes the rule
    to users and stands in docs/annotation.md, too.
    """

    def declare(find: Attribute) -> MarkedRule:
        return rule_of(
            find,
            MarkedFinder(evidence, find),
            finds=Finding.DIRECT,
            confidence=confidence,
            language=language,
            matches=matches,
            misses=misses,
        )

    return declare


SHAPE_WORDS = 60
"""Words of a segment that are looked at. More words do not change the result."""
_ENDS = frozenset(".!?\n")
CLEAR_CHARS = 600
"""Characters of a segment that are read in languages without rules."""


class Shape(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What words in marks look like."""

    words: int
    has_verb: bool
    is_sentence: bool
    """True if they begin with a capital letter and end like a sentence."""
    starts_lower: bool
    is_title_case: bool
    is_indefinite: bool
    """True if an indefinite article precedes them: ein „Papiertiger“."""
    is_alone: bool
    """True if nothing else is in their sentence: „Niemals.“"""
    is_gloss: bool
    """True if the words translate a name in marks before them."""
    is_attribute: bool
    """True if the words in marks are one adjective before its noun: die „fremden“ Schiffe."""


@cache
def _word() -> re.Pattern[str]:
    return re.compile(r"\w+(?:[-’']\w+)*")


def is_clear(text: str, segment: Segment) -> bool:
    """True if the segment is a quotation in any language: it has the length of a sentence."""
    inside = text[segment.start : min(segment.end, segment.start + CLEAR_CHARS)]
    words = len(_word().findall(inside))
    if words >= 10:
        return True
    before = text[max(0, segment.before - 2) : segment.before].rstrip(" \u00a0")
    begins_sentence = not before or before[-1] in ".!?:…\n"
    after = text[segment.after : segment.after + 2].lstrip()[:1]
    return words >= 6 and (inside[-1] in ".!?…," or (begins_sentence and after in {",", "–", "—"}))


def shape_of(reading: Reading, at: int) -> Shape:
    """What the marked words at the token look like."""
    text, lexicon = reading.text, reading.lexicon
    segment = reading.segment_at(at)
    words: list[str] = []
    for match in _word().finditer(text, segment.start, segment.end):
        words.append(match[0])
        if len(words) >= SHAPE_WORDS:
            break
    last = text[segment.end - 1]
    first = text[segment.start]
    starts_lower = first.islower()
    return Shape(
        words=len(words),
        has_verb=any(
            (number == 0 or word.islower() or "'" in word or "’" in word)
            and (word.lower() in lexicon.finite_verbs or word.lower() in lexicon.verbs)
            for number, word in enumerate(words)
        ),
        is_sentence=(last in ".!?…" or _is_between_stops(reading, at)) and not starts_lower,
        starts_lower=starts_lower,
        is_title_case=is_title_case(words, lexicon),
        is_indefinite=bool(at) and reading.tokens[at - 1].lower in lexicon.indefinite,
        is_alone=_is_alone(reading, at),
        is_gloss=_is_gloss(reading, at),
        is_attribute=starts_lower and len(words) == 1 and reading.is_german and _is_before_noun(reading, at),
    )


def _is_gloss(view: View, at: int) -> bool:
    """True if the words translate the name in marks before their parentheses: „Blue Tide“ („Blaue Flut“)."""
    tokens = view.tokens
    if at < 2 or at + 1 >= len(tokens) or tokens[at - 1].surface != "(" or tokens[at + 1].surface != ")":
        return False
    before = tokens[at - 2]
    return before.segment >= 0 or before.end - before.start > len(before.surface)


def _is_before_noun(view: View, at: int) -> bool:
    return at + 1 < view.end and view.tokens[at + 1].is_capitalised


def _is_between_stops(view: View, at: int) -> bool:
    """True if the marked words are a sentence, and its full stop follows the marks: „Es sinkt“."""
    is_first = at == 0 or view.tokens[at - 1].surface in _ENDS
    return is_first and at + 1 < len(view.tokens) and view.tokens[at + 1].surface == "."


def _is_alone(view: View, at: int) -> bool:
    tokens = view.tokens
    before = at == 0 or tokens[at - 1].segment >= 0 or tokens[at - 1].surface in _ENDS
    after = at + 1 == len(tokens) or tokens[at + 1].segment >= 0 or not tokens[at + 1].surface[0].islower()
    return before and after


def suffices(shape: Shape, evidence: Evidence, segment: Segment, lexicon: Lexicon) -> bool:
    """True if words of this shape are a quotation for a rule whose cue is that strong."""
    if segment.goes_on or shape.is_gloss:
        return segment.goes_on
    if evidence is Evidence.ADJACENT:
        return shape.words > 0
    if evidence is Evidence.LABEL:
        return shape.starts_lower or not shape.is_title_case or lexicon.is_german
    if evidence is Evidence.SENTENCE:
        if shape.is_title_case:
            return shape.is_indefinite
        return shape.starts_lower or shape.words >= 3
    if evidence is Evidence.CLAUSE:
        if shape.is_title_case and not shape.is_sentence:
            return False
        if shape.is_alone and shape.is_sentence:
            return shape.words > 0
        return shape.words >= 8 or (shape.words >= 2 and (shape.is_sentence or shape.has_verb))
    if shape.is_title_case and not shape.is_sentence:
        return False
    if shape.words >= 5 and (shape.has_verb or shape.is_sentence):
        return True
    return shape.words >= 9 or (shape.is_sentence and shape.words >= 3 and shape.has_verb)
