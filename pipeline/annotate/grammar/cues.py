"""The whole of a cue: a reporting verb with its particle and complement, a participle with its auxiliary."""

from __future__ import annotations

from pipeline.annotate.grammar.phrases import is_adjective_de
from pipeline.annotate.grammar.tokens import Range, View

_REACH = 4
"""Most tokens between a verb and the end of its particle that still make one cue: "wies gestern darauf hin"."""


def whole_cue(view: View, cue: Range, taken: list[Range]) -> Range:
    """The cue with the words next to it that belong to it. `taken` are tokens of the speaker and the quotation."""
    if not view.is_german or cue[1] - cue[0] != 1:
        return cue
    at = cue[0]
    token = view.tokens[at]
    if token.is_capitalised and view.lexicon.is_reporting_noun(token.lower):
        first, last = _with_support_verb(view, at)
    elif token.lower in view.lexicon.participles and _auxiliary_beside(view, at) is not None:
        first, last = _auxiliary_beside(view, at) or cue
    else:
        first, last = at, _particle_end(view, at)
    if any(low < last and first < high for low, high in taken):
        return cue
    return first, last


def _auxiliary_beside(view: View, at: int) -> Range | None:
    """The participle with the auxiliary next to it: "hat erklärt", "erklärt wurde"."""
    auxiliaries = view.lexicon.participle_auxiliaries
    if at + 1 < view.end and view.tokens[at + 1].lower in auxiliaries | {"worden"}:
        return at, at + 2
    return (at - 1, at + 1) if at > view.first and view.tokens[at - 1].lower in auxiliaries else None


def _particle_end(view: View, at: int) -> int:
    """The end of the verb's particle or complement near it: "teilte mit", "geht davon aus", "äußerte sich"."""
    tokens, lexicon = view.tokens, view.lexicon
    verbs = lexicon.verbs.get(tokens[at].lower, ())
    needs = {verb.needs for verb in verbs if verb.needs is not None}
    end = at + 1
    if view.is_at(end, "es") and tokens[at].lower in lexicon.impersonal_verbs:
        end += 1
    words = 0
    for position in range(end, min(len(tokens), at + 1 + _REACH)):
        word = tokens[position].lower
        if word in needs:
            end = position + 1
        elif not tokens[position].is_word or tokens[position].is_capitalised:
            break
        elif word not in lexicon.complements:
            words += 1
            if words > 1:
                break
        elif words == 0:
            end = position + 1
    return end


def _with_support_verb(view: View, at: int) -> Range:
    """The noun with its article and the verb before it: "ist der Meinung", "kam zu dem Ergebnis"."""
    tokens, lexicon = view.tokens, view.lexicon
    first = at
    small = lexicon.determiners | lexicon.prepositions
    while first > view.first and (tokens[first - 1].lower in small or is_adjective_de(tokens[first - 1], lexicon)):
        first -= 1
    before = tokens[first - 1] if first > view.first else None
    is_verb = before is not None and before.surface.islower() and before.is_word
    if (
        not is_verb
        or before is None
        or (before.lower in lexicon.function_words and before.lower not in lexicon.auxiliaries)
    ):
        return first, at + 1
    return first - 1, at + 1
