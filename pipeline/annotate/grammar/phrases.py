"""Names and noun phrases that can be a speaker, found from their first word.

Positions are token indices, and ends are exclusive. No function here looks further than `REACH` tokens, so the time
they take does not depend on the length of the sentence.
"""

from __future__ import annotations

from pipeline.annotate.grammar.capitals import (
    LONGEST_PHRASE,
    is_name_word,
    is_short,
    name_end,
    particle_name_end,
    second_office_end,
)
from pipeline.annotate.grammar.tokens import Token, View
from pipeline.annotate.lexicon import Lexicon, load_given_names

REACH = 45
"""Rules look at this many tokens on either side of a quotation. A longer way makes long sentences slow."""
LONGEST_ATTRIBUTE = 8
"""Most tokens between an article and the participle before its noun: "die in Bonn geborene Autorin"."""
_ADJECTIVE_ENDINGS = ("e", "en", "er", "es", "em")
_PHRASE_ENDS = frozenset(".,:;!?)\n")


def noun_phrase(view: View, at: int, stop: int) -> int | None:
    """The end of the noun phrase that begins at `at`; None if no noun phrase begins there."""
    stop = min(stop, at + LONGEST_PHRASE, len(view.tokens))
    if at >= stop:
        return None
    if view.lexicon.is_german:
        return _noun_phrase_de(view, at, stop)
    return _noun_phrase_en(view, at, stop)


def _noun_phrase_de(view: View, at: int, stop: int) -> int | None:
    tokens, lexicon = view.tokens, view.lexicon
    if particle_end := particle_name_end(view, at, stop):
        return particle_end
    if (partitive_end := _partitive_end_de(view, at, stop)) is not None:
        return partitive_end
    head = at
    if tokens[at].lower in lexicon.determiners:
        head += 1
        head = past_participle_attribute(view, head, stop)
    while head < stop and (
        is_adjective_de(tokens[head], lexicon)
        or (head > at and (_follows_article(tokens[head], lexicon) or _modifies_adjective(view, head, stop)))
    ):
        head += 1
    end = name_end(view, head, stop)
    if end == head + 1 and end < stop and tokens[end].lower in lexicon.weekdays and tokens[head].lower.endswith("e"):
        return None  # "Vergangene Woche"
    if end == head:
        if head - 1 > at and tokens[head - 1].surface[0].isdigit() and "-" in tokens[head - 1].surface:
            return head  # "der 81-jährige": an age without a noun stands for the person
        return at + 1 if tokens[at].lower in lexicon.pronouns else None
    return second_office_end(view, (at, end), stop) or _postmodified_de(view, head, end, stop)


def _follows_article(token: Token, lexicon: Lexicon) -> bool:
    """True for a word of quantity, which may follow an article: "die beiden Männer", "ihre zwei Kinder"."""
    return (
        len(token.lower) > len("der")
        and token.surface.islower()
        and token.lower in lexicon.determiners
        and token.lower not in lexicon.genitive_determiners
    )


def _modifies_adjective(view: View, at: int, stop: int) -> bool:
    """True if the word has no ending and an adjective follows: "die | staatlich kontrollierten Medien"."""
    token, lexicon = view.tokens[at], view.lexicon
    if at + 1 >= stop or not token.surface.islower() or token.lower.endswith(_ADJECTIVE_ENDINGS):
        return False
    if token.lower in lexicon.function_words or token.lower in lexicon.verb_forms:
        return False
    return is_adjective_de(view.tokens[at + 1], lexicon)


def past_participle_attribute(view: View, at: int, stop: int) -> int:
    """The position of the participle in "die | in Bonn geborene Autorin"; `at` without such an attribute."""
    tokens, lexicon = view.tokens, view.lexicon
    if at >= stop:
        return at
    word = tokens[at].lower
    if word not in lexicon.prepositions and word not in lexicon.adverbs and not word.isdigit():
        return at
    for participle in range(at + 1, min(stop - 1, at + LONGEST_ATTRIBUTE)):
        token = tokens[participle]
        if not token.is_word or token.lower in lexicon.finite_verbs:
            return at
        is_participle = token.surface.islower() and token.lower.endswith(lexicon.participle_endings)
        if is_participle and tokens[participle + 1].is_capitalised and token.lower not in lexicon.function_words:
            return participle
    return at


