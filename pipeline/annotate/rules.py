"""Who said it: one small function per way of attributing a quotation, tried in the order of `RULES`.

A rule sees the sentence around a marked segment as tokens, the segment being one of them, and answers with the speaker's
and the cue's tokens, or None. What a rule's answer says about the segment is its `evidence`: next to "sagte Merz" even
one word is a quotation, without any cue only a whole clause is. Confidences are judgements, not measurements: .95 where
the cue touches the marks, .85 and .75 where it is further off, .6 where the speaker is inferred, .5 where there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

import msgspec

from pipeline.annotate.lexicon import Frame, Lexicon, Verb
from pipeline.annotate.phrases import (
    REACH,
    Range,
    is_name_word,
    is_nominative,
    name_end,
    noun_phrase,
    particle_name_end,
    past_parenthesis,
    subject_after,
    subject_before,
    verb_at,
)
from pipeline.annotate.sentences import Token


class Evidence(IntEnum):
    """How little of a segment is enough for a quotation."""

    NONE = 0
    """Only what is clearly a statement by itself."""
    CLAUSE = 1
    """A colon without a cue: some words that make a clause."""
    SENTENCE = 2
    """A cue in the same sentence: some words that are no name."""
    LABEL = 3
    """A verb of naming: a single word."""
    ADJACENT = 4
    """The cue is next to the marks: anything."""


class Attribution(msgspec.Struct, frozen=True):
    """Token ranges; None where there is nobody, or nothing, to point at."""

    speaker: Range | None = None
    cue: Range | None = None


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """A marked segment and what is around it."""

    tokens: list[Token]
    at: int
    """The segment's token."""
    low: int
    """First token of its sentence, or as far as rules look."""
    high: int
    """Behind the last token of its sentence, or as far as rules look."""
    before: Range
    """The sentence before in the same paragraph; empty if there is none."""
    behind: Range
    """The sentence behind, in the same paragraph; empty if there is none."""
    previous: Attribution | None
    """The quotation that ended just before: same or previous sentence of the paragraph, or the paragraph before if it goes on."""
    previous_at: int
    goes_on: bool
    ending: str
    """The last character inside the marks."""
    lexicon: Lexicon

    def is_at(self, position: int, *surfaces: str) -> bool:
        return self.low <= position < self.high and self.tokens[position].lower in surfaces

    @property
    def after(self) -> int:
        """The first word behind the marks: past a comma or dash."""
        return self.at + 2 if self.is_at(self.at + 1, ",", "–", "—", "-") else self.at + 1

    @property
    def is_set_off(self) -> bool:
        """A comma or the like separates the marks from what follows."""
        return self.after == self.at + 2 or self.ending in ",!?…"


Find = Callable[[Situation], Attribution | None]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    confidence: float
    evidence: Evidence
    matches: str
    """A sentence whose last quotation this rule attributes."""
    misses: str
    """A similar sentence in which it finds nothing."""
    find: Find


RULES: list[Rule] = []


def rule(*, confidence: float, evidence: Evidence, matches: str, misses: str) -> Callable[[Find], Find]:
    """Declare a rule; its id is the function's name."""

    def declare(find: Find) -> Find:
        name = find.__name__
        RULES.append(Rule(id=name, confidence=confidence, evidence=evidence, matches=matches, misses=misses, find=find))
        return find

    return declare


@rule(
    confidence=0.95,
    evidence=Evidence.ADJACENT,
    matches="„Wir bleiben dabei, und das sofort“, hieß es in der Erklärung.",
    misses="„Sommer ohne Ende“ heißt der neue Roman der Autorin.",
)
def said_in_document(s: Situation) -> Attribution | None:
    """hieß es in der Mitteilung; in dem Brief heißt es: …"""
    if s.lexicon.language != "de":
        return None
    for at in (*range(s.after, min(s.high, s.at + 4)), *range(s.at - 1, max(s.low, s.at - 14) - 1, -1)):
        if s.tokens[at].lower not in {"hieß", "heißt", "hiess", "steht", "stand"}:
            continue
        is_heissen = s.tokens[at].lower[0] == "h"
        if is_heissen and not (s.is_at(at + 1, "es") or s.is_at(at - 1, "es")):
            continue
        if not is_heissen and not s.is_at(s.at - 1, ":"):
            continue
        cue = (at, at + 1)
        return Attribution(_document_near(s, at), cue)
    return None


