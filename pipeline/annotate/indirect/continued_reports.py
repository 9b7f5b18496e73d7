"""German sentences that go on reporting without saying so: their mood tells, the text before says whose words it is."""

from __future__ import annotations

import msgspec

from pipeline.annotate.direct.inferred_speakers import may_be_somebody, reported_subject
from pipeline.annotate.grammar.attribution import Attribution
from pipeline.annotate.grammar.mood import is_fixed, is_instruction, is_subjunctive
from pipeline.annotate.grammar.passages import Passage, Reported, sentence_end
from pipeline.annotate.grammar.phrases import REACH
from pipeline.annotate.grammar.sentences import Sentence
from pipeline.annotate.grammar.subjects import first_subject
from pipeline.annotate.grammar.view import Range, Token, View

RUN_REACH = 6
"""Sentences after which nobody is taken to be reported on any more."""
HEARSAY_REACH = 2
"""Sentences back to a source whose hearsay it is."""
MOST_RUN_TOKENS = 120
"""Of a sentence in which the mood of reported speech is looked for."""
LONGEST_BRACKET = 30
"""Tokens from "soll" to the end of its clause."""
_PLAIN = frozenset({"sei", "seien", "habe", "werde", "müsse", "solle", "könne", "wolle", "dürfe"})
"""Forms that can be nothing else: enough where the text does not say who is reported."""
_AHEAD = frozenset({"zukunft", "künftig", "ab", "bis", "morgen", "demnächst", "bald", "spätestens"})
"""What is to be done is no hearsay: "soll ab Mai erlaubt sein"."""
_WISHES = frozenset({"gewünscht", "gern", "gerne", "lieber"})
"""hätte gern mehr Zeit: a wish of whoever is told of."""
_WOULD = frozenset({"würde", "würden", "hätte", "hätten", "wäre", "wären"})


class RunRule(msgspec.Struct, frozen=True, kw_only=True):
    """One way of going on. Its examples are its tests."""

    id: str
    says: str
    confidence: float
    matches: str
    misses: str


ANNOUNCED = RunRule(
    id="announced_clause",
    says="Behind a colon or semicolon the sentence is in the mood of reported speech: Holm winkte ab: Der Damm halte.",
    confidence=0.75,
    matches="Kowalski winkte ab: Die Pumpe sei alt.",
    misses="Kowalski winkte ab: Die Pumpe ist alt.",
)
HEARSAY = RunRule(
    id="hearsay",
    says="soll geflohen sein: a thing done that the text only passes on.",
    confidence=0.6,
    matches="Ein Auto brannte aus. Zwei Männer sollen danach geflohen sein.",
    misses="Ein Auto brannte aus. Zwei Männer sollen morgen aussagen.",
)
REPORTED_ON = RunRule(
    id="reported_on",
    says="The sentence before was reported or its subject speaks, and this one is in the mood of reported speech.",
    confidence=0.65,
    matches="Kowalski klagte über die Pumpe. Sie sei alt.",
    misses="Kowalski klagte über die Pumpe. Sie ist alt.",
)
RULES = (ANNOUNCED, REPORTED_ON, HEARSAY)


def find_run(
    view: View,
    sentences: list[Sentence],
    number: int,
    last: Reported | None,
    quoted: dict[int, Attribution],
) -> Reported | None:
    """What of the sentence its mood says is reported, mostly all, if the text before says whose words they are."""
    tokens = view.tokens
    sentence = sentences[number]
    announced = _announced(view, sentence, number)
    if announced is not None:
        return announced
    follows = last is not None and number - last.sentence == 1
    is_reported = _is_reported_sentence(view, sentence, follows=follows)
    if not is_reported and _is_hearsay(view, sentence):
        is_near = last is not None and number - last.sentence <= HEARSAY_REACH
        speaker = last.attribution.speaker if last is not None and is_near else None
        return _whole(view, sentence, Attribution(speaker), HEARSAY, number)
    if not is_reported:
        return None
    speaker = _speaker_before(view, sentences, number, last, quoted)
    if speaker is None and not any(token.lower in _PLAIN for token in tokens[sentence.first : sentence.end]):
        return None
    return _whole(view, sentence, Attribution(speaker), REPORTED_ON, number)


def _whole(view: View, sentence: Sentence, attribution: Attribution, by: RunRule, number: int) -> Reported:
    first, end = sentence.first, sentence.end
    while end > first and view.tokens[end - 1].surface == "\n":
        end -= 1
    return Reported((first, end), attribution, by.id, by.confidence, number)


