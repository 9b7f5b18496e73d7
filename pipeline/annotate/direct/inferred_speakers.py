"""Rules that infer the speaker from the text around a quotation without a cue of its own, and the rule `denied`.

All but `denied` are in `attribution.RULES`. That module tries `denied` afterwards, on what another rule has found.
"""

from __future__ import annotations

from pipeline.annotate.direct.situation import Evidence, Situation, marked_rule
from pipeline.annotate.grammar.actors import may_be_somebody
from pipeline.annotate.grammar.capitals import name_end
from pipeline.annotate.grammar.phrases import REACH
from pipeline.annotate.grammar.reporters import sentence_reporter
from pipeline.annotate.grammar.subjects import first_subject
from pipeline.annotate.grammar.tokens import Attribution, Range
from pipeline.annotate.grammar.verbs import has_reported_mood, is_subjunctive
from pipeline.annotate.lexicon import load_given_names


@marked_rule(
    "de",
    confidence=0.7,
    evidence=Evidence.CLAUSE,
    matches="Kowalski hob die Hände: „Das Wasser sinkt schon wieder.“",
    misses="Kowalski hob die Hände und las „Das Wasser“.",
)
def subject_colon(s: Situation) -> Attribution | None:
    """The subject of the sentence before the colon: Holm hob die Hände: „…“"""
    opening = s.find_back(s.at - 1, max(s.first, s.at - 6), "(")
    # A colon in parentheses does not announce the words of the subject: "(Titel: „…“)".
    if not s.is_at(s.at - 1, ":") or (opening is not None and not s.has(opening, s.at, ")")):
        return None
    speaker = first_subject(s, s.first, s.at - 1)
    if speaker is not None and s.tokens[speaker[0]].lower == "man":
        speaker = sentence_reporter(s, *s.earlier[0]) if s.earlier else None
    return Attribution(speaker) if speaker is not None and s.tokens[speaker[0]].lower not in s.lexicon.anybody else None


@marked_rule(
    "de",
    confidence=0.65,
    evidence=Evidence.SENTENCE,
    matches="Kowalski klagte über die Behörde. Die Lage sei „ernst, aber beherrschbar“.",
    misses="Kowalski klagte über die Behörde. Die Lage ist „ernst, aber beherrschbar“.",
)
def reported_clause(s: Situation) -> Attribution | None:
    """The German subjunctive continues a report: Die Lage sei „ernst“. A sentence before names the speaker."""
    if not has_reported_mood(s, s.first, s.end):
        return None
    if not any(is_subjunctive(s, at) for at in range(s.first, s.end)) and not _follows_report(s):
        return None  # a conditional alone may be a wish: "Das sollte ein „Fest“ werden"
    for first, last in s.earlier:
        speaker = sentence_reporter(s, first, last)
        if speaker is not None:
            return Attribution(speaker)
        if not has_reported_mood(s, first, last):
            break
    return s.last_attribution


def _follows_report(s: Situation) -> bool:
    return s.last_attribution is not None or (bool(s.earlier) and has_reported_mood(s, *s.earlier[0]))


@marked_rule(
    "de",
    confidence=0.9,
    evidence=Evidence.ADJACENT,
    matches="„Das Geld“, so Kowalski, „reicht.“",
    misses="„Das Geld“, sagte Kowalski bei „Nordkabel“.",
)
def split_quote(s: Situation) -> Attribution | None:
    """„…“, sagte Holm, „…“: the words continue after their speaker and a comma."""
    last, comma = s.last_attribution, s.at - 1
    if last is None or last.speaker is None or s.last_quotation_at < s.first or not s.is_at(comma, ","):
        return None
    between = range(s.last_quotation_at + 1, comma)
    is_between = last.speaker[0] in between and (last.cue is None or last.cue[0] in between)
    return last if is_between and not s.has(last.speaker[1], comma, ",") else None


@marked_rule(
    "de",
    confidence=0.75,
    evidence=Evidence.CLAUSE,
    matches="„Das Wasser sinkt“, sagte Kowalski. „Wir können bald zurück.“",
    misses="Das Wasser sinkt, hofft man. „Wir können bald zurück.“",
)
def same_speaker(s: Situation) -> Attribution | None:
    """The words continue the quotation before them: „…“, sagte er. „…“"""
    if s.last_attribution is None or s.last_attribution.speaker is None:
        return None
    is_same_sentence = s.last_quotation_at >= s.first
    if s.goes_on or (s.at - s.last_quotation_at <= REACH and (is_same_sentence or _stands_by_itself(s))):
        return s.last_attribution
    return None


def _stands_by_itself(s: Situation) -> bool:
    """True if the marked words are a sentence of their own; a title or slogan is part of one."""
    is_clause = s.at == s.first and s.is_set_off
    is_aside = s.is_at(s.at - 1, "(") and s.is_at(s.at + 1, ")")
    return is_clause or is_aside or s.is_own_sentence or s.is_at(s.at - 1, ":")


