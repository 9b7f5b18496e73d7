"""Names in a run of capitalised words: without the offices and titles that stand with them."""

from __future__ import annotations

from pipeline.annotate.grammar.phrases import NAME_PARTICLES, is_name_word, name_end
from pipeline.annotate.grammar.view import Range, Token, View
from pipeline.annotate.lexicon import GivenNames, Lexicon, load_given_names

LONGEST_NAME = 6


def name_runs(view: View) -> list[Range]:
    """The runs of capitalised words; a possessive ends one: "Karin Holm's Social Union" are two."""
    tokens = view.tokens
    runs: list[Range] = []
    at = 0
    while at < len(tokens):
        if not is_name_word(tokens[at], view.lexicon):
            at += 1
            continue
        end = name_end(view, at, len(tokens))
        possessive = next((i + 1 for i in range(at, end) if tokens[i].surface.endswith(("'s", "’s"))), end)
        runs.append((at, possessive))
        at = possessive
    return runs


def name_in(view: View, phrase: Range) -> Range | None:
    """The name that heads the phrase: "Karin Holm" of "Leiterin Karin Holm", none of "Sprecherin von Karin Holm"."""
    tokens, lexicon = view.tokens, view.lexicon
    first, last = phrase
    found: Range | None = None
    given_names = load_given_names()
    at = first
    while at < last:
        token = tokens[at]
        if token.lower in lexicon.name_breaks and any(
            before.lower not in NAME_PARTICLES for before in tokens[first:at]
        ):
            at = next((i + 1 for i in range(at, last) if tokens[i].surface == ","), last)
            continue
        if is_name_word(token, lexicon):
            end = name_end(view, at, last)
            name = without_office(view, (at, end), given_names)
            is_owner = end < last and tokens[end - 1].surface.endswith(("'s", "’s"))
            if name is not None and not is_owner:
                found = name
            at = end
        else:
            at += 1
    if found is None or found[1] - found[0] > 1:
        return found
    return found if _may_precede_surname(tokens[first : found[0]], lexicon) else None


def _may_precede_surname(words: list[Token], lexicon: Lexicon) -> bool:
    """Nothing, particles, or among others an office or a title: "die Hütte" is nobody, "die Ministerin Holm" is."""
    return all(token.lower in NAME_PARTICLES for token in words) or any(
        lexicon.is_role(token.surface) or token.lower in lexicon.titles or token.surface == "." for token in words
    )


def without_office(view: View, run: Range, given_names: GivenNames) -> Range | None:
    """The name in a run of capitalised words: without offices, titles and what stands before the given name."""
    tokens, lexicon = view.tokens, view.lexicon
    first, last = run
    start = first
    for at in range(first, last):
        word = tokens[at].surface
        is_last = at == last - 1
        if tokens[at].lower in lexicon.titles or (tokens[at].surface == "." and at == start):
            start = at + 1
        elif (
            not is_last
            and at > first
            and given_names.is_known(word)
            and _keeps_office_before(view, start, at, given_names)
        ):
            start = at
            break
        elif is_last and lexicon.is_role(word) and not _is_surname_here(view, start, at, given_names):
            return None
        elif _is_left_out(word, tokens[start], is_last, lexicon, given_names):
            start = at + 1
    while last - start > 2 and tokens[last - 1].lower in lexicon.title_nouns:
        last -= 1  # "Ada Berg Song"
    if start >= last or last - start > LONGEST_NAME:
        return None
    words = [token for token in tokens[start:last] if token.surface != "."]
    if not words or any(not _may_be_name(token) for token in words):
        return None
    if len(words) > 1 and any(token.lower in given_names.organisation_words for token in words):
        return None
    return start, last


def _is_surname_here(view: View, start: int, at: int, given_names: GivenNames) -> bool:
    """Behind given names alone, "Bauer" and "Koch" are surnames."""
    given = [token for token in view.tokens[start:at] if token.surface != "."]
    return (
        bool(given)
        and all(given_names.is_known(token.surface) or len(token.surface) == 1 for token in given)
        and view.tokens[at].lower in view.lexicon.surnames
    )


def _is_left_out(word: str, start: Token, is_last: bool, lexicon: Lexicon, given_names: GivenNames) -> bool:
    """An office before the name, a genitive before the office: "England’s Captain Adam Pierce"."""
    if lexicon.is_role(word):
        return not given_names.is_known(start.surface)
    return word.endswith(("'s", "’s")) and not is_last


def _keeps_office_before(view: View, start: int, at: int, given_names: GivenNames) -> bool:
    """A given name behind another belongs to it: "Hans Peter Bauer"."""
    return not any(given_names.is_known(token.surface) for token in view.tokens[start:at])


def _may_be_name(token: Token) -> bool:
    word = token.surface
    if word.islower():
        return token.lower in NAME_PARTICLES
    return not any(map(str.isdigit, word)) and (len(word) == 1 or not word.replace("-", "").isupper())


def spelled(view: View, name: Range, surname: str) -> str:
    """The name with its initials; `surname` is its last word in the nominative."""
    words: list[str] = []
    for token in view.tokens[name[0] : name[1]]:
        if token.surface == "." and words:
            words[-1] += "."
        else:
            words.append(token.surface)
    return " ".join([*words[:-1], surname])