def _document_near(s: Situation, verb: int) -> Range | None:
    for at in (*range(verb + 1, min(s.high, verb + 6)), *range(verb - 1, max(s.low, verb - 14) - 1, -1)):
        if s.tokens[at].surface == ",":
            return None
        if s.tokens[at].lower in {"in", "im", "aus", "von", "vom", "beim", "bei", "laut"}:
            end = noun_phrase(s.tokens, at + 1, s.high, s.lexicon)
            if end is not None and (at > verb or end >= verb - 1) and s.tokens[at + 1].lower not in s.lexicon.weekdays:
                return at + 1, end
    return None


@rule(
    confidence=0.95,
    evidence=Evidence.ADJACENT,
    matches="„Das ist mutig“, so Kowalski.",
    misses="„Sturmtief“ sorgte gestern für volle Keller, so Kowalski.",
)
def so_speaker(s: Situation) -> Attribution | None:
    """„…“, so Merz; „…“, so der Kanzler."""
    if s.lexicon.language != "de" or not s.is_at(s.after, "so"):
        return None
    at = s.after + 1
    if at < s.high and (verb := verb_at(s.tokens, at, s.high, s.lexicon)):
        phrase = subject_after(s.tokens, at, s.high, s.lexicon)
        return Attribution(phrase, (at, at + 1)) if phrase or verb else None
    end = noun_phrase(s.tokens, at, s.high, s.lexicon)
    if end is None:
        return None
    return Attribution((at, _through_apposed_name(s, at, end)), (s.after, s.after + 1))


def _through_apposed_name(s: Situation, at: int, end: int) -> int:
    if s.is_at(end, ",") and s.lexicon.is_role(s.tokens[end - 1].surface):
        name = name_end(s.tokens, end + 1, s.high, s.lexicon)
        if name > end + 2:
            return name
    return end


@rule(
    confidence=0.95,
    evidence=Evidence.ADJACENT,
    matches="„Das Netz hält“, sagte am Abend die Ingenieurin.",
    misses="„Das Netz“ sagte ihm nichts.",
)
def verb_speaker(s: Situation) -> Attribution | None:
    """„…“, sagte Merz; “…,” said Starmer; „…“, hatte Merz erklärt."""
    at = s.after
    if at >= s.high or not s.is_set_off:
        return None
    verb = verb_at(s.tokens, at, s.high, s.lexicon)
    if verb is not None:
        speaker = subject_after(s.tokens, at, s.high, s.lexicon)
        return Attribution(speaker, (at, at + 1)) if speaker is not None else None
    if s.lexicon.language == "de" and s.tokens[at].lower in s.lexicon.auxiliaries:
        participle = _participle(s, at + 1)
        speaker = subject_after(s.tokens, at, s.high, s.lexicon)
        if participle is not None and speaker is not None:
            return Attribution(speaker, (participle, participle + 1))
    return None


def _participle(s: Situation, at: int) -> int | None:
    for position in range(at, min(s.high, at + 25)):
        if s.tokens[position].lower in s.lexicon.participles and s.tokens[position].segment < 0:
            return position
        if s.tokens[position].surface in {":", ";"}:
            return None
    return None


