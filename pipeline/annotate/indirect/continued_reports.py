"""German sentences that continue a report: their mood shows it, and the text before says whose words they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from pipeline.annotate.grammar.actors import head_end, may_be_somebody
from pipeline.annotate.grammar.phrases import REACH
from pipeline.annotate.grammar.reporters import sentence_reporter
from pipeline.annotate.grammar.subjects import first_subject
from pipeline.annotate.grammar.tokens import Attribution, Range, Reading, Sentence, Token, View
from pipeline.annotate.grammar.verbs import (
    is_conditional,
    is_fixed,
    is_instruction,
    is_subjunctive,
    may_have_finite_verb,
)
from pipeline.annotate.indirect.passage import Reported, sentence_end
from pipeline.annotate.rules import Finding, Rule, rule

REPORT_REACH = 6
"""A report may be continued for this many sentences after it."""
SPEAKER_REACH = 3
"""This many sentences before are searched for the speaker, within the paragraph."""
HEARSAY_REACH = 2
"""The speaker of a report is taken as the speaker of hearsay in this many sentences after the report."""
LONGEST_SENTENCE = 120
"""The mood of reported speech is looked for in this many tokens of a sentence."""
LONGEST_BRACKET = 30
"""Maximum number of tokens from "soll" to the end of its clause."""


class Continuation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A sentence that may continue a report, and what the text before it says."""

    reading: Reading
    number: int
    """The number of the sentence."""
    last: Reported | None
    """The last indirect speech that was found before this sentence."""
    quoted: Mapping[int, Attribution]
    """The attribution of the last direct quotation in each sentence, by the number of the sentence."""

    @property
    def sentence(self) -> Sentence:
        return self.reading.sentences[self.number]

    @property
    def view(self) -> View:
        return self.reading.between(self.sentence.first, self.sentence.end)

    @property
    def follows(self) -> bool:
        """True if the sentence before was reported."""
        return self.last is not None and self.number - self.last.sentence == 1


FindContinued = Callable[[Continuation], tuple[Range, Attribution] | None]
"""The reported words and who says them; None if the sentence does not continue a report."""
ContinuedRule = Rule[FindContinued]


@rule(
    Finding.INDIRECT,
    "de",
    confidence=0.75,
    matches="Kowalski winkte ab: Die Pumpe sei alt.",
    misses="Kowalski winkte ab: Die Pumpe ist alt.",
)
def announced_clause(c: Continuation) -> tuple[Range, Attribution] | None:
    """Only the second clause is in the mood of reported speech: Holm winkte ab: Er halte; Holm hofft, dass er halte."""
    view = c.view
    end = min(sentence_end(view), view.first + LONGEST_SENTENCE)
    mood = next((at for at in range(view.first, end) if is_subjunctive(view, at) and not is_fixed(view, at)), None)
    if mood is None:
        return None
    mark = view.find_back(mood, view.first + 2, ":", ";", ",")
    if mark is None or mark + 2 >= end or view.tokens[mark + 1].segment >= 0:
        return None
    if view.is_at(mark, ",") and (
        view.is_in(mark + 1, view.lexicon.clause_joins)
        or view.is_in(mark - 1, view.lexicon.effects)
        or view.has_in(view.first, mark, view.lexicon.conditional_auxiliaries)
        or is_conditional(view, mood)
        or view.is_at(mark + 1, "als")
        or not _is_main_clause(view, view.first, mark)
    ):
        return None
    speaker = sentence_reporter(view, view.first, mark)
    if speaker is None:
        speaker = first_subject(view, view.first, mark)
        if speaker is None or not may_be_somebody(view, speaker):
            return None
    return (mark + 1, end), Attribution(speaker)


def _is_main_clause(view: View, first: int, end: int) -> bool:
    """True if the tokens are a main clause: they have a finite verb and begin with no conjunction."""
    lexicon = view.lexicon
    if view.tokens[first].lower in lexicon.conjunctions and not view.is_in(first, lexicon.clause_joins):
        return False
    return may_have_finite_verb(view, first, end)


@rule(
    Finding.INDIRECT,
    "de",
    confidence=0.65,
    matches="Kowalski klagte über die Pumpe. Sie sei alt.",
    misses="Kowalski klagte über die Pumpe. Sie ist alt.",
)
def reported_on(c: Continuation) -> tuple[Range, Attribution] | None:
    """The sentence before was reported or its subject speaks, and this one is in the mood of reported speech."""
    view = c.view
    if not _is_reported(view, follows=c.follows):
        return None
    speaker = _speaker_before(c)
    if speaker is None and not view.has_in(view.first, view.end, view.lexicon.certain_subjunctive):
        return None
    return _whole(view), Attribution(speaker)


