"""Indirect speech: the reported clauses of a text, and the sentences that go on reporting without saying so."""

from __future__ import annotations

import msgspec

from pipeline.annotate import reported_de, reported_en, reported_sources
from pipeline.annotate.attribution import Attribution
from pipeline.annotate.inferred_speakers import may_be_somebody, reported_subject
from pipeline.annotate.lexicon import Lexicon
from pipeline.annotate.mood import is_subjunctive
from pipeline.annotate.passages import Passage, ReportRule
from pipeline.annotate.phrases import REACH, Range
from pipeline.annotate.sentences import Sentence, Token
from pipeline.annotate.subjects import first_subject

RUN = "reported_on"
"""Id of the rule of `_runs`: the sentence before was reported, and this one keeps its mood."""
RUN_CONFIDENCE = 0.65
RUN_REACH = 6
"""Sentences after which nobody is taken to be reported on any more."""
MOST_CUES = 12
"""Reporting words of one sentence that are looked at."""
MOST_RUN_TOKENS = 120
"""Of a sentence in which the mood of reported speech is looked for."""


RULES: dict[str, tuple[ReportRule, ...]] = {
    "de": (
        reported_sources.document_says,
        reported_sources.as_told,
        reported_sources.so_source,
        reported_sources.source_phrase,
        reported_sources.sentence_before,
        reported_sources.accordingly,
        reported_de.that_clause,
        reported_de.subjunctive_clause,
        reported_de.clause_then_verb,
        reported_de.infinitive_clause,
        reported_de.noun_clause,
    ),
    "en": reported_en.RULES,
}
"""Tried in this order at each reporting word."""


_PLAIN = frozenset({"sei", "seien", "habe", "werde", "müsse", "solle", "könne", "wolle", "dürfe"})
"""Forms that can be nothing else: enough where the text does not say who is reported."""
_WOULD = frozenset({"würde", "würden", "hätte", "hätten", "wäre", "wären"})


class Reported(msgspec.Struct, frozen=True):
    """Indirect speech in the text, by token ranges."""

    quote: Range
    attribution: Attribution
    rule: str
    confidence: float
    sentence: int


def find_reports(
    tokens: list[Token], sentences: list[Sentence], lexicon: Lexicon, quoted: dict[int, Attribution]
) -> list[Reported]:
    """All indirect speech, in order, without overlap. `quoted`: the last marked quotation's speaker by sentence."""
    found: list[Reported] = []
    for number, sentence in enumerate(sentences):
        reports = _reports_in(tokens, sentence, _sentence_before(sentences, number), number, lexicon)
        if reports and found:
            reports = [item for item in reports if item.quote[0] >= found[-1].quote[1]]
        if lexicon.language == "de" and (not reports or _is_told(tokens, sentence, reports, lexicon, found, number)):
            run = _run(tokens, sentences, number, lexicon, found[-1] if found else None, quoted)
            if run is not None and found and _joins(found[-1], run, sentences):
                found[-1] = msgspec.structs.replace(
                    found[-1], quote=(found[-1].quote[0], run.quote[1]), sentence=number
                )
                continue
            reports = [run] if run is not None else []
        found.extend(reports)
    return found


def _sentence_before(sentences: list[Sentence], number: int) -> Range | None:
    if not number or sentences[number - 1].paragraph != sentences[number].paragraph:
        return None
    return sentences[number - 1].first, sentences[number - 1].last


def _is_told(
    tokens: list[Token],
    sentence: Sentence,
    reports: list[Reported],
    lexicon: Lexicon,
    found: list[Reported],
    number: int,
) -> bool:
    """Reporting goes on, and the sentence's own verb is in its mood: what it reports is told within the report."""
    if not found or number - found[-1].sentence != 1:
        return False
    cue = reports[0].attribution.cue
    if cue is None or reports[0].quote[0] < cue[0]:
        return False
    return any(is_subjunctive(token, lexicon) for token in tokens[sentence.first : reports[0].quote[0]])


def _reports_in(
    tokens: list[Token], sentence: Sentence, before: Range | None, number: int, lexicon: Lexicon
) -> list[Reported]:
    """The sentence's outermost reports: one inside another's words is part of them."""
    candidates: list[Reported] = []
    looked_at = 0
    for at in range(sentence.first, sentence.last):
        if not _may_report(tokens, at, sentence.last, lexicon):
            continue
        looked_at += 1
        if looked_at > MOST_CUES:
            break
        passage = Passage(
            tokens=tokens, at=at, first=sentence.first, last=sentence.last, lexicon=lexicon, before=before
        )
        for rule in RULES[lexicon.language]:
            found = rule.find(passage)
            if found is not None:
                candidates.append(Reported(found.quote, found.attribution, rule.id, rule.confidence, number))
                break
    return _outermost(candidates)


def _may_report(tokens: list[Token], at: int, last: int, lexicon: Lexicon) -> bool:
    token = tokens[at]
    if token.lower in lexicon.reporting_words:
        return token.segment < 0
    if at + 1 >= last or token.segment >= 0:
        return False
    if lexicon.language == "en":
        return token.lower in lexicon.reporting_nouns and tokens[at + 1].lower == "that"
    return token.is_capitalised and lexicon.is_reporting_noun(token.lower)


