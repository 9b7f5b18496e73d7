"""Who can speak: persons, organisations and offices, before things; and who acts in a passive."""

from __future__ import annotations

from pipeline.annotate.grammar.capitals import is_name_word
from pipeline.annotate.grammar.phrases import REACH, noun_phrase
from pipeline.annotate.grammar.tokens import Range, View


def is_abstract(view: View, phrase: Range) -> bool:
    """True if the phrase names a thing, which cannot speak: "Die Kritik", "Das", "the darkness"."""
    lexicon = view.lexicon
    if not lexicon.is_german:
        head = view.tokens[phrase[1] - 1].lower
        return head.endswith(lexicon.abstract_endings) and not (lexicon.is_speaking_noun(head) or lexicon.is_role(head))
    tokens = view.tokens
    if phrase[1] - phrase[0] == 1 and tokens[phrase[0]].lower in lexicon.things:
        return True
    heads = [token for token in tokens[phrase[0] : phrase[1]] if token.is_capitalised and token.segment < 0]
    if not heads:
        return False
    at_start = tokens[phrase[0]].lower in lexicon.determiners_nominative
    head = heads[1 if at_start and tokens[phrase[0]].is_capitalised and len(heads) > 1 else 0].lower
    if lexicon.is_role(head) or lexicon.is_speaking_noun(head):
        return False
    return (
        head.endswith(lexicon.abstract_endings)
        or lexicon.is_reporting_noun(head)
        or lexicon.source_kind(head) in {"source", "law"}
    )


def head_end(view: View, phrase: Range) -> int:
    """Where the phrase's first noun ends, before what belongs to it: "Die Welt | der Künstler"."""
    owners, prepositions = view.lexicon.genitive_determiners, view.lexicon.prepositions
    for at, token in enumerate(view.tokens[phrase[0] + 1 : phrase[1]], phrase[0] + 1):
        if token.lower in owners or token.lower in prepositions:
            return at
    return phrase[1]


def may_be_somebody(view: View, phrase: Range) -> bool:
    """True if the phrase is a pronoun, a bare name or an office. Other subjects are things, which do not speak."""
    lexicon = view.lexicon
    first = view.tokens[phrase[0]]
    if first.lower in lexicon.anybody or is_abstract(view, phrase):
        return False
    if first.lower in lexicon.pronouns or view.has_role(phrase[0], head_end(view, phrase)):
        return True
    if not lexicon.is_german:
        return is_name_word(first, lexicon) or lexicon.is_speaking_noun(view.tokens[phrase[1] - 1].lower)
    words = [token for token in view.tokens[phrase[0] : head_end(view, phrase)] if is_name_word(token, lexicon)]
    is_adjective = first.lower.endswith(("e", "er", "es")) and first.surface not in view.names
    if len(words) > 1 and is_name_word(first, lexicon) and not is_adjective:
        return True
    return any(
        word.surface in view.names or word.surface.isupper() or lexicon.is_speaking_noun(word.lower) for word in words
    )


def passive_agent(view: View, at: int) -> Range | None:
    """The speaker of a passive participle: "wird von der Polizei vermutet", "wird in dem Bericht festgehalten"."""
    for start in range(at - 1, max(view.first, at - REACH) - 1, -1):
        word = view.tokens[start].lower
        if word not in view.lexicon.agent_prepositions:
            continue
        end = noun_phrase(view, start + 1, at)
        if word not in {"in", "im"}:
            return (start + 1, end) if end is not None else None
        if end is not None and any(view.lexicon.is_document(t.lower) for t in view.tokens[start + 1 : end]):
            return start + 1, end
    return None


def is_adverb_first(view: View, before: Range, after: Range) -> bool:
    """True if a word that no table has opens the sentence and a person follows its verb: "Gleich nach acht sagte Holm".

    A noun without an article would be plural, or a name.
    """
    word = view.tokens[before[0]]
    if before[1] - before[0] > 1 or word.surface in view.names or not view.is_in(before[1], view.lexicon.prepositions):
        return False
    first, *_, last = *view.tokens[after[0] : after[1]], view.tokens[after[1] - 1]
    if view.has_role(*before) or (first.lower == "der" and last.lower.endswith("in")):
        return False  # "sagte der Ministerin" is a dative
    return view.has_role(*after) or any(token.surface in view.names for token in view.tokens[after[0] : after[1]])


def is_addressee_first(view: View, before: Range, after: Range) -> bool:
    """True if the phrase before the verb was told and the one after it tells: "Der Zeitung sagte Holm"."""
    first, second = view.tokens[before[0]], view.tokens[after[0]]
    is_pronoun = after[1] - after[0] == 1 and second.lower in view.lexicon.pronouns_nominative
    if is_abstract(view, before) and not is_abstract(view, after):
        return True
    if is_pronoun or first.lower in view.lexicon.prepositions:
        return True
    head = view.tokens[before[1] - 1].lower
    is_dative = first.lower != "der" or not head.endswith("er")  # "der Sender" is a nominative
    return first.lower in {"der", "den", "dem"} and is_dative and view.has_in(*before, view.lexicon.media)
