"""Several subjects of one verb, who are no single speaker: "Holm und Kowalski sagten", "weder Holm noch Kowalski"."""

from __future__ import annotations

from pipeline.annotate.grammar.phrases import LONGEST_PHRASE, is_nominative, noun_phrase
from pipeline.annotate.grammar.view import Range, View

_JOINS = {"de": frozenset({"und", "sowie", "oder", "noch", "sondern"}), "en": frozenset({"and", "or", "nor"})}
_ALTERNATIVES = frozenset({"noch", "nor"})
"""Join what "weder" and "neither" begin, and nothing else."""


def with_partner_before(view: View, low: int, phrase: Range, verb: int) -> Range:
    """The phrase that ends before the verb, with what "und" joins to it: in German of a verb in the plural."""
    tokens, lexicon = view.tokens, view.lexicon
    join = phrase[0] - 1
    if join <= low or tokens[join].lower not in _JOINS[lexicon.language]:
        return phrase
    is_alternative = tokens[join].lower in _ALTERNATIVES
    if lexicon.language == "de" and not (is_alternative or is_plural(view, phrase[1], verb)):
        return phrase
    # An English past tense has no number: what is joined must begin the sentence.
    starts = range(max(low, join - LONGEST_PHRASE), join) if lexicon.language == "de" or is_alternative else (low,)
    for start in starts:
        if noun_phrase(view, start, join) == join and is_nominative(view, start):
            return start, phrase[1]
    return phrase


def with_partner_behind(view: View, phrase: Range, stop: int) -> Range:
    """The phrase with what "und" joins to it."""
    join = phrase[1]
    if join + 1 >= stop or view.tokens[join].lower not in _JOINS[view.lexicon.language]:
        return phrase
    end = noun_phrase(view, join + 1, stop)
    return (phrase[0], end) if end is not None and is_nominative(view, join + 1) else phrase


def is_plural(view: View, first: int, last: int) -> bool:
    """Whether a German finite form among the tokens, `last` included, is one of the plural: "sagten", "haben"."""
    return any(
        token.surface.islower() and token.lower.endswith("n") for token in (view.tokens[first], view.tokens[last])
    )


def contrasted(view: View, verb: int, phrase: Range, stop: int) -> Range:
    """ "sagte nicht Holm, sondern Kowalski": whom "sondern" puts in place of, with "nicht nur" beside, the phrase."""
    tokens = view.tokens
    before = [token.lower for token in tokens[verb + 1 : phrase[0]]]
    start = phrase[1] + 2
    if "nicht" not in before or start >= stop or tokens[start - 1].lower != "sondern":
        return phrase
    if tokens[start].lower == "auch":
        start += 1
    end = noun_phrase(view, start, stop)
    if end is None:
        return phrase
    return (phrase[0] if "nur" in before else start), end


def is_several(view: View, phrase: Range) -> bool:
    """Whether the German phrase names more than one; in English "and" may be part of one's office."""
    joins = _JOINS["de"] if view.lexicon.language == "de" else _ALTERNATIVES
    return any(token.lower in joins for token in view.tokens[phrase[0] : phrase[1]])