@rule(
    confidence=0.95,
    evidence=Evidence.ADJACENT,
    matches="“The bridge is safe,” the chief engineer said.",
    misses="“The Bridge” made the chief engineer famous.",
)
def speaker_verb(s: Situation) -> Attribution | None:
    """“…,” Starmer said; “…,” Smith, a professor at Leeds, told the BBC."""
    if s.lexicon.language != "en" or s.after >= s.high or not s.is_set_off:
        return None
    end = noun_phrase(s.tokens, s.after, s.high, s.lexicon)
    if end is None:
        return None
    verb = _verb_behind(s, end)
    return Attribution((s.after, end), (verb, verb + 1)) if verb is not None else None


def _verb_behind(s: Situation, end: int) -> int | None:
    """The reporting verb behind a subject: past an apposition and adverbs."""
    at = past_parenthesis(s.tokens, end, s.high)
    if s.is_at(at, ","):
        closing = next((i for i in range(at + 1, min(s.high, at + 25)) if _closes_apposition(s, i)), None)
        if closing is None:
            return None
        at = closing + 1
    while at < s.high and (s.tokens[at].lower in s.lexicon.adverbs or s.tokens[at].lower == "who"):
        at += 1
    return at if at < s.high and verb_at(s.tokens, at, s.high, s.lexicon) else None


def _closes_apposition(s: Situation, at: int) -> bool:
    if s.tokens[at].surface != ",":
        return False
    behind = at + 1
    while behind < s.high and s.tokens[behind].lower in s.lexicon.adverbs:
        behind += 1
    return behind < s.high and s.tokens[behind].lower in s.lexicon.verbs


@rule(
    confidence=0.95,
    evidence=Evidence.ADJACENT,
    matches="Die Zeitung zitiert Ruth Adler mit den Worten: „Wir haben gewartet.“",
    misses="Die Zeitung druckte am Montag: „Wir haben gewartet.“",
)
def quoted_speaker(s: Situation) -> Attribution | None:
    """X wird mit den Worten zitiert: …; die Zeitung zitiert X; the paper quoted X as saying; X was quoted as saying."""
    for at in range(s.at - 1, max(s.low, s.at - 30) - 1, -1):
        word = s.tokens[at].lower
        if word not in {"zitiert", "zitierte", "zitieren", "quoted", "quotes"}:
            continue
        passive = next((i for i in range(at - 1, max(s.low, at - 20) - 1, -1) if _is_passive(s.tokens[i])), None)
        if passive is not None:
            speaker = _subject_of(s, passive)
        else:
            end = noun_phrase(s.tokens, at + 1, s.at, s.lexicon)
            if end is None and s.is_at(at + 1, "dazu", "hierzu"):
                at, end = at + 1, noun_phrase(s.tokens, at + 2, s.at, s.lexicon)
            speaker = (at + 1, end) if end is not None else _subject_of(s, at)
        return Attribution(speaker, (at, at + 1))
    return None


def _is_passive(token: Token) -> bool:
    return token.lower in {"wird", "wurde", "werden", "wurden", "was", "were", "is", "are"}


@rule(
    confidence=0.9,
    evidence=Evidence.ADJACENT,
    matches="Am Dienstag sagte Kowalski: „Das Wasser sinkt.“",
    misses="Auf dem Schild am Tor: „Betreten verboten, das Eis trägt nicht.“",
)
def verb_colon(s: Situation) -> Attribution | None:
    """Merz sagte: „…“; Smith told the BBC: “…”; sagte Merz dem Sender: „…“"""
    if not (
        s.is_at(s.at - 1, ":") or (s.is_at(s.at - 1, ",") and s.lexicon.language == "en" and _has_verb_before_comma(s))
    ):
        return None
    for at in range(s.at - 2, max(s.low, s.at - REACH) - 1, -1):
        if verb_at(s.tokens, at, s.high, s.lexicon) is None:
            continue
        speaker = _subject_of(s, at)
        if speaker is not None:
            return Attribution(speaker, (at, at + 1))
    return None


def _has_verb_before_comma(s: Situation) -> bool:
    """She said, “…”"""
    return any(s.tokens[at].lower in s.lexicon.verbs for at in range(max(s.low, s.at - 8), s.at - 1))


