"""What a rule of indirect speech sees and what it answers, and where a reported clause ends."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

import msgspec

from pipeline.annotate.grammar.phrases import REACH
from pipeline.annotate.grammar.subjects import subject_after, subject_of
from pipeline.annotate.grammar.tokens import Attribution, Range, View
from pipeline.annotate.grammar.verbs import reporting_verb_at
from pipeline.annotate.lexicon import Frame, Verb
from pipeline.annotate.rules import AnyRule, Rule

LONGEST_CLAUSE = 150
"""The end of reported speech is looked for in this many tokens."""
_EDGES = frozenset({",", ";", ":", "–", "—", "-", "\n", "…"})
_FULL_STOPS = frozenset({".", "!", "?", ")"})
_STRAY_MARKS = frozenset('„“”"«»‹›‚‘「」`')
"""Quotation marks that have no partner."""


class Clause(Enum):
    """The kinds of clauses that a German reporting word can have after a comma."""

    THAT = auto()
    MAIN = auto()
    INFINITIVE = auto()
    NONE = auto()


class Passage(View, frozen=True, kw_only=True, gc=False):
    """A sentence and the word in it that may report."""

    at: int
    """The word: a verb, a participle, a noun, "laut", "so", "according"."""
    verb: Verb | None
    """The reporting verb, if the word is a finite form of one."""
    before: Range | None = None
    """The sentence before in the same paragraph."""
    clauses: list[tuple[int, Clause]] = msgspec.field(default_factory=list)
    """What `first_clause` found, so that it is looked for once."""

    @property
    def near(self) -> View:
        """The part of the sentence that rules look at, to either side of the word."""
        return self.between(self.low, self.high)

    @property
    def low(self) -> int:
        """The first token that rules look at before the word."""
        return max(self.first, self.at - REACH)

    @property
    def high(self) -> int:
        """The token after the last one that rules look at."""
        return min(self.end, self.at + REACH)

    def is_noun_near(self, position: int) -> bool:
        """True if a noun is at the position or right after it, as after an article."""
        return any(token.is_capitalised for token in self.tokens[position : min(self.end, position + 2)])

    def subject(self, verb: int, divider: int) -> Range | None:
        """The subject of the verb, on the verb's side of the divider, where the reported words begin."""
        return subject_of(self.near, verb, divider)


class Report(msgspec.Struct, frozen=True, gc=False):
    """Token ranges of the reported words, and who reports them by which word."""

    quote: Range
    attribution: Attribution


class Reported(msgspec.Struct, frozen=True, gc=False):
    """Indirect speech in the text, by token ranges."""

    quote: Range
    attribution: Attribution
    rule: AnyRule
    sentence: int
    """The number of its sentence."""


FindReport = Callable[[Passage], Report | None]
ReportRule = Rule[FindReport]
"""A rule of indirect speech. Its example is a text whose last indirect quotation it finds."""


def report(p: Passage, quote: Range, speaker: Range | None, cue: Range) -> Report | None:
    """The report, without the marks at either end of its words; None if no words are left."""
    first, last = quote
    while first < last and (p.tokens[first].surface in _EDGES or _is_stray(p, first)):
        first += 1
    while first < last and (p.tokens[last - 1].surface in _EDGES | _FULL_STOPS or _is_stray(p, last - 1)):
        if p.tokens[last - 1].surface == ")" and p.has(max(first, last - 30), last, "("):
            break
        last -= 1
    if not _has_words(p, first, last):
        return None
    if speaker is not None and speaker[1] - speaker[0] == 1 and p.is_at(speaker[0], "es", "it"):
        is_somebody = p.is_at(speaker[0], "it") and speaker[1] == cue[0] and p.verb is not None
        speaker = speaker if is_somebody and not p.is_in(cue[0], p.lexicon.impersonal_verbs) else None
    return Report((first, last), Attribution(speaker, cue))


def _is_stray(view: View, at: int) -> bool:
    """True if the token is a quotation mark, or one of two apostrophes used as one."""
    tokens = view.tokens
    if tokens[at].segment >= 0 or tokens[at].surface in _STRAY_MARKS:
        return tokens[at].segment < 0
    return tokens[at].surface == "'" and "'" in {token.surface for token in (tokens[at - 1], *tokens[at + 1 : at + 2])}


def _has_words(view: View, first: int, last: int) -> bool:
    """True if there are two words or more outside marks. Words that are all in marks are a direct quotation."""
    words = (token for token in view.tokens[first : min(last, first + LONGEST_CLAUSE)] if token.is_word)
    return next(words, None) is not None and next(words, None) is not None


def sentence_end(view: View) -> int:
    """The position of the marks that end the sentence."""
    end = view.end
    while end > view.first and view.tokens[end - 1].surface in _FULL_STOPS | {"\n", "…"}:
        end -= 1
    return end


def clause_end(p: Passage, start: int) -> int:
    """The end of the reported words that begin at `start`: usually the end of the sentence."""
    end = sentence_end(p)
    for at in range(start + 1, min(end, start + LONGEST_CLAUSE)):
        token = p.tokens[at]
        if token.surface in {"\n", ":"} and at + 1 < p.end and p.tokens[at + 1].segment >= 0:
            return at
        if token.surface in {",", "–", "—"} and at + 1 < end and _is_parenthetical(p, at + 1):
            return at
        if token.surface == "," and at + 1 < end and (_resumes(p, start, at + 1) or _adds(p, at + 1)):
            return at
        if token.lower in p.lexicon.clause_joins and at + 1 < end and _goes_on_reporting(p, at + 1):
            return at
    return end


def _resumes(p: Passage, start: int, at: int) -> bool:
    """True if the main clause resumes after "dass …,": with its finite verb or a reason of its own."""
    if not p.is_german or p.tokens[start].lower not in p.lexicon.that_conjunctions:
        return False
    word = p.tokens[at].lower
    if word in {"denn", "allerdings"}:
        return True
    return word in p.lexicon.finite_verbs and word not in p.lexicon.subjunctive


def _adds(p: Passage, at: int) -> bool:
    """True if the speaker says the next thing: "…, adding that"."""
    word, verbs = p.tokens[at].lower, p.lexicon.verbs
    return (
        not p.is_german and word.endswith("ing") and (word in verbs or word[:-3] in verbs or f"{word[:-3]}e" in verbs)
    )


def _is_parenthetical(p: Passage, at: int) -> bool:
    """True if a reporting verb and its subject follow the comma: ", sagte Holm"."""
    if p.is_at(at, "so") and p.is_german:
        follower = p.tokens[at + 1] if at + 1 < p.end else None
        return follower is not None and (follower.is_capitalised or follower.lower in {"der", "die", "das"})
    verb = reporting_verb_at(p, at, p.end)
    return verb is not None and subject_after(p, at, p.end) is not None


def _goes_on_reporting(p: Passage, at: int) -> bool:
    """True if the speaker does the next thing: "… und forderte". A form in -en may be an infinitive."""
    if p.tokens[at].lower in p.lexicon.adverbs and at + 1 < p.end:
        at += 1
    verb = reporting_verb_at(p, at, p.end)
    return verb is not None and verb.frame is not Frame.NONE and not p.tokens[at].lower.endswith("en")
