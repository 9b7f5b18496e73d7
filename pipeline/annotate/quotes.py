"""All quotations of a text, direct and indirect, in the text's order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

import msgspec

from pipeline.annotate.annotations import Quote, Span
from pipeline.annotate.direct.attribution import Quoted, attribute_segments
from pipeline.annotate.direct.inferred_speakers import nobody
from pipeline.annotate.direct.paragraphs import drop_unclosed, find_blocks, join_paragraphs
from pipeline.annotate.direct.situation import is_clear
from pipeline.annotate.grammar.appositions import widened
from pipeline.annotate.grammar.coordination import is_several
from pipeline.annotate.grammar.cues import whole_cue
from pipeline.annotate.grammar.marked_names import split_names
from pipeline.annotate.grammar.marks import Segment
from pipeline.annotate.grammar.tokens import Attribution, Range, Reading, View, read_sentences
from pipeline.annotate.indirect.passage import Reported
from pipeline.annotate.indirect.reports import attribute_reported, find_reports, without_utterances
from pipeline.annotate.people.full_names import People
from pipeline.annotate.people.offices import Offices
from pipeline.annotate.rules import AnyRule
from pipeline.events import QuoteKind


def find_quotes(
    text: str, words: View, segments: list[Segment], people: People, offices: Offices, blocks: Sequence[tuple[int, int]]
) -> tuple[Quote, ...]:
    """The text's quotations. A direct one may lie within an indirect one; otherwise none overlap.

    `words` is the view of the text's tokens, `segments` are its words in marks, and `blocks` the character ranges that
    the page sets apart as quotations.
    """
    lexicon = words.lexicon
    marked, names = split_names(text, words.tokens, drop_unclosed(text, segments, lexicon), lexicon)
    reading = read_sentences(text, words.tokens, marked, names, lexicon)
    quoted = [*join_paragraphs(attribute_segments(reading), reading), *find_blocks(reading, people, blocks)]
    by_sentence = {item.sentence: item.attribution for item in quoted}
    reported = without_utterances(find_reports(reading, by_sentence), quoted)
    quoted.extend(attribute_reported(reading, quoted, reported))
    items = [*map(_direct, quoted), *(_indirect(reading, item) for item in reported)]
    items.sort(key=lambda item: (item.start, -item.end))
    speakers = Speakers(reading, people, offices)
    return tuple(_quote(reading, item, speakers) for item in _without_doubles(items))


class _Found(msgspec.Struct, frozen=True, kw_only=True):
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


def _quote(reading: Reading, item: _Found, speakers: Speakers) -> Quote:
    person, penalty = speakers.person(item.attribution, item.sentence)
    text, cue, speaker = reading.text, item.attribution.cue, item.attribution.speaker
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


def find_marked(text: str, segments: list[Segment]) -> tuple[Quote, ...]:
    """The quotations that are clear in any language, without speakers."""
    return tuple(
        Quote(
            text=text[segment.start : (end := _end_of_words(text, segment.start, segment.end))],
            start=segment.start,
            end=end,
            kind=QuoteKind.DIRECT,
            rule=nobody.id,
            confidence=nobody.confidence,
        )
        for segment in segments
        if is_clear(text, segment)
    )


PRONOUN_PENALTY = 0.15
"""Taken off the confidence if the person was found through a pronoun."""
SENTENCES_BACK = 2
"""A pronoun's person is looked for in this many sentences before; the nearest one with a candidate decides."""
SKIPPED_PENALTY = 0.1
"""Taken off for each sentence in between."""
OFFICE_PENALTY = 0.1
"""Taken off if the person was found through an office: "der Kanzler"."""
Person = tuple[str | None, float]
"""The full name or None, and what is taken off the confidence."""
_NOBODY: Person = (None, 0.0)
_PRONOUNS = {"der": "er", "die": "sie"}
"""The pronoun with the gender of an article: "der 61-Jährige" is a man."""


