"""Who a speaker is: from a name, an office or a pronoun to the person as the article introduces them."""

from __future__ import annotations

import re
from functools import cache

from pipeline.annotate.grammar.appositions import widened
from pipeline.annotate.grammar.phrases import is_several
from pipeline.annotate.grammar.sentences import Reading
from pipeline.annotate.grammar.view import Attribution, Range
from pipeline.annotate.people.full_names import People
from pipeline.annotate.people.offices import Offices

PRONOUN_PENALTY = 0.15
"""Taken off the confidence where the person was found through a pronoun."""
SENTENCES_BACK = 2
"""How far back a pronoun's person is looked for; nearer ones that it can stand for exclude those farther off."""
SKIPPED_PENALTY = 0.1
"""Taken off for a sentence in between that names nobody whom it can stand for."""
OFFICE_PENALTY = 0.1
"""The same for an office: "der Kanzler"."""
Person = tuple[str | None, float]
"""Full name or None, and what finding it takes off the confidence."""
_NOBODY: Person = (None, 0.0)
_PRONOUNS = {"der": "er", "die": "sie"}
"""What an article says of whom "der 61-Jährige" is."""


@cache
def _age() -> re.Pattern[str]:
    """ "61-Jährige", "61-year-old": somebody named before, by their age."""
    return re.compile(r"\d{1,3}-(?:jährige[rn]?|year-old)")


class Speakers:
    """Resolves the speakers of one text, in its order: a resolved pronoun counts as naming the person."""

    def __init__(self, reading: Reading, people: People, offices: Offices) -> None:
        self._view = reading
        self._tokens = reading.tokens
        self._sentences = reading.sentences
        self._people = people
        self._offices = offices
        self._known: dict[Range, Person] = {}

    def person(self, attribution: Attribution, sentence: int) -> Person:
        """Who speaks in the quotation that stands in that sentence."""
        speaker = attribution.speaker
        if speaker is None:
            return _NOBODY
        if speaker not in self._known:
            self._known[speaker] = self._resolve(speaker, attribution.cue, sentence)
        return self._known[speaker]

    def whole_phrase(self, speaker: Range, cue: Range | None, quote_start: int) -> Range:
        """The speaker with what the text says of them right there, unless cue or quotation stand within it."""
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
        """ "Holm, die …": stands for the name before the comma."""
        return self._tokens[at].lower in {"der", "die", "who"} and at > 1 and self._tokens[at - 1].surface == ","

    def _antecedent(self, pronoun: str | None, at: int, sentence: int) -> Person:
        """The one person named shortly before whom the pronoun can stand for; None stands for anybody."""
        place = self._tokens[at].start
        while sentence and self._sentences[sentence].first > at:
            sentence -= 1
        for skipped in range(SENTENCES_BACK):
            sentence = self._sentence_before(sentence)
            since = self._tokens[self._sentences[sentence].first].start
            fits = self._people.persons_behind(pronoun, place, since)
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
        """A quotation that is a sentence by itself: nobody can be named in it."""
        first, last, _ = self._sentences[sentence]
        return last - first <= 2 and self._tokens[first].segment >= 0