def _is_hearsay(view: View, sentence: Sentence) -> bool:
    """ "soll" and, at the end of its clause, the infinitive of a perfect: "geflohen sein", "gestohlen worden sein"."""
    tokens = view.tokens
    if any(token.lower in _AHEAD for token in tokens[sentence.first : sentence.end]):
        return False
    for at in range(sentence.first, min(sentence.end, sentence.first + MOST_RUN_TOKENS)):
        if tokens[at].lower not in {"soll", "sollen"}:
            continue
        for end in range(at + 2, min(sentence.end, at + LONGEST_BRACKET)):
            if tokens[end].surface in {";", ":"}:
                break
            if tokens[end].lower in {"sein", "haben"} and _may_be_participle(tokens[end - 1]):
                return end + 1 >= sentence.end or not tokens[end + 1].is_word or tokens[end + 1].lower == "und"
    return False


def _may_be_participle(token: Token) -> bool:
    return token.surface.islower() and token.lower.endswith(("t", "en"))


def _is_reported_sentence(view: View, sentence: Sentence, *, follows: bool) -> bool:
    tokens = view.tokens
    first, last = sentence.first, min(sentence.end, sentence.first + MOST_RUN_TOKENS)
    words = tokens[first:last]
    if any(token.lower in {"ich", "mich", "mir", "wir"} for token in words):
        return False
    if not follows and is_instruction(view, first):
        return False
    follows = follows and not any(token.lower in _WISHES for token in words)
    return any(
        (is_subjunctive(token, view.lexicon) or (follows and token.lower in _WOULD))
        and not is_fixed(view, first + index)
        for index, token in enumerate(words)
    )


def _speaker_before(
    view: View,
    sentences: list[Sentence],
    number: int,
    last: Reported | None,
    quoted: dict[int, Attribution],
) -> Range | None:
    """Who was reported last in this paragraph, or in the sentence before."""
    for earlier in range(number - 1, max(-1, number - 4), -1):
        if last is not None and last.sentence == earlier:
            return last.attribution.speaker
        if earlier in quoted:
            return quoted[earlier].speaker
        if sentences[earlier].paragraph != sentences[number].paragraph:
            break
        speaker = _subject_that_reports(view, sentences[earlier])
        if speaker is not None:
            return speaker
    if last is not None and number - last.sentence <= RUN_REACH:
        return last.attribution.speaker
    return _somebody_in(view, sentences[number - 1]) if number else None


def _somebody_in(view: View, sentence: Sentence) -> Range | None:
    """Whoever the sentence is about, if that is an office or a name."""
    first = max(sentence.first, sentence.end - REACH)
    passage = Passage(tokens=view.tokens, at=first, first=first, end=sentence.end, lexicon=view.lexicon)
    subject = first_subject(passage.seen_from(sentence.end), first, sentence.end)
    return subject if subject is not None and may_be_somebody(view, subject) else None


def _subject_that_reports(view: View, sentence: Sentence) -> Range | None:
    """ "Kowalski klagte über die Behörde": a reporting verb that reports nothing yet."""
    first = max(sentence.first, sentence.end - REACH)
    passage = Passage(tokens=view.tokens, at=first, first=first, end=sentence.end, lexicon=view.lexicon)
    return reported_subject(passage.seen_from(sentence.end), first, sentence.end)


def _announced(view: View, sentence: Sentence, number: int) -> Reported | None:
    """Behind a colon, the words of whoever the part before it is about."""
    tokens = view.tokens
    passage = Passage(tokens=tokens, at=sentence.first, first=sentence.first, end=sentence.end, lexicon=view.lexicon)
    end = min(sentence_end(passage), sentence.first + MOST_RUN_TOKENS)
    mark = next((at for at in range(sentence.first + 2, end) if tokens[at].surface in {":", ";"}), end)
    if mark + 2 >= end or tokens[mark + 1].segment >= 0:
        return None
    if _has_mood(view, sentence.first, mark) or not _has_mood(view, mark + 1, end):
        return None
    seen = passage.seen_from(mark)
    speaker = reported_subject(seen, sentence.first, mark)
    if speaker is None:
        speaker = first_subject(seen, sentence.first, mark)
        if speaker is None or not may_be_somebody(view, speaker):
            return None
    return Reported((mark + 1, end), Attribution(speaker), ANNOUNCED.id, ANNOUNCED.confidence, number)


def _has_mood(view: View, first: int, last: int) -> bool:
    return any(is_subjunctive(view.tokens[at], view.lexicon) and not is_fixed(view, at) for at in range(first, last))


def joins(last: Reported, run: Reported, sentences: list[Sentence]) -> bool:
    """Sentences that go on one after the other in a paragraph are one run."""
    return (
        last.rule == REPORTED_ON.id == run.rule
        and run.sentence - last.sentence == 1
        and sentences[last.sentence].paragraph == sentences[run.sentence].paragraph
        and (run.attribution.speaker is None or last.attribution.speaker == run.attribution.speaker)
    )
