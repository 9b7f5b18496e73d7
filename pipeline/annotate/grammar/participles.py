"""English participles: "Residents interviewed in the hall said", "Marsh said it was safe, adding: …"."""

from __future__ import annotations

from pipeline.annotate.grammar.capitals import LONGEST_PHRASE
from pipeline.annotate.grammar.phrases import is_nominative, is_participle_en, noun_phrase
from pipeline.annotate.grammar.tokens import Range, View
from pipeline.annotate.grammar.verbs import reporting_verb_at


def described_by_participle(view: View, low: int, verb: int) -> Range | None:
    """The phrase before a participle that describes it: "Residents interviewed in the hall said"."""
    tokens = view.tokens
    mark = view.find_back(verb - 1, low, ",", ";", ":", "–")
    start = low if mark is None else mark + 1
    end = noun_phrase(view, start, verb)
    if end is None or end + 1 >= verb or not is_nominative(view, start):
        return None
    if end - start > 1 and is_participle_en(tokens[end - 1], view.lexicon):
        end -= 1
    if not is_participle_en(tokens[end], view.lexicon) or tokens[end + 1].lower not in view.lexicon.prepositions:
        return None
    between = tokens[end + 1 : verb]
    others = view.lexicon.auxiliaries | view.lexicon.conjunctions
    is_one_clause = not any(token.lower in others for token in between)
    return (start, end) if is_one_clause else None


def accompanied_subject(view: View, low: int, verb: int) -> Range | None:
    """The subject of a participle after "with": "with | some people saying that"."""
    if not view.tokens[verb].lower.endswith("ing"):
        return None
    opening = view.find_back(verb - 1, max(low, verb - LONGEST_PHRASE), "with", ",")
    if opening is None or view.is_at(opening, ","):
        return None
    return (opening + 1, verb) if noun_phrase(view, opening + 1, verb) == verb else None


def main_verb(view: View, low: int, verb: int) -> int | None:
    """The verb whose subject a participle shares: "said" in "Marsh said the dam was safe, adding: …"."""
    if view.tokens[verb - 1].surface != "," or not view.tokens[verb].lower.endswith("ing"):
        return None
    for at in range(verb - 2, low - 1, -1):
        if not view.tokens[at].lower.endswith("ing") and reporting_verb_at(view, at, verb) is not None:
            return at
    return None


def opens_with_participle(view: View, at: int, stop: int) -> bool:
    """True if a participle opens the sentence, which is no subject: "Speaking to the BBC", "Asked about the dam"."""
    lexicon = view.lexicon
    if lexicon.is_german or at + 1 >= stop or not view.tokens[at].lower.endswith(("ing", "ed")):
        return False
    follower = view.tokens[at + 1].lower
    follows = (lexicon.prepositions, lexicon.determiners_nominative, lexicon.conjunctions)
    return follower != "and" and any(follower in words for words in follows)


def is_passive_en(view: View, low: int, verb: int) -> bool:
    """True if the English verb is a participle in the passive: "was urged", "have been told", "announced by"."""
    if view.is_at(verb + 1, "by") and view.tokens[verb].lower.endswith("ed"):
        return True
    at = verb - 1
    lexicon = view.lexicon
    while at > low and view.tokens[at].lower in lexicon.adverbs and view.tokens[at].lower not in lexicon.auxiliaries:
        at -= 1
    return at >= low and view.tokens[at].lower in lexicon.passive_auxiliaries
