"""German indirect speech that a verb, a participle or a noun introduces or follows."""

from __future__ import annotations

from pipeline.annotate.grammar.appositions import past_parenthesis
from pipeline.annotate.grammar.phrases import is_nominative, noun_phrase
from pipeline.annotate.grammar.subjects import first_subject, subject_after
from pipeline.annotate.grammar.verbs import has_reported_mood, is_conditional, is_subjunctive
from pipeline.annotate.grammar.view import Range
from pipeline.annotate.indirect.clauses_de import MOOD_REACH, Clause, first_clause, infinitive_end
from pipeline.annotate.indirect.passage import Passage, Report, clause_end, report, report_rule
from pipeline.annotate.lexicon import Frame

WIDEST_FRAME = 30
"""Tokens between an auxiliary and its participle: "hatte Holm bei ihrem Besuch in Port Ellery gesagt"."""
_COMMAS = frozenset({",", "–", "—"})


def reporting_word(p: Passage, divider: int) -> tuple[Range, Range | None] | None:
    """Cue and speaker, if the passage's word is a reporting verb or the participle of one."""
    if p.verb is not None and not _is_participle_here(p):
        return (p.at, p.at + 1), p.subject(p.at, divider) or _circles(p)
    if p.tokens[p.at].lower not in p.lexicon.participles or p.tokens[p.at].segment >= 0:
        return None
    auxiliary = _auxiliary(p)
    if auxiliary is None:
        return None
    cue = (p.at, p.at + 1)
    if p.tokens[auxiliary].lower in p.lexicon.passive_forms or p.is_at(p.at + 1, "worden"):
        return cue, _agent(p)
    return cue, p.subject(auxiliary, divider)


def _is_participle_here(p: Passage) -> bool:
    """ "wird befürchtet": where the participle looks like a finite form, an auxiliary in its clause tells."""
    if p.tokens[p.at].lower not in p.lexicon.participles:
        return False
    auxiliary = _auxiliary(p)
    if auxiliary is None:
        return False
    return not any(p.tokens[at].surface == "," for at in range(auxiliary, p.at))


def _circles(p: Passage) -> Range | None:
    """ "Aus Militärkreisen verlautete"."""
    if not p.is_at(p.first, "aus"):
        return None
    end = noun_phrase(p, p.first + 1, p.at)
    return (p.first + 1, end) if end is not None else None


def _auxiliary(p: Passage) -> int | None:
    """The finite verb of the participle: before it in a main clause, right behind it in a subordinate one."""
    if p.at + 1 < p.end and p.tokens[p.at + 1].lower in p.lexicon.participle_auxiliaries:
        return p.at + 1
    for at in range(p.at - 1, p.low - 1, -1):
        if p.tokens[at].lower in p.lexicon.participle_auxiliaries:
            return at
        if p.tokens[at].surface == ";":
            return None
    return None


def _agent(p: Passage) -> Range | None:
    """Of a passive: "wird von der Polizei vermutet", "wird in dem Bericht festgehalten"."""
    for at in range(p.at - 1, p.low - 1, -1):
        if p.tokens[at].lower in {"von", "vom"}:
            end = noun_phrase(p, at + 1, p.at)
            return (at + 1, end) if end is not None else None
        if p.tokens[at].lower in {"in", "im"}:
            end = noun_phrase(p, at + 1, p.at)
            if end is not None and any(p.lexicon.source_kind(t.lower) == "document" for t in p.tokens[at + 1 : end]):
                return at + 1, end
    return None


@report_rule(
    "de",
    confidence=0.9,
    matches="Am Montag sagte Kowalski dem Sender, dass das Wasser sinkt.",
    misses="Am Montag sagte Kowalski die Reise ab, weil das Wasser sinkt.",
)
def that_clause(p: Passage) -> Report | None:
    """sagte am Montag, dass …; fragte, ob …; hat erklärt, wie …"""
    comma, kind = first_clause(p)
    return _reported_by_word(p, comma) if kind is Clause.THAT else None


def _reported_by_word(p: Passage, comma: int) -> Report | None:
    found = reporting_word(p, comma)
    if found is None:
        return None
    cue, speaker = found
    return report(p, (comma + 1, clause_end(p, comma + 1)), speaker, cue)


@report_rule(
    "de",
    confidence=0.9,
    matches="Kowalski sagte, das Wasser sinke wieder.",
    misses="Kowalski sagte zu, das Wasser sinkt wieder.",
)
def subjunctive_clause(p: Passage) -> Report | None:
    """sagte, man habe …; sagte, die Lage würde …"""
    comma, kind = first_clause(p)
    return _reported_by_word(p, comma) if kind is Clause.MAIN else None


@report_rule(
    "de",
    confidence=0.85,
    matches="Kowalski versprach, den Damm bis Mai zu erneuern.",
    misses="Kowalski erklärte den Plan, um den Damm zu erneuern.",
)
def infinitive_clause(p: Passage) -> Report | None:
    """versprach, … zu erneuern; warf ihm vor, … hingenommen zu haben"""
    comma, kind = first_clause(p)
    if kind is not Clause.INFINITIVE or p.is_at(p.at + 1, *p.lexicon.participle_auxiliaries):
        return None
    return _reported_by_word(p, comma)


