"""Organisations that no table has, recognised by the form of their names: by head nouns, short forms and joins.

A head noun says what a name is: "Berufsverband", "University". What makes a name of it is a capitalised adjective
before it ("Deutsche Deichgesellschaft"), its seat ("Staatstheater Graz"), its field ("Amt für Statistik") or, in
English, any other name beside it.
"""

from __future__ import annotations

from pipeline.annotate.grammar.capitals import is_name_word, name_end
from pipeline.annotate.grammar.tokens import Token, View
from pipeline.annotate.grammar.verbs import says
from pipeline.annotate.lexicon import Lexicon, load_given_names
from pipeline.annotate.people.gazetteer import load_gazetteer
from pipeline.annotate.people.name_forms import has_more_words
from pipeline.events import MentionKind

MOST_ORGANISATION_WORDS = 6
"""Most words of an organisation's name, without what follows "of" or "for"."""
LONGEST_SHORT_FORM = 5
"""Most letters of a short form before the name of its seat."""
LONGEST_CLAUSE = 20
"""Most tokens of a clause between a name and what it says."""
MOST_FIELDS = 3
"""Most times that a name continues after "of", "for" or "and"."""
_COUNTRY_ENDINGS = ("sche", "schen", "scher", "sches", "schem")
"""How the adjective of a country ends; "Schweizer" has a capital before every noun and so shows no name."""
_ADJECTIVE_ENDINGS = ("e", "er", "es", "en", "em")
_FEMININE_ENDINGS = ("ung", "schaft", "ion", "tät", "enz", "ie", "ei", "e")


def nominative_name(words: list[str], lexicon: Lexicon) -> str:
    """A German organisation's name in the nominative: "Soziale Union", "Deutscher Deichbund", "Finanzministerium"."""
    if not lexicon.is_german:
        return " ".join(words)
    bare = [_without_genitive(word, lexicon) for word in words]
    head = next((word for word in reversed(bare) if _is_head(word, lexicon)), bare[-1]).lower()
    endings = {
        "er": lexicon.masculine_forms,
        "es": lexicon.neuter_forms,
        "e": (*_FEMININE_ENDINGS, *lexicon.feminine_forms),
    }
    ending = next((ending for ending, forms in endings.items() if head.endswith(forms)), None)
    case = next((case for case in ("en", "es", "em", "e") if bare[0].endswith(case)), None)
    if ending is not None and case is not None and not _is_head(bare[0], lexicon):
        bare[0] = bare[0].removesuffix(case) + ending
    return " ".join(bare).replace(" - ", "- ")


def _without_genitive(word: str, lexicon: Lexicon) -> str:
    """The word without the -s of "Landgerichts"."""
    if not word.endswith("s"):
        return word
    return next((stem for stem in (word[:-2], word[:-1]) if _is_head(stem, lexicon)), word)


def _is_head(word: str, lexicon: Lexicon) -> bool:
    """True for a German noun that says what an organisation is, or a compound of one: "Berufsverband"."""
    return word.lower().endswith(lexicon.organisation_compound_heads)


def organisation_end(view: View, at: int, stop: int) -> int | None:
    """The end of a name that shows that it is an organisation: "Nordkabel GmbH", "University of Leeds"."""
    if (end := _club_end(view, at, stop) or _partners_end(view, at, stop)) is not None:
        return end
    find = _german_end if view.lexicon.is_german else _english_end
    return find(view, at, stop, min(name_end(view, at, stop), at + MOST_ORGANISATION_WORDS))


def _english_end(view: View, at: int, stop: int, end: int) -> int | None:
    """The end of an English name among words with capitals; None for something else."""
    tokens, lexicon = view.tokens, view.lexicon
    if not has_more_words(view, at, stop) or (tokens[at].lower in lexicon.roles and end > at + 2):
        return None  # "Developer Fenwick Homes": the name begins after the office
    if _is_owner(view, at, end):
        return None  # "China's Ministry"
    if (longer := _end_with_field(view, at, end, stop)) is not None:
        return longer
    last = next((i for i in range(end - 1, at, -1) if _is_word_of_organisation(tokens[i])), None)
    if last is None:
        return end if _is_shown(view, at, end) else None
    return None if last + 1 < end and tokens[last + 1].lower in lexicon.place_endings else last + 1


def _is_word_of_organisation(token: Token) -> bool:
    """True if the word says that a name is an organisation's: "Trust", "Ltd"."""
    return token.lower in load_given_names().organisation_words


def _is_owner(view: View, at: int, end: int) -> bool:
    """True if a place or a name of several words owns the rest: "China's Ministry", but not "King's College"."""
    owner = next((i for i in range(at, end - 1) if view.tokens[i].surface.endswith(("'s", "’s"))), None)
    return owner is not None and (owner > at or load_gazetteer(view.lexicon.language).entry_at(view, at) is not None)


