"""Paragraphs that are quotations: block quotes without marks, and quotations over several paragraphs."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.annotate.direct.adjacent_cues import verb_colon
from pipeline.annotate.direct.attribution import Quoted
from pipeline.annotate.direct.inferred_speakers import same_speaker
from pipeline.annotate.direct.situation import Evidence, MarkedRule, Situation, marked_rule
from pipeline.annotate.grammar.capitals import is_name_word
from pipeline.annotate.grammar.marks import Segment
from pipeline.annotate.grammar.phrases import REACH, noun_phrase
from pipeline.annotate.grammar.subjects import subject_after
from pipeline.annotate.grammar.tokens import Attribution, Range, Reading, Sentence, View, read_tokens, view_all
from pipeline.annotate.grammar.verbs import verb_at
from pipeline.annotate.lexicon import Lexicon
from pipeline.annotate.people.full_names import People

LONGEST_CAPTION = 12
"""Most tokens of a line that names the speaker of the block above it."""
FEWEST_WORDS = 4


@marked_rule(
    "de",
    confidence=0.8,
    evidence=Evidence.ADJACENT,
    matches="Nach dem Treffen sagte Karin Holm:\nDer Damm hält auch die nächste Flut.\nKarin Holm",
    misses="Nach dem Treffen fuhr Karin Holm:\nDer Damm hält auch die nächste Flut.\nDann kam der Regen.",
)
def introduced_block(s: Situation) -> Attribution | None:
    """A paragraph ends with "sagte er:", and the next one is what he said; a line with his name may follow."""
    return verb_colon.finder.find(s)


@marked_rule(
    "de",
    confidence=0.85,
    evidence=Evidence.ADJACENT,
    matches="Karin Holm war da.\nDer Damm hält auch die nächste Flut.\nKarin Holm, Bürgermeisterin",
    misses="Karin Holm war da.\nDer Damm hält auch die nächste Flut.\nNiemand war da.",
)
def captioned_block(s: Situation) -> Attribution | None:
    """A block that the page sets apart as a quotation, and below it the speaker's name."""
    end = noun_phrase(s, s.first, s.end)
    return Attribution((s.first, end)) if end is not None else None


RULES: tuple[MarkedRule, ...] = (introduced_block, captioned_block)


def find_blocks(reading: Reading, people: People, blocks: Sequence[tuple[int, int]]) -> list[Quoted]:
    """The paragraphs without marks that an introduction announces, or that the page sets apart.

    `blocks` are the character ranges that the page sets apart.
    """
    tokens, sentences = reading.tokens, reading.sentences
    paragraphs = _paragraphs(sentences)
    found: list[Quoted] = []
    for number, (first, last) in enumerate(paragraphs):
        begin = sentences[first].first
        end = sentences[last - 1].end
        while end > begin and tokens[end - 1].surface == "\n":
            end -= 1
        if end - begin < FEWEST_WORDS or reading.marked_between(begin, end):
            continue
        caption = _caption(reading, paragraphs, number + 1, people)
        attribution, by = None, introduced_block
        if number:
            attribution = _introduction(reading, sentences[paragraphs[number - 1][1] - 1])
        if attribution is not None and caption is not None:
            attribution = Attribution(caption, attribution.cue)
        if attribution is None and _is_set_apart(tokens[begin].start, tokens[end - 1].end, blocks):
            attribution, by = Attribution(caption), captioned_block
        if attribution is not None:
            segment = Segment(tokens[begin].start, tokens[end - 1].end, tokens[begin].start, tokens[end - 1].end, False)
            found.append(Quoted(segment, by, attribution, begin, first))
    return found


def _paragraphs(sentences: list[Sentence]) -> list[Range]:
    """The paragraphs as ranges of sentence numbers."""
    paragraphs: list[Range] = []
    for number, sentence in enumerate(sentences):
        if not number or sentences[number - 1].paragraph != sentence.paragraph:
            paragraphs.append((number, number + 1))
        else:
            paragraphs[-1] = (paragraphs[-1][0], number + 1)
    return paragraphs


def _introduction(view: View, sentence: Sentence) -> Attribution | None:
    tokens = view.tokens
    end = sentence.end
    while end > sentence.first and tokens[end - 1].surface == "\n":
        end -= 1
    if end <= sentence.first or tokens[end - 1].surface != ":":
        return None
    situation = Situation(tokens=tokens, lexicon=view.lexicon, first=max(sentence.first, end - REACH), end=end, at=end)
    return introduced_block.finder.find(situation)


def _caption(reading: Reading, paragraphs: list[Range], number: int, people: People) -> Range | None:
    """The person whose name is the whole paragraph, perhaps with an office after a comma, or the author of a post.

    The author's name stands before a handle: "— Karin Holm (@kholm) May 6, 2025".
    """
    tokens = reading.tokens
    if number >= len(paragraphs) or paragraphs[number][1] - paragraphs[number][0] != 1:
        return None
    first, last, _ = reading.sentences[paragraphs[number][0]]
    if last - first > LONGEST_CAPTION or tokens[last - 1].surface in {".", "!", "?", ":"}:
        return None
    first += tokens[first].surface in {"-", "–", "—"}
    end = noun_phrase(reading, first, last)
    if end is None or (end < last and tokens[end].surface not in {",", "(", "\n"}):
        return None
    if end + 1 < last and tokens[end].surface == "(" and tokens[end + 1].surface == "@":
        return first, end
    return (first, end) if people.person_of(reading, (first, end)) is not None else None


def _is_set_apart(start: int, end: int, blocks: Sequence[tuple[int, int]]) -> bool:
    return any(first <= start and end <= last for first, last in blocks)


EXPLICIT = 0.8
"""Rules with at least this confidence find a speaker whom the text names; the others infer the speaker."""
LONGEST_CUE = 12
"""Most tokens of "sagte Holm am Dienstag" at the end of a paragraph."""


def drop_unclosed(text: str, segments: list[Segment], lexicon: Lexicon) -> list[Segment]:
    """The segments, except those that reach the end of a paragraph only because their closing mark is missing.

    In „Das Wasser sinkt, sagte Holm.⏎„…“ the first paragraph ends with its own cue, so it is not quoted as a whole.
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
    """True if a cue follows the last comma: "…, sagte Holm am Dienstag.", "…, Marsh said."."""
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


def join_paragraphs(quoted: list[Quoted], reading: Reading) -> list[Quoted]:
    """The quotations with all their paragraphs, once one is found, and with the speaker that one of them names."""
    tokens, segments = reading.tokens, reading.segments
    by_segment = {tokens[item.at].segment: item for item in quoted}
    parts = [
        (tokens[at].segment, at, number)
        for number, sentence in enumerate(reading.sentences)
        for at in reading.marked_between(sentence.first, sentence.end)
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
