"""German subordinate clauses around marked words: their verb stands behind the marks, and their subject says whose."""

from __future__ import annotations

from pipeline.annotate.grammar.attribution import Attribution, Evidence, Situation, rule
from pipeline.annotate.grammar.mood import has_reported_mood
from pipeline.annotate.grammar.phrases import RELATIVE_DE, noun_phrase
from pipeline.annotate.grammar.subjects import subject_after
from pipeline.annotate.grammar.subordinate_subjects import relative_subject
from pipeline.annotate.grammar.verbs import verb_at
from pipeline.annotate.grammar.view import Range
from pipeline.annotate.lexicon import Frame

WIDEST_CLAUSE = 25
"""Tokens from its conjunction to the marks, and from there to its verb."""
_OPENERS = frozenset(
    {
        "während",
        "wohingegen",
        "weil",
        "obwohl",
        "nachdem",
        "bevor",
        "indem",
        "wobei",
        "wenn",
        "falls",
        "dass",
        "daß",
        "ob",
        "als",
        "wie",
    }
)
_ASIDES = frozenset({"während", "wohingegen", "obwohl", "nachdem", "bevor"})
"""What they open is nobody's report, unless its mood says so."""
_ENDS = frozenset(",.;:!?–—\n")


@rule(
    confidence=0.85,
    evidence=Evidence.SENTENCE,
    matches="Der Rat blieb ruhig, während Kowalski den Plan als „völlig unbrauchbar“ zurückwies.",
    misses="Kowalski sprach lange, während im Saal „völlig unbrauchbare“ Stühle standen.",
)
def verb_final(s: Situation) -> Attribution | None:
    """…, während Holm den Vorwurf als „…“ zurückwies; …, weil er „…“ gesagt habe; …, die es „…“ nannte."""
    opener = _opener(s)
    if opener is None or s.tokens[opener].lower not in _OPENERS | RELATIVE_DE:
        return None
    end = _clause_end(s)
    last = end - 1
    if last > s.at and s.tokens[last].lower in s.lexicon.auxiliaries and _participle_quotes(s, last - 1):
        last -= 1
    elif last <= s.at or verb_at(s, last, end) is None:
        return None
    if s.tokens[opener].lower in RELATIVE_DE:
        speaker = relative_subject(s, s.first, last)
    else:
        speaker = subject_after(s, opener, s.at) or _subject_of_while(s, opener)
    return Attribution(speaker, (last, last + 1)) if speaker is not None else None


def _subject_of_while(s: Situation, opener: int) -> Range | None:
    """Behind "während", which elsewhere is a preposition; then a genitive follows."""
    oblique = s.lexicon.determiners_oblique - s.lexicon.determiners_nominative
    if not s.is_at(opener, "während") or s.tokens[opener + 1].lower in oblique:
        return None
    end = noun_phrase(s, opener + 1, s.at)
    return (opener + 1, end) if end is not None else None


def _participle_quotes(s: Situation, at: int) -> bool:
    verb = s.lexicon.participles.get(s.tokens[at].lower)
    is_passive = s.tokens[at + 1].lower[0] == "w" or s.is_at(at + 1, "ist", "sei")
    return at > s.at and verb is not None and verb.frame not in {Frame.CLAUSE, Frame.NONE} and not is_passive


def _opener(s: Situation) -> int | None:
    """The first word of the clause that the marks stand in."""
    if s.lexicon.language != "de":
        return None
    for at in range(s.at - 1, max(s.first, s.at - WIDEST_CLAUSE) - 1, -1):
        if s.tokens[at].surface in _ENDS:
            return at + 1
    return s.first


def _clause_end(s: Situation) -> int:
    return next((at for at in range(s.at + 1, s.end) if s.tokens[at].surface in _ENDS), s.end)


def clause_low(s: Situation) -> int:
    """As far back as a verb may be whose words the marked ones are: not beyond "während", in the indicative."""
    opener = _opener(s)
    if opener is None or s.tokens[opener].lower not in _ASIDES:
        return s.first
    end = _clause_end(s)
    return s.first if has_reported_mood(s, opener, end) else opener
