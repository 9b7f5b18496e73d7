"""Capitalised words: names with their particles, initials and titles."""

from __future__ import annotations

from pipeline.annotate.grammar.tokens import Range, Token, View
from pipeline.annotate.lexicon import Lexicon, load_given_names

LONGEST_PHRASE = 22
"""Most tokens of a noun phrase."""


def is_name_word(token: Token, lexicon: Lexicon) -> bool:
    """True if the token is a capitalised word of content: in German any noun, in English a name."""
    return token.is_capitalised and token.lower not in lexicon.no_names


def name_end(view: View, at: int, stop: int) -> int:
    """The end of the capitalised words from `at`, with particles ("von der Heide") and initials; `at` if none."""
    tokens, lexicon = view.tokens, view.lexicon
    if at >= stop or not is_name_word(tokens[at], lexicon):
        return at
    end = at + 1
    stop = min(stop, at + LONGEST_PHRASE)
    token = tokens[end] if end < stop else tokens[at]
    if not (token.is_capitalised or token.surface == "." or token.lower in lexicon.name_particles):
        return end  # most nouns
    while end < stop:
        token = tokens[end]
        if token.is_capitalised and (token.lower not in lexicon.no_names or token.lower in lexicon.adverbs):
            if "." in token.surface[:-1] and token.surface[-1] != ".":
                break  # "sagt Judy Holm ufer-bote.de"
            if _follows_whole_name(view, at, end, stop):
                break
            end += 1
            continue
        if token.surface == "." and tokens[end - 1].end == token.start and is_short(tokens[end - 1], lexicon):
            if end + 1 < stop and (tokens[end + 1].is_capitalised or _past_qualifiers(view, end + 1, stop)):
                end += 1
                continue
            break
        if (after := _past_qualifiers(view, end, stop)) is not None:
            end = after
            continue
        ahead = end
        while (
            ahead < stop
            and ahead < end + 2
            and tokens[ahead].lower in lexicon.name_particles
            and tokens[ahead].surface.islower()
        ):
            ahead += 1
        if ahead > end and ahead < stop and is_name_word(tokens[ahead], lexicon) and _joins_name(view, at, end, ahead):
            end = ahead + 1
            continue
        break
    return end


def particle_name_end(view: View, at: int, stop: int) -> int | None:
    """The end of a surname that begins with its particles: "Von der Heide betonte", "sagte von der Heide"."""
    tokens, lexicon = view.tokens, view.lexicon
    if tokens[at].lower not in {"von", "van"} or at + 2 >= stop or tokens[at + 1].lower not in {"der", "den"}:
        return None
    end = at + 3
    if not is_name_word(tokens[at + 2], lexicon) or (at and tokens[at - 1].surface in view.names):
        return None  # "Karin Holm von der Borussia"
    if end >= stop:
        return end
    if tokens[at].is_capitalised:
        begins = tokens[end].lower in lexicon.verbs or tokens[end].lower in lexicon.auxiliaries
        return end if begins else None
    return end if tokens[end].surface in {".", ",", ":", "!"} or tokens[end].segment >= 0 else None


def _past_qualifiers(view: View, at: int, stop: int) -> int | None:
    """The position of the name after "Dr. | h. c. Holm" or "Dr. | rer. nat. Holm"; None if no such title continues."""
    tokens = view.tokens
    if not at or tokens[at - 1].surface != ".":
        return None
    first = at
    while at + 2 < stop and tokens[at].surface.islower() and tokens[at + 1].surface == ".":
        at += 2
    return at if at > first and tokens[at].is_capitalised else None


def _follows_whole_name(view: View, at: int, end: int, stop: int) -> bool:
    """True if a person's name ends before the word: "laut Karin Holm | Piet Lorenz", "hat Holm | Positives"."""
    tokens, is_given = view.tokens, load_given_names().is_known
    before, word = tokens[end - 1], tokens[end].surface
    if not before.is_word or not before.surface[1:].islower():
        return False
    if end - at > 1 and end + 1 < stop and tokens[end + 1].is_capitalised and is_given(word):
        return is_given(tokens[end - 2].surface) and not is_given(before.surface)
    if before.surface not in view.names or before.surface[-1] == "s" or word in view.names:
        return False
    return view.lexicon.is_german and before.lower not in view.lexicon.titles and not is_given(before.surface)


def second_office_end(view: View, first: Range, stop: int) -> int | None:
    """The end of "die Trainerin | und Autorin Karin Holm", one person with two offices of one gender; None else."""
    tokens, lexicon = view.tokens, view.lexicon
    join = first[1]
    if join + 2 >= stop or tokens[join].lower not in lexicon.joins or tokens[join].lower in lexicon.alternatives:
        return None
    office, other = tokens[join - 1], tokens[join + 1]
    if not (lexicon.is_role(office.surface) and lexicon.is_role(other.surface) and other.is_capitalised):
        return None
    is_woman = office.lower.endswith("in") or tokens[first[0]].lower in {"die", "eine"}
    if is_woman != other.lower.endswith("in") or (office.lower.endswith("n") and not is_woman):
        return None  # "Landwirten und Bürgermeister Holm"
    end = name_end(view, join + 1, stop)
    return end if end > join + 2 else None


def is_short(token: Token, lexicon: Lexicon) -> bool:
    return len(token.surface) == 1 or token.lower in lexicon.titles


def _joins_name(view: View, at: int, end: int, ahead: int) -> bool:
    """True if the particle joins two parts of a name: "Ursula von der Heide", but not "Sprecherin der Stadt"."""
    tokens, lexicon = view.tokens, view.lexicon
    if not lexicon.is_german:
        return True
    if lexicon.is_role(tokens[end - 1].surface):
        return tokens[end].lower in {"von", "van", "de"} and ahead - end == 2
    if tokens[end].lower == "von":
        if end - at == 1 and not load_given_names().is_known(tokens[at].surface):  # "die Kanzlei von Peter Harms"
            has_article = at > 0 and tokens[at - 1].lower in lexicon.determiners
            return not has_article and not load_given_names().is_known(tokens[ahead].surface)
        return end - at == 1 or tokens[end - 2].surface == "." or lexicon.is_role(tokens[end - 2].surface)
    return tokens[end].lower not in {"der", "den", "zur", "zu", "vom"}