def _partitive_end_de(view: View, at: int, stop: int) -> int | None:
    """The end of "einer", "eine von ihnen", "einer der Männer"; None for an article before its noun."""
    tokens = view.tokens
    if tokens[at].lower not in view.lexicon.quantifiers:
        return None
    after = tokens[at + 1] if at + 1 < stop else None
    if after is None or after.segment >= 0 or after.surface in _PHRASE_ENDS:
        return at + 1
    if after.lower == "von" and at + 2 < stop and tokens[at + 2].lower in {"ihnen", "uns", "denen"}:
        return at + 3
    return noun_phrase(view, at + 1, stop) if after.lower == "der" else None


def is_adjective_de(token: Token, lexicon: Lexicon) -> bool:
    """True if the word may be an adjective: "alte", "81-jährige", "81", but not "39-Jährige" or "t-online.de"."""
    if not token.is_word or token.is_capitalised:
        return False
    if token.lower in lexicon.function_words or token.lower in lexicon.verbs or token.lower in lexicon.finite_verbs:
        return False
    is_long = len(token.lower) > 3 and token.surface[0].islower()
    return token.surface[0].isdigit() or (is_long and token.lower.endswith(_ADJECTIVE_ENDINGS))


def is_attribute_de(view: View, at: int) -> bool:
    """True if the word stands right before a noun, after an article or the like: "mit den neu gewählten Räten"."""
    if not at or at + 1 >= len(view.tokens) or not view.tokens[at + 1].is_capitalised:
        return False
    before, lexicon = view.tokens[at - 1], view.lexicon
    if before.lower in lexicon.pronouns or view.tokens[at].lower in lexicon.verb_forms:
        return False
    is_article = before.lower in lexicon.determiners
    return is_article or before.lower in lexicon.prepositions or is_adjective_de(before, lexicon)


def _postmodified_de(view: View, head: int, end: int, stop: int) -> int:
    """The end of the phrase with what belongs to its noun: "des Weißen Hauses", "der Polizei Hof", "von Hessen"."""
    tokens, lexicon = view.tokens, view.lexicon
    for _ in range(3):
        if (
            end >= stop
            or tokens[end].lower not in lexicon.postmodifiers
            or not (lexicon.is_role(tokens[end - 1].surface) or _has_owner(view, end, stop))
        ):
            if _names_field(view, end, stop):
                end = name_end(view, end + 1, stop)
                continue
            is_genitive = end < stop and tokens[end].lower in lexicon.genitive_determiners
            has_full_name = end - head >= 2 and not lexicon.is_role(tokens[end - 1].surface)
            if not is_genitive or has_full_name or _is_told(view, end, stop):
                break
        inner = end + 1
        if inner < stop and tokens[inner].lower in lexicon.determiners_oblique:
            inner += 1
        while inner < stop and is_adjective_de(tokens[inner], lexicon):
            inner += 1
        inner_end = name_end(view, inner, stop)
        if inner_end == inner:
            break
        if tokens[end].lower == "für" and inner_end + 1 < stop and tokens[inner_end].lower == "und":
            inner_end = max(inner_end, name_end(view, inner_end + 1, stop))  # "für Studium und Lehre"
            inner = inner_end - 1
        head, end = inner, inner_end
    return end


def _has_owner(view: View, at: int, stop: int) -> bool:
    """True for whose a group or a statement is: "die Kanzlei | von Piet Lorenz", "das Urteil | von Piet Lorenz"."""
    noun = view.tokens[at - 1].lower
    has_owner = view.lexicon.is_speaking_noun(noun) or view.lexicon.source_kind(noun) == "source"
    return has_owner and view.is_at(at, "von", "vom") and at + 1 < stop and view.tokens[at + 1].is_capitalised


def _names_field(view: View, at: int, stop: int) -> bool:
    """True for what an office or institute works on: "das Landesamt | für Umwelt"."""
    if at + 1 >= stop or view.tokens[at].lower != "für" or not is_name_word(view.tokens[at + 1], view.lexicon):
        return False
    head = view.tokens[at - 1].lower
    return view.lexicon.is_speaking_noun(head) or view.lexicon.is_organisation_noun(head)