@report_rule(
    "de",
    confidence=0.9,
    matches="Das Wasser sinke schon wieder, sagte am Abend Kowalski.",
    misses="Das Wasser sinke schon wieder, sang am Abend Kowalski.",
)
def clause_then_verb(p: Passage) -> Report | None:
    """… sei beherrschbar, sagte Holm; … , heißt es."""
    verb = _verb_behind_comma(p)
    if verb is None:
        return None
    before = verb - 1
    if p.tokens[before].surface not in _COMMAS or _is_apposed(p, before):
        return None
    if p.tokens[before - 1].segment >= 0 and before - 1 == p.first:
        return None
    speaker = subject_after(p, verb, p.end)
    if (speaker is None and verb == p.at) or _is_subordinate(p, p.first):
        return None
    if p.is_at(p.first, "wer") and not has_reported_mood(p, p.first, before):
        return None  # "Wer schweigt, sagt auch etwas": the clause is the subject
    behind = max(p.at + 1, speaker[1] if speaker else 0)
    return report(p, _around(p, before, behind), speaker, (p.at, p.at + 1))


def _verb_behind_comma(p: Passage) -> int | None:
    """The finite verb of the parenthesis: the reporting verb itself, or the auxiliary of its participle."""
    if p.at - 1 <= p.first:
        return None
    if p.tokens[p.at - 1].surface in _COMMAS:
        return p.at if p.verb is not None and p.verb.frame is Frame.SAY else None
    participle = p.lexicon.participles.get(p.tokens[p.at].lower)
    if participle is None or participle.frame is not Frame.SAY:
        return None
    comma = next(
        (at for at in range(p.at - 1, max(p.first, p.at - WIDEST_FRAME), -1) if p.tokens[at].surface in _COMMAS), None
    )
    if comma is None or p.tokens[comma + 1].lower not in p.lexicon.participle_auxiliaries:
        return None
    return comma + 1


def _is_apposed(p: Passage, closing: int) -> bool:
    """ "Karin Holm, die Leiterin, sagte": the comma closes what belongs to the subject."""
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
    return not any(token.surface == "," for token in p.tokens[opening + 1 : closing])


def _is_subordinate(p: Passage, start: int) -> bool:
    """ "Als der Regen kam, sagte Kowalski": the first clause is no report."""
    return p.tokens[start].lower in p.lexicon.conjunctions - p.lexicon.reported_openers | p.lexicon.purposes


def _around(p: Passage, before: int, behind: int) -> Range:
    """The words before the parenthesis, and those behind it where they go on in the same mood or end the clause."""
    comma = next((at for at in range(behind, min(p.end, behind + 12)) if p.tokens[at].surface in _COMMAS), None)
    if comma is not None and p.tokens[behind - 1].surface != "\n":
        if is_open(p, before):
            return p.first, clause_end(p, comma + 1)
        rest = range(comma + 1, min(p.end, comma + 1 + MOOD_REACH))
        if any(is_subjunctive(p, at) or is_conditional(p, at) for at in rest):
            return p.first, clause_end(p, comma + 1)
    return p.first, before


def is_open(p: Passage, comma: int) -> bool:
    """ "Es sei, sagte Holm, ein Anfang": what subject and auxiliary need stands behind the parenthesis."""
    if not p.tokens[comma - 1].lower.startswith(tuple(p.lexicon.open_forms)):
        return False
    return noun_phrase(p, p.first, comma - 1) == comma - 1 or p.is_at(comma - 2, "es", "das", "dies")


@report_rule(
    "de",
    confidence=0.85,
    matches="Kowalski vertritt die Ansicht, dass das Wasser sinkt.",
    misses="Kowalski kennt die Straße, dass man ihn fragt.",
)
def noun_clause(p: Passage) -> Report | None:
    """die Ansicht, dass …; den Vorwurf, er habe …; die Forderung, … zu räumen"""
    if not p.tokens[p.at].is_capitalised or not p.lexicon.is_reporting_noun(p.tokens[p.at].lower):
        return None
    comma = _comma_behind_noun(p)
    if comma is None or comma + 1 >= p.end:
        return None
    start = comma + 1
    is_clause = p.tokens[start].lower in p.lexicon.that_conjunctions or (
        p.tokens[start].lower not in p.lexicon.purposes
        and (
            any(is_subjunctive(p, at) for at in range(start, min(p.end, start + MOOD_REACH)))
            or infinitive_end(p, start) is not None
        )
    )
    if not is_clause or p.tokens[start].lower in p.lexicon.prepositions or _is_relative(p, start):
        return None
    return report(p, (start, clause_end(p, start)), _owner(p), (p.at, p.at + 1))


def _comma_behind_noun(p: Passage) -> int | None:
    """Behind the noun, its attribute ("des Vereins", "an die Stadt") and one more word ("vertreten", "aus")."""
    at = p.at + 1
    if at < p.end and p.tokens[at].lower in p.lexicon.prepositions:
        at += 1
    if at < p.end and p.tokens[at].surface != ",":
        at = noun_phrase(p, at, p.end) or at
    if at < p.end and p.tokens[at].is_word and p.tokens[at].surface.islower():
        at += 1
    return at if p.is_at(at, ",") else None


def _is_relative(p: Passage, start: int) -> bool:
    """ "der Vorwurf, der …": a relative pronoun agrees with the noun; only one before a noun is an article."""
    if p.tokens[start].lower not in p.lexicon.relative_or_article:
        return False
    return start + 1 < p.end and not p.tokens[start + 1].is_capitalised


def _owner(p: Passage) -> Range | None:
    """Whose opinion it is: the genitive behind the noun, else whom the sentence is about."""
    if p.is_at(p.at + 1, *p.lexicon.owner_markers):
        start = p.at + 2 if p.is_at(p.at + 1, "von", "vom") else p.at + 1
        end = noun_phrase(p, start, p.high)
        if end is not None:
            return start, end
    speaker = first_subject(p, p.low, p.at)
    if speaker is None or speaker[1] > p.at or not is_nominative(p, speaker[0]):
        return None
    return speaker