def _subject_of(s: Situation, verb: int) -> Range | None:
    """The verb's subject in its sentence, left of the segment or right of it, whichever side the verb is on."""
    tokens, lexicon = s.tokens, s.lexicon
    low = s.low if verb < s.at else s.at + 1
    high = s.at if verb < s.at else s.high
    before = subject_before(tokens, low, verb, lexicon)
    if lexicon.language == "en":
        if before is not None:
            return before
        if tokens[verb - 1].lower in {"and", "but"} and verb > low:
            return _first_subject(s, low, verb)
        if verb > low and tokens[verb - 1].lower in {"who", "which"}:
            return subject_before(tokens, low, verb - (2 if s.is_at(verb - 2, ",") else 1), lexicon)
        return subject_after(tokens, verb, high, lexicon) or _first_subject(s, low, verb)
    if verb - 1 > low and tokens[verb - 1].lower in {"und", "aber"}:
        return _first_subject(s, low, verb)
    auxiliary = next((at for at in range(max(low, verb - 25), verb) if tokens[at].lower in lexicon.auxiliaries), None)
    if auxiliary is not None and tokens[verb].lower in lexicon.participles and auxiliary > low:
        verb, before = auxiliary, subject_before(tokens, low, auxiliary, lexicon)
    after = subject_after(tokens, verb, high, lexicon)
    if before is not None and (after is None or not _is_addressee_first(s, before, after)):
        return before
    opening = _opening_phrase(s, low, verb)
    if opening is not None and (after is None or not _is_addressee_first(s, opening, after)):
        return _subordinate_subject(s, low, verb) or opening
    return after or _subordinate_subject(s, low, verb) or _first_subject(s, low, verb)


def _is_addressee_first(s: Situation, before: Range, after: Range) -> bool:
    """ "Der Zeitung sagte Karma": what stands first was told, what stands behind the verb told it."""
    first, second = s.tokens[before[0]], s.tokens[after[0]]
    if second.lower in s.lexicon.pronouns_nominative or first.lower in s.lexicon.prepositions:
        return True
    if first.lower in {"der", "den", "dem"} and any(
        t.lower in s.lexicon.media for t in s.tokens[before[0] : before[1]]
    ):
        return True
    return False


def _subordinate_subject(s: Situation, low: int, verb: int) -> Range | None:
    """The verb ends its clause: "wie Merz am Abend mitteilte", "indem sie aufforderte"."""
    for at in range(verb - 1, max(low, verb - 25) - 1, -1):
        if s.tokens[at].lower in s.lexicon.conjunctions:
            end = noun_phrase(s.tokens, at + 1, verb, s.lexicon)
            if end is not None and is_nominative(s.tokens, at + 1, s.lexicon):
                return at + 1, end
        if s.tokens[at].surface in {";", ":"}:
            return None
    return None


def _opening_phrase(s: Situation, low: int, stop: int) -> Range | None:
    """The phrase that begins the sentence."""
    tokens, lexicon = s.tokens, s.lexicon
    at = _sentence_start(s, low, stop)
    if at >= stop or tokens[at].lower in lexicon.prepositions and not particle_name_end(tokens, at, stop, lexicon):
        return None
    if tokens[at].lower in lexicon.conjunctions:
        return None
    end = noun_phrase(tokens, at, stop, lexicon)
    return (at, end) if end is not None and is_nominative(tokens, at, lexicon) else None


def _sentence_start(s: Situation, low: int, stop: int) -> int:
    tokens = s.tokens
    at = low
    while at < stop and (
        tokens[at].surface in {"“", "\n", "–", "—", "-", ",", "und", "aber", "But", "And"}
        or tokens[at].lower in {"doch", "auch"}
    ):
        at += 1
    return at