@rule(
    Finding.INDIRECT,
    "de",
    confidence=0.6,
    matches="Laut Polizei brannte ein Auto aus. Zwei Männer sollen danach geflohen sein.",
    misses="Laut Polizei brannte ein Auto aus. Zwei Männer sollen morgen aussagen.",
)
def hearsay(c: Continuation) -> tuple[Range, Attribution] | None:
    """soll geflohen sein: an event that the text only reports, after a report whose speaker is known."""
    view = c.view
    if not _is_hearsay(view) or _is_reported(view, follows=c.follows):
        return None
    if c.last is None or c.number - c.last.sentence > HEARSAY_REACH or c.last.attribution.speaker is None:
        return None
    return _whole(view), Attribution(c.last.attribution.speaker)


RULES: tuple[ContinuedRule, ...] = (announced_clause, reported_on, hearsay)
"""Tried in this order at each sentence that may continue a report."""


def mood_words(view: View) -> list[int]:
    """The positions of the German words without which no sentence continues a report."""
    is_mood_word = view.lexicon.is_mood_word
    return [at for at, token in enumerate(view.tokens) if is_mood_word(token.surface)]


def find_continued(c: Continuation) -> Reported | None:
    """The reported words of the sentence, usually all of them; None if its mood shows no report."""
    for each in RULES:
        found = each.finder(c)
        if found is not None:
            return Reported(found[0], found[1], each, c.number)
    return None


def _whole(view: View) -> Range:
    """The sentence without the line ends after it."""
    end = view.end
    while end > view.first and view.tokens[end - 1].surface == "\n":
        end -= 1
    return view.first, end


def _is_hearsay(view: View) -> bool:
    """True if "soll" has the infinitive of a perfect at the end of its clause: "soll geflohen sein"."""
    tokens = view.tokens
    if view.has_in(view.first, view.end, view.lexicon.future_words):
        return False
    for at in range(view.first, min(view.end, view.first + LONGEST_SENTENCE)):
        if tokens[at].lower not in view.lexicon.hearsay_verbs:
            continue
        for end in range(at + 2, min(view.end, at + LONGEST_BRACKET)):
            if tokens[end].surface in {";", ":"}:
                break
            if tokens[end].lower in {"sein", "haben"} and _may_be_participle(tokens[end - 1]):
                return end + 1 >= view.end or not tokens[end + 1].is_word or tokens[end + 1].lower == "und"
    return False


def _may_be_participle(token: Token) -> bool:
    return token.surface.islower() and token.lower.endswith(("t", "en"))


def _is_reported(view: View, *, follows: bool) -> bool:
    """True if the sentence is in the mood of reported speech; after a reported one a conditional is enough."""
    first, end = view.first, min(view.end, view.first + LONGEST_SENTENCE)
    lexicon = view.lexicon
    if view.has_in(first, end, lexicon.first_person) or (not follows and is_instruction(view, first)):
        return False
    follows = follows and not view.has_in(first, end, lexicon.wishes)
    return any(
        (is_subjunctive(view, at) or (follows and view.tokens[at].lower in lexicon.conditional_auxiliaries))
        and not is_fixed(view, at)
        for at in range(first, end)
    )


def _speaker_before(c: Continuation) -> Range | None:
    """The speaker of the text before this sentence, or None.

    It is the nearest speaker in the last `SPEAKER_REACH` sentences, within the paragraph. Otherwise it is the speaker
    of the last report, up to `REPORT_REACH` sentences back, and without such a report the subject of the sentence
    before, if it is an office or a name.
    """
    sentences = c.reading.sentences
    for number in range(c.number - 1, max(-1, c.number - 1 - SPEAKER_REACH), -1):
        if c.last is not None and c.last.sentence == number:
            return c.last.attribution.speaker
        if number in c.quoted:
            return c.quoted[number].speaker
        if sentences[number].paragraph != c.sentence.paragraph:
            break
        speaker = sentence_reporter(c.reading, *_end_of(sentences[number]))
        if speaker is None and number == c.number - 1:
            speaker = _somebody_before(c)
        if speaker is not None:
            return speaker
    if c.last is not None and c.number - c.last.sentence <= REPORT_REACH:
        return c.last.attribution.speaker
    return _somebody_before(c) if c.number else None


def _somebody_before(c: Continuation) -> Range | None:
    """The subject of the sentence before, if it is an office or a name, and not one that this sentence is about."""
    tokens = c.reading.tokens
    subject = first_subject(c.reading, *_end_of(c.reading.sentences[c.number - 1]))
    if subject is None or not may_be_somebody(c.reading, subject):
        return None
    told = {token.surface for token in tokens[c.sentence.first : c.sentence.end] if token.is_capitalised}
    return None if tokens[head_end(c.reading, subject) - 1].surface in told else subject


def _end_of(sentence: Sentence) -> Range:
    """The last tokens of the sentence, as many as rules look at."""
    return max(sentence.first, sentence.end - REACH), sentence.end


def joins(last: Reported, found: Reported, sentences: list[Sentence]) -> bool:
    """True if two reported sentences, one after the other in a paragraph, are one quotation."""
    return (
        last.rule is reported_on is found.rule
        and found.sentence - last.sentence == 1
        and sentences[last.sentence].paragraph == sentences[found.sentence].paragraph
        and (found.attribution.speaker is None or last.attribution.speaker == found.attribution.speaker)
    )
