"""All quotations of a text, marked or reported, in its order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from pipeline.annotate.annotations import Quote, Span
from pipeline.annotate.direct.blocks import find_blocks
from pipeline.annotate.direct.continuations import drop_unclosed, join_paragraphs
from pipeline.annotate.direct.direct import Quoted, attribute_reported, attribute_segments, without_utterances
from pipeline.annotate.direct.rules import RULES
from pipeline.annotate.direct.shape import is_clear
from pipeline.annotate.grammar.attribution import Attribution
from pipeline.annotate.grammar.marks import Segment
from pipeline.annotate.grammar.passages import Reported
from pipeline.annotate.grammar.sentences import fold_segments, split_sentences
from pipeline.annotate.grammar.view import Range, View, view_all
from pipeline.annotate.indirect.reports import find_reports
from pipeline.annotate.people.offices import Offices
from pipeline.annotate.people.people import People
from pipeline.annotate.speakers import Speakers
from pipeline.events import QuoteKind


def find_quotes(
    text: str,
    words: View,
    segments: list[Segment],
    people: People,
    offices: Offices,
    blocks: Sequence[tuple[int, int]],
) -> tuple[Quote, ...]:
    """The text's quotations; a direct one may lie within an indirect one, otherwise none overlap."""
    lexicon = people.lexicon
    segments = drop_unclosed(text, segments, lexicon)
    view = view_all(fold_segments(text, words.tokens, segments), lexicon)
    sentences = split_sentences(text, view, segments)
    set_apart = find_blocks(text, view, sentences, people, blocks)
    marked = attribute_segments(text, segments, view, sentences)
    quoted = [*join_paragraphs(marked, segments, view, sentences), *set_apart]
    by_sentence = {item.sentence: item.attribution for item in quoted}
    reported = without_utterances(find_reports(view, sentences, by_sentence), quoted)
    quoted.extend(attribute_reported(text, segments, view, sentences, quoted, reported))
    speakers = Speakers(view, sentences, people, offices)
    items = [*map(_direct, quoted), *(_indirect(view, item) for item in reported)]
    items.sort(key=lambda item: (item.start, -item.end))
    return tuple(_quote(text, view, item, speakers) for item in _without_doubles(items))


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    start: int
    end: int
    kind: QuoteKind
    attribution: Attribution
    rule: str
    confidence: float
    sentence: int


def _direct(item: Quoted) -> _Found:
    return _Found(
        start=item.segment.start,
        end=item.segment.end,
        kind=QuoteKind.DIRECT,
        attribution=item.attribution,
        rule=item.rule.id,
        confidence=item.rule.confidence,
        sentence=item.sentence,
    )


def _indirect(view: View, item: Reported) -> _Found:
    first, last = item.quote
    return _Found(
        start=view.tokens[first].start,
        end=view.tokens[last - 1].end,
        kind=QuoteKind.INDIRECT,
        attribution=item.attribution,
        rule=item.rule,
        confidence=item.confidence,
        sentence=item.sentence,
    )


def _without_doubles(items: list[_Found]) -> Iterator[_Found]:
    """No indirect quotation within a direct one, nor one that is the same words as the one before."""
    direct_end = 0
    for item in items:
        if item.kind is QuoteKind.DIRECT:
            direct_end = item.end
        elif item.start < direct_end:
            continue
        yield item


def _quote(text: str, view: View, item: _Found, speakers: Speakers) -> Quote:
    person, penalty = speakers.person(item.attribution, item.sentence)
    end = item.start + len(text[item.start : item.end].rstrip(",").rstrip())
    phrase = item.attribution.speaker
    speaker = _span(text, view, phrase and speakers.whole_phrase(phrase, item.attribution.cue, item.start))
    cue = _span(text, view, item.attribution.cue)
    return Quote(
        text=text[item.start : end],
        start=item.start,
        end=end,
        kind=item.kind,
        speaker=speaker,
        person=person,
        cue=cue,
        frame=_frame(text, item, speaker, cue),
        rule=item.rule,
        confidence=round(item.confidence - penalty, 2),
    )


def _frame(text: str, item: _Found, speaker: Span | None, cue: Span | None) -> Span | None:
    """From speaker to cue or the other way round, where the quotation is not in between."""
    if cue is None:
        return None
    start = min(cue.start, speaker.start) if speaker else cue.start
    end = max(cue.end, speaker.end) if speaker else cue.end
    if start < item.start < end:
        return cue
    return Span(start, end, text[start:end])


def _span(text: str, view: View, phrase: Range | None) -> Span | None:
    if phrase is None:
        return None
    start, end = view.tokens[phrase[0]].start, view.tokens[phrase[1] - 1].end
    return Span(start, end, text[start:end])


def find_marked(text: str, segments: list[Segment]) -> tuple[Quote, ...]:
    """The quotations that are clear in any language, without speakers."""
    rule = RULES[-1]
    return tuple(
        Quote(
            text=text[
                segment.start : (end := segment.start + len(text[segment.start : segment.end].rstrip(",").rstrip()))
            ],
            start=segment.start,
            end=end,
            kind=QuoteKind.DIRECT,
            rule=rule.id,
            confidence=rule.confidence,
        )
        for segment in segments
        if is_clear(text, segment)
    )
