"""Signs beside a name that it is a person's: an age, an office, a verb or a quotation."""

from __future__ import annotations

from pipeline.annotate.grammar.phrases import is_adjective_de
from pipeline.annotate.grammar.tokens import Range, Token, View
from pipeline.annotate.grammar.verbs import says
from pipeline.annotate.lexicon import Lexicon, load_given_names

FEWEST_OCCUPATION_CHARS = 6
"""A shorter German noun in -in does not count as the occupation of a woman."""
LONGEST_BYLINE = 12
"""Most tokens of the line that names the authors."""
_WOMENS_ARTICLES = frozenset({"die", "der", "eine", "einer"})
_CLOSING_MARKS = frozenset("“”\"»«’'")


def is_after_occupation(view: View, at: int) -> bool:
    """True if the German word before a name says what the woman does: "die Bäuerin Almaz Tadesse"."""
    if at < 1 or not view.lexicon.is_german:
        return False
    word, article = view.tokens[at], view.tokens[at - 1].lower
    is_noun = word.is_capitalised and word.lower.endswith("in") and len(word.lower) >= FEWEST_OCCUPATION_CHARS
    return is_noun and article in _WOMENS_ARTICLES and not load_given_names().is_known(word.surface)


def is_beside_quotation(view: View, name: Range) -> bool:
    """True if nothing but a verb of saying is between the name and marked words: "…," said Tilly Marchbanks."""
    tokens, (first, end) = view.tokens, name
    if first and tokens[first - 1].surface in _CLOSING_MARKS and end < len(tokens):
        return says(tokens[end], view.lexicon)
    if first < 2 or not says(tokens[first - 1], view.lexicon):
        return False
    before = tokens[first - 2].surface
    return before in _CLOSING_MARKS or (before == "," and tokens[first - 3].surface in _CLOSING_MARKS)


def has_article(before: Token | None, lexicon: Lexicon) -> bool:
    """True if an article or an adjective precedes, as before common nouns."""
    return before is not None and (
        before.lower in lexicon.determiners
        or before.lower in lexicon.contracted_articles
        or (lexicon.is_german and is_adjective_de(before, lexicon))
    )


def is_beside_verb(view: View, at: int) -> bool:
    """True if a verb is next to the word: "Holm sagte", "so Holm". Few other words stand there without an article.

    In English any noun may begin a sentence without one, so only a verb of saying counts there: "Space is hard".
    """
    lexicon = view.lexicon
    opens = not at or (not view.tokens[at - 1].is_word and view.tokens[at - 1].surface != ",")
    if opens and not lexicon.is_german:
        return at + 1 < len(view.tokens) and view.tokens[at + 1].surface in lexicon.verbs
    for token in (*view.tokens[max(0, at - 1) : at], *view.tokens[at + 1 : at + 2]):
        word = token.surface  # in small letters, as the lexicon has it
        if word in lexicon.verbs or word in lexicon.auxiliaries or word in {"so", "laut"}:
            return True
    return False


def is_byline(view: View, first: int) -> bool:
    """True if the line names only who wrote the article: "Von Karin Holm, Brückfeld", "By Ann Marsh and Ned Pike"."""
    tokens = view.tokens
    start = view.find_back(first - 1, max(0, first - LONGEST_BYLINE), "\n")
    start = max(0, first - LONGEST_BYLINE) if start is None else start + 1
    if tokens[start].surface not in {"Von", "VON", "By", "BY"} or (start and tokens[start - 1].surface != "\n"):
        return False
    end = view.find(first, min(len(tokens), start + LONGEST_BYLINE), "\n") or len(tokens)
    small = view.lexicon.joins | view.lexicon.place_prepositions
    words = (token for token in tokens[start : min(end, start + LONGEST_BYLINE)] if token.is_word)
    return end - start <= LONGEST_BYLINE and all(token.is_capitalised or token.lower in small for token in words)


def is_apposed(view: View, name: Range) -> bool:
    """True if the name stands between commas after an office: "her deputy, Tess Arden, said"."""
    tokens, (first, end) = view.tokens, name
    is_closed = end == len(tokens) or tokens[end].surface in {",", ".", "\n"}
    return is_closed and first > 1 and view.lexicon.is_role(tokens[first - 2].surface)


def is_described(view: View, at: int) -> bool:
    """True if an age, or a comma and an office, follows the name."""
    tokens = view.tokens
    if at + 2 >= len(tokens):
        return False
    if tokens[at].surface == "(":
        return tokens[at + 1].surface.isdigit() and len(tokens[at + 1].surface) == 2 and tokens[at + 2].surface == ")"
    if tokens[at].surface != "," or tokens[at + 1].lower in view.lexicon.joins:
        return False
    if tokens[at + 1].surface.isdigit() and len(tokens[at + 1].surface) == 2 and tokens[at + 2].surface == ",":
        return True
    if tokens[at + 1].lower == "who":
        return True
    offices = (token for token in tokens[at + 1 : at + 6] if token.is_word and view.lexicon.is_role(token.surface))
    return any(office.lower not in view.lexicon.groups for office in offices)