def _outermost(candidates: list[Reported]) -> list[Reported]:
    chosen: list[Reported] = []
    for candidate in sorted(candidates, key=lambda item: (_is_inner(item, candidates), item.quote[0] - item.quote[1])):
        first, last = candidate.quote
        if all(last <= other.quote[0] or first >= other.quote[1] for other in chosen):
            chosen.append(candidate)
    return sorted(chosen, key=lambda item: item.quote)


def _is_inner(item: Reported, candidates: list[Reported]) -> bool:
    """Its cue is among another's words; where that holds both ways, the one that comes second is."""
    return any(
        _has_cue(other, item) and not (_has_cue(item, other) and _cue_at(item) < _cue_at(other)) for other in candidates
    )


def _has_cue(outer: Reported, inner: Reported) -> bool:
    return outer is not inner and outer.quote[0] <= _cue_at(inner) < outer.quote[1]


def _cue_at(item: Reported) -> int:
    return item.attribution.cue[0] if item.attribution.cue is not None else -1


def _run(
    tokens: list[Token],
    sentences: list[Sentence],
    number: int,
    lexicon: Lexicon,
    last: Reported | None,
    quoted: dict[int, Attribution],
) -> Reported | None:
    """The whole sentence, if its mood says that it is reported and the text before says whose words it has."""
    sentence = sentences[number]
    if not _is_reported_sentence(tokens, sentence, lexicon, follows=last is not None and number - last.sentence == 1):
        return None
    speaker = _speaker_before(tokens, sentences, number, lexicon, last, quoted)
    if speaker is None and not any(token.lower in _PLAIN for token in tokens[sentence.first : sentence.last]):
        return None
    first, end = sentence.first, sentence.last
    while end > first and tokens[end - 1].surface == "\n":
        end -= 1
    return Reported((first, end), Attribution(speaker), RUN, RUN_CONFIDENCE, number)


def _is_reported_sentence(tokens: list[Token], sentence: Sentence, lexicon: Lexicon, *, follows: bool) -> bool:
    first, last = sentence.first, min(sentence.last, sentence.first + MOST_RUN_TOKENS)
    words = tokens[first:last]
    if any(token.lower in {"ich", "mich", "mir", "wir"} for token in words):
        return False
    return any(
        (is_subjunctive(token, lexicon) and not _is_idiom(tokens, first + index)) or (follows and token.lower in _WOULD)
        for index, token in enumerate(words)
    )


def _is_idiom(tokens: list[Token], at: int) -> bool:
    """ "es sei denn", "sei es", "Gott sei Dank"."""
    if tokens[at].lower != "sei" or at + 1 >= len(tokens):
        return False
    return tokens[at + 1].lower in {"denn", "es", "dank"}


def _speaker_before(
    tokens: list[Token],
    sentences: list[Sentence],
    number: int,
    lexicon: Lexicon,
    last: Reported | None,
    quoted: dict[int, Attribution],
) -> Range | None:
    """Who was reported last in this paragraph, or in the sentence before."""
    for earlier in range(number - 1, max(-1, number - 4), -1):
        if last is not None and last.sentence == earlier:
            return last.attribution.speaker
        if earlier in quoted:
            return quoted[earlier].speaker
        if sentences[earlier].paragraph != sentences[number].paragraph:
            break
        speaker = _subject_that_reports(tokens, sentences[earlier], lexicon)
        if speaker is not None:
            return speaker
    if last is not None and number - last.sentence <= RUN_REACH:
        return last.attribution.speaker
    return _somebody_in(tokens, sentences[number - 1], lexicon) if number else None


def _somebody_in(tokens: list[Token], sentence: Sentence, lexicon: Lexicon) -> Range | None:
    """Whoever the sentence is about, if that is an office or a name."""
    first = max(sentence.first, sentence.last - REACH)
    passage = Passage(tokens=tokens, at=first, first=first, last=sentence.last, lexicon=lexicon)
    subject = first_subject(passage.seen_from(sentence.last), first, sentence.last)
    return subject if subject is not None and may_be_somebody(tokens, subject, lexicon) else None


def _subject_that_reports(tokens: list[Token], sentence: Sentence, lexicon: Lexicon) -> Range | None:
    """ "Kowalski klagte über die Behörde": a reporting verb that reports nothing yet."""
    first = max(sentence.first, sentence.last - REACH)
    passage = Passage(tokens=tokens, at=first, first=first, last=sentence.last, lexicon=lexicon)
    return reported_subject(passage.seen_from(sentence.last), first, sentence.last)


def _joins(last: Reported, run: Reported, sentences: list[Sentence]) -> bool:
    """Sentences that go on one after the other in a paragraph are one run."""
    return (
        last.rule == RUN
        and run.sentence - last.sentence == 1
        and sentences[last.sentence].paragraph == sentences[run.sentence].paragraph
        and (run.attribution.speaker is None or last.attribution.speaker == run.attribution.speaker)
    )
