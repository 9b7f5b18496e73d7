"""German indirect speech whose reporter stands beside the clause: laut X, so X, wie X mitteilte, …, sagte X."""

from __future__ import annotations

from pipeline.annotate.grammar.appositions import past_parenthesis, through_apposed_name
from pipeline.annotate.grammar.phrases import REACH, is_nominative, noun_phrase
from pipeline.annotate.grammar.reporters import phrase_reporter_de, reporter_end
from pipeline.annotate.grammar.subjects import subject_after
from pipeline.annotate.grammar.tokens import Attribution, Range
from pipeline.annotate.grammar.verbs import (
    has_reported_mood,
    is_conditional,
    is_subjunctive,
    may_have_finite_verb,
    reporting_verb_at,
)
from pipeline.annotate.indirect.clauses_de import MOOD_REACH, reporting_word
from pipeline.annotate.indirect.passage import Passage, Report, clause_end, report, sentence_end
from pipeline.annotate.lexicon import Frame
from pipeline.annotate.rules import Finding, rule

WIDEST_FRAME = 30
"""Most tokens between an auxiliary and its participle: "hatte Holm bei ihrem Besuch in Port Ellery gesagt"."""
_COMMAS = frozenset({",", "–", "—"})
FARTHEST_OPENER = 8
"""The clause around a source begins at most this many tokens before it."""
_FEWEST_AFTER = 4
"""The words after a source between commas are part of the report if there are more than this many tokens."""


@rule(
    Finding.INDIRECT,
    "de",
    confidence=0.9,
    matches="Das Wasser sinke schon wieder, sagte am Abend Kowalski.",
    misses="Das Wasser sinke schon wieder, sang am Abend Kowalski.",
)
def clause_then_verb(p: Passage) -> Report | None:
    """… sei beherrschbar, sagte Holm; … , heißt es."""
    verb = _verb_after_comma(p)
    if verb is None:
        return None
    before = verb - 1
    if p.tokens[before].surface not in _COMMAS or _is_apposed(p, before):
        return None
    if p.tokens[before - 1].segment >= 0 and (before - 1 == p.first or p.is_at(before - 2, ":")):
        return None
    if not may_have_finite_verb(p, p.first, before):
        return None
    speaker = subject_after(p, verb, p.end)
    if (speaker is None and verb == p.at) or _is_subordinate(p, p.first, before):
        return None
    if p.is_at(p.first, "wer") and not has_reported_mood(p, p.first, before):
        return None  # "Wer schweigt, sagt auch etwas": the clause is the subject
    after = max(p.at + 1, speaker[1] if speaker else 0)
    return report(p, _around(p, before, after), speaker, (p.at, p.at + 1))


def _verb_after_comma(p: Passage) -> int | None:
    """The finite verb of the parenthesis: the reporting verb itself, or the auxiliary of its participle."""
    if p.at - 1 <= p.first:
        return None
    if p.tokens[p.at - 1].surface in _COMMAS:
        return p.at if p.verb is not None and p.verb.frame is Frame.SAY else None
    participle = p.lexicon.participles.get(p.tokens[p.at].lower)
    if participle is None or participle.frame is not Frame.SAY:
        return None
    comma = p.find_back(p.at - 1, max(p.first, p.at - WIDEST_FRAME) + 1, *_COMMAS)
    if comma is None or p.tokens[comma + 1].lower not in p.lexicon.participle_auxiliaries:
        return None
    return comma + 1


def _is_apposed(p: Passage, closing: int) -> bool:
    """True if the comma closes an apposition of the subject: "Karin Holm, die Leiterin, sagte"."""
    start = p.first
    if p.tokens[start].lower in p.lexicon.prepositions:
        start += 1
    end = noun_phrase(p, start, closing)
    if end is None:
        return False
    opening = past_parenthesis(p, end, closing)
    if p.tokens[opening].lower in p.lexicon.prepositions:
        opening = noun_phrase(p, opening + 1, closing) or opening
    if opening >= closing or p.tokens[opening].surface != ",":
        return opening == closing
    return not p.has(opening + 1, closing, ",")


def _is_subordinate(p: Passage, start: int, end: int) -> bool:
    """True if a subordinate clause begins that is no report: "Als der Regen kam, sagte Kowalski"."""
    unreported = p.lexicon.conjunctions | p.lexicon.unreported_openers
    if any(p.is_at(at - 1, ",") and may_have_finite_verb(p, at, at + 1) for at in range(start + 1, end)):
        return False  # "Als der Regen kam, gingen alle, sagte Kowalski"
    return p.tokens[start].lower in unreported - p.lexicon.reported_openers | p.lexicon.purposes


