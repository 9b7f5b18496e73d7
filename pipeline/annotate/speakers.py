"""Who the speakers of a text are: whether a phrase can speak, and the person that it stands for."""

from __future__ import annotations

import re
from functools import cache

from pipeline.annotate.grammar.actors import head_end, is_abstract
from pipeline.annotate.grammar.appositions import widened
from pipeline.annotate.grammar.capitals import is_name_word
from pipeline.annotate.grammar.coordination import is_several
from pipeline.annotate.grammar.phrases import is_adjective_de
from pipeline.annotate.grammar.tokens import Attribution, Range, Reading, Token
from pipeline.annotate.lexicon import Frame
from pipeline.annotate.people.full_names import People
from pipeline.annotate.people.names import begins_participle_clause
from pipeline.annotate.people.offices import Offices

PRONOUN_PENALTY = 0.15
"""Taken off the confidence if the person was found through a pronoun."""
SENTENCES_BACK = 2
"""A pronoun's person is looked for in this many sentences before; the nearest one with a candidate decides."""
SKIPPED_PENALTY = 0.1
"""Taken off for each sentence in between, and if nothing but the pronoun shows the person's gender."""
OFFICE_PENALTY = 0.1
"""Taken off if the person was found through an office: "der Kanzler"."""
Person = tuple[str | None, float]
"""The full name or None, and what is taken off the confidence."""
_NOBODY: Person = (None, 0.0)
_SPEAKING_ARTICLES = frozenset({"der", "die", "ein", "eine"})
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
        self._accepted: set[Range] = set()

    def person(self, attribution: Attribution, sentence: int) -> Person:
        """The speaker of a quotation in that sentence."""
        speaker = attribution.speaker
        if speaker is None:
            return _NOBODY
        if speaker not in self._known:
            self._known[speaker] = self._resolve(speaker, attribution.cue, sentence)
        return self._known[speaker]

    def may_speak(self, speaker: Range, cue: Range | None, *, is_inferred: bool) -> bool:
        """True if the phrase can be a speaker. An inferred one must be a person, an organisation or an office."""
        tokens, lexicon = self._tokens, self._people.lexicon
        words = tokens[speaker[0] : speaker[1]]
        if self._is_object(speaker):
            return False
        if words[0].lower == "it" and len(words) == 1:
            return cue is not None and self._is_beside_verb(speaker[0], cue)
        if words[0].lower in lexicon.quantifiers and len(words) > 2 and words[1].lower == "of":
            return True  # "One of them"
        if words[0].lower in lexicon.no_speakers and (len(words) == 1 or not lexicon.is_german):
            return len(words) > 1 and self._view.has_role(*speaker)
        small = (lexicon.pronouns, lexicon.object_pronouns, lexicon.relative_pronouns, lexicon.quantifiers)
        if len(words) == 1 and any(words[0].lower in some for some in small):
            return True
        if lexicon.is_german and any(lexicon.source_kind(word.lower) for word in words):
            return not is_inferred
        if self._view.has_role(speaker[0], head_end(self._view, speaker) if is_inferred else speaker[1]):
            return True
        if is_abstract(self._view, speaker):
            return False
        if words[-1].surface.endswith(("'s", "’s")) or self._is_adjective(words):
            return False  # what they own is the subject: "China’s latest plans"
        names = [word for word in words if word.is_capitalised or word.segment >= 0 or _age().fullmatch(word.lower)]
        if any(word.surface in self._people.words for word in words):
            return True
        if any(
            self._is_group(at) for at in range(speaker[0], head_end(self._view, speaker) if is_inferred else speaker[1])
        ):
            return True
        if is_inferred:
            is_name = all(word.is_capitalised and word.lower not in lexicon.function_words for word in words)
            return len(names) > 1 and is_name
        if lexicon.is_german and len(words) == 1 and not self._is_beside_verb(speaker[0], cue):
            return False  # a noun by its capital alone: "Besonders empört sind …"
        if not lexicon.is_german:
            is_named = words[0].lower not in lexicon.determiners_nominative or words[-1].surface.isdigit()
            is_beside = self._is_beside_verb(speaker[1] - 1, cue) and speaker[1] - speaker[0] == 2
            says = cue is not None and not is_named and self._agrees(speaker, cue) and self._says(cue)
            return (bool(names) and (len(names) > 1 or is_named)) or (
                (is_beside or says) and not is_abstract(self._view, speaker)
            )
        return bool(names)

    def accept(self, phrase: Range) -> None:
        """Count the phrase as a speaker, whatever its noun is, because the words beside it say so."""
        self._accepted.add(phrase)

    def is_thing(self, phrase: Range, cue: Range | None) -> bool:
        """True if the German phrase is a common noun that names no speaker: "das Vorgehen", "junge Perspektiven".

        An article or an adjective shows a common noun. A second capitalised word makes a name of it: "das Rote Kreuz".
        Beside a verb of saying, most nouns that are no neuters name somebody: "die Runde betonte".
        """
        tokens, lexicon = self._tokens, self._people.lexicon
        first = tokens[phrase[0]]
        is_common = first.lower in lexicon.determiners
        if not lexicon.is_german or phrase in self._accepted or not (is_common or is_adjective_de(first, lexicon)):
            return False
        end = head_end(self._view, phrase)
        if any(token.segment >= 0 for token in tokens[phrase[0] : phrase[1]]):
            return False
        nouns = [at for at in range(phrase[0], end) if is_name_word(tokens[at], lexicon)]
        if not nouns or nouns[-1] > nouns[0]:
            return False
        says = cue is not None and first.lower in _SPEAKING_ARTICLES and self._says(cue)
        if (says and not is_abstract(self._view, phrase)) or self._is_named(widened(self._view, phrase), phrase[1]):
            return False
        return not self._is_group(nouns[0]) and not self._is_somebody(tokens[nouns[0]])

    def _is_named(self, whole: Range, end: int) -> bool:
        """True if a person's name follows the noun: "der Obmann des Vereins, Piet Lorenz,"."""
        return any(token.surface in self._people.words for token in self._tokens[end : whole[1]])

    def _agrees(self, speaker: Range, cue: Range) -> bool:
        """True if the English verb is next to the phrase, or its apposition, and no base form: "a ceremonial post"."""
        verb = self._tokens[cue[0]].lower
        is_base = any(each.lemma == verb for each in self._people.lexicon.verbs.get(verb, ()))
        is_plural = self._tokens[speaker[1] - 1].lower.endswith("s")
        is_next = speaker[1] == cue[0] or cue[1] == speaker[0] or self._tokens[speaker[1]].surface == ","
        return is_next and (is_plural or not is_base)

    def _says(self, cue: Range) -> bool:
        """True if the cue is a verb that quotes utterances or terms, or the participle of one."""
        lexicon = self._people.lexicon
        words = [token.lower for token in self._tokens[cue[0] : cue[1]]]
        verbs = [verb for word in words for verb in (*lexicon.verbs.get(word, ()), lexicon.participles.get(word))]
        return any(verb is not None and verb.frame in {Frame.SAY, Frame.LABEL} for verb in verbs)

    def _is_somebody(self, noun: Token) -> bool:
        """True if the noun names a document, or a person by occupation or origin."""
        lexicon, word = self._people.lexicon, noun.lower
        if noun.end - noun.start > len(noun.surface) or any(map(str.isupper, noun.surface[1:])):
            return True  # „Abendblatt“, BVerfG
        if lexicon.is_role(noun.surface) or word.endswith(lexicon.person_endings) or noun.surface[0].isdigit():
            return True
        return noun.surface in self._people.words or lexicon.source_kind(word) is not None

    def _is_adjective(self, words: list[Token]) -> bool:
        """True if the phrase is only a nationality, without its noun: "Indian"."""
        return len(words) == 1 and words[0].lower in self._offices.gazetteer.adjectives

    def _is_beside_verb(self, at: int, cue: Range | None) -> bool:
        """True if the cue, a verb or a source preposition stands next to the word, as it does next to most surnames."""
        lexicon = self._people.lexicon
        if cue is not None and at in {cue[0] - 1, cue[1]}:
            word = self._tokens[cue[0]].lower
            return word not in lexicon.participles or word in lexicon.verbs
        beside = [self._tokens[near].lower for near in (at - 1, at + 1) if 0 <= near < len(self._tokens)]
        return any(word in lexicon.verb_forms or word in lexicon.agent_prepositions for word in beside)

    def _is_group(self, at: int) -> bool:
        """True if the word is an organisation or a place that may speak for its people: "Regierung", "EU", "Polen"."""
        token, lexicon = self._tokens[at], self._people.lexicon
        if lexicon.is_speaking_noun(token.lower) or lexicon.is_organisation_noun(token.lower):
            return True
        if not token.is_capitalised:
            return False
        if lexicon.is_place_noun(token.lower):
            return True
        is_short = len(token.surface) > 1 and token.surface.isupper()
        return is_short or self._offices.gazetteer.entry_at(self._view, at) is not None

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
        lexicon = self._people.lexicon
        pronouns = (lexicon.pronouns, lexicon.pronouns_male, lexicon.pronouns_female)
        if speaker[1] - speaker[0] == 1 and any(first.lower in some for some in pronouns):
            if first.lower == "sie" and cue is not None and self._tokens[cue[0]].lower.endswith("en"):
                return _NOBODY
            return self._antecedent(first.lower, speaker[0], sentence)
        if speaker[1] - speaker[0] == 2 and _age().fullmatch(self._tokens[speaker[1] - 1].lower):
            return self._antecedent(_PRONOUNS.get(first.lower), speaker[0], sentence)
        if speaker[1] - speaker[0] == 1 and self._is_relative(speaker[0]):
            return self._people.person_ending_at(self._view, speaker[0] - 1), 0.0
        if self._is_object(speaker):
            return _NOBODY
        named = self._people.person_of(self._view, speaker)
        if named is None:
            named = self._people.person_of(self._view, widened(self._view, speaker))
        if named is not None:
            return named, 0.0
        holder = self._offices.holder(self._view, speaker)
        return (holder, OFFICE_PENALTY) if holder is not None else _NOBODY

    def _is_object(self, phrase: Range) -> bool:
        """True for "Ann Marsh" in "The woman accusing Ann Marsh said"."""
        return any(begins_participle_clause(self._view, at) for at in (phrase[0] - 1, phrase[0]))

    def _is_relative(self, at: int) -> bool:
        """True if the word is a relative pronoun after a name: "Holm, die …"."""
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
            (person, *others) = fits
            is_guess = pronoun is not None and self._people.is_of_unknown_gender(person)
            if others or (is_guess and len(self._people.persons_before(None, place, since)) > 1):
                return _NOBODY
            self._people.name_pronoun(place, person, pronoun)
            return person, PRONOUN_PENALTY + (skipped + is_guess) * SKIPPED_PENALTY
        return _NOBODY

    def _sentence_before(self, sentence: int) -> int:
        before = max(0, sentence - 1)
        while before and self._is_all_marks(before):
            before -= 1
        return before

    def _is_all_marks(self, sentence: int) -> bool:
        """True if the sentence is only a quotation, in which nobody is named."""
        first, last, _ = self._sentences[sentence]
        return last - first <= 2 and self._tokens[first].segment >= 0