def _first_subject(s: Situation, low: int, stop: int) -> Range | None:
    """The phrase that begins the sentence, or the one behind its first verb where an adverbial begins it."""
    tokens, lexicon = s.tokens, s.lexicon
    opening = _opening_phrase(s, low, stop)
    if opening is not None:
        return opening
    at = _sentence_start(s, low, stop)
    for position in range(at, min(stop, at + 25)):
        token = tokens[position]
        if lexicon.language == "en":
            if token.surface == ",":
                end = noun_phrase(tokens, position + 1, stop, lexicon)
                if end is not None:
                    return position + 1, end
        elif token.surface.islower() and token.is_word and not _is_inert(token, lexicon):
            end = noun_phrase(tokens, position + 1, stop, lexicon)
            if (
                end is not None
                and is_nominative(tokens, position + 1, lexicon)
                and tokens[position].lower.endswith(
                    ("t", "te", "ten", "en", "b", "g", "h", "f", "ß", "s", "d", "n", "m", "k")
                )
            ):
                return position + 1, end
    return None


def _is_inert(token: Token, lexicon: Lexicon) -> bool:
    return (
        token.lower in lexicon.prepositions
        or token.lower in lexicon.determiners_nominative
        or token.lower in lexicon.determiners_oblique
        or token.lower in lexicon.conjunctions
        or token.lower in lexicon.adverbs
        or token.lower in lexicon.pronouns
    )


@rule(
    confidence=0.9,
    evidence=Evidence.ADJACENT,
    matches="Kowalski: „Wir haben lange gewartet.“",
    misses="Zum Thema Wasser: „Wir haben lange gewartet.“",
)
def name_colon(s: Situation) -> Attribution | None:
    """Merz: „…“ — nothing but the speaker before the colon."""
    if not s.is_at(s.at - 1, ":"):
        return None
    end = noun_phrase(s.tokens, s.low, s.at - 1, s.lexicon)
    if (
        end is None
        or past_parenthesis(s.tokens, end, s.at) != s.at - 1
        or not is_nominative(s.tokens, s.low, s.lexicon)
    ):
        return None
    return Attribution((s.low, end))


@rule(
    confidence=0.85,
    evidence=Evidence.SENTENCE,
    matches="Nach den Worten von Ministerin Holm ist die Lage „ernst, aber beherrschbar“.",
    misses="Nach der Sitzung war die Lage „ernst, aber beherrschbar“.",
)
def according_to(s: Situation) -> Attribution | None:
    """laut X, X zufolge, nach Angaben von X, according to X, in the words of X."""
    left = range(s.at - 1, s.low - 1, -1)
    right = range(s.at + 1, s.high)
    for at in (*left, *right):
        found = _source_de(s, at) if s.lexicon.language == "de" else _source_en(s, at)
        if found is not None and not (found.speaker and found.speaker[0] <= s.at < found.speaker[1]):
            return found
    return None


def _source_de(s: Situation, at: int) -> Attribution | None:
    tokens, lexicon = s.tokens, s.lexicon
    word = tokens[at].lower
    if word == "laut":
        end = noun_phrase(tokens, at + 1, s.high, lexicon)
        return Attribution((at + 1, end), (at, at + 1)) if end is not None else None
    if word == "zufolge":
        for start in range(max(s.low, at - 12), at):
            if noun_phrase(tokens, start, at, lexicon) == at and not _is_second_word(s, start):
                return Attribution((start, at), (at, at + 1))
        return None
    if word != "nach":
        return None
    noun = at + 1
    while noun < min(s.high, at + 4) and (
        tokens[noun].lower in lexicon.determiners_oblique
        or tokens[noun].surface.islower()
        or tokens[noun].lower in lexicon.determiners_nominative
    ):
        noun += 1
    if noun >= s.high or tokens[noun].lower not in lexicon.source_nouns:
        return None
    cue = (at, noun + 1)
    start = noun + 1
    if s.is_at(start, "von", "vom", "aus"):
        start += 1
    if (
        start < s.high
        and not is_name_word(tokens[start], lexicon)
        and start == noun + 1
        and tokens[start].lower not in lexicon.determiners_oblique
        and tokens[start].lower != "der"
    ):
        return Attribution(None, cue)
    end = noun_phrase(tokens, start, s.high, lexicon)
    return Attribution((start, end) if end is not None else None, cue)


