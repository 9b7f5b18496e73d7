"""German indirect speech that a verb, a participle or a noun introduces: the word comes first, then the clause."""

from __future__ import annotations

import re
from functools import cache

from pipeline.annotate.grammar.actors import may_be_somebody, passive_agent
from pipeline.annotate.grammar.phrases import is_nominative, noun_phrase
from pipeline.annotate.grammar.subjects import first_subject
from pipeline.annotate.grammar.tokens import Range
from pipeline.annotate.grammar.verbs import (
    has_reported_mood,
    is_subjunctive,
    may_have_finite_verb,
    particle_of,
    reporting_verb_at,
)
from pipeline.annotate.indirect.passage import Clause, Passage, Report, clause_end, report
from pipeline.annotate.lexicon import Frame, load_lexicon
from pipeline.annotate.rules import Finding, rule

WIDEST_GAP = 24
"""Most tokens between the reporting word and the clause that it reports."""
MOOD_REACH = 50
"""The mood of a clause must show within this many tokens."""


def first_clause(p: Passage) -> tuple[int, Clause]:
    """The comma before the first clause that the word can report, and what kind of clause that is."""
    if not p.clauses:
        p.clauses.append(_find_clause(p))
    return p.clauses[0]


def _find_clause(p: Passage) -> tuple[int, Clause]:
    if p.verb is None and p.tokens[p.at].lower not in p.lexicon.participles:
        return p.at, Clause.NONE
    for comma in commas_after(p):
        start = comma + 1
        if start >= p.end or p.tokens[start].lower in p.lexicon.purposes:
            continue
        if p.tokens[start].lower in p.lexicon.new_statements:
            break
        if opens_clause(p, start):
            if p.is_at(start, "wie") and (p.tokens[start + 1].is_capitalised or p.tokens[start + 1].segment >= 0):
                continue  # "Filme wie „Abendland“"
            if p.tokens[comma - 1].is_capitalised and p.tokens[start].lower.startswith(("welch", "wo")):
                continue  # "die Kette, welche": a relative clause
            return comma, Clause.THAT
        if reporting_verb_at(p, start, p.end) is not None:
            break
        if _opens_other_clause(p, start):
            continue
        if _is_reported_main_clause(p, start) or _is_main_clause(p, start):
            return comma, Clause.MAIN
        if infinitive_end(p, start) is not None:
            return comma, Clause.INFINITIVE
    return p.at, Clause.NONE


def commas_after(p: Passage) -> list[int]:
    """The commas after the word that may open the clause it reports."""
    commas: list[int] = []
    particle = (particle_of(p, p.at, p.end, p.verb) if p.verb is not None else None) or p.at
    for at in range(max(p.at, particle) + 1, min(p.end, max(p.at, particle) + WIDEST_GAP)):
        if p.tokens[at].surface in {";", ":", "\n"}:
            break
        if p.tokens[at].surface == ",":
            commas.append(at)
    return commas


def opens_clause(p: Passage, at: int) -> bool:
    """True if a clause begins with "dass", "ob", "wer", "mit welchem" or the like."""
    if p.tokens[at].lower in p.lexicon.prepositions and at + 1 < p.end:
        return p.tokens[at + 1].lower.startswith("welch")
    return p.tokens[at].lower in p.lexicon.complementizers


def _opens_other_clause(p: Passage, at: int) -> bool:
    """True if a reason, a time or an attribute begins, which nobody reports: "weil", "nachdem", "in dem"."""
    word = p.tokens[at].lower
    if word in p.lexicon.prepositions and at + 1 < p.end:
        return p.tokens[at + 1].lower in p.lexicon.relative_pronouns and not p.is_noun_near(at + 2)
    return word in p.lexicon.unreported_openers


def _is_main_clause(p: Passage, start: int) -> bool:
    """True if a subject and its verb follow, in any mood: "sagte, die USA hielten sich daran"."""
    verb = p.verb
    if verb is None or verb.frame is not Frame.SAY or p.tokens[p.at].lower.endswith("en"):
        return False
    end = start + 1 if p.is_at(start, "es", "das", "dies") else None
    end = end if end is not None and not p.is_noun_near(end) else noun_phrase(p, start, p.end)
    if end is None or end + 1 >= p.end or not is_nominative(p, start):
        return False
    token = p.tokens[end]
    if token.segment >= 0:
        return True
    return (
        token.is_word
        and token.surface.islower()
        and token.lower not in p.lexicon.function_words
        and token.lower.endswith(("t", "e", "ten", "en"))
        and not p.tokens[end + 1].is_capitalised
        and p.tokens[end + 1].surface not in {".", "!", "?"}  # "Er lachte, sie weinte."
    )


