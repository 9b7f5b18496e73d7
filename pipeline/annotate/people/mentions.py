"""Who and what is mentioned: persons as the text introduces them, organisations and places by name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from pipeline.annotate.annotations import Mention
from pipeline.annotate.grammar.phrases import name_end
from pipeline.annotate.grammar.view import Range, Token, View
from pipeline.annotate.lexicon import Lexicon, load_given_names, load_lexicon
from pipeline.annotate.people.gazetteer import Entry, Gazetteer, load_gazetteer
from pipeline.annotate.people.mention_rules import (
    ACRONYM,
    CLASS_NOUN,
    FULL_NAME,
    GAZETTEER,
    KNOWN_SURNAME,
    ORGANISATION_FORM,
    PLACE_FORM,
    PLACE_PHRASE,
    SURNAME,
    MentionRule,
)
from pipeline.annotate.people.offices import Offices, read_office
from pipeline.annotate.people.people import Named, People
from pipeline.annotate.people.places import Places, classed_end, formed_end, located_at, read_places
from pipeline.events import MentionKind

DEFINITE = frozenset({"der", "die", "dem", "den", "the"})
MOST_ORGANISATION_WORDS = 6


def find_mentions(text: str, view: View, people: People) -> tuple[tuple[Mention, ...], Offices]:
    """All mentions in the text's order, without overlap, and who holds which office."""
    lexicon = people.lexicon
    gazetteer = load_gazetteer(lexicon.language)
    offices = Offices(lexicon, gazetteer, {})
    mentions = [_person(text, view, named, gazetteer, offices) for named in people.names]
    _name_offices(view, people, offices)
    taken = [(named.first, named.last) for named in people.names]
    places = read_places(view, taken, gazetteer)
    mentions.extend(_others(text, view, taken, gazetteer, places))
    mentions.sort(key=lambda mention: mention.start)
    return tuple(mentions), offices


def _name_offices(view: View, people: People, offices: Offices) -> None:
    """An office that stands for its holder counts as naming them: "der Kanzler … Er …"."""
    tokens = view.tokens
    for at in range(1, len(tokens)):
        token = tokens[at]
        if tokens[at - 1].lower in DEFINITE and offices.lexicon.is_role(token.surface):
            follower = tokens[at + 1] if at + 1 < len(tokens) else None
            if follower is None or not (follower.is_capitalised or follower.lower in {"der", "des", "von", "of"}):
                holder = offices.holder(view, (at - 1, at + 1))
                if holder is not None:
                    people.name_pronoun(tokens[at - 1].start, holder)


def _person(text: str, view: View, named: Named, gazetteer: Gazetteer, offices: Offices) -> Mention:
    tokens = view.tokens
    office = read_office(view, (named.first, named.last), gazetteer)
    start, end = tokens[named.first].start, tokens[named.last - 1].end
    offices.add(named.person, office, start)
    rule = FULL_NAME if named.last - named.first > 1 else SURNAME
    return Mention(
        kind=MentionKind.PERSON,
        surface=text[start:end],
        name=named.person,
        start=start,
        end=end,
        role=office.role,
        party=office.party,
        country=office.country,
        rule=rule.id,
        confidence=rule.confidence,
    )


def _others(text: str, view: View, taken: list[Range], gazetteer: Gazetteer, places: Places) -> Iterator[Mention]:
    """Organisations and places outside of persons' names."""
    tokens = view.tokens
    at = 0
    person = 0
    last: Mention | None = None
    while at < len(tokens):
        while person < len(taken) and taken[person][1] <= at:
            person += 1
        if person < len(taken) and taken[person][0] <= at:
            at = taken[person][1]
            continue
        stop = taken[person][0] if person < len(taken) else len(tokens)
        found = _named(view, at, stop, gazetteer, places) if tokens[at].is_capitalised else None
        if found is None and last is not None and tokens[at].surface == "(":
            found = _acronym(view, at, stop, last)
        if found is None:
            at += 1
            continue
        (first, end), entry, rule = found
        start_char, end_char = tokens[first].start, tokens[end - 1].end
        last = Mention(
            kind=entry.kind,
            surface=text[start_char:end_char],
            name=entry.name,
            start=start_char,
            end=end_char,
            country=entry.country,
            rule=rule.id,
            confidence=rule.confidence,
        )
        yield last
        at = end


Found = tuple[Range, Entry, MentionRule]


def _named(view: View, at: int, stop: int, gazetteer: Gazetteer, places: Places) -> Found | None:
    known = gazetteer.entry_at(view, at)
    end = _organisation_end(view, at, stop)
    if end is not None and (known is None or end > known[0]):
        name = _nominative([token.surface for token in view.tokens[at:end]], view.lexicon)
        return (at, end), Entry(MentionKind.ORGANISATION, name, None), ORGANISATION_FORM
    if known is not None and known[0] <= stop and not _is_adjective(view, at, stop, known):
        if known[1].kind is MentionKind.PERSON:
            return (at, known[0]), known[1], KNOWN_SURNAME
        return (at, known[0]), known[1], GAZETTEER
    return _named_by_form(view, at, stop, places)