def _is_second_word(s: Situation, at: int) -> bool:
    before = s.tokens[at - 1] if at > s.low else None
    return before is not None and before.surface.islower() and before.lower in s.lexicon.determiners_oblique


def _source_en(s: Situation, at: int) -> Attribution | None:
    if s.is_at(at, "according") and s.is_at(at + 1, "to"):
        start = at + 2
    elif s.is_at(at, "in") and s.is_at(at + 1, "the") and s.is_at(at + 2, "words") and s.is_at(at + 3, "of"):
        start = at + 4
    else:
        return None
    end = noun_phrase(s.tokens, start, s.high, s.lexicon)
    return Attribution((start, end), (at, start)) if end is not None else None


@rule(
    confidence=0.85,
    evidence=Evidence.LABEL,
    matches="Kowalski nannte den Plan „völlig unbrauchbar“.",
    misses="Kowalski schloss das Lokal „Zum Anker“.",
)
def label_verb(s: Situation) -> Attribution | None:
    """nannte es „…“, bezeichnete sie als „…“, sprach von „…“; called it “…”"""
    for at in range(s.at - 1, max(s.low, s.at - 20) - 1, -1):
        verb = verb_at(s.tokens, at, s.high, s.lexicon)
        if verb is None:
            continue
        if verb.frame is not Frame.LABEL or not _marker_is_near(s, verb, at):
            return None
        return Attribution(_subject_of(s, at), (at, at + 1))
    return None


def _marker_is_near(s: Situation, verb: Verb, at: int) -> bool:
    if verb.needs in {"als", "von", "as", "of"}:
        return any(token.lower in {verb.needs, "vom"} for token in s.tokens[max(at, s.at - 8) : s.at])
    return True


@rule(
    confidence=0.8,
    evidence=Evidence.SENTENCE,
    matches="Kowalski sagte, man habe „keine Zeit zu verlieren“.",
    misses="Kowalski fand, das Album „Keine Zeit“ sei zu lang.",
)
def clause_before(s: Situation) -> Attribution | None:
    """Merz sagte, man werde „…“; Smith said it was “…”"""
    for at in range(s.at - 1, s.low - 1, -1):
        if s.tokens[at].segment < 0 and verb_at(s.tokens, at, s.high, s.lexicon) is not None:
            speaker = _subject_of(s, at)
            if speaker is not None:
                return Attribution(speaker, (at, at + 1))
    return None


@rule(
    confidence=0.8,
    evidence=Evidence.SENTENCE,
    matches="Die Lage sei „ernst, aber beherrschbar“ geblieben, sagte Kowalski.",
    misses="Die Lage sei „ernst, aber beherrschbar“ geblieben, sang Kowalski.",
)
def clause_behind(s: Situation) -> Attribution | None:
    """… „…“ seien nötig, sagte Merz; … “…” in May, Smith said."""
    tokens, lexicon = s.tokens, s.lexicon
    for at in range(s.at + 1, s.high):
        token = tokens[at]
        if token.surface not in {",", "–", "—"} or at + 1 >= s.high:
            continue
        if lexicon.language == "de" and tokens[at + 1].lower == "so":
            end = noun_phrase(tokens, at + 2, s.high, lexicon)
            if end is not None and (
                end >= s.high
                or tokens[end].surface in {".", ",", "(", ";", "in", "im", "zu"}
                or tokens[end].surface.islower()
            ):
                return Attribution((at + 2, end), (at + 1, at + 2))
        if verb_at(tokens, at + 1, s.high, lexicon) is not None:
            speaker = subject_after(tokens, at + 1, s.high, lexicon)
            if speaker is not None:
                return Attribution(speaker, (at + 1, at + 2))
        if lexicon.language == "de" and tokens[at + 1].lower == "wie":
            verb = next((i for i in range(at + 2, s.high) if verb_at(tokens, i, s.high, lexicon)), None)
            end = noun_phrase(tokens, at + 2, s.high, lexicon)
            if verb is not None and end is not None:
                return Attribution((at + 2, end), (verb, verb + 1))
        if lexicon.language == "en":
            end = noun_phrase(tokens, at + 1, s.high, lexicon)
            verb = _verb_behind(s, end) if end is not None else None
            if end is not None and verb is not None:
                return Attribution((at + 1, end), (verb, verb + 1))
    return None


