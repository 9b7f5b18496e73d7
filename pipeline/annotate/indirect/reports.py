"""Indirect speech: the reported clauses of a text, and the sentences that go on reporting without saying so."""

from __future__ import annotations

import msgspec

from pipeline.annotate.grammar.attribution import Attribution
from pipeline.annotate.grammar.mood import is_subjunctive
from pipeline.annotate.grammar.passages import Passage, Reported, ReportRule
from pipeline.annotate.grammar.sentences import Sentence
from pipeline.annotate.grammar.view import Range, View
from pipeline.annotate.indirect import reported_de, reported_en, reported_sources
from pipeline.annotate.indirect.continued_reports import find_run, joins

MOST_CUES = 12
"""Reporting words of one sentence that are looked at."""
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


def find_reports(view: View, sentences: list[Sentence], quoted: dict[int, Attribution]) -> list[Reported]:
    """All indirect speech, in order, without overlap. `quoted`: the last marked quotation's speaker by sentence."""
    found: list[Reported] = []
    for number, sentence in enumerate(sentences):
        reports = _reports_in(view, sentence, _sentence_before(sentences, number), number)
        if reports and found:
            reports = [item for item in reports if item.quote[0] >= found[-1].quote[1]]
        if view.lexicon.language == "de" and (not reports or _is_told(view, sentence, reports, found, number)):
            run = find_run(view, sentences, number, found[-1] if found else None, quoted)
            if run is not None and found and joins(found[-1], run, sentences):
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
    return sentences[number - 1].first, sentences[number - 1].end


def _is_told(
    view: View,
    sentence: Sentence,
    reports: list[Reported],
    found: list[Reported],
    number: int,
) -> bool:
    """Reporting goes on, and the sentence's own verb is in its mood: what it reports is told within the report."""
    if not found or number - found[-1].sentence != 1:
        return False
    cue = reports[0].attribution.cue
    if cue is None or reports[0].quote[0] < cue[0]:
        return False
    return any(is_subjunctive(token, view.lexicon) for token in view.tokens[sentence.first : reports[0].quote[0]])


def _reports_in(view: View, sentence: Sentence, before: Range | None, number: int) -> list[Reported]:
    """The sentence's outermost reports: one inside another's words is part of them."""
    candidates: list[Reported] = []
    looked_at = 0
    for at in range(sentence.first, sentence.end):
        if not _may_report(view, at, sentence.end):
            continue
        looked_at += 1
        if looked_at > MOST_CUES:
            break
        passage = Passage(
            tokens=view.tokens, at=at, first=sentence.first, end=sentence.end, lexicon=view.lexicon, before=before
        )
        for rule in RULES[view.lexicon.language]:
            found = rule.find(passage)
            if found is not None:
                candidates.append(Reported(found.quote, found.attribution, rule.id, rule.confidence, number))
                break
    return _outermost(candidates)


def _may_report(view: View, at: int, last: int) -> bool:
    lexicon = view.lexicon
    token = view.tokens[at]
    if token.lower in lexicon.reporting_words:
        return token.segment < 0
    if at + 1 >= last or token.segment >= 0:
        return False
    if lexicon.language == "en":
        return token.lower in lexicon.reporting_nouns and view.tokens[at + 1].lower == "that"
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
