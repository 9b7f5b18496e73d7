"""What stands right after a name or an office and belongs to it: "(CDU)", "vom Verein", ", die Leiterin des Amtes"."""

from __future__ import annotations

from pipeline.annotate.grammar.actors import is_abstract
from pipeline.annotate.grammar.capitals import LONGEST_PHRASE, is_name_word, name_end
from pipeline.annotate.grammar.participles import opens_with_participle
from pipeline.annotate.grammar.phrases import REACH, is_nominative, noun_phrase
from pipeline.annotate.grammar.tokens import Range, View


def widened(view: View, phrase: Range) -> Range:
    """The speaker's phrase together with the parenthesis and the apposition that follow it."""
    tokens, lexicon = view.tokens, view.lexicon
    first, last = phrase
    stop = min(len(tokens), last + REACH)
    if last - first == 1 and tokens[first].lower in lexicon.pronouns:
        return phrase
    last = past_parenthesis(view, _affiliation_end(view, phrase, stop), stop)
    if last >= stop or tokens[last].surface != ",":
        return first, last
    is_owner = tokens[first].surface.endswith(("'s", "’s"))
    if tokens[first].surface.islower() or is_owner or tokens[first].lower in lexicon.determiners_nominative:
        name = name_end(view, last + 1, stop)
        is_person = view.has_role(first, last) or tokens[name - 1].surface in view.names
        if not lexicon.is_german and is_person and name < stop and tokens[name].lower in {"of", "from"}:
            name = noun_phrase(view, name + 1, stop) or name  # "their lawyer, Ann Marsh of Marsh & Co.,"
        if name > last + 2 and is_person and _closes(view, name, stop):
            return first, past_parenthesis(view, name, stop)
    apposition = _office_after(view, last + 1, stop, is_person=tokens[phrase[1] - 1].surface in view.names)
    return first, apposition if apposition is not None else last


def _affiliation_end(view: View, phrase: Range, stop: int) -> int:
    """The end of "von der Heimatliste" or "vom Verein Stromkunde", which says where the person belongs."""
    first, at = phrase
    if not view.is_german or at - first < 2 or not is_name_word(view.tokens[first], view.lexicon):
        return at
    if at + 1 >= stop or view.tokens[at].lower not in {"von", "vom"}:
        return at
    return noun_phrase(view, at + 1, stop) or at


def _closes(view: View, at: int, stop: int) -> bool:
    """True if the apposition ends here. In "sagte der Minister, Karin Holm habe" a clause follows instead."""
    return at >= stop or view.tokens[at].surface in {",", ".", ":", "(", "\n", "–"}


def _office_after(view: View, at: int, stop: int, *, is_person: bool) -> int | None:
    """The end of "die Leiterin des Amtes in Bonn", if a comma or the end of the sentence follows.

    After a person's name any noun with an article is an office, unless it is abstract.
    """
    tokens = view.tokens
    end = noun_phrase(view, at, stop)
    if end is None:
        return None
    has_article = end - at > 1 and tokens[at].lower in view.lexicon.determiners_nominative
    is_office = is_person and has_article and not is_abstract(view, (at, end))
    if not view.has_role(at, end) and not is_office:
        return None
    while end < stop and tokens[end].lower in view.lexicon.prepositions:
        inner = noun_phrase(view, end + 1, stop)
        if inner is None or tokens[end].lower in view.lexicon.circumstances:
            break
        end = inner
    return end if _closes(view, end, stop) or tokens[end].lower in view.lexicon.circumstances else None


def through_apposed_name(view: View, at: int, end: int, stop: int) -> int:
    """The end of the phrase with the name after its office: "its leader, Carla Dunn", "der Chef im Amt, Piet Lorenz".

    It is `end` if no name follows.
    """
    tokens = view.tokens
    says_where = view.is_in(end, view.lexicon.place_prepositions) or view.is_in(end, view.lexicon.contracted_articles)
    place = noun_phrase(view, end + 1, stop) if says_where else None
    comma = place or end
    if comma + 1 >= stop or tokens[comma].surface != ",":
        return end
    first = tokens[at]
    has_article = first.lower in view.lexicon.determiners_nominative or first.surface.endswith(("'s", "’s"))
    has_office = view.lexicon.is_role(tokens[end - 1].surface) or (place is not None and view.has_role(at, end))
    if not has_article or not has_office:
        return end
    start = comma + 1
    while start < stop and tokens[start].lower in {"the", "right", "reverend", "honourable"}:
        start += 1
    name = name_end(view, start, stop)
    is_closed = place is None or name >= stop or not tokens[name].is_word
    return name if name > start + 1 and is_closed else end


def past_parenthesis(view: View, at: int, stop: int) -> int:
    """The position after a short parenthesis at `at`: "(CDU)", "(45)"; `at` if there is no parenthesis."""
    if at < stop and view.tokens[at].surface == "(":
        for end in range(at + 1, min(stop, at + 8)):
            if view.tokens[end].surface == ")":
                return end + 1
    return at


def subject_before_apposition(view: View, low: int, comma: int) -> Range | None:
    """The phrase before the apposition that ends at `comma`: "Karin Holm, die Leiterin, sagte"."""
    tokens = view.tokens
    start = comma
    while start > low and tokens[start - 1].surface not in {";", ":", "–", "—", "\n"} and tokens[start - 1].segment < 0:
        start -= 1
    end = view.find(start, comma, ",")
    while end is not None and end < comma:
        clause = end if opens_with_participle(view, start, end) else max(start, end - LONGEST_PHRASE)
        for first in range(clause, end):
            if first > start and _is_object(view, first):
                continue
            closing = noun_phrase(view, first, end)
            if closing is not None and _reaches(view, closing, end) and is_nominative(view, first):
                if not view.lexicon.is_german and view.has_in(end + 1, comma, view.lexicon.modals):
                    return None  # "With the mayor absent, the town will wait, says Holm"
                has_office = view.has_role(first, closing)
                names_it = has_office and name_end(view, end + 1, comma) == comma
                return first, comma if names_it else closing
        start = end + 1
        end = view.find(start, comma, ",")
    return None


def _is_object(view: View, at: int) -> bool:
    """True if a verb or an article stands right before an English phrase: "found | the | victim in the hall"."""
    before, lexicon = view.tokens[at - 1], view.lexicon
    if lexicon.is_german or not before.surface.islower():
        return False
    is_article = before.lower in lexicon.determiners and before.lower != "that"
    return is_article or before.lower not in lexicon.function_words


def _reaches(view: View, closing: int, end: int) -> bool:
    """True if only a parenthesis or an attribute with a preposition is between the phrase and the comma."""
    return past_parenthesis(view, closing, end) == end or (
        view.tokens[closing].lower in view.lexicon.prepositions and end - closing <= 8
    )
