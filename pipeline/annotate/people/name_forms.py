"""Places that no table has, recognised by the form of their names, and names after a noun that says what they are."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.annotate.grammar.capitals import is_name_word, name_end
from pipeline.annotate.grammar.phrases import is_adjective_de
from pipeline.annotate.grammar.sentences import LONGEST_DATELINE, ends_dateline
from pipeline.annotate.grammar.tokens import Range, TextView, Token, View
from pipeline.annotate.lexicon import Lexicon
from pipeline.annotate.people.gazetteer import Gazetteer

MOST_PLACE_WORDS = 3
_POSSESSIVES = ("'s", "’s")

Places = dict[str, set[tuple[str, ...]]]
"""The names of places in a text by their first words."""


def read_places(view: TextView, persons: list[Range], gazetteer: Gazetteer) -> Places:
    """The places that follow "in" or "Stadt" somewhere in the text. `persons` are the ranges of people's names."""
    tokens, lexicon = view.tokens, view.lexicon
    named = {at for first, last in persons for at in range(first, last)}
    surnames = {bare(tokens[last - 1].surface) for _, last in persons}
    found: Places = {}
    prepositions = lexicon.place_prepositions
    for at in view.capitals:
        before = tokens[at - 1].lower if at else ""
        is_classed = before not in prepositions and lexicon.is_place_noun(before)
        if not (is_classed or before in prepositions) or at in named or not is_name_word(tokens[at], lexicon):
            continue
        if not tokens[at].surface[0].isupper() or (not is_classed and tokens[at].surface.endswith(("'s", "’s"))):
            continue  # "weakness in Northtel's forecast"
        end = classed_end(view, at, len(tokens)) if is_classed else _located_end(view, at)
        if end is None or gazetteer.entry_at(view, at) is not None:
            continue
        words = tuple(bare(word.surface) for word in tokens[at:end])
        if words[-1] not in surnames and words[0].lower() not in gazetteer.adjectives:
            found.setdefault(words[0], set()).add(words)
    if found:  # a word that is also in small letters is no name
        words_of_text = {token.surface for token in tokens}
        found = {first: names for first, names in found.items() if first.lower() not in words_of_text}
    for name in filter(None, _dateline_places(view)):
        for words in (name, tuple(map(str.title, name))):
            found.setdefault(words[0], set()).add(words)
    return found


def _dateline_places(view: View) -> Iterator[tuple[str, ...]]:
    """The place in capitals that begins the text, before a dash: "PORT ELLERY, Ohio (Hafenpost) —"."""
    dash = dateline_end(view)
    if dash is not None:
        end = next((at for at in range(dash) if not view.tokens[at].surface.isupper()), dash)
        yield tuple(token.surface for token in view.tokens[:end])


def dateline_end(view: View) -> int | None:
    """The position of the dash after the place and the agency that begin the text; None without them."""
    return next((at for at in range(1, min(len(view.tokens), LONGEST_DATELINE)) if ends_dateline(view, 0, at)), None)


def _located_end(view: View, at: int) -> int | None:
    """The end of the name after "in"; None if it may be something else than a place."""
    tokens, lexicon = view.tokens, view.lexicon
    if at > 1 and (tokens[at - 2].lower in lexicon.in_something or _is_within_name(view, at)):
        return None
    if lexicon.is_german:
        return at + 1 if _ends_like_a_place(tokens[at].lower, lexicon) else None
    end = name_end(view, at, min(len(tokens), at + MOST_PLACE_WORDS + 1))
    end = next((i + 1 for i in range(at, end) if tokens[i].surface.endswith(_POSSESSIVES)), end)
    if end - at > MOST_PLACE_WORDS or any(not _may_be_place(token, lexicon) for token in tokens[at:end]):
        return None
    is_alone = end == len(tokens) or not tokens[end].is_word or tokens[end].lower in lexicon.no_names
    is_alone = is_alone or _begins_predicate(view, end)
    return end if is_alone or tokens[end - 1].surface.endswith(_POSSESSIVES) else None


def _is_within_name(view: View, at: int) -> bool:
    """True if the preposition has a capital although a word precedes it: "the Institute for | Near East Policy"."""
    return view.tokens[at - 1].is_capitalised and view.tokens[at - 2].is_word


def _begins_predicate(view: View, at: int) -> bool:
    """True if the word after a name is a verb because of what follows: "a beach in Dorset | belongs to"."""
    tokens, lexicon = view.tokens, view.lexicon
    if at + 1 >= len(tokens) or not tokens[at].surface.islower() or not tokens[at].lower.endswith(("s", "ed")):
        return False
    return tokens[at + 1].lower in lexicon.prepositions or tokens[at + 1].lower in lexicon.determiners


