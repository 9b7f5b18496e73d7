"""French, Spanish, Italian and Dutch: words in marks with a common verb or a source right beside them, and names.

Only what is clear is found: a speaker is a name, or an office that ends in one, next to the verb. Elsewhere the speaker
stays open. In all other languages the quotations are found that have the length of a sentence.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from functools import cache

import msgspec

from pipeline.annotate.annotations import Mention, Quote, Span
from pipeline.annotate.direct.adjacent_cues import name_colon, verb_colon, verb_speaker
from pipeline.annotate.direct.inferred_speakers import nobody
from pipeline.annotate.direct.sentence_cues import according_to
from pipeline.annotate.direct.situation import MarkedRule, is_clear
from pipeline.annotate.grammar.marks import Segment
from pipeline.annotate.grammar.tokens import Attribution, Range, fold_segments, read_tokens
from pipeline.annotate.lexicon import FOLDER, load_given_names
from pipeline.annotate.people.mentions import full_name, presumed_name, surname
from pipeline.events import MentionKind, QuoteKind

LONGEST_NAME = 4
LONGEST_OFFICE = 9
"""Most words from an article to the name after it: "le ministre des finances, Piet Holm"."""
LONGEST_INTRODUCTION = 14
"""Most tokens from the name or verb to the colon before the marks."""
_STOPS = frozenset(".!?…\n")
_SEPARATORS = frozenset({",", "–", "—", "-"})


class BasicWords(msgspec.Struct, frozen=True):
    """The sets of one language in `words_basic.toml`, in lower case."""

    verbs: frozenset[str]
    auxiliaries: frozenset[str]
    sources: frozenset[str]
    articles: frozenset[str]
    pronouns: frozenset[str]
    particles: frozenset[str]
    named: frozenset[str]
    places: frozenset[str]
    titles: frozenset[str]


@cache
def _load_words() -> dict[str, BasicWords]:
    tables = msgspec.toml.decode((FOLDER / "words_basic.toml").read_bytes(), type=dict[str, dict[str, str]])
    return {
        language: BasicWords(**{key: frozenset(text.split()) for key, text in table.items()})
        for language, table in tables.items()
    }


def annotate_basic(
    text: str, segments: list[Segment], language: str | None
) -> tuple[tuple[Quote, ...], tuple[Mention, ...]]:
    """The quotations and the persons of a text in a language without rules of its own."""
    words = _load_words().get(language or "")
    if words is None:
        return tuple(_quote(text, segment, nobody) for segment in segments if is_clear(text, segment)), ()
    page = _BasicText(text, segments, words)
    return tuple(page.quotes()), tuple(page.mentions())


class _BasicText:
    """A text, its tokens with each marked segment as one, and the persons whom it introduces by full names."""

    def __init__(self, text: str, segments: list[Segment], words: BasicWords) -> None:
        self._text, self._segments, self._words = text, segments, words
        self._tokens = fold_segments(text, read_tokens(text), segments)
        self._names = list(self._find_names())
        self._persons: dict[str, set[str]] = {}
        self._introduce(name for name in self._names if self._is_given(name[0]))
        self._attributed = {
            token.segment: found
            for at, token in enumerate(self._tokens)
            if token.segment >= 0 and (found := self._after(at) or self._before(at)) is not None
        }
        ends = {found.speaker[1] for _, found in self._attributed.values() if found.speaker is not None}
        self._introduce(name for name in self._names if name[1] in ends)

    def _introduce(self, names: Iterable[Range]) -> None:
        """Count the full names among the names as those of persons."""
        for name in names:
            if name[1] - name[0] > 1:
                self._persons.setdefault(self._tokens[name[1] - 1].surface, set()).add(self._spelled(name))

    def quotes(self) -> Iterator[Quote]:
        for number, segment in enumerate(self._segments):
            if number in self._attributed:
                rule, found = self._attributed[number]
                yield self._attribute(_quote(self._text, segment, rule), found)
            elif is_clear(self._text, segment):
                yield _quote(self._text, segment, nobody)

    def mentions(self) -> Iterator[Mention]:
        """The persons, by their full names, and later by their surnames."""
        named: set[str] = set()
        for name in self._names:
            person = self._person(name)
            if person is None or (self._spelled(name) != person and person not in named):
                continue
            named.add(person)
            rule = surname if name[1] - name[0] == 1 else full_name if self._is_given(name[0]) else presumed_name
            span = self._span(name)
            yield Mention(
                kind=MentionKind.PERSON,
                surface=span.surface,
                name=person,
                start=span.start,
                end=span.end,
                rule=rule.id,
                confidence=rule.confidence,
            )

    def _after(self, at: int) -> tuple[MarkedRule, Attribution] | None:
        """What follows the marks: a verb or a source, and perhaps a speaker."""
        start = at + 2 if self._is_at(at + 1, _SEPARATORS) else at + 1
        ending = self._text[self._segments[self._tokens[at].segment].end - 1]
        if start == at + 1 and ending not in ",!?…":
            return None
        if (end := self._verb_end(start)) is not None:
            speaker = self._speaker(end)
            return verb_speaker, Attribution(speaker, (start, end))
        if self._is_at(start, self._words.sources):
            speaker = self._speaker(start + 1)
            return (according_to, Attribution(speaker, (start, start + 1))) if speaker is not None else None
        return None

    def _before(self, at: int) -> tuple[MarkedRule, Attribution] | None:
        """What announces the marks: a name with a verb and a colon, or a source and a comma."""
        first = at - 1
        while first > 0 and at - first <= LONGEST_INTRODUCTION and self._tokens[first - 1].surface not in _STOPS:
            first -= 1
        if self._is_at(first, self._words.sources) and (speaker := self._speaker(first + 1)) is not None:
            is_all = speaker[1] == at - 1 and self._is_at(at - 1, {","})
            return (according_to, Attribution(speaker, (first, first + 1))) if is_all else None
        if not self._is_at(at - 1, {":"}):
            return None
        for verb in range(at - 2, first - 1, -1):
            if (end := self._verb_end(verb)) is not None and not self._is_at(verb - 1, self._words.auxiliaries):
                return verb_colon, Attribution(self._name_before(first, verb) or self._speaker(end), (verb, end))
        name = self._name_end(first)
        is_name = name == at - 1 and name - first > 1 and self._is_given(first)
        return (name_colon, Attribution((first, name))) if is_name else None

    def _verb_end(self, at: int) -> int | None:
        """The end of the verb at the position, with its auxiliary; None without a verb. "dit-il" has its pronoun."""
        if at >= len(self._tokens):
            return None
        verb = self._tokens[at].lower.partition("-")[0]
        if verb in self._words.verbs:
            return at + 1
        has_participle = verb in self._words.auxiliaries and self._is_at(at + 1, self._words.verbs)
        return at + 2 if has_participle else None

    def _speaker(self, at: int) -> Range | None:
        """The phrase at the position that is or ends in a name: "Karin Holm", "le maire Piet Holm", "hij"."""
        if self._is_at(at, self._words.pronouns):
            return at, at + 1
        name = at
        if self._is_at(at, self._words.titles):
            name = at + 2 if self._is_at(at + 1, {"."}) else at + 1
        if (end := self._name_end(name)) > name:
            return at, end
        if not self._is_at(at, self._words.articles):
            return (at + 1, end) if (end := self._name_end(at + 1)) > at + 2 else None  # "zei burgemeester Piet Holm"
        for start in range(at + 1, min(len(self._tokens), at + LONGEST_OFFICE)):
            word = self._tokens[start].surface
            end = self._name_end(start)
            is_bound = self._is_at(start - 1, self._words.particles | self._words.articles)
            if end > start + 1 and not is_bound:
                return at, end
            if word != "," and not self._tokens[start].is_word:
                return None
        return None

    def _name_before(self, first: int, verb: int) -> Range | None:
        """The full name or, within a sentence, the surname right before the verb."""
        for start in range(first, verb):
            if self._name_end(start) == verb:
                return (start, verb) if start > first or self._person((start, verb)) is not None else None
        return None

    def _name_end(self, at: int) -> int:
        """The end of the capitalised words from the position, with small words between them; `at` without any."""
        end = at
        while end < len(self._tokens) and end - at < LONGEST_NAME:
            if self._is_name_word(end):
                end += 1
            elif end > at and self._is_at(end, self._words.particles) and self._is_name_word(end + 1):
                end += 2
            else:
                break
        return end

    def _find_names(self) -> Iterator[Range]:
        """The names in the text's order, but not those of streets, schools and the like."""
        at = 0
        compounds = tuple(word for word in self._words.named if len(word) > LONGEST_NAME)  # "Jan Holmstraat"
        small = self._words.sources | self._words.articles | self._words.places | self._words.titles
        while at < len(self._tokens):
            if self._is_at(at, small):
                at += 1  # "Selon Karin Holm": the first word has its capital from the sentence
                continue
            end = self._name_end(at)
            before = at - 2 if self._is_at(at - 1, self._words.particles) else at - 1
            is_other = self._is_at(before, self._words.named) or self._is_at(at - 1, self._words.places)
            is_other = is_other or self._tokens[end - 1].lower.endswith(compounds)
            if end > at and not is_other and not self._is_name_word(end):
                yield at, end
            at = max(end, at + 1)

    def _person(self, name: Range) -> str | None:
        """The only person of that full name, or of that surname."""
        persons = self._persons.get(self._tokens[name[1] - 1].surface, set())
        if name[1] - name[0] > 1:
            return self._spelled(name) if self._spelled(name) in persons else None
        return next(iter(persons)) if len(persons) == 1 else None

    def _attribute(self, quote: Quote, found: Attribution) -> Quote:
        speaker = self._span(found.speaker) if found.speaker is not None else None
        cue = self._span(found.cue) if found.cue is not None else None
        person = None
        if found.speaker is not None:
            names = (name for name in self._names if found.speaker[0] <= name[0] and name[1] == found.speaker[1])
            person = next((person for name in names if (person := self._person(name)) is not None), None)
        spans = [span for span in (speaker, cue) if span is not None]
        start, end = min(span.start for span in spans), max(span.end for span in spans)
        frame = Span(start, end, self._text[start:end]) if cue and not start < quote.start < end else cue
        return msgspec.structs.replace(quote, speaker=speaker, person=person, cue=cue, frame=frame)

    def _is_given(self, at: int) -> bool:
        return load_given_names().is_known(self._tokens[at].surface.partition("-")[0])

    def _is_name_word(self, at: int) -> bool:
        """True if the word has a capital and small letters, and no apostrophe: "L'Europe" is no name."""
        if at >= len(self._tokens):
            return False
        word = self._tokens[at].surface
        return word[0].isupper() and len(word) > 1 and not word.isupper() and word.replace("-", "").isalpha()

    def _is_at(self, at: int, words: Container[str]) -> bool:
        return 0 <= at < len(self._tokens) and self._tokens[at].lower in words

    def _spelled(self, name: Range) -> str:
        return " ".join(token.surface for token in self._tokens[name[0] : name[1]])

    def _span(self, phrase: Range) -> Span:
        start, end = self._tokens[phrase[0]].start, self._tokens[phrase[1] - 1].end
        return Span(start, end, self._text[start:end])


def _quote(text: str, segment: Segment, rule: MarkedRule) -> Quote:
    """The marked words as a quotation without a speaker."""
    words = text[segment.start : segment.end].rstrip(",").rstrip()
    return Quote(
        text=words,
        start=segment.start,
        end=segment.start + len(words),
        kind=QuoteKind.DIRECT,
        rule=rule.id,
        confidence=rule.confidence,
    )