def _club_end(view: View, at: int, stop: int) -> int | None:
    """The end of "FC Wiekstadt", "Borussia Hagensiel", "Hagensieler SV", "TSV 1860 Hagen" or "ETH Graz"."""
    tokens, lexicon = view.tokens, view.lexicon
    gazetteer = load_gazetteer(lexicon.language)
    if tokens[at].surface.isupper() and 1 < len(tokens[at].surface) <= LONGEST_SHORT_FORM and at + 1 < stop:
        seat = gazetteer.entry_at(view, at + 1)
        if seat is not None and seat[1].kind is MentionKind.PLACE and gazetteer.entry_at(view, at) is None:
            return seat[0]
    if tokens[at].lower in lexicon.club_words:
        name = at + 1
        while name < stop and (tokens[name].surface.isdigit() or tokens[name].surface == "."):
            name += 1
        if name < stop and is_name_word(tokens[name], lexicon) and not lexicon.is_role(tokens[name].surface):
            return name + 1 if lexicon.is_german else name_end(view, name, stop)
    is_short = at + 1 < stop and tokens[at + 1].lower in lexicon.club_words and tokens[at + 1].surface.isupper()
    return at + 2 if is_short and is_name_word(tokens[at], lexicon) and tokens[at].lower.endswith("er") else None


def _partners_end(view: View, at: int, stop: int) -> int | None:
    """The end of "Drees & Partner", "Marks & Holm Ltd"."""
    tokens, lexicon = view.tokens, view.lexicon
    end = at + 1 if lexicon.is_german else name_end(view, at, stop)
    if end + 1 >= stop or end == at or tokens[end].surface != "&" or not is_name_word(tokens[end + 1], lexicon):
        return None
    last = end + 2
    return last + 1 if last < stop and _is_word_of_organisation(tokens[last]) else last


def _german_end(view: View, at: int, stop: int, end: int) -> int | None:
    """The end of a German name with a head noun or a legal form; None for something else."""
    tokens, lexicon = view.tokens, view.lexicon
    is_followed = at + 1 < stop and is_name_word(tokens[at + 1], lexicon)
    if _is_head(tokens[at].surface, lexicon) and (past := _past_seat_or_field(view, at + 1, stop)) > at + 1:
        return past
    if is_followed and _is_head(tokens[at + 1].surface, lexicon) and _is_adjective_of_name(view, at):
        return _past_seat_or_field(view, at + 2, stop)
    if lexicon.is_organisation_compound(tokens[at].lower):
        return at + 1
    if is_followed and (national := _national_end(view, at, stop)) is not None:
        return national
    if lexicon.is_organisation_noun(tokens[at].lower) or not has_more_words(view, at, stop):
        return None  # "Firma Nordkabel GmbH": the name begins after the noun
    last = next((i for i in range(end - 1, at, -1) if _is_word_of_organisation(tokens[i])), None)
    return last + 1 if last is not None and tokens[last].lower in lexicon.organisation_forms else None


def _past_seat_or_field(view: View, at: int, stop: int) -> int:
    """The end of what belongs to the head noun before: "Graz", "für Umwelt und Naturschutz", "der Kinderärzte"."""
    tokens, lexicon = view.tokens, view.lexicon
    if at + 1 >= stop:
        return at
    gazetteer = load_gazetteer(lexicon.language)
    seat = gazetteer.entry_at(view, at)
    if seat is not None and seat[1].kind is MentionKind.PLACE and seat[0] <= stop:
        return seat[0]
    head = tokens[at - 1].lower.removesuffix("s")
    is_field = tokens[at].lower == "für" and is_name_word(tokens[at + 1], lexicon)
    if tokens[at].lower == "der" and head.endswith(lexicon.member_heads):
        known = gazetteer.entry_at(view, at + 1)
        if known is not None and known[1].kind is MentionKind.ORGANISATION:
            return known[0]
        is_field = head not in lexicon.member_heads and is_name_word(tokens[at + 1], lexicon)
    if (
        tokens[at].lower in {"des", "der"}
        and head.endswith(lexicon.member_heads)
        and _is_adjective_of_name(view, at + 1)
    ):
        return at + 3 if at + 2 < stop and is_name_word(tokens[at + 2], lexicon) else at
    if not is_field or gazetteer.entry_at(view, at + 1) is not None:
        return at + 1 if not lexicon.is_organisation_noun(head) and _opens_sentence_before_verb(view, at) else at
    end = _past_noun(view, at + 1, stop)
    is_list = tokens[at].lower == "für" and end + 1 < stop and tokens[end].lower == "und"
    return _past_noun(view, end + 1, stop) if is_list and is_name_word(tokens[end + 1], lexicon) else end