def _named_by_form(view: View, at: int, stop: int, places: Places) -> Found | None:
    """What is in no gazetteer, but says or shows what it is."""
    tokens = view.tokens
    end = formed_end(view, at, stop)
    if end is not None:
        return (at, end), Entry(MentionKind.PLACE, _spelled(tokens[at:end]), None), PLACE_FORM
    if at and tokens[at - 1].is_capitalised and view.lexicon.is_organisation_noun(tokens[at - 1].lower):
        end = classed_end(view, at, stop)
        if end is not None:
            return (at, end), Entry(MentionKind.ORGANISATION, _spelled(tokens[at:end]), None), CLASS_NOUN
    located = located_at(view, at, stop, places)
    if located is None:
        return None
    end, name = located
    is_classed = at > 0 and view.lexicon.is_place_noun(tokens[at - 1].lower)
    return (at, end), Entry(MentionKind.PLACE, name, None), CLASS_NOUN if is_classed else PLACE_PHRASE


def _spelled(words: list[Token]) -> str:
    return " ".join(word.surface for word in words).removesuffix("'s").removesuffix("’s")


def _is_adjective(view: View, at: int, stop: int, known: tuple[int, Entry]) -> bool:
    """ "Grünes Forum" is no mention of "Die Grünen", "die Grünen Abgeordneten" is."""
    tokens = view.tokens
    follower = at + 1
    return (
        view.lexicon.language == "de"
        and known[0] == follower < stop
        and known[1].kind is MentionKind.ORGANISATION
        and tokens[at].lower.endswith(("e", "en", "es"))
        and tokens[follower].is_capitalised
        and not view.lexicon.is_role(tokens[follower].surface)
    )


def _nominative(words: list[str], lexicon: Lexicon) -> str:
    """A German organisation's name out of its case: "Sozialen Union", "Finanzministeriums"."""
    last = words[-1].lower()
    if len(words) > 1 and last in lexicon.feminine_forms | lexicon.neuter_forms:
        stem = next((words[0][: -len(end)] for end in ("en", "er", "es", "e") if words[0].endswith(end)), None)
        ending = "e" if last in lexicon.feminine_forms else "es"
        words = [f"{stem}{ending}", *words[1:]] if stem is not None else words
    if lexicon.language == "de" and last.endswith("s"):
        bare = next((stem for stem in (last[:-2], last[:-1]) if _is_compound_organisation(stem, lexicon)), None)
        words = [*words[:-1], words[-1][: len(bare)]] if bare is not None else words
    return " ".join(words)


def _organisation_end(view: View, at: int, stop: int) -> int | None:
    """The end of a name that says what it is: "Bundesinnenministerium", "Nordkabel GmbH", "University of Leeds"."""
    tokens, lexicon = view.tokens, view.lexicon
    words = load_given_names().organisation_words
    if lexicon.language == "de" and _is_compound_organisation(tokens[at].lower, lexicon):
        return at + 1
    if tokens[at].lower in lexicon.function_words or not _goes_on(view, at, stop):
        return None
    end = min(name_end(view, at, stop), at + MOST_ORGANISATION_WORDS)
    if tokens[at].lower in lexicon.organisation_heads and end == at + 1 and tokens[end].lower in {"of", "for"}:
        inner = name_end(view, end + 1, stop)
        return inner if inner > end + 1 else None
    last = next((i for i in range(end - 1, at, -1) if tokens[i].lower in words), None)
    if last is None or (lexicon.language == "de" and tokens[last].lower not in lexicon.organisation_forms):
        return None
    return last + 1


def _goes_on(view: View, at: int, stop: int) -> bool:
    """A second capitalised word may follow: a shortcut for the many single nouns of German."""
    if at + 1 >= stop:
        return False
    return view.tokens[at + 1].is_capitalised or view.tokens[at + 1].lower in {
        "of",
        "for",
        ".",
        "-",
        "&",
        "der",
        "für",
        "von",
        "and",
    }


def _is_compound_organisation(word: str, lexicon: Lexicon) -> bool:
    if not word.endswith(_endings(lexicon.language)):
        return False
    return any(word.endswith(ending) and len(word) > len(ending) + 2 for ending in lexicon.organisation_endings)


@cache
def _endings(language: str) -> tuple[str, ...]:
    lexicon = load_lexicon(language)
    return tuple(lexicon.organisation_endings) if lexicon is not None else ()


def _acronym(view: View, at: int, stop: int, last: Mention) -> Found | None:
    """ "(DJV)" right behind an organisation's name."""
    tokens = view.tokens
    if at + 2 >= stop or tokens[at + 2].surface != ")" or last.kind is not MentionKind.ORGANISATION:
        return None
    short = tokens[at + 1].surface
    if last.end != tokens[at - 1].end or not (short.isupper() and 2 <= len(short) <= 8):
        return None
    return (at + 1, at + 2), Entry(MentionKind.ORGANISATION, last.name, last.country), ACRONYM
