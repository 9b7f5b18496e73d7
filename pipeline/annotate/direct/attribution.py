"""Direct quotations: the rules, in the order in which they are tried, and what they find in a text.

The rules are tried in the order of `RULES`. A rule sees a `Situation` and answers with the speaker's and the cue's
tokens, or None. How strong its cue is, its `evidence`, decides how little the marked words must look like a quotation
themselves: next to "sagte Holm" a single word is one, without any cue only a whole clause is.
"""

from __future__ import annotations

import msgspec

from pipeline.annotate.direct.adjacent_cues import (
    any_verb_speaker,
    as_put,
    name_colon,
    quoted_speaker,
    said_in_document,
    so_speaker,
    speaker_verb,
    verb_colon,
    verb_speaker,
)
from pipeline.annotate.direct.inferred_speakers import (
    denied,
    nobody,
    reported_clause,
    same_speaker,
    signed,
    split_quote,
    subject_before_quote,
    subject_colon,
)
from pipeline.annotate.direct.sentence_cues import (
    according_to,
    clause_after,
    clause_before,
    label_verb,
    perfect_tense,
    verb_final,
)
from pipeline.annotate.direct.situation import MarkedRule, Situation, shape_of, suffices
from pipeline.annotate.grammar.marks import Segment
from pipeline.annotate.grammar.phrases import REACH
from pipeline.annotate.grammar.tokens import Attribution, Range, Reading, Sentence

RULES: tuple[MarkedRule, ...] = (
    said_in_document,
    so_speaker,
    split_quote,
    verb_speaker,
    speaker_verb,
    quoted_speaker,
    as_put,
    verb_colon,
    name_colon,
    signed,
    according_to,
    verb_final,
    label_verb,
    clause_before,
    perfect_tense,
    clause_after,
    any_verb_speaker,
    subject_colon,
    reported_clause,
    same_speaker,
    subject_before_quote,
    nobody,
)


EARLIER_SENTENCES = 4
"""Rules look at this many sentences before the marked words."""


class Quoted(msgspec.Struct, frozen=True, gc=False):
    """Marked words, or a paragraph, that are a direct quotation."""

    segment: Segment
    rule: MarkedRule
    attribution: Attribution
    at: int
    """The token of the marked words; the first token of a paragraph."""
    sentence: int
    """The number of its sentence."""


def attribute_segments(reading: Reading) -> list[Quoted]:
    """The marked words that a rule takes for quotations, in the text's order."""
    found: list[Quoted] = []
    for number, sentence in enumerate(reading.sentences):
        for at in reading.marked_between(sentence.first, sentence.end):
            segment = reading.segment_at(at)
            situation = situation_of(reading, number, at, found[-1] if found else None)
            shape = shape_of(reading, at)
            for rule in RULES:
                if not suffices(shape, rule.finder.evidence, segment, reading.lexicon):
                    continue
                attribution = rule.finder.find(situation)
                if attribution is not None and not _names(reading, attribution):
                    found.append(Quoted(segment, *_unless_denied(situation, rule, attribution), at, number))
                    break
    return found


def _names(reading: Reading, attribution: Attribution) -> bool:
    """True if the words introduce a name, not a quotation: "so lautet der Titel", "das Motto lautete"."""
    speaker, cue, lexicon = attribution.speaker, attribution.cue, reading.lexicon
    if speaker is None or cue is None or not reading.is_in(cue[0], lexicon.naming_verbs):
        return False
    return any(token.lower in lexicon.title_nouns for token in reading.tokens[speaker[0] : speaker[1]])


def _unless_denied(s: Situation, rule: MarkedRule, attribution: Attribution) -> tuple[MarkedRule, Attribution]:
    """The rule and what it found, or the rule `denied` if the sentence says that the words were not said."""
    nobodys = denied.finder.find(msgspec.structs.replace(s, candidate=attribution))
    return (denied, nobodys) if nobodys is not None else (rule, attribution)


def situation_of(reading: Reading, number: int, at: int, last: Quoted | None) -> Situation:
    """The situation of the marked words at a token of that sentence. `last` is the quotation found before them."""
    sentence = reading.sentences[number]
    segment = reading.segment_at(at)
    is_near = last is not None and (
        reading.tokens[last.at].segment == reading.tokens[at].segment - 1
        if segment.goes_on
        else number - last.sentence <= 1
        and (reading.sentences[last.sentence].paragraph == sentence.paragraph or _is_whole_paragraph(reading, number))
    )
    return Situation(
        tokens=reading.tokens,
        lexicon=reading.lexicon,
        names=reading.names,
        first=max(sentence.first, at - REACH),
        end=min(sentence.end, at + REACH),
        at=at,
        earlier=_earlier(reading.sentences, number),
        last_attribution=last.attribution if last is not None and is_near else None,
        last_quotation_at=last.at if last is not None else 0,
        goes_on=segment.goes_on,
        ending=reading.text[segment.start : segment.end].rstrip("'’‘")[-1:],
    )


def _is_whole_paragraph(reading: Reading, number: int) -> bool:
    """True if the paragraph is this sentence, and the sentence has marked words only."""
    sentences, (first, end, paragraph) = reading.sentences, reading.sentences[number]
    is_alone = number + 1 == len(sentences) or sentences[number + 1].paragraph != paragraph
    return is_alone and end - first == 1 and sentences[number - 1].paragraph != paragraph


def _earlier(sentences: list[Sentence], number: int) -> tuple[Range, ...]:
    nearest = sentences[max(0, number - EARLIER_SENTENCES) : number][::-1]
    same = (sentence for sentence in nearest if sentence.paragraph == sentences[number].paragraph)
    return tuple((max(sentence.first, sentence.end - REACH), sentence.end) for sentence in same)
