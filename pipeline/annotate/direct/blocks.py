"""Block and pull quotes: paragraphs that are somebody's words without marks."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.annotate.direct.adjacent_cues import verb_colon
from pipeline.annotate.direct.direct import Quoted
from pipeline.annotate.grammar.attribution import Attribution, Evidence, Rule, Situation, rule
from pipeline.annotate.grammar.marks import Segment
from pipeline.annotate.grammar.phrases import REACH, noun_phrase
from pipeline.annotate.grammar.sentences import Sentence
from pipeline.annotate.grammar.view import Range, View
from pipeline.annotate.people.people import People

LONGEST_CAPTION = 12
"""Tokens of a line that names the speaker of the block above it."""
FEWEST_WORDS = 4


@rule(
    confidence=0.8,
    evidence=Evidence.ADJACENT,
    matches="Nach dem Treffen sagte Karin Holm:\nDer Damm hält auch die nächste Flut.\nKarin Holm",
    misses="Nach dem Treffen fuhr Karin Holm:\nDer Damm hält auch die nächste Flut.\nDann kam der Regen.",
)
def introduced_block(s: Situation) -> Attribution | None:
    """A paragraph ends "sagte er:", the next one is what he said; a line with his name may follow."""
    return verb_colon.find(s)


@rule(
    confidence=0.85,
    evidence=Evidence.ADJACENT,
    matches="Karin Holm war da.\nDer Damm hält auch die nächste Flut.\nKarin Holm, Bürgermeisterin",
    misses="Karin Holm war da.\nDer Damm hält auch die nächste Flut.\nNiemand war da.",
)
def captioned_block(s: Situation) -> Attribution | None:
    """A block that the page sets apart as a quotation, and below it the speaker's name."""
    end = noun_phrase(s, s.first, s.end)
    return Attribution((s.first, end)) if end is not None else None


RULES: tuple[Rule, ...] = (introduced_block, captioned_block)


def find_blocks(
    text: str, view: View, sentences: list[Sentence], people: People, blocks: Sequence[tuple[int, int]]
) -> list[Quoted]:
    """Paragraphs without marks that an introduction or the page (`blocks`, characters) says are quotations."""
    tokens = view.tokens
    paragraphs = _paragraphs(sentences)
    found: list[Quoted] = []
    for number, (first, last) in enumerate(paragraphs):
        begin = sentences[first].first
        end = sentences[last - 1].end
        while end > begin and tokens[end - 1].surface == "\n":
            end -= 1
        if end - begin < FEWEST_WORDS or any(token.segment >= 0 for token in tokens[begin:end]):
            continue
        caption = _caption(view, sentences, paragraphs, number + 1, people)
        attribution, by = None, introduced_block
        if number:
            attribution = _introduction(view, sentences[paragraphs[number - 1][1] - 1], people)
        if attribution is not None and caption is not None:
            attribution = Attribution(caption, attribution.cue)
        if attribution is None and _is_set_apart(tokens[begin].start, tokens[end - 1].end, blocks):
            attribution, by = Attribution(caption), captioned_block
        if attribution is not None:
            segment = Segment(tokens[begin].start, tokens[end - 1].end, tokens[begin].start, tokens[end - 1].end, False)
            found.append(Quoted(segment, by, attribution, begin, first))
    return found


def _paragraphs(sentences: list[Sentence]) -> list[Range]:
    """Ranges of sentences."""
    paragraphs: list[Range] = []
    for number, sentence in enumerate(sentences):
        if not number or sentences[number - 1].paragraph != sentence.paragraph:
            paragraphs.append((number, number + 1))
        else:
            paragraphs[-1] = (paragraphs[-1][0], number + 1)
    return paragraphs


def _introduction(view: View, sentence: Sentence, people: People) -> Attribution | None:
    tokens = view.tokens
    end = sentence.end
    while end > sentence.first and tokens[end - 1].surface == "\n":
        end -= 1
    if end <= sentence.first or tokens[end - 1].surface != ":":
        return None
    situation = Situation(
        tokens=tokens,
        at=end,
        first=max(sentence.first, end - REACH),
        end=end,
        earlier=(),
        previous=None,
        previous_at=0,
        goes_on=False,
        ending="",
        lexicon=people.lexicon,
    )
    return introduced_block.find(situation)


def _caption(
    view: View, sentences: list[Sentence], paragraphs: list[Range], number: int, people: People
) -> Range | None:
    """The person whose name, perhaps with an office behind a comma, is all of the paragraph."""
    tokens = view.tokens
    if number >= len(paragraphs) or paragraphs[number][1] - paragraphs[number][0] != 1:
        return None
    first, last, _ = sentences[paragraphs[number][0]]
    if last - first > LONGEST_CAPTION or tokens[last - 1].surface in {".", "!", "?", ":"}:
        return None
    end = noun_phrase(view, first, last)
    if end is None or (end < last and tokens[end].surface not in {",", "(", "\n"}):
        return None
    return (first, end) if people.person_of(view, (first, end)) is not None else None


def _is_set_apart(start: int, end: int, blocks: Sequence[tuple[int, int]]) -> bool:
    return any(first <= start and end <= last for first, last in blocks)
