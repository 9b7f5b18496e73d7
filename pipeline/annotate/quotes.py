"""All quotations of a text, direct and indirect, in the text's order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from pipeline.annotate.annotations import Quote, Span
from pipeline.annotate.direct.adjacent_cues import quoted_speaker, said_in_document
from pipeline.annotate.direct.attribution import Quoted, attribute_segments
from pipeline.annotate.direct.inferred_speakers import subject_before_quote, subject_colon
from pipeline.annotate.direct.paragraphs import drop_unclosed, find_blocks, join_paragraphs
from pipeline.annotate.grammar.actors import is_abstract
from pipeline.annotate.grammar.cues import whole_cue
from pipeline.annotate.grammar.marked_names import split_names
from pipeline.annotate.grammar.marks import Segment
from pipeline.annotate.grammar.sentences import read_sentences
from pipeline.annotate.grammar.tokens import Attribution, Range, Reading, View
from pipeline.annotate.indirect.passage import Reported
from pipeline.annotate.indirect.reporters_de import as_told, document_says
from pipeline.annotate.indirect.reports import attribute_reported, find_reports, without_utterances
from pipeline.annotate.people.full_names import People
from pipeline.annotate.people.offices import Offices
from pipeline.annotate.rules import AnyRule
from pipeline.annotate.speakers import Speakers
from pipeline.events import QuoteKind


def find_quotes(
    text: str, words: View, segments: list[Segment], people: People, offices: Offices, blocks: Sequence[tuple[int, int]]
) -> tuple[Quote, ...]:
    """The text's quotations. A direct one may lie within an indirect one; otherwise none overlap.

    `words` is the view of the text's tokens, `segments` are its words in marks, and `blocks` the character ranges that
    the page sets apart as quotations.
    """
    lexicon = words.lexicon
    marked, titles = split_names(text, words.tokens, drop_unclosed(text, segments, lexicon), lexicon)
    reading = read_sentences(text, words, marked, titles, people.words)
    quoted = [*join_paragraphs(attribute_segments(reading), reading), *find_blocks(reading, people, blocks)]
    by_sentence = {item.sentence: item.attribution for item in quoted}
    reported = without_utterances(find_reports(reading, by_sentence), quoted)
    quoted.extend(attribute_reported(reading, quoted, reported))
    items = [*map(_direct, quoted), *(_indirect(reading, item) for item in reported)]
    items.sort(key=lambda item: (item.start, -item.end))
    speakers = Speakers(reading, people, offices)
    return tuple(_quote(reading, item, speakers) for item in _without_doubles(items))


class _Found(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A quotation by its characters."""

    start: int
    end: int
    tokens: Range
    attribution: Attribution
    rule: AnyRule
    sentence: int

    @property
    def kind(self) -> QuoteKind:
        return QuoteKind(self.rule.finds.value)


def _direct(item: Quoted) -> _Found:
    return _Found(
        start=item.segment.start,
        end=item.segment.end,
        tokens=(item.at, item.at + 1),
        attribution=item.attribution,
        rule=item.rule,
        sentence=item.sentence,
    )


def _indirect(view: View, item: Reported) -> _Found:
    first, end = item.quote
    return _Found(
        start=view.tokens[first].start,
        end=view.tokens[end - 1].end,
        tokens=item.quote,
        attribution=item.attribution,
        rule=item.rule,
        sentence=item.sentence,
    )


def _without_doubles(items: list[_Found]) -> Iterator[_Found]:
    """The quotations without an indirect one inside a direct one."""
    direct_end = 0
    for item in items:
        if item.kind is QuoteKind.DIRECT:
            direct_end = item.end
        elif item.start < direct_end:
            continue
        yield item


_INFERRED: tuple[AnyRule, ...] = (subject_before_quote, subject_colon)
"""Rules that take the subject of a sentence for the speaker."""


_TOLD: tuple[AnyRule, ...] = (as_told, said_in_document, document_says, quoted_speaker)
"""Rules whose speaker may be anything that is written or tells, since their cue stands for nothing else."""


def _quote(reading: Reading, item: _Found, speakers: Speakers) -> Quote:
    person, penalty = speakers.person(item.attribution, item.sentence)
    text, cue, speaker = reading.text, item.attribution.cue, item.attribution.speaker
    is_source = cue is not None and reading.is_in(cue[0], reading.lexicon.source_words)
    is_named_after = cue is not None and speaker is not None and item.tokens[1] <= cue[0] < speaker[0]
    if speaker is not None and cue is not None and is_named_after:
        is_named_after = reading.is_at(cue[0], "so") or not is_abstract(reading, speaker)
    if speaker is not None and (is_source or is_named_after or item.rule in _TOLD):
        speakers.accept(speaker)
    if speaker is not None and speakers.is_thing(speaker, cue):
        speaker = person = None
    elif speaker is not None and person is None and not is_source:
        is_inferred = item.rule in _INFERRED
        speaker = speaker if speakers.may_speak(speaker, cue, is_inferred=is_inferred) else None
    if speaker is not None:
        speakers.accept(speaker)  # a sentence that continues the report has no cue of its own
    end = _end_of_words(text, item.start, item.end)
    phrase = speakers.whole_phrase(speaker, cue, item.start) if speaker is not None else None
    speaker_span = _span(reading, phrase) if phrase is not None else None
    taken = [item.tokens] if phrase is None else [item.tokens, phrase]
    cue_span = _span(reading, whole_cue(reading, cue, taken)) if cue is not None else None
    return Quote(
        text=text[item.start : end],
        start=item.start,
        end=end,
        kind=item.kind,
        speaker=speaker_span,
        person=person,
        cue=cue_span,
        frame=_frame(text, item, speaker_span, cue_span),
        rule=item.rule.id,
        confidence=round(item.rule.confidence - penalty, 2),
    )


def _end_of_words(text: str, start: int, end: int) -> int:
    """The end without the comma that some publishers put inside the marks."""
    return start + len(text[start:end].rstrip(",").rstrip())


def _frame(text: str, item: _Found, speaker: Span | None, cue: Span | None) -> Span | None:
    """The words from speaker to cue, or from cue to speaker; the cue alone if the quotation is in between."""
    if cue is None:
        return None
    start = min(cue.start, speaker.start) if speaker else cue.start
    end = max(cue.end, speaker.end) if speaker else cue.end
    if start < item.start < end:
        return cue
    return Span(start, end, text[start:end])


def _span(reading: Reading, phrase: Range) -> Span:
    start, end = reading.tokens[phrase[0]].start, reading.tokens[phrase[1] - 1].end
    return Span(start, end, reading.text[start:end])