def _is_reported_main_clause(p: Passage, start: int) -> bool:
    """True if the clause from `start` is in the mood of reported speech."""
    opener = p.tokens[start].lower if start < p.end else ""
    if opener in p.lexicon.conjunctions and opener not in p.lexicon.reported_conjunctions:
        return p.is_at(start, "damit") and start + 1 < p.end and is_subjunctive(p, start + 1)
    stop = min(p.end, start + MOOD_REACH)
    for at in range(start, stop - 1):
        if p.tokens[at].surface == "," and _opens_that(p, at + 1):
            stop = at
            break
        if p.tokens[at + 1].surface == "," and reporting_verb_at(p, at, p.end) is not None:
            stop = at
            break
    return has_reported_mood(p, start, stop)


def infinitive_end(p: Passage, start: int) -> int | None:
    """The position after the infinitive with "zu" of the clause from `start`; None if it has no infinitive."""
    for at in range(start, min(p.end, start + MOOD_REACH)):
        lower = p.tokens[at].lower
        if lower == "zu" and at + 1 < p.end:
            follower = p.tokens[at + 1].surface
            if follower.islower() and follower.endswith("n") and p.tokens[at + 1].lower not in p.lexicon.no_infinitives:
                return at + 2
        if lower.endswith("n") and p.tokens[at].surface.islower() and _infixed_zu().fullmatch(lower):
            return at + 1
        if p.tokens[at].surface in {";", ":", "\n"} or (p.tokens[at].surface == "," and _opens_that(p, at + 1)):
            return None
    return None


def _opens_that(p: Passage, at: int) -> bool:
    return p.is_in(at, p.lexicon.that_conjunctions)


@cache
def _infixed_zu() -> re.Pattern[str]:
    """Matches an infinitive with "zu" inside: "einzuhalten"."""
    lexicon = load_lexicon("de")
    assert lexicon is not None
    return re.compile(f"(?:{'|'.join(lexicon.separable_particles)})zu\\w+n")


def reporting_word(p: Passage, divider: int) -> tuple[Range, Range | None] | None:
    """The cue and the speaker, if the passage's word is a reporting verb or the participle of one."""
    if p.verb is not None and not _is_participle_here(p):
        subject = p.subject(p.at, divider) if p.verb.needs != "hervor" else None  # what is reported is the subject
        return (p.at, p.at + 1), subject or _circles(p)
    if p.tokens[p.at].lower not in p.lexicon.participles or p.tokens[p.at].segment >= 0:
        return None
    auxiliary = _auxiliary(p)
    if auxiliary is None:
        return None
    cue = (p.at, p.at + 1)
    is_passive = p.tokens[auxiliary].lower in p.lexicon.passive_forms or p.is_at(p.at + 1, "worden")
    if is_passive and p.tokens[p.at].lower not in p.lexicon.citing_verbs:
        return cue, passive_agent(p.near, p.at)
    return cue, p.subject(auxiliary, divider)


def _is_participle_here(p: Passage) -> bool:
    """True if a form that may be finite is a participle, because its clause has an auxiliary: "wird befürchtet"."""
    if p.tokens[p.at].lower not in p.lexicon.participles:
        return False
    auxiliary = _auxiliary(p)
    if auxiliary is None:
        return False
    return not any(p.tokens[at].surface == "," for at in range(auxiliary, p.at))


def _circles(p: Passage) -> Range | None:
    """The source in "Aus Hafenkreisen verlautete", "Aus dem Bericht geht hervor"."""
    if not p.is_at(p.first, "aus"):
        return None
    end = noun_phrase(p, p.first + 1, p.at)
    return (p.first + 1, end) if end is not None else None


def _auxiliary(p: Passage) -> int | None:
    """The finite verb of the participle: before it in a main clause, right after it in a subordinate one."""
    if p.at + 1 < p.end and p.tokens[p.at + 1].lower in p.lexicon.participle_auxiliaries:
        return p.at + 1
    for at in range(p.at - 1, p.low - 1, -1):
        if p.tokens[at].lower in p.lexicon.participle_auxiliaries:
            return at
        if p.tokens[at].surface == ";":
            return None
    return None