def _past_noun(view: View, at: int, stop: int) -> int:
    """The position after the noun, with an adjective before it and a hyphen after it: "Auswärtige Politik", "Luft-"."""
    tokens = view.tokens
    is_adjective = tokens[at].lower.endswith(_ADJECTIVE_ENDINGS) and at + 1 < stop and tokens[at + 1].is_capitalised
    end = at + 2 if is_adjective else at + 1
    return end + 1 if end < stop and tokens[end].surface == "-" and tokens[end].start == tokens[end - 1].end else end


def _opens_sentence_before_verb(view: View, at: int) -> bool:
    """True if article, head noun and the word are all before the verb: "Das Staatstheater Meiningen hat"."""
    tokens, lexicon = view.tokens, view.lexicon
    opens = at < 3 or tokens[at - 3].surface in {".", "\n", "!", "?"}
    if not opens or tokens[at - 2].lower not in lexicon.determiners_nominative or at + 1 >= len(tokens):
        return False
    return is_name_word(tokens[at], lexicon) and tokens[at + 1].surface in lexicon.verb_forms


def _is_adjective_of_name(view: View, at: int) -> bool:
    """True if the word is a capitalised adjective that begins a name: "die Technische Universität"."""
    tokens, lexicon = view.tokens, view.lexicon
    word = tokens[at]
    before = tokens[at - 1] if at else None
    if before is None or not before.is_word or not word.lower.endswith(_ADJECTIVE_ENDINGS):
        return False
    begins = before.lower in lexicon.determiners or before.lower in lexicon.prepositions
    begins = begins or before.lower in lexicon.contracted_articles
    return begins and is_name_word(word, lexicon) and not lexicon.is_role(word.surface) and word.surface[0].isupper()


def _national_end(view: View, at: int, stop: int) -> int | None:
    """The end of "Deutscher Deichbund", whose noun may be any; None for something else."""
    tokens, lexicon = view.tokens, view.lexicon
    if at == 0 or not (
        tokens[at - 1].lower in lexicon.definite_articles or tokens[at - 1].lower in lexicon.determiners_oblique
    ):
        return None
    adjectives = load_gazetteer(lexicon.language).adjectives
    if tokens[at].lower not in adjectives or not tokens[at].lower.endswith(_COUNTRY_ENDINGS):
        return None
    noun, is_longer = tokens[at + 1], at + 2 < stop and tokens[at + 2].is_capitalised
    return None if is_longer or lexicon.is_role(noun.surface) or lexicon.is_place_noun(noun.lower) else at + 2


def _end_with_field(view: View, at: int, end: int, stop: int) -> int | None:
    """The end of a name that continues after its head noun: "Royal College | of Nursing", "Ministry | of Defence"."""
    tokens = view.tokens
    if end + 1 >= stop or tokens[end - 1].lower == "city" or not _is_word_of_organisation(tokens[end - 1]):
        return None
    longest = None
    for _ in range(MOST_FIELDS):
        joins = {"of", "for", "on"} if longest is None else {"of", "for", "and"}
        is_joined = end + 1 < stop and tokens[end].lower in joins
        start = end + 2 if tokens[end].lower == "of" and view.is_at(end + 1, "the") else end + 1
        inner = name_end(view, start, stop) if is_joined and start < stop else end
        if is_joined and tokens[end].lower == "and" and load_gazetteer("en").entry_at(view, end - 1) is not None:
            break  # "the University of Leeds | and Uppsala University"
        if inner <= end + 1:
            break
        longest = end = inner
    return longest


def _is_shown(view: View, at: int, end: int) -> bool:
    """True if what stands around an English name of several words shows an organisation.

    It says something after an article ("the National Trust said"), was told something ("told the Perth Tribune") or
    has a clause that no person has ("Lone Star Optics, which sued, said").
    """
    tokens, lexicon = view.tokens, view.lexicon
    words = tokens[at:end]
    if end - at < 2 or end + 1 >= len(tokens) or not at or words[-1].lower in lexicon.place_endings:
        return False
    if any(lexicon.is_role(word.surface) or word.lower in lexicon.titles or not word.is_word for word in words):
        return False
    before = tokens[at - 1]
    has_article = before.lower == "the"
    if (has_article and says(tokens[end], lexicon)) or _is_told(view, at - 1 - has_article):
        return True
    if before.lower in lexicon.prepositions or tokens[end].surface != "," or tokens[end + 1].lower != "which":
        return False
    comma = view.find(end + 1, min(len(tokens) - 1, end + LONGEST_CLAUSE), ",")
    return comma is not None and says(tokens[comma + 1], lexicon)


def _is_told(view: View, at: int) -> bool:
    """True if the words up to the position say that somebody was told: "she told", "in an interview with"."""
    return view.is_at(at, "told") or (view.is_at(at, "with") and view.is_at(at - 1, "interview"))