def _may_be_place(token: Token, lexicon: Lexicon) -> bool:
    """True if the word is no acronym, no office and no other capitalised word."""
    word = bare(token.surface)
    return not (
        word.isupper()
        or any(map(str.isdigit, word))
        or word.lower() in lexicon.no_places
        or word.lower() in lexicon.titles
        or lexicon.is_role(word)
    )


def _ends_like_a_place(word: str, lexicon: Lexicon) -> bool:
    ending = next((ending for ending in lexicon.place_endings if word.endswith(ending)), None)
    return ending is not None and len(word) > len(ending) + 2 and not lexicon.is_place_noun(word)


def bare(word: str) -> str:
    """The word without a possessive ending."""
    return word[:-2] if word.endswith(_POSSESSIVES) else word


def located_at(view: View, at: int, stop: int, places: Places) -> tuple[int, str] | None:
    """The end and the name of a known place at the token. A genitive -s at its end is ignored."""
    if not places:
        return None
    for key in _bases(view.tokens[at].surface):
        for words in sorted(places.get(key, ()), key=len, reverse=True):
            end = at + len(words)
            if end <= stop and _spells(view, at, words):
                return end, " ".join(words)
    return None


def may_be_place(word: str, places: Places) -> bool:
    """True if the name of a known place may begin with the word."""
    return any(base in places for base in _bases(word))


def _bases(word: str) -> tuple[str, ...]:
    """The word, and the word without a genitive ending."""
    return (word, word[:-1], word[:-2]) if word[-1] == "s" else (word,)


def _spells(view: View, at: int, words: tuple[str, ...]) -> bool:
    *before, last = (token.surface for token in view.tokens[at : at + len(words)])
    return tuple(before) == words[:-1] and words[-1] in {last, bare(last), last.removesuffix("s")}


def formed_end(view: View, at: int, stop: int) -> int | None:
    """The end of a name that shows that it is a place: "Port Ellery", "Bad Holmstedt", "Lime Street"."""
    tokens, lexicon = view.tokens, view.lexicon
    if at + 1 >= stop or not tokens[at + 1].is_capitalised:
        return None
    end = min(name_end(view, at, stop), at + MOST_PLACE_WORDS)
    if end - at < 2:
        return None
    if tokens[at].lower in lexicon.place_starts:
        return at + 2 if lexicon.is_german else end
    if not lexicon.is_german and tokens[end - 1].lower in lexicon.place_endings:
        return end
    return None


def classed_end(view: View, at: int, stop: int) -> int | None:
    """The end of the name after a German noun that says what it is: "Stadt Wiekstadt", "Firma Nordkabel"."""
    lexicon = view.lexicon
    token = view.tokens[at]
    if not is_name_word(token, lexicon) or lexicon.is_role(token.surface):
        return None
    if sum(map(str.isupper, token.surface)) > 1 and "-" not in token.surface:
        return at + 1 if lexicon.is_organisation_noun(view.tokens[at - 1].lower) else None
    if token.lower.endswith(lexicon.noun_endings) and not _ends_like_a_place(token.lower, lexicon):
        return None
    if not _binds_a_name(view, at - 1):
        return None
    end = at + 1
    while end < min(stop, at + MOST_PLACE_WORDS) and is_name_word(view.tokens[end], lexicon):
        end += 1
    return end


def _binds_a_name(view: View, noun: int) -> bool:
    """True if the word after the noun is its name, and no object as in "bringt der Fluss Sand"."""
    tokens, lexicon = view.tokens, view.lexicon
    at = noun - 1
    while at >= 0 and is_adjective_de(tokens[at], lexicon):
        at -= 1
    if at >= 0 and tokens[at].lower == "des":
        return True
    if at >= 0 and (tokens[at].lower in lexicon.quantifiers or tokens[at].surface.isdigit()):
        return False  # "gegen drei Hersteller Bußgelder"
    if at >= 0 and tokens[at].lower in lexicon.determiners:
        is_genitive = tokens[at].lower == "der" and at > 0 and tokens[at - 1].is_capitalised
        if is_genitive:
            return True
        at -= 1
    return at < 0 or not tokens[at].is_word or tokens[at].lower in lexicon.prepositions


def has_more_words(view: View, at: int, stop: int) -> bool:
    """True if the name may have a second word. This is a quick test for the many single nouns of German."""
    if at + 1 >= stop:
        return False
    follower = view.tokens[at + 1]
    return follower.is_capitalised or follower.lower in view.lexicon.organisation_joins


def is_part_of_name(view: View, end: int) -> bool:
    """True if an English name continues after the place: "the Perth Tribune", but not "Ohio Gov. Marsh"."""
    if view.is_german or end >= view.end or view.tokens[end - 1].surface.endswith(_POSSESSIVES):
        return False
    follower, lexicon = view.tokens[end], view.lexicon
    is_name = is_name_word(follower, lexicon) and follower.surface[1:].islower()
    return is_name and not lexicon.is_role(follower.surface) and follower.lower not in lexicon.titles
