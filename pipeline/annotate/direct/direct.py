"""Direct quotations: which marked segments are somebody's words, and whose."""

from __future__ import annotations

import msgspec

from pipeline.annotate.direct.denials import denied
from pipeline.annotate.direct.rules import RULES
from pipeline.annotate.direct.shape import shape_of, suffices
from pipeline.annotate.grammar.attribution import Attribution, Evidence, Rule, Situation, rule
from pipeline.annotate.grammar.marks import Segment
from pipeline.annotate.grammar.passages import Reported
from pipeline.annotate.grammar.phrases import REACH
from pipeline.annotate.grammar.sentences import Sentence
from pipeline.annotate.grammar.view import Range, View

EARLIER_SENTENCES = 4
"""How far back reported speech is followed to whoever it is of."""


class Quoted(msgspec.Struct, frozen=True):
    """A marked segment that is a quotation."""

    segment: Segment
    rule: Rule
    attribution: Attribution
    at: int
    """The segment's token."""
    sentence: int


def attribute_segments(text: str, segments: list[Segment], view: View, sentences: list[Sentence]) -> list[Quoted]:
    """The segments that a rule takes for quotations, in order."""
    found: list[Quoted] = []
    for number, sentence in enumerate(sentences):
        for at in range(sentence.first, sentence.end):
            if view.tokens[at].segment < 0:
                continue
            segment = segments[view.tokens[at].segment]
            situation = _situation(text, view, sentences, number, at, segment, found[-1] if found else None)
            shape = shape_of(text, view, at, segment)
            for way in RULES:
                if not suffices(shape, way.evidence, segment, view.lexicon):
                    continue
                attribution = way.find(situation)
                if attribution is not None:
                    nobodys = denied.find(msgspec.structs.replace(situation, previous=attribution))
                    way, attribution = (denied, nobodys) if nobodys is not None else (way, attribution)
                    found.append(Quoted(segment, way, attribution, at, number))
                    break
    return found


@rule(
    confidence=0.65,
    evidence=Evidence.SENTENCE,
    matches="Es gab die Befürchtung, der Damm sei „mit Stroh geflickt“.",
    misses="Es gab die Befürchtung, das Lokal „Zum Anker“ sei zu klein.",
)
def within_reported(s: Situation) -> Attribution | None:
    """Words in marks within reported ones are of the same speaker: `previous` is who reports."""
    return s.previous


def attribute_reported(
    text: str,
    segments: list[Segment],
    view: View,
    sentences: list[Sentence],
    quoted: list[Quoted],
    reported: list[Reported],
) -> list[Quoted]:
    """The segments within reported words that no other rule takes for quotations."""
    tokens = view.tokens
    known = {item.segment for item in quoted}
    found: list[Quoted] = []
    for item in reported:
        for at in range(*item.quote):
            if tokens[at].segment < 0 or segments[tokens[at].segment] in known:
                continue
            segment = segments[tokens[at].segment]
            shape = shape_of(text, view, at, segment)
            if segment.goes_on or not suffices(shape, within_reported.evidence, segment, view.lexicon):
                continue
            situation = _situation(text, view, sentences, item.sentence, at, segment, None)
            attribution = within_reported.find(msgspec.structs.replace(situation, previous=item.attribution))
            if attribution is not None:
                found.append(Quoted(segment, within_reported, attribution, at, item.sentence))
    return found


def without_utterances(reported: list[Reported], quoted: list[Quoted]) -> list[Reported]:
    """Without those that swallow another's marked quotation together with the "sagte Holm" next to it."""
    whole = [item for item in quoted if item.rule.evidence is Evidence.ADJACENT and item.attribution.cue is not None]
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


def _situation(
    text: str,
    view: View,
    sentences: list[Sentence],
    number: int,
    at: int,
    segment: Segment,
    last: Quoted | None,
) -> Situation:
    tokens = view.tokens
    sentence = sentences[number]
    is_near = last is not None and (
        tokens[last.at].segment == tokens[at].segment - 1
        if segment.goes_on
        else number - last.sentence <= 1 and sentences[last.sentence].paragraph == sentence.paragraph
    )
    return Situation(
        tokens=tokens,
        at=at,
        first=max(sentence.first, at - REACH),
        end=min(sentence.end, at + REACH),
        earlier=_earlier(sentences, number),
        previous=last.attribution if last is not None and is_near else None,
        previous_at=last.at if last is not None else 0,
        goes_on=segment.goes_on,
        ending=text[segment.end - 1],
        lexicon=view.lexicon,
    )


def _earlier(sentences: list[Sentence], number: int) -> tuple[Range, ...]:
    nearest = sentences[max(0, number - EARLIER_SENTENCES) : number][::-1]
    same = (sentence for sentence in nearest if sentence.paragraph == sentences[number].paragraph)
    return tuple((max(sentence.first, sentence.end - REACH), sentence.end) for sentence in same)