@marked_rule(
    "de",
    confidence=0.6,
    evidence=Evidence.NONE,
    matches="Anna Kowalski zeigte sich erleichtert. „Das Wasser sinkt schon wieder.“",
    misses="Am Abend war Ruhe. „Das Wasser sinkt schon wieder.“",
)
def subject_before_quote(s: Situation) -> Attribution | None:
    """The subject of the sentence before; the marked words are a sentence of their own."""
    if not s.earlier or not s.is_own_sentence:
        return None
    first, last = s.earlier[0]
    speaker = sentence_reporter(s, first, last) or first_subject(s, first, last)
    return Attribution(speaker) if speaker is not None and may_be_somebody(s, speaker) else None


@marked_rule(
    "de",
    confidence=0.5,
    evidence=Evidence.NONE,
    matches="„Wir haben die ganze Nacht auf dem Dach gesessen und gewartet.“",
    misses="Das Stück „Nacht auf dem Dach“ war ausverkauft.",
)
def nobody(s: Situation) -> Attribution | None:
    """Clearly somebody's words, but the text does not say whose."""
    return Attribution() if _stands_by_itself(s) else None


_BREAKS = frozenset({",", ";", ":", "–", "—", "\n"})
"""Marks between clauses."""
_NOT_TO_VERB = 3
"""An English "not" or "only" is among this many tokens before its verb."""


@marked_rule(
    "de",
    confidence=0.5,
    evidence=Evidence.ADJACENT,
    matches="Kowalski hat nie gesagt: „Das Wasser sinkt.“",
    misses="Kowalski hat gesagt: „Das Wasser sinkt nie.“",
)
def denied(s: Situation) -> Attribution | None:
    """Hat nie gesagt: „…“; weder X noch Y sagte: „…“: nobody's words.

    The quotation is kept, with this rule instead of the one that found it, with its cue and without a speaker.
    """
    found = _with_cue(s)
    if found is None or found.cue is None:
        return None
    is_said_by_nobody = found.speaker is not None and _is_nobody(s, found.speaker)
    if is_said_by_nobody or (
        _is_in_clause(s, found.cue) and (_is_negated(s, found) or _is_counterfactual(s, found.cue))
    ):
        return Attribution(None, found.cue)
    return None


def _with_cue(s: Situation) -> Attribution | None:
    """What another rule found for these words; a participle before the colon is its cue if that rule named none."""
    if s.candidate is None or s.candidate.cue is not None or not s.is_at(s.at - 1, ":"):
        return s.candidate
    is_participle = s.tokens[s.at - 2].lower in s.lexicon.participles
    return Attribution(s.candidate.speaker, (s.at - 2, s.at - 1)) if is_participle else s.candidate


def _is_nobody(s: Situation, speaker: Range) -> bool:
    """True if the subject denies that anybody said it: "niemand sagte", "weder Holm noch Marsh sagte"."""
    first, last = speaker
    is_number_ten = last - first > 1 and s.tokens[first + 1].surface[0].isdigit()  # "No 10 said"
    return (s.tokens[first].lower in s.lexicon.nobody and not is_number_ten) or s.is_at(first - 1, "weder", "neither")


def _is_in_clause(s: Situation, cue: Range) -> bool:
    """True if the marked words are in the clause of the cue. A negation in another clause does not deny them."""
    first, last = (cue[1], s.at - 1) if cue[0] < s.at else (s.after, cue[0])
    return not any(token.surface in _BREAKS for token in s.tokens[first:last])


def _is_negated(s: Situation, found: Attribution) -> bool:
    assert found.cue is not None
    first, last = found.cue
    while first > s.first and s.tokens[first - 1].surface not in _BREAKS and first - 1 != s.at:
        first -= 1
    while last < s.end and s.tokens[last].surface not in _BREAKS and last != s.at:
        last += 1
    words = range(first, last)
    if any(s.tokens[at].lower in s.lexicon.never for at in words):
        return True
    if not s.is_german:
        near = s.tokens[max(first, found.cue[0] - _NOT_TO_VERB) : found.cue[0]]
        is_partial = any(token.lower in s.lexicon.only for token in near)
        return not is_partial and any(token.lower.endswith(("n't", "n’t")) or token.lower == "not" for token in near)
    # German "nicht" denies the cue only right before the cue, the speaker, the quotation or the end of the clause.
    denied_after = {found.cue[0], s.at, last, found.speaker[0] if found.speaker is not None else last}
    return any(
        s.tokens[at].lower == "nicht" and (at + 1 in denied_after or s.tokens[at + 1].surface in {".", "!"})
        for at in words
    )


def _is_counterfactual(s: Situation, cue: Range) -> bool:
    return s.tokens[s.first].lower in s.lexicon.counterfactual and not any(
        token.surface in _BREAKS for token in s.tokens[s.first : cue[0]]
    )


@marked_rule(
    "en",
    confidence=0.85,
    evidence=Evidence.CLAUSE,
    matches="“The water is falling.” – Helen Marsh",
    misses="“The water is falling.” – a headline",
)
def signed(s: Situation) -> Attribution | None:
    """“…” – Helen Marsh: the sentence has only the marked words, a dash and a full name."""
    start = s.at + 2
    if s.first != s.at or not s.is_at(s.at + 1, "–", "—", "-"):
        return None
    end = name_end(s, start, s.end)
    if end - start < 2 or end < s.end or not load_given_names().is_known(s.tokens[start].surface):
        return None
    return Attribution((start, end))
