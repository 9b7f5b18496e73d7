"""Rules without a cue: the speaker is whoever the text was about to quote."""

from __future__ import annotations

import msgspec

from pipeline.annotate.direct.sentence_cues import clause_behind
from pipeline.annotate.grammar.attribution import Attribution, Evidence, Situation, rule
from pipeline.annotate.grammar.mood import has_reported_mood
from pipeline.annotate.grammar.phrases import REACH, is_name_word
from pipeline.annotate.grammar.subjects import first_subject, subject_of
from pipeline.annotate.grammar.verbs import verb_at
from pipeline.annotate.grammar.view import Range, View

_ANYBODY = frozenset(
    {"ich", "wir", "man", "es", "i", "we", "it", "kein", "keine", "keiner", "niemand", "no", "nobody", "none"}
)
"""Subjects that nobody can be inferred from: "wir", "kein Zeuge"."""


@rule(
    confidence=0.7,
    evidence=Evidence.CLAUSE,
    matches="Kowalski hob die Hände: „Das Wasser sinkt schon wieder.“",
    misses="Kowalski hob die Hände und las „Das Wasser“.",
)
def subject_colon(s: Situation) -> Attribution | None:
    """Whoever the sentence before the colon is about: Holm hob die Hände: „…“"""
    if not s.is_at(s.at - 1, ":") or any(token.surface == "(" for token in s.tokens[max(s.first, s.at - 6) : s.at]):
        return None
    speaker = first_subject(s, s.first, s.at - 1)
    if speaker is not None and s.tokens[speaker[0]].lower == "man":
        speaker = reported_subject(s, *s.earlier[0]) if s.earlier else None
    return Attribution(speaker) if speaker is not None and s.tokens[speaker[0]].lower not in _ANYBODY else None


def may_be_somebody(view: View, phrase: Range) -> bool:
    """A pronoun, a bare name or an office: things are subjects, too, but do not speak."""
    lexicon = view.lexicon
    first = view.tokens[phrase[0]]
    if first.lower in _ANYBODY:
        return False
    if first.lower in lexicon.pronouns or any(lexicon.is_role(t.surface) for t in view.tokens[phrase[0] : phrase[1]]):
        return True
    return is_name_word(first, lexicon)


@rule(
    confidence=0.65,
    evidence=Evidence.SENTENCE,
    matches="Kowalski klagte über die Behörde. Die Lage sei „ernst, aber beherrschbar“.",
    misses="Kowalski klagte über die Behörde. Die Lage ist „ernst, aber beherrschbar“.",
)
def reported_clause(s: Situation) -> Attribution | None:
    """German reports on in the subjunctive: Die Lage sei „ernst“. The speaker is in one of the sentences before."""
    if not has_reported_mood(s, s.first, s.end):
        return None
    for first, last in s.earlier:
        speaker = reported_subject(s, first, last)
        if speaker is not None:
            return Attribution(speaker)
        if not has_reported_mood(s, first, last):
            break
    return Attribution(s.previous.speaker) if s.previous is not None else None


def reported_subject(s: Situation, first: int, last: int) -> Range | None:
    """Who speaks in a sentence that reports without marks."""
    around = msgspec.structs.replace(s, at=last, first=first, end=last)
    for at in range(first, last):
        if verb_at(s, at, last) is not None:
            return subject_of(around, at)
    behind = clause_behind.find(msgspec.structs.replace(s, at=first, first=first, end=last))
    return behind.speaker if behind is not None else None


@rule(
    confidence=0.75,
    evidence=Evidence.CLAUSE,
    matches="„Das Wasser sinkt“, sagte Kowalski. „Wir können bald zurück.“",
    misses="Das Wasser sinkt, hofft man. „Wir können bald zurück.“",
)
def same_speaker(s: Situation) -> Attribution | None:
    """The quotation before goes on, or this is a paragraph of one: „…“, sagte er. „…“"""
    if s.previous is None or s.previous.speaker is None:
        return None
    is_same_sentence = s.previous_at >= s.first
    if s.goes_on or (s.at - s.previous_at <= REACH and (is_same_sentence or _stands_by_itself(s))):
        return Attribution(s.previous.speaker)
    return None


def _stands_by_itself(s: Situation) -> bool:
    """The marked words are no constituent of a sentence around them, as a title or slogan is."""
    is_clause = s.at == s.first and s.is_set_off
    is_aside = s.is_at(s.at - 1, "(") and s.is_at(s.at + 1, ")")
    return is_clause or is_aside or s.is_own_sentence or s.is_at(s.at - 1, ":")


@rule(
    confidence=0.6,
    evidence=Evidence.NONE,
    matches="Kowalski zeigte sich erleichtert. „Das Wasser sinkt schon wieder.“",
    misses="Am Abend war Ruhe. „Das Wasser sinkt schon wieder.“",
)
def subject_before_quote(s: Situation) -> Attribution | None:
    """Whoever the sentence before is about; the marked words are a sentence by themselves."""
    if not s.earlier or not s.is_own_sentence:
        return None
    first, last = s.earlier[0]
    speaker = reported_subject(s, first, last) or first_subject(s, first, last)
    return Attribution(speaker) if speaker is not None and may_be_somebody(s, speaker) else None


@rule(
    confidence=0.5,
    evidence=Evidence.NONE,
    matches="„Wir haben die ganze Nacht auf dem Dach gesessen und gewartet.“",
    misses="Das Stück „Nacht auf dem Dach“ war ausverkauft.",
)
def nobody(s: Situation) -> Attribution | None:
    """Clearly somebody's words, but the text does not say whose."""
    return Attribution() if _stands_by_itself(s) else None