def _is_told(view: View, at: int, stop: int) -> bool:
    """True if the words name who was told ("sagte Holm der Abendpost"), no owner ("ein Lotse unserer Redaktion")."""
    is_ours = at + 1 < stop and view.is_at(at, "unserer", "dieser") and view.is_in(at + 1, view.lexicon.media)
    return view.tokens[at - 1].surface in view.names or is_ours


def _noun_phrase_en(view: View, at: int, stop: int) -> int | None:
    tokens, lexicon = view.tokens, view.lexicon
    first = tokens[at]
    if first.lower in lexicon.pronouns:
        return at + 1
    if (
        first.lower in lexicon.time_openers
        and at + 1 < stop
        and (tokens[at + 1].lower in lexicon.times or tokens[at + 1].lower in lexicon.weekdays)
    ):
        return None
    if not first.is_word or first.lower in lexicon.prepositions or first.lower in lexicon.conjunctions:
        return None
    if first.lower in lexicon.quantifiers and (end := _partitive_end_en(view, at, stop)) is not None:
        return end
    if first.lower.endswith("-year-old") and at + 1 < stop and is_name_word(tokens[at + 1], lexicon):
        return _noun_phrase_en(view, at + 1, stop)
    has_determiner = first.lower in lexicon.determiners_nominative
    if not has_determiner and not is_name_word(first, lexicon) and not _starts_bare_en(view, at, stop):
        return None
    end = at + 1
    while end < stop:
        if _joins_phrase_en(view, end, stop):
            end += 1
            continue
        is_noun = has_determiner and _is_noun_en(view, at, end)
        if _ends_phrase_en(tokens[end], lexicon) and not is_noun and not is_noun_before_verb(view, end):
            break
        if tokens[end].lower in lexicon.determiners_nominative and tokens[end - 1].lower not in lexicon.function_words:
            break  # "a story | her sister told"
        if not has_determiner and not _may_extend_en(view, end):
            break
        is_participle = at + 1 < end < stop - 1 and is_participle_en(tokens[end], lexicon)
        if is_participle and tokens[end + 1].lower in lexicon.prepositions:
            break  # "a memo | seen by the paper"
        if is_participle and tokens[end].lower.endswith("ed") and tokens[end + 1].lower in lexicon.determiners:
            break  # "the mayor | visited the hall"
        end += 1
    return end if end > at + 1 or not has_determiner else None


def _partitive_end_en(view: View, at: int, stop: int) -> int | None:
    """The end of "one", "some of them", "two of the men"; None before a noun of its own, as in "one neighbour"."""
    after = view.tokens[at + 1] if at + 1 < stop else None
    if (
        after is None
        or not after.is_word
        or after.lower in view.lexicon.verbs
        or after.lower in view.lexicon.auxiliaries
    ):
        return at + 1
    if after.lower != "of" or at + 2 >= stop:
        return None
    if view.tokens[at + 2].lower in {"them", "us", "those", "these"}:
        return at + 3
    return noun_phrase(view, at + 2, stop)


def is_participle_en(token: Token, lexicon: Lexicon) -> bool:
    """True if the word may be a past participle: "interviewed", "seen"."""
    return token.surface.islower() and (token.lower.endswith("ed") or token.lower in lexicon.irregular_participles)


def _is_noun_en(view: View, at: int, end: int) -> bool:
    """True if a word that looks like a verb is a noun after a determiner: "the answer", "a handwritten note"."""
    word, article = view.tokens[end].lower, view.tokens[at].lower
    verbs = view.lexicon.verbs.get(word, ())
    if end > at + 1:
        return article in {"a", "an"} and any(verb.lemma == word for verb in verbs)
    return bool(verbs) and article not in view.lexicon.quantifiers


def is_noun_before_verb(view: View, at: int) -> bool:
    """True if an English word is a noun, because the verb of the sentence follows it: "her remarks suggest"."""
    follower = view.tokens[at + 1] if at + 1 < len(view.tokens) else None
    if follower is None or follower.surface not in view.lexicon.verbs or follower.surface.endswith(("ing", "ed")):
        return False
    is_noun = view.tokens[at].surface in view.lexicon.verbs and view.tokens[at].surface.islower()
    return is_noun and (view.tokens[at].surface.endswith("s") or not follower.surface.endswith("s"))


