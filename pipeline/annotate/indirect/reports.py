"""All indirect speech of a text, and the marked words within it."""

from __future__ import annotations

from bisect import bisect_left
from itertools import islice

import msgspec

from pipeline.annotate.direct.attribution import Quoted, situation_of
from pipeline.annotate.direct.situation import Evidence, Situation, marked_rule, shape_of, suffices
from pipeline.annotate.grammar.tokens import Attribution, Reading, Sentence, View
from pipeline.annotate.grammar.verbs import is_subjunctive, reporting_verb_at
from pipeline.annotate.indirect import clauses_de, clauses_en, references_de, reporters_de
from pipeline.annotate.indirect.continued_reports import Continuation, find_continued, joins, mood_words
from pipeline.annotate.indirect.passage import Passage, Reported, ReportRule

MOST_CUES = 12
"""Most reporting words of one sentence that are looked at."""
RULES: dict[str, tuple[ReportRule, ...]] = {
    "de": (
        reporters_de.document_says,
        reporters_de.as_told,
        reporters_de.so_source,
        references_de.whereby,
        reporters_de.source_phrase,
        references_de.sentence_before,
        references_de.accordingly,
        clauses_de.that_clause,
        clauses_de.subjunctive_clause,
        reporters_de.clause_then_verb,
        clauses_de.infinitive_clause,
        clauses_de.noun_clause,
        clauses_de.any_verb_that,
    ),
    "en": clauses_en.RULES,
}
"""Tried in this order at each reporting word."""


def find_reports(reading: Reading, quoted: dict[int, Attribution]) -> list[Reported]:
    """All indirect speech in the text's order, without overlap.

    `quoted` has the last direct quotation's attribution by the number of its sentence.
    """
    found: list[Reported] = []
    is_reporting = reading.lexicon.is_reporting_word
    starts = [at for at, token in enumerate(reading.tokens) if is_reporting(token.surface)]
    moods = mood_words(reading) if reading.is_german else []
    for number, sentence in enumerate(reading.sentences):
        near = starts[bisect_left(starts, sentence.first) : bisect_left(starts, sentence.end)]
        reports = _reports_in(reading, number, near) if near else []
        if reports and found:
            reports = [item for item in reports if item.quote[0] >= found[-1].quote[1]]
        if bisect_left(moods, sentence.first) < bisect_left(moods, sentence.end) and (
            not reports or _is_told(reading, sentence, reports, found, number)
        ):
            continued = find_continued(
                Continuation(reading=reading, number=number, last=found[-1] if found else None, quoted=quoted)
            )
            if continued is not None and found and joins(found[-1], continued, reading.sentences):
                found[-1] = msgspec.structs.replace(
                    found[-1], quote=(found[-1].quote[0], continued.quote[1]), sentence=number
                )
                continue
            reports = [continued] if continued is not None else []
        found.extend(reports)
    return found


def _is_told(view: View, sentence: Sentence, reports: list[Reported], found: list[Reported], number: int) -> bool:
    """True if the sentence continues a report: its own verb is in the reported mood, and what it reports is nested."""
    if not found or number - found[-1].sentence != 1:
        return False
    cue = reports[0].attribution.cue
    if cue is None or reports[0].quote[0] < cue[0]:
        return False
    return any(is_subjunctive(view, at) for at in range(sentence.first, reports[0].quote[0]))


def _reports_in(reading: Reading, number: int, starts: list[int]) -> list[Reported]:
    """The outermost reports of the sentence. A report inside another's words is part of those words."""
    sentence, before = reading.sentences[number], reading.sentence_before(number)
    words = reading.lexicon.reporting_words
    candidates: list[Reported] = []
    rules, view = RULES[reading.lexicon.language], reading.between(sentence.first, sentence.end)
    may_report = (
        at for at in starts if reading.tokens[at].lower in words or _has_clause(reading, at + 1, sentence.end)
    )
    for at in islice(may_report, MOST_CUES):
        passage = Passage(
            tokens=reading.tokens,
            lexicon=reading.lexicon,
            names=reading.names,
            first=sentence.first,
            end=sentence.end,
            at=at,
            verb=reporting_verb_at(view, at, sentence.end),
            before=before,
        )
        for rule in rules:
            found = rule.finder(passage)
            if found is not None:
                candidates.append(Reported(found.quote, found.attribution, rule, number))
                break
    return _outermost(candidates)