@rule(
    confidence=0.7,
    evidence=Evidence.CLAUSE,
    matches="Kowalski hob die Hände: „Das Wasser sinkt schon wieder.“",
    misses="Kowalski hob die Hände und las „Das Wasser“.",
)
def subject_colon(s: Situation) -> Attribution | None:
    """Whoever the sentence before the colon is about: Merz hob die Hände: „…“"""
    if not s.is_at(s.at - 1, ":") or any(token.surface == "(" for token in s.tokens[max(s.low, s.at - 6) : s.at]):
        return None
    speaker = _first_subject(s, s.low, s.at - 1)
    return Attribution(speaker) if speaker is not None else None


@rule(
    confidence=0.65,
    evidence=Evidence.SENTENCE,
    matches="Kowalski klagte über die Behörde. Die Lage sei „ernst, aber beherrschbar“.",
    misses="Kowalski klagte über die Behörde. Die Lage ist „ernst, aber beherrschbar“.",
)
def reported_clause(s: Situation) -> Attribution | None:
    """German reports on in the subjunctive: Die Lage sei „ernst“. The speaker is in the sentence before."""
    if not any(token.lower in s.lexicon.subjunctive and token.segment < 0 for token in s.tokens[s.low : s.high]):
        return None
    speaker = _reported_subject(s)
    if speaker is not None:
        return Attribution(speaker)
    return s.previous and Attribution(s.previous.speaker)


@rule(
    confidence=0.75,
    evidence=Evidence.CLAUSE,
    matches="„Das Wasser sinkt“, sagte Kowalski. „Wir können bald zurück.“",
    misses="Das Wasser sinkt, hofft man. „Wir können bald zurück.“",
)
def same_speaker(s: Situation) -> Attribution | None:
    """The quotation before goes on: „…“, sagte er. „…“"""
    if s.previous is None or s.previous.speaker is None:
        return None
    if s.goes_on or s.at - s.previous_at <= REACH:
        return Attribution(s.previous.speaker)
    return None


@rule(
    confidence=0.6,
    evidence=Evidence.NONE,
    matches="Kowalski zeigte sich erleichtert. „Das Wasser sinkt schon wieder.“",
    misses="Am Abend war Ruhe. „Das Wasser sinkt schon wieder.“",
)
def subject_before_quote(s: Situation) -> Attribution | None:
    """Whoever the sentence before is about."""
    first, last = s.before
    if first >= last:
        return None
    speaker = _reported_subject(s) or _first_subject(s, first, last)
    return Attribution(speaker) if speaker is not None else None


def _reported_subject(s: Situation) -> Range | None:
    first, last = s.before
    around = msgspec.structs.replace(s, at=last, low=first, high=last)
    for at in range(first, last):
        if verb_at(s.tokens, at, last, s.lexicon) is not None:
            return _subject_of(around, at)
    return None


@rule(
    confidence=0.5,
    evidence=Evidence.NONE,
    matches="„Wir haben die ganze Nacht auf dem Dach gesessen und gewartet.“",
    misses="Das Stück „Nacht auf dem Dach“ war ausverkauft.",
)
def nobody(s: Situation) -> Attribution | None:
    """Clearly somebody's words, but the text does not say whose."""
    return Attribution()