@rule(
    Finding.INDIRECT,
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


@rule(
    Finding.INDIRECT,
    "de",
    confidence=0.9,
    matches="Kowalski sagte, das Wasser sinke wieder.",
    misses="Kowalski sagte zu, das Wasser sinkt wieder.",
)
def subjunctive_clause(p: Passage) -> Report | None:
    """sagte, man habe …; sagte, die Lage würde …"""
    comma, kind = first_clause(p)
    return _reported_by_word(p, comma) if kind is Clause.MAIN else None


@rule(
    Finding.INDIRECT,
    "de",
    confidence=0.85,
    matches="Kowalski versprach, den Damm bis Mai zu erneuern.",
    misses="Kowalski erklärte den Plan, um den Damm zu erneuern.",
)
def infinitive_clause(p: Passage) -> Report | None:
    """versprach, … zu erneuern; warf ihm vor, … hingenommen zu haben"""
    comma, kind = first_clause(p)
    if kind is not Clause.INFINITIVE or p.is_in(p.at + 1, p.lexicon.participle_auxiliaries):
        return None
    return _reported_by_word(p, comma)


@rule(
    Finding.INDIRECT,
    "de",
    confidence=0.7,
    matches="Die Bürgermeisterin legt Wert darauf, dass das Wasser sinkt.",
    misses="Der Regen hörte so früh auf, dass das Wasser sinkt.",
)
def any_verb_that(p: Passage) -> Report | None:
    """hielt es für möglich, dass …; legte Wert darauf, dass …: any verb of a person or an organisation."""
    comma = p.at - 1
    if not p.is_at(p.at, "dass", "daß") or not p.is_at(comma, ","):
        return None
    if p.has(p.first, comma, ",", "so") or p.is_in(comma - 1, p.lexicon.effects):
        return None
    if p.tokens[p.first].lower in p.lexicon.conjunctions or not may_have_finite_verb(p, p.first, comma):
        return None
    speaker = first_subject(p.near, p.low, comma)
    if speaker is None or p.tokens[speaker[1] - 1].lower in p.lexicon.pronouns or not may_be_somebody(p, speaker):
        return None
    cue = next(at for at in range(p.first, comma) if may_have_finite_verb(p, at, at + 1))
    return report(p, (p.at, clause_end(p, p.at)), speaker, (cue, cue + 1))


@rule(
    Finding.INDIRECT,
    "de",
    confidence=0.85,
    matches="Kowalski vertritt die Ansicht, dass das Wasser sinkt.",
    misses="Kowalski kennt die Straße, dass man ihn fragt.",
)
def noun_clause(p: Passage) -> Report | None:
    """die Ansicht, dass …; den Vorwurf, er habe …; die Forderung, … zu räumen"""
    if not p.tokens[p.at].is_capitalised or not p.lexicon.is_reporting_noun(p.tokens[p.at].lower):
        return None
    comma = _comma_after_noun(p)
    if comma is None or comma + 1 >= p.end or p.is_in(comma - 1, p.lexicon.effects):
        return None  # "in dem Glauben gelassen": the object believed it
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


def _comma_after_noun(p: Passage) -> int | None:
    """The comma after the noun, its attribute ("des Vereins") and one more word ("vertreten", "aus")."""
    at = p.at + 1
    if at < p.end and p.tokens[at].lower in p.lexicon.prepositions:
        at += 1
    if at < p.end and p.tokens[at].surface != ",":
        at = noun_phrase(p, at, p.end) or at
    if (
        at < p.end
        and p.tokens[at].is_word
        and p.tokens[at].surface.islower()
        and p.tokens[at].lower not in p.lexicon.verbs
    ):
        at += 1
    return at if p.is_at(at, ",") else None


def _is_relative(p: Passage, start: int) -> bool:
    """True if a relative clause begins: "der Vorwurf, der …". Before a noun the word is an article."""
    if p.tokens[start].lower not in p.lexicon.relative_or_article:
        return False
    return start + 1 < p.end and not p.tokens[start + 1].is_capitalised


def _owner(p: Passage) -> Range | None:
    """Whose opinion it is: the genitive after the noun, or else the subject of the sentence."""
    if p.is_in(p.at + 1, p.lexicon.owner_markers):
        start = p.at + 2 if p.is_at(p.at + 1, "von", "vom") else p.at + 1
        end = noun_phrase(p, start, p.high)
        if end is not None:
            return start, end
    colon = p.find_back(p.at, p.low, ":", ";")
    speaker = first_subject(p, p.low if colon is None else colon + 1, p.at)
    if speaker is None or speaker[1] > p.at or not is_nominative(p, speaker[0]):
        return None
    return speaker