def _has_clause(view: View, at: int, end: int) -> bool:
    """True if the clause of a reporting noun may begin at the position."""
    return at < end and (view.is_german or view.tokens[at].lower == "that")


def _outermost(candidates: list[Reported]) -> list[Reported]:
    chosen: list[Reported] = []
    for candidate in sorted(candidates, key=lambda item: (_is_inner(item, candidates), item.quote[0] - item.quote[1])):
        first, last = candidate.quote
        if all(last <= other.quote[0] or first >= other.quote[1] for other in chosen):
            chosen.append(candidate)
    return sorted(chosen, key=lambda item: item.quote)


def _is_inner(item: Reported, candidates: list[Reported]) -> bool:
    """True if its cue is among another's words. If each cue is among the other's words, the second is the inner one."""
    return any(
        _has_cue(other, item) and not (_has_cue(item, other) and _cue_at(item) < _cue_at(other)) for other in candidates
    )


def _has_cue(outer: Reported, inner: Reported) -> bool:
    return outer is not inner and outer.quote[0] <= _cue_at(inner) < outer.quote[1]


def _cue_at(item: Reported) -> int:
    return item.attribution.cue[0] if item.attribution.cue is not None else -1


@marked_rule(
    "de",
    confidence=0.65,
    evidence=Evidence.SENTENCE,
    matches="Es gab die Befürchtung, der Damm sei „mit Stroh geflickt“.",
    misses="Es gab die Befürchtung, das Lokal „Zum Anker“ sei zu klein.",
)
def within_reported(s: Situation) -> Attribution | None:
    """Words in marks within reported words have the speaker of the report."""
    return s.reporting


def attribute_reported(reading: Reading, quoted: list[Quoted], reported: list[Reported]) -> list[Quoted]:
    """The marked words within reported words that no other rule takes for quotations."""
    known = {item.segment for item in quoted}
    found: list[Quoted] = []
    for item in reported:
        for at in range(*item.quote):
            if reading.tokens[at].segment < 0 or reading.segment_at(at) in known:
                continue
            segment = reading.segment_at(at)
            evidence = within_reported.finder.evidence
            shape = shape_of(reading, at)
            if segment.goes_on or shape.is_attribute or not suffices(shape, evidence, segment, reading.lexicon):
                continue
            situation = situation_of(reading, item.sentence, at, None)
            attribution = within_reported.finder.find(msgspec.structs.replace(situation, reporting=item.attribution))
            if attribution is not None:
                found.append(Quoted(segment, within_reported, attribution, at, item.sentence))
    return found


def without_utterances(reported: list[Reported], quoted: list[Quoted]) -> list[Reported]:
    """The reports, except those that contain another speaker's direct quotation and the "sagte Holm" next to it."""
    whole = [
        item for item in quoted if item.rule.finder.evidence is Evidence.ADJACENT and item.attribution.cue is not None
    ]
    kept: list[Reported] = []
    number = 0
    for report in sorted(reported, key=lambda item: item.quote):
        first, last = report.quote
        while number < len(whole) and whole[number].at < first:
            number += 1
        inside = number
        while inside < len(whole) and whole[inside].at < last and not _is_anothers(whole[inside], report):
            inside += 1
        if inside == len(whole) or whole[inside].at >= last:
            kept.append(report)
    return kept


def _is_anothers(item: Quoted, report: Reported) -> bool:
    cue, speaker = item.attribution.cue, report.attribution.speaker
    lies_within = cue is not None and report.quote[0] <= min(item.at, cue[0]) and max(item.at, cue[0]) < report.quote[1]
    return lies_within and speaker is not None and item.attribution.speaker != speaker
