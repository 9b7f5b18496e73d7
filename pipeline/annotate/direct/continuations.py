"""Quotations over several paragraphs, each of which opens its marks anew and only the last of which closes them."""

from __future__ import annotations

from pipeline.annotate.direct.direct import Quoted
from pipeline.annotate.direct.inferred_speakers import same_speaker
from pipeline.annotate.grammar.attribution import Attribution
from pipeline.annotate.grammar.marks import Segment
from pipeline.annotate.grammar.phrases import is_name_word, noun_phrase
from pipeline.annotate.grammar.sentences import Sentence, read_tokens
from pipeline.annotate.grammar.subjects import subject_after
from pipeline.annotate.grammar.verbs import verb_at
from pipeline.annotate.grammar.view import View, view_all
from pipeline.annotate.lexicon import Lexicon

EXPLICIT = 0.8
"""A rule as sure as that names the speaker; one less sure infers them."""
LONGEST_CUE = 12
"""Tokens of "sagte Holm am Dienstag" at a paragraph's end."""


def drop_unclosed(text: str, segments: list[Segment], lexicon: Lexicon) -> list[Segment]:
    """Without those that only a lost closing mark makes reach a paragraph's end: „Das Wasser sinkt, sagte Holm.⏎„…“

    The words of such a paragraph say themselves who spoke.
    """
    kept: list[Segment] = []
    lost = False
    for number, segment in enumerate(segments):
        follower = segments[number + 1] if number + 1 < len(segments) else None
        goes_on = segment.goes_on and not lost
        reopens = follower is not None and follower.goes_on and follower.before < follower.start
        lost = segment.after == segment.end and reopens and _ends_in_cue(text, segment, lexicon)
        if not lost:
            kept.append(segment._replace(goes_on=goes_on))
    return kept


def _ends_in_cue(text: str, segment: Segment, lexicon: Lexicon) -> bool:
    """ "…, sagte Holm am Dienstag.", "…, Marsh said.": behind the last comma is a verb that quotes, and a name."""
    comma = text.rfind(",", segment.start, segment.end)
    tokens = read_tokens(text[comma + 1 : segment.end]) if comma > 0 else []
    if not tokens or len(tokens) > LONGEST_CUE or not all(token.is_word for token in tokens[:-1]):
        return False
    view = view_all(tokens, lexicon)
    if verb_at(view, 0, len(tokens)) is not None:
        speaker = subject_after(view, 0, len(tokens))
        return speaker is not None and is_name_word(tokens[speaker[0]], lexicon)
    end = noun_phrase(view, 0, len(tokens)) if is_name_word(tokens[0], lexicon) else None
    return end is not None and end < len(tokens) and verb_at(view, end, len(tokens)) is not None


def join_paragraphs(
    quoted: list[Quoted], segments: list[Segment], view: View, sentences: list[Sentence]
) -> list[Quoted]:
    """All paragraphs of one quotation are quotations, of whoever one of them is clearly said to be of."""
    tokens = view.tokens
    by_segment = {tokens[item.at].segment: item for item in quoted}
    parts = [
        (tokens[at].segment, at, number)
        for number, sentence in enumerate(sentences)
        for at in range(sentence.first, sentence.end)
        if tokens[at].segment >= 0
    ]
    wholes: list[list[tuple[int, int, int]]] = []
    for part in parts:
        if segments[part[0]].goes_on and wholes:
            wholes[-1].append(part)
        else:
            wholes.append([part])
    joined: list[Quoted] = []
    for whole in wholes:
        known = [by_segment[number] for number, _, _ in whole if number in by_segment]
        if not known:
            continue
        told = next((item for item in known if item.rule.confidence >= EXPLICIT), None)
        for number, at, sentence in whole:
            own = by_segment.get(number)
            if own is None or (told is not None and own.rule.confidence < EXPLICIT):
                speaker = (told or known[0]).attribution.speaker
                own = Quoted(segments[number], same_speaker, Attribution(speaker), at, sentence)
            joined.append(own)
    return joined
