"""Several subjects of one verb: "Holm und Kowalski sagten", "nicht Holm, sondern Kowalski"."""

from __future__ import annotations

from pipeline.annotate.grammar.capitals import LONGEST_PHRASE, second_office_end
from pipeline.annotate.grammar.phrases import is_nominative, noun_phrase
from pipeline.annotate.grammar.tokens import Range, View


def with_partner_before(view: View, low: int, phrase: Range, verb: int) -> Range:
    """The phrase before the verb, with the one that "und" joins to it; in German only if the verb is plural."""
    tokens, lexicon = view.tokens, view.lexicon
    join = phrase[0] - 1
    if join <= low or tokens[join].lower not in lexicon.joins:
        return phrase
    is_alternative = tokens[join].lower in lexicon.alternatives
    if lexicon.is_german and not (is_alternative or is_plural(view, phrase[1], verb)):
        return phrase
    # An English past tense has no number, so there the joined phrase must begin the sentence.
    starts = range(max(low, join - LONGEST_PHRASE), join) if lexicon.is_german or is_alternative else (low,)
    for start in starts:
        if noun_phrase(view, start, join) == join and is_nominative(view, start):
            return start, phrase[1]
    return phrase


def with_partner_after(view: View, phrase: Range, stop: int) -> Range:
    """The phrase, with the one after it that "und" joins to it."""
    join = phrase[1]
    if join + 1 >= stop or view.tokens[join].lower not in view.lexicon.joins:
        return phrase
    end = noun_phrase(view, join + 1, stop)
    return (phrase[0], end) if end is not None and is_nominative(view, join + 1) else phrase


def is_plural(view: View, first: int, last: int) -> bool:
    """True if the first or the last token is a German plural form: "sagten", "haben"."""
    return any(
        token.surface.islower() and token.lower.endswith("n") for token in (view.tokens[first], view.tokens[last])
    )


def contrasted(view: View, verb: int, phrase: Range, stop: int) -> Range:
    """In "sagte nicht Holm, sondern Kowalski" the phrase after "sondern"; after "nicht nur" both phrases."""
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
    """True if the phrase names several people. In English "and" is ignored: it may be part of one office."""
    tokens, lexicon = view.tokens, view.lexicon
    joins = lexicon.joins if lexicon.is_german else lexicon.alternatives
    at = next((at for at in range(*phrase) if tokens[at].lower in joins), None)
    if at is None:
        return False
    # "Trainerin und Autorin Karin Holm" is one person with two offices.
    if lexicon.is_german:
        return second_office_end(view, (phrase[0], at), phrase[1]) is None
    offices = at == phrase[0] + 1 and lexicon.is_role(tokens[phrase[0]].surface)
    return not (offices and at + 3 < phrase[1] and lexicon.is_role(tokens[at + 1].surface))