def _around(p: Passage, before: int, after: int) -> Range:
    """The words before the parenthesis, and those after it if they continue in the same mood or end the clause."""
    comma = p.find(after, min(p.end, after + 12), *_COMMAS)
    if comma is not None and p.tokens[after - 1].surface != "\n":
        if is_unfinished(p, before):
            return p.first, clause_end(p, comma + 1)
        rest = range(comma + 1, min(p.end, comma + 1 + MOOD_REACH))
        if any(is_subjunctive(p, at) or is_conditional(p, at) for at in rest):
            return p.first, clause_end(p, comma + 1)
    return p.first, before


def is_unfinished(p: Passage, comma: int) -> bool:
    """True if the clause before the comma continues after the parenthesis: "Es sei, sagte Holm, ein Anfang"."""
    if not p.tokens[comma - 1].lower.startswith(p.lexicon.open_forms):
        return False
    return noun_phrase(p, p.first, comma - 1) == comma - 1 or p.is_at(comma - 2, "es", "das", "dies")


def words_beside(p: Passage, first: int, last: int) -> Range:
    """The reported words after, before or around a source at the tokens from `first` to `last`.

    They are the words of the sentence, or of the subordinate clause that the source stands in.
    """
    last = past_parenthesis(p, last, p.end)
    if first - p.first <= 1:
        last = _past_attribute(p, last)
        return last, clause_end(p, last)
    begin, end = _bounds(p, first, last)
    return (begin, first) if end <= last else (begin, end)


def _bounds(p: Passage, first: int, last: int) -> Range:
    begin, end = p.first, clause_end(p, last)
    for at in range(first - 1, max(p.first, first - FARTHEST_OPENER) - 1, -1):
        if p.tokens[at].surface in {";", ":"}:
            begin = at + 1
            break
        if p.tokens[at].surface == "," and _opens_subordinate(p, at + 1):
            begin = at + 1
            end = next((i for i in range(last, end) if p.tokens[i].surface == ","), end)
            break
    return begin, next((i for i in range(last, min(end, last + REACH)) if p.tokens[i].surface == ";"), end)


def _opens_subordinate(p: Passage, at: int) -> bool:
    """True if a conjunction or a relative pronoun stands here. A noun would follow an article."""
    if p.tokens[at].lower in p.lexicon.source_clause_openers:
        return True
    return p.tokens[at].lower in p.lexicon.relative_pronouns and not p.is_noun_near(at + 1)


@rule(
    Finding.INDIRECT,
    "de",
    confidence=0.85,
    matches="Laut Polizei war der Fahrer nicht angeschnallt.",
    misses="Der Motor war laut, der Fahrer nicht angeschnallt.",
)
def source_phrase(p: Passage) -> Report | None:
    """laut X; nach Angaben von X; nach einer Studie; X zufolge"""
    found = phrase_reporter_de(p.near, p.at)
    if found is None or found.cue is None:
        return None
    speaker, cue = found.speaker, found.cue
    if p.is_in(cue[1], p.lexicon.own):
        return report(p, (p.first, clause_end(p, cue[1])), speaker, cue)
    first = min(cue[0], speaker[0]) if speaker else cue[0]
    last = max(cue[1], speaker[1]) if speaker else cue[1]
    return report(p, words_beside(p, first, last), speaker, cue)


def _past_attribute(p: Passage, at: int) -> int:
    """The position after what belongs to a source that opens the sentence: "vom Abend", "und der Stadt"."""
    while p.is_in(at, p.lexicon.prepositions) or p.is_at(at, "und", "sowie"):
        end = noun_phrase(p, at + 1, p.end)
        if end is None:
            break
        at = end
    if not p.is_at(at, ","):
        return at
    closing = p.find(at + 1, min(p.end, at + REACH), ",")
    return closing + 1 if closing is not None else at


@rule(
    Finding.INDIRECT,
    "de",
    confidence=0.95,
    matches="Das Wasser sinkt seit dem Morgen, so die Sprecherin.",
    misses="Das Wasser sinkt seit dem Morgen, so dass alle gehen.",
)
def so_source(p: Passage) -> Report | None:
    """…, so Holm; Holm forderte mehr Tempo, so der Sprecher."""
    if not p.is_at(p.at, "so") or not p.is_at(p.at - 1, ",", "–", "—") or p.at - 1 <= p.first:
        return None
    end = noun_phrase(p, p.at + 1, p.end)
    if end is None or not is_nominative(p, p.at + 1):
        return None
    stops = past_parenthesis(p, through_apposed_name(p, p.at + 1, end, p.end), p.end)
    if p.is_in(stops, p.lexicon.adverbs) and p.is_at(stops + 1, ",", "–"):
        stops += 1  # "so Holm weiter,"
    if stops < p.end and not (
        p.tokens[stops].surface in {".", ",", "\n", "!", ";", "–"}
        or any(p.is_in(stops, some) for some in (p.lexicon.prepositions, p.lexicon.adverbs, p.lexicon.so_attributes))
    ):
        return None
    return report(p, _before_or_around(p, p.at - 1, stops), (p.at + 1, end), (p.at, p.at + 1))