def _joins_phrase_en(view: View, at: int, stop: int) -> bool:
    """True if the phrase continues after the token: the stop of "Mr.", an apostrophe, "of", "and" between names."""
    tokens, lexicon = view.tokens, view.lexicon
    token, before = tokens[at], tokens[at - 1]
    if token.surface in {"'", "’"}:
        return True
    if at + 1 >= stop or not tokens[at + 1].is_word:
        return False
    if token.surface == ".":
        return is_short(before, lexicon) and tokens[at + 1].is_capitalised
    if token.lower == "and":
        return before.is_capitalised and tokens[at + 1].is_capitalised
    if token.lower == "by":
        return before.lower in lexicon.documents
    if before.lower in lexicon.determiners_nominative:
        return False
    if token.lower == "in":  # "officials in Berlin", but not "said Holm in May"
        return lexicon.is_role(before.lower) and is_name_word(tokens[at + 1], lexicon)
    return token.lower in lexicon.postmodifiers and (token.lower != "with" or lexicon.is_role(before.lower))


def _ends_phrase_en(token: Token, lexicon: Lexicon) -> bool:
    lower = token.lower
    if not token.is_word:
        return True
    if lower in lexicon.verbs and lower not in lexicon.nouns_or_verbs and not token.is_capitalised:
        return True
    if lower in lexicon.finite_verbs and not token.is_capitalised:
        return True
    closed = (
        lexicon.adverbs,
        lexicon.weekdays,
        lexicon.auxiliaries,
        lexicon.pronouns,
        lexicon.prepositions,
        lexicon.conjunctions,
    )
    return lower in lexicon.no_names and any(lower in words for words in closed)


def _may_extend_en(view: View, at: int) -> bool:
    """True if an office or a verb follows a name within three words: "Labour leader", "Leeds city council says"."""
    tokens, lexicon = view.tokens, view.lexicon
    if tokens[at].is_capitalised or not tokens[at - 1].is_capitalised:
        return True
    near = [token for token in tokens[at : at + 3] if token.is_word]
    if any(lexicon.is_role(token.lower) for token in near):
        return True
    follows = next((number for number, token in enumerate(near) if token.lower in lexicon.verb_forms), 0)
    return follows > 0 and all(token.lower not in lexicon.function_words for token in near[:follows])


def _starts_bare_en(view: View, at: int, stop: int) -> bool:
    """True for a phrase without an article: "officials", "former president Adam Pierce", "welder Ned Pike"."""
    lexicon = view.lexicon
    for number, token in enumerate(view.tokens[at : min(stop, at + 4)]):
        if number and token.is_capitalised and load_given_names().is_known(token.surface):
            return True
        if not token.is_word or token.lower in lexicon.function_words or token.lower in lexicon.verbs:
            return False
        if lexicon.is_role(token.lower):
            return True
    return False


def is_nominative(view: View, at: int) -> bool:
    """True if the phrase at `at` may be a subject: not after a preposition, not with a dative article."""
    tokens, lexicon = view.tokens, view.lexicon
    if tokens[at].lower == "einer" and _partitive_end_de(view, at, len(tokens)) is not None:
        return True
    if tokens[at].lower in {"dessen", "deren"}:  # "sagte dessen Präsident"
        return at + 1 < len(tokens) and is_name_word(tokens[at + 1], lexicon)
    if tokens[at].lower in lexicon.determiners_oblique and tokens[at].lower not in lexicon.determiners_nominative:
        return False
    if lexicon.is_german and tokens[at].lower.endswith(("ern", "eln")) and lexicon.is_role(tokens[at].surface):
        return False  # "sagte Reportern"
    if lexicon.is_german and tokens[at].lower.endswith(("en", "em")) and is_adjective_de(tokens[at], lexicon):
        return False  # without an article: "jungen Leuten"
    before = tokens[at - 1] if at else None
    if before is not None and not lexicon.is_german and before.lower in lexicon.prepositions_or_conjunctions:
        return not tokens[at].lower.endswith("ing")  # "after leaving office"
    return before is None or before.lower not in lexicon.prepositions
