"""From marked segments to quotations: which of them are somebody's words, and whose."""

from __future__ import annotations

import re
from bisect import insort
from functools import cache

import msgspec

from pipeline.annotate.annotations import Quote, Span
from pipeline.annotate.attribution import Attribution, Evidence, Rule, Situation
from pipeline.annotate.lexicon import Lexicon, load_lexicon
from pipeline.annotate.marks import Segment, find_segments
from pipeline.annotate.people import Mention, People, read_people
from pipeline.annotate.phrases import REACH, Range
from pipeline.annotate.rules import RULES
from pipeline.annotate.sentences import Sentence, Token, read_tokens, split_sentences
from pipeline.events import QuoteKind

PRONOUN_PENALTY = 0.15
"""Taken off the confidence where the person was found through a pronoun."""
EARLIER_SENTENCES = 4
"""How far back reported speech is followed to whoever it is of."""
SHAPE_WORDS = 60
"""More words of a segment do not change what it is."""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What a marked segment looks like."""

    words: int
    has_verb: bool
    is_sentence: bool
    """Begins with a capital and ends like a sentence."""
    starts_lower: bool
    is_title_case: bool
    is_name: bool
    """What is around it says that it names something: das Magazin „Fenster“, the so-called “slow lane”."""


class _Found(msgspec.Struct, frozen=True):
    segment: Segment
    rule: Rule
    attribution: Attribution
    at: int
    sentence: int


@cache
def _word() -> re.Pattern[str]:
    return re.compile(r"\w+(?:[-’']\w+)*")


def find_quotes(text: str, language: str | None, title: str | None = None) -> tuple[Quote, ...]:
    """The text's direct quotations, in order. For a language without rules: the clear ones, without speakers."""
    segments = find_segments(text)
    if not segments:
        return ()
    lexicon = load_lexicon(language)
    if lexicon is None:
        return tuple(_quote_anyway(text, segment) for segment in segments if _is_clear(text, segment))
    tokens = read_tokens(text, segments)
    sentences = split_sentences(text, tokens, segments, lexicon)
    people = read_people(tokens, read_tokens(title or "", []), lexicon)
    found = _attribute(text, segments, tokens, sentences, lexicon)
    return tuple(_resolved(text, found, tokens, sentences, people, lexicon))


def _is_clear(text: str, segment: Segment) -> bool:
    inside = text[segment.start : min(segment.end, segment.start + 600)]
    return len(_word().findall(inside)) >= 6 and (inside[-1] in ".!?…," or len(_word().findall(inside)) >= 10)


def _quote_anyway(text: str, segment: Segment) -> Quote:
    rule = RULES[-1]
    end = _end_of_words(text, segment)
    return Quote(
        text=text[segment.start : end],
        start=segment.start,
        end=end,
        kind=QuoteKind.DIRECT,
        rule=rule.id,
        confidence=rule.confidence,
    )


def _end_of_words(text: str, segment: Segment) -> int:
    """Before the comma that English sets inside the marks: it belongs to the sentence around them."""
    return segment.start + len(text[segment.start : segment.end].rstrip(",").rstrip())


def _attribute(
    text: str, segments: list[Segment], tokens: list[Token], sentences: list[Sentence], lexicon: Lexicon
) -> list[_Found]:
    found: list[_Found] = []
    for number, sentence in enumerate(sentences):
        for at in range(sentence.first, sentence.last):
            if tokens[at].segment < 0:
                continue
            segment = segments[tokens[at].segment]
            situation = _situation(text, tokens, sentences, number, at, segment, found[-1] if found else None, lexicon)
            shape = _shape(text, tokens, at, segment, lexicon)
            for rule in RULES:
                if not _suffices(shape, rule.evidence, segment, situation, lexicon):
                    continue
                attribution = rule.find(situation)
                if attribution is not None:
                    found.append(_Found(segment, rule, attribution, at, number))
                    break
    return found


def _situation(
    text: str,
    tokens: list[Token],
    sentences: list[Sentence],
    number: int,
    at: int,
    segment: Segment,
    last: _Found | None,
    lexicon: Lexicon,
) -> Situation:
    sentence = sentences[number]
    is_near = last is not None and (
        segment.goes_on or (number - last.sentence <= 1 and sentences[last.sentence].paragraph == sentence.paragraph)
    )
    return Situation(
        tokens=tokens,
        at=at,
        low=max(sentence.first, at - REACH),
        high=min(sentence.last, at + REACH),
        earlier=_earlier(sentences, number),
        previous=last.attribution if last is not None and is_near else None,
        previous_at=last.at if last is not None else 0,
        goes_on=segment.goes_on,
        ending=text[segment.end - 1],
        lexicon=lexicon,
    )


def _earlier(sentences: list[Sentence], number: int) -> tuple[Range, ...]:
    nearest = sentences[max(0, number - EARLIER_SENTENCES) : number][::-1]
    same = (sentence for sentence in nearest if sentence.paragraph == sentences[number].paragraph)
    return tuple((max(sentence.first, sentence.last - REACH), sentence.last) for sentence in same)