@cache
def _age() -> re.Pattern[str]:
    """Matches somebody named by their age: "61-Jährige", "61-year-old"."""
    return re.compile(r"\d{1,3}-(?:jährige[rn]?|year-old)")


class Speakers:
    """Finds out who the speakers of one text are. Ask in the text's order: a resolved pronoun names its person."""

    def __init__(self, reading: Reading, people: People, offices: Offices) -> None:
        self._view = reading
        self._tokens = reading.tokens
        self._sentences = reading.sentences
        self._people = people
        self._offices = offices
        self._known: dict[Range, Person] = {}

    def person(self, attribution: Attribution, sentence: int) -> Person:
        """The speaker of a quotation in that sentence."""
        speaker = attribution.speaker
        if speaker is None:
            return _NOBODY
        if speaker not in self._known:
            self._known[speaker] = self._resolve(speaker, attribution.cue, sentence)
        return self._known[speaker]

    def whole_phrase(self, speaker: Range, cue: Range | None, quote_start: int) -> Range:
        """The speaker with the parenthesis and apposition after it, unless cue or quotation stand within them."""
        first, last = widened(self._view, speaker)
        if cue is not None and speaker[1] <= cue[0] < last:
            return speaker
        return speaker if self._tokens[first].start < quote_start < self._tokens[last - 1].end else (first, last)

    def _resolve(self, speaker: Range, cue: Range | None, sentence: int) -> Person:
        first = self._tokens[speaker[0]]
        if is_several(self._view, speaker):
            return _NOBODY
        if speaker[1] - speaker[0] == 1 and first.lower in self._people.lexicon.pronouns:
            if first.lower == "sie" and cue is not None and self._tokens[cue[0]].lower.endswith("en"):
                return _NOBODY
            return self._antecedent(first.lower, speaker[0], sentence)
        if speaker[1] - speaker[0] == 2 and _age().fullmatch(self._tokens[speaker[1] - 1].lower):
            return self._antecedent(_PRONOUNS.get(first.lower), speaker[0], sentence)
        if speaker[1] - speaker[0] == 1 and self._is_relative(speaker[0]):
            return self._people.person_ending_at(self._view, speaker[0] - 1), 0.0
        named = self._people.person_of(self._view, speaker)
        if named is None:
            named = self._people.person_of(self._view, widened(self._view, speaker))
        if named is not None:
            return named, 0.0
        holder = self._offices.holder(self._view, speaker)
        return (holder, OFFICE_PENALTY) if holder is not None else _NOBODY

    def _is_relative(self, at: int) -> bool:
        """Whether the word is a relative pronoun after a name: "Holm, die …"."""
        return self._tokens[at].lower in {"der", "die", "who"} and at > 1 and self._tokens[at - 1].surface == ","

    def _antecedent(self, pronoun: str | None, at: int, sentence: int) -> Person:
        """The one person named shortly before whom the pronoun can stand for; without a pronoun, anybody."""
        place = self._tokens[at].start
        while sentence and self._sentences[sentence].first > at:
            sentence -= 1
        for skipped in range(SENTENCES_BACK):
            sentence = self._sentence_before(sentence)
            since = self._tokens[self._sentences[sentence].first].start
            fits = self._people.persons_before(pronoun, place, since)
            if not fits:
                continue
            if len(fits) > 1 or (pronoun is not None and self._people.is_of_unknown_gender(fits[0])):
                return _NOBODY
            (person,) = fits
            self._people.name_pronoun(place, person)
            return person, PRONOUN_PENALTY + skipped * SKIPPED_PENALTY
        return _NOBODY

    def _sentence_before(self, sentence: int) -> int:
        before = max(0, sentence - 1)
        while before and self._is_all_marks(before):
            before -= 1
        return before

    def _is_all_marks(self, sentence: int) -> bool:
        """Whether the sentence is only a quotation, in which nobody is named."""
        first, last, _ = self._sentences[sentence]
        return last - first <= 2 and self._tokens[first].segment >= 0