def _before_or_around(p: Passage, before: int, after: int) -> Range:
    """The reported words: those before the source, or on both sides of a source between commas."""
    is_part = noun_phrase(p, p.first, before) == before or is_unfinished(p, before)
    fewest = 1 if is_part else _FEWEST_AFTER  # "Der Deich, so Holm, sei sicher"
    if p.is_at(after, ",", "–", "—") and sentence_end(p) - after > fewest:
        return p.first, clause_end(p, after)
    return p.first, before


@rule(
    Finding.INDIRECT,
    "de",
    confidence=0.95,
    matches="Wie die Stadt am Montag mitteilte, bleibt das Bad geschlossen.",
    misses="Wie die Stadt am Montag aussah, bleibt ihr Geheimnis.",
)
def as_told(p: Passage) -> Report | None:
    """Wie X mitteilte, …; …, wie X mitteilte; wie es in X heißt"""
    opening = _how(p)
    if opening is None or not _ends_clause(p):
        return None
    found = _teller(p, opening)
    if found is None:
        return None
    closing = p.find(p.at + 1, min(p.end, p.at + 12), ",", "–")
    if opening == p.first:
        if closing is None:
            return None
        return report(p, (closing + 1, clause_end(p, closing + 1)), found.speaker, found.cue or (p.at, p.at + 1))
    if closing is not None and closing + 1 < p.end and p.tokens[closing + 1].segment >= 0:
        return None  # "die, wie sie sagte, „graue Zeit“": the marks say what is told
    after = closing if closing is not None else p.end
    return report(p, _before_or_around(p, opening - 1, after), found.speaker, found.cue or (p.at, p.at + 1))


def _ends_clause(p: Passage) -> bool:
    """True if the word ends its clause, as a verb after "wie" does; an auxiliary or the document may follow."""
    follower = p.tokens[p.at + 1] if p.at + 1 < p.end else None
    if follower is None or not follower.is_word or follower.lower in p.lexicon.participle_auxiliaries:
        return True
    is_impersonal = p.is_in(p.at, p.lexicon.impersonal_verbs)
    return is_impersonal or p.is_in(p.at + 1, p.lexicon.conjunctions) or p.is_at(p.at + 1, "worden")


def _how(p: Passage) -> int | None:
    """The "wie" that opens the clause of the word: at the beginning of the sentence or after a comma."""
    for at in range(p.at - 1, p.low - 1, -1):
        if p.tokens[at].lower == "wie" and (at == p.first or p.tokens[at - 1].surface in {",", "–", "—"}):
            return at
        if p.tokens[at].surface == ";":
            return None
    return None


def _teller(p: Passage, opening: int) -> Attribution | None:
    """Who reports in the clause from `opening` to the word, which must be a reporting verb."""
    cue = (p.at, p.at + 1)
    if p.is_at(p.at, "heißt", "hieß") and p.has(opening, p.at, "es"):
        return Attribution(document_near(p, opening, p.at), cue)
    if reporting_word(p, opening) is None:
        return None
    start = opening + 2 if p.is_at(opening + 1, "aus") else opening + 1
    end = reporter_end(p, start)
    return Attribution(
        (start, end) if end is not None and (start > opening + 1 or is_nominative(p, start)) else None, cue
    )


@rule(
    Finding.INDIRECT,
    "de",
    confidence=0.9,
    matches="Das Bad bleibe bis Mai geschlossen, heißt es in der Mitteilung.",
    misses="Das Bad am See heißt es zu schonen.",
)
def document_says(p: Passage) -> Report | None:
    """…, heißt es in der Mitteilung; in dem Brief heißt es, …; hieß es aus dem Palast"""
    if not p.is_in(p.at, p.lexicon.impersonal_verbs) or not (p.is_at(p.at + 1, "es") or p.is_at(p.at - 1, "es")):
        return None
    cue = (p.at, p.at + 1)
    if p.is_at(p.at - 1, ",", "–", "—") and not _is_apposed(p, p.at - 1):
        speaker = document_near(p, p.at + 1, p.high)
        return report(p, (p.first, p.at - 1), speaker, cue)
    comma = p.find(p.at + 1, min(p.end, p.at + 14), ",", ":")
    if comma is None or reporting_verb_at(p, p.at, p.end) is None:
        return None
    return report(p, (comma + 1, clause_end(p, comma + 1)), document_near(p, p.low, comma), cue)


def document_near(p: Passage, first: int, last: int) -> Range | None:
    """The document or place where something is said: "in der Mitteilung", "aus dem Palast", "beim Verband"."""
    for at in range(first, min(last, p.end)):
        if p.tokens[at].surface == "," and first > p.at:
            return None
        if p.tokens[at].lower in p.lexicon.document_prepositions:
            end = noun_phrase(p, at + 1, p.end)
            if end is not None and p.tokens[at + 1].lower not in p.lexicon.weekdays:
                return at + 1, end
    return None