def _shape(text: str, tokens: list[Token], at: int, segment: Segment, lexicon: Lexicon) -> Shape:
    words: list[str] = []
    for match in _word().finditer(text, segment.start, segment.end):
        words.append(match[0])
        if len(words) >= SHAPE_WORDS:
            break
    last = text[segment.end - 1]
    first = text[segment.start]
    starts_lower = first.islower()
    return Shape(
        words=len(words),
        has_verb=any(
            (number == 0 or word.islower() or "'" in word or "’" in word)
            and (word.lower() in lexicon.finite_verbs or word.lower() in lexicon.verbs)
            for number, word in enumerate(words)
        ),
        is_sentence=last in ".!?…" and not starts_lower,
        starts_lower=starts_lower,
        is_title_case=_is_title_case(words, lexicon),
        is_name=_is_name(text, tokens, at, segment, words, lexicon),
    )


def _is_title_case(words: list[str], lexicon: Lexicon) -> bool:
    if not words or len(words) > 8:
        return False
    large = [word for word in words if word.lower() not in lexicon.function_words]
    return words[0][0].isupper() and all(word[0].isupper() or word[0].isdigit() for word in large)


def _is_name(text: str, tokens: list[Token], at: int, segment: Segment, words: list[str], lexicon: Lexicon) -> bool:
    if text[segment.after : segment.after + 1] == "-" and text[segment.after + 1 : segment.after + 2].isalpha():
        return True
    before = tokens[at - 1] if at else None
    if before is None or before.segment >= 0 or before.surface == "\n":
        return False
    if text[segment.before - 1 : segment.before] == "-":
        return True
    if before.lower in lexicon.so_called:
        return len(words) <= 6
    is_short = len(words) <= 12 and text[segment.end - 1] not in ".!?"
    if not is_short:
        return False
    starts_lower = text[segment.start].islower()
    if before.is_word and _names_a_title(before.lower, lexicon):
        return True
    if lexicon.language == "de" and len(words) <= 6:
        return before.is_capitalised and not starts_lower and before.lower not in lexicon.function_words
    return False


def _names_a_title(word: str, lexicon: Lexicon) -> bool:
    if word in lexicon.title_nouns:
        return True
    if lexicon.language != "de":
        return word.endswith("s") and word[:-1] in lexicon.title_nouns
    return any(word[cut:] in lexicon.title_nouns for cut in range(1, max(1, len(word) - 3)))


def _suffices(shape: Shape, evidence: Evidence, segment: Segment, situation: Situation, lexicon: Lexicon) -> bool:
    """Whether a segment of this shape is a quotation, given how strong a cue the rule needs."""
    if segment.goes_on:
        return True
    if shape.is_name:
        return False
    if evidence is Evidence.ADJACENT:
        return shape.words > 0
    if evidence is Evidence.LABEL:
        return shape.starts_lower or not shape.is_title_case or lexicon.language == "de"
    if evidence is Evidence.SENTENCE:
        if shape.is_title_case:
            return False
        return (shape.starts_lower and (shape.words >= 2 or lexicon.language == "de")) or shape.words >= 3
    if evidence is Evidence.CLAUSE:
        if shape.is_title_case and not shape.is_sentence:
            return False
        return shape.words >= 8 or (shape.words >= 2 and (shape.is_sentence or shape.has_verb))
    if shape.is_title_case and not shape.is_sentence:
        return False
    if shape.words >= 5 and (shape.has_verb or shape.is_sentence):
        return True
    return shape.words >= 9 or (shape.is_sentence and shape.words >= 3 and shape.has_verb)


def _resolved(
    text: str, found: list[_Found], tokens: list[Token], sentences: list[Sentence], people: People, lexicon: Lexicon
) -> list[Quote]:
    """With the persons that the speakers are. A pronoun that was resolved counts as naming the person."""
    quotes: list[Quote] = []
    by_speaker: dict[Range, tuple[str | None, float]] = {}
    for item in found:
        speaker = item.attribution.speaker
        person, penalty = None, 0.0
        if speaker is not None:
            if speaker not in by_speaker:
                by_speaker[speaker] = _person(tokens, sentences, item, speaker, people, lexicon)
            person, penalty = by_speaker[speaker]
        end = _end_of_words(text, item.segment)
        quotes.append(
            Quote(
                text=text[item.segment.start : end],
                start=item.segment.start,
                end=end,
                kind=QuoteKind.DIRECT,
                speaker=_span(text, tokens, speaker),
                person=person,
                cue=_span(text, tokens, item.attribution.cue),
                rule=item.rule.id,
                confidence=round(item.rule.confidence - penalty, 2),
            )
        )
    return quotes


def _person(
    tokens: list[Token], sentences: list[Sentence], item: _Found, speaker: Range, people: People, lexicon: Lexicon
) -> tuple[str | None, float]:
    first = tokens[speaker[0]]
    if speaker[1] - speaker[0] > 1 or first.lower not in lexicon.pronouns:
        return people.person_of(tokens, speaker), 0.0
    if first.lower == "sie" and item.attribution.cue and tokens[item.attribution.cue[0]].lower.endswith("en"):
        return None, 0.0
    number = item.sentence
    while number and sentences[number].first > speaker[0]:
        number -= 1
    since = sentences[number - 1].first if number else sentences[number].first
    person = people.person_behind(first.lower, speaker[0], since)
    if person is None:
        return None, 0.0
    insort(people.mentions, Mention(speaker[0], person), key=lambda mention: mention.at)
    return person, PRONOUN_PENALTY


def _span(text: str, tokens: list[Token], phrase: Range | None) -> Span | None:
    if phrase is None:
        return None
    start, end = tokens[phrase[0]].start, tokens[phrase[1] - 1].end
    return Span(start, end, text[start:end])
