"""Whose verb it is in a German subordinate clause: "wie Holm mitteilte", "der am Montag betonte"."""

from __future__ import annotations

from pipeline.annotate.grammar.attribution import Situation
from pipeline.annotate.grammar.phrases import LONGEST_PHRASE, RELATIVE_DE, is_nominative, noun_phrase
from pipeline.annotate.grammar.view import Range


def conjunction_subject(s: Situation, low: int, verb: int) -> Range | None:
    """The verb ends its clause: "wie Holm am Abend mitteilte", "indem sie aufforderte"."""
    for at in range(verb - 1, max(low, verb - 25) - 1, -1):
        if s.tokens[at].lower in s.lexicon.conjunctions:
            end = noun_phrase(s, at + 1, verb)
            if end is not None and is_nominative(s, at + 1):
                return at + 1, end
        if s.tokens[at].surface in {";", ":"}:
            return None
    return None


def relative_subject(s: Situation, low: int, verb: int) -> Range | None:
    """Of a German verb that ends its clause: "von dem die Polizei glaubt", "der am Montag betonte".

    None where the verb does not end a subordinate clause.
    """
    tokens, lexicon = s.tokens, s.lexicon
    if verb + 1 < s.end and not (
        tokens[verb + 1].surface in {",", ".", ":", ";"} or tokens[verb + 1].lower in lexicon.auxiliaries
    ):
        return None
    comma = next(
        (at for at in range(verb - 1, max(low, verb - LONGEST_PHRASE) - 1, -1) if tokens[at].surface == ","), None
    )
    if comma is None or comma + 2 > verb:
        return None
    start = comma + 1
    has_preposition = tokens[start].lower in lexicon.prepositions
    if has_preposition:
        start += 1
    if tokens[start].lower not in RELATIVE_DE or start >= verb or tokens[start + 1].is_capitalised:
        return None
    end = noun_phrase(s, start + 1, verb + 1)
    follows = end is not None and is_nominative(s, start + 1)
    if has_preposition or tokens[start].lower in {"dem", "den", "denen"}:
        return (start + 1, end) if follows and end is not None else None
    if (
        follows
        and end is not None
        and tokens[start + 1].lower in lexicon.determiners_nominative | lexicon.pronouns_nominative
    ):
        return start + 1, end
    return start, start + 1
