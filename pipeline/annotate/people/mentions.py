"""The mentions of a text: people as it introduces them, organisations and places by name.

The rules of `PERSON_RULES` decide at each name of a person that the text introduces. Everywhere else the rules of
`NAME_RULES` are tried, in their order, at each capitalised word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline.annotate.annotations import Mention
from pipeline.annotate.grammar.tokens import Range, TextView, Token, View
from pipeline.annotate.people.acronyms import Acronyms, read_acronyms
from pipeline.annotate.people.full_names import Named, People
from pipeline.annotate.people.gazetteer import Gazetteer, GazetteerEntry, load_gazetteer
from pipeline.annotate.people.name_forms import (
    Places,
    classed_end,
    formed_end,
    has_more_words,
    is_part_of_name,
    located_at,
    may_be_place,
    read_places,
)
from pipeline.annotate.people.offices import Offices, read_office
from pipeline.annotate.people.organisation_forms import nominative_name, organisation_end
from pipeline.annotate.rules import AnyRule, Finding, Rule, rule
from pipeline.events import MentionKind


class Spot(View, frozen=True, kw_only=True, gc=False):
    """A word at which a name may begin. The stretch ends where the next person's name begins."""

    at: int
    known: tuple[int, GazetteerEntry] | None
    """What the gazetteer has by the name that begins here, and where that name ends."""
    places: Places
    """The names that the text shows elsewhere to be places."""
    acronyms: Acronyms
    """The short forms that the text introduces."""


Found = tuple[Range, GazetteerEntry]
"""The tokens of the name, and what it names."""
FindName = Callable[[Spot], Found | None]
IsTold = Callable[[Named], bool]
"""True if a person is named in the rule's way."""


@rule(
    Finding.MENTION,
    "de",
    confidence=0.9,
    matches="Gestern kam Landrätin Wiebke Holm.",
    misses="Gestern kam die Stadt Holm.",
)
def full_name(named: Named) -> bool:
    """A person by the full name, whose given name is a known one."""
    return named.end - named.first > 1 and named.has_known_given_name


@rule(
    Finding.MENTION,
    "de",
    confidence=0.75,
    matches="Gestern kam Landrätin Wiebeke Holm.",
    misses="Gestern kam die Stadt Wiebeke Holm.",
)
def presumed_name(named: Named) -> bool:
    """A person by a full name that the office before it or what is said after it tells."""
    return named.end - named.first > 1


@rule(
    Finding.MENTION,
    "de",
    confidence=0.8,
    matches="Wiebke Holm kam. Später ging Holm.",
    misses="Wiebke und Ole Holm, Karin Holm kamen. Später ging Holm.",
)
def surname(named: Named) -> bool:
    """A person whom the text, its lead or headline introduces by the full name, by one of the names alone."""
    return True


PERSON_RULES: tuple[Rule[IsTold], ...] = (full_name, presumed_name, surname)
"""Tried in this order at each name of a person."""


@rule(
    Finding.MENTION,
    "en",
    confidence=0.75,
    matches="He studied at the University of Castlemoor.",
    misses="He studied the Song of Fine Things.",
)
def organisation_form(s: Spot) -> Found | None:
    """An organisation whose name says what it is."""
    end = organisation_end(s, s.at, s.end)
    if end is None or (s.known is not None and end <= s.known[0]):
        return None
    name = nominative_name([token.surface for token in s.tokens[s.at : end]], s.lexicon)
    return (s.at, end), GazetteerEntry(MentionKind.ORGANISATION, name, None)


@rule(Finding.MENTION, "de", confidence=0.6, matches="Über Putin sprach niemand.", misses="Über Holm sprach niemand.")
def known_surname(s: Spot) -> Found | None:
    """A person known to everybody whom the text does not introduce: a guess."""
    return _in_gazetteer(s) if s.known is not None and s.known[1].kind is MentionKind.PERSON else None


@rule(Finding.MENTION, "en", confidence=0.9, matches="She flew to France.", misses="She flew to safety.")
def gazetteer(s: Spot) -> Found | None:
    """A place or an organisation by a name of the tables."""
    return _in_gazetteer(s) if s.known is not None and s.known[1].kind is not MentionKind.PERSON else None


@rule(
    Finding.MENTION,
    "en",
    confidence=0.75,
    matches="The ferry left Port Ellery.",
    misses="The ferry left Captain Ellery.",
)
def place_form(s: Spot) -> Found | None:
    """A place whose name's first or last word says so."""
    end = formed_end(s, s.at, s.end)
    if end is None:
        return None
    return (s.at, end), GazetteerEntry(MentionKind.PLACE, _spelled(s.tokens[s.at : end]), None)


@rule(
    Finding.MENTION,
    "de",
    confidence=0.75,
    matches="In der Firma Nordkabel brannte es.",
    misses="In der Nacht bringt die Firma Kabel.",
)
def class_noun(s: Spot) -> Found | None:
    """A German noun before the name says what it is."""
    before = s.tokens[s.at - 1] if s.at else None
    if before is None:
        return None
    if before.is_capitalised and s.lexicon.is_organisation_noun(before.lower):
        end = classed_end(s, s.at, s.end)
        if end is not None:
            return (s.at, end), GazetteerEntry(MentionKind.ORGANISATION, _spelled(s.tokens[s.at : end]), None)
    return place_phrase.finder(s) if s.lexicon.is_place_noun(before.lower) else None


@rule(
    Finding.MENTION, "en", confidence=0.6, matches="It rained in Castlemoor.", misses="He put his trust in Castlemoor."
)
def place_phrase(s: Spot) -> Found | None:
    """A name after “in” that is no person's, in German one that also ends like a place's."""
    located = located_at(s, s.at, s.end, s.places)
    if located is None:
        return None
    end, name = located
    name = name.title() if name.isupper() else name
    known = load_gazetteer(s.lexicon.language).entries.get(tuple(name.split()))
    return (s.at, end), known or GazetteerEntry(MentionKind.PLACE, name, None)


@rule(
    Finding.MENTION,
    "de",
    confidence=0.75,
    matches="Der Deutsche Deichverband (DDV) warnt.",
    misses="Der alte Deich (DDV) hält.",
)
def acronym(s: Spot) -> Found | None:
    """An organisation's name whose short form follows in parentheses or later, and that form wherever it stands."""
    if (end := s.acronyms.ends.get(s.at)) is not None:
        return (s.at, end), GazetteerEntry(
            MentionKind.ORGANISATION,
            nominative_name([token.surface for token in s.tokens[s.at : end]], s.lexicon),
            None,
        )
    if s.tokens[s.at].surface in s.acronyms.names:
        name = s.acronyms.names[s.tokens[s.at].surface]
        return (s.at, s.at + 1), GazetteerEntry(MentionKind.ORGANISATION, name, None)
    return None


NAME_RULES: tuple[Rule[FindName], ...] = (
    acronym,
    organisation_form,
    known_surname,
    gazetteer,
    place_form,
    class_noun,
    place_phrase,
)
"""Tried in this order at each capitalised word outside of persons' names."""
_UNLISTED = tuple(each for each in NAME_RULES if each not in (known_surname, gazetteer))
"""The rules that find names that no table has."""
RULES: tuple[AnyRule, ...] = (*PERSON_RULES, *NAME_RULES)


def find_mentions(text: str, view: TextView, people: People) -> tuple[tuple[Mention, ...], Offices]:
    """All mentions in the text's order, without overlap, and the holders of the offices."""
    names = load_gazetteer(view.lexicon.language)
    offices = Offices(view.lexicon, names, {})
    mentions = [_person(text, view, named, offices) for named in people.names]
    _name_offices(view, people, offices)
    taken = [(named.first, named.end) for named in people.names]
    places = read_places(view, taken, names)
    acronyms = read_acronyms(view, taken, names)
    mentions.extend(_others(text, view, taken, names, places, acronyms))
    mentions.sort(key=lambda mention: mention.start)
    return tuple(mentions), offices


def _name_offices(view: View, people: People, offices: Offices) -> None:
    """Count an office that stands for its holder as naming them: "der Kanzler … Er …"."""
    tokens, lexicon = view.tokens, view.lexicon
    for at in [at for at, token in enumerate(tokens[:-1], 1) if token.lower in lexicon.definite_articles]:
        if lexicon.is_role(tokens[at].surface):
            follower = tokens[at + 1] if at + 1 < len(tokens) else None
            if follower is None or not (follower.is_capitalised or follower.lower in lexicon.office_attributes):
                holder = offices.holder(view, (at - 1, at + 1))
                if holder is not None:
                    people.name_pronoun(tokens[at - 1].start, holder)


def _person(text: str, view: View, named: Named, offices: Offices) -> Mention:
    office = read_office(view, (named.first, named.end), offices.gazetteer)
    start, end = view.tokens[named.first].start, view.tokens[named.end - 1].end
    offices.add(named.person, office, start)
    told_by = next(each for each in PERSON_RULES if each.finder(named))
    return Mention(
        kind=MentionKind.PERSON,
        surface=text[start:end],
        name=named.person,
        start=start,
        end=end,
        role=office.role,
        party=office.party,
        country=office.country,
        rule=told_by.id,
        confidence=told_by.confidence,
    )


def _others(
    text: str, view: TextView, taken: list[Range], names: Gazetteer, places: Places, acronyms: Acronyms
) -> Iterator[Mention]:
    """Organisations and places outside of persons' names, which are at the ranges `taken`."""
    tokens = view.tokens
    person = after = 0
    for at in _candidates(view, names, places, acronyms):
        if at < after:
            continue
        while person < len(taken) and taken[person][1] <= at:
            person += 1
        if person < len(taken) and taken[person][0] <= at:
            after = taken[person][1]
            continue
        known = names.entry_at(view, at)
        spot = Spot(
            tokens=tokens,
            lexicon=view.lexicon,
            first=0,
            end=taken[person][0] if person < len(taken) else len(tokens),
            at=at,
            known=known,
            places=places,
            acronyms=acronyms,
        )
        found = _first_found(spot, NAME_RULES if known is not None else _UNLISTED)
        if found is None:
            continue
        (_, after), entry, told_by = found
        yield _named(text, tokens, (at, after), entry, told_by)
        if entry.kind is MentionKind.ORGANISATION and _is_short_form(tokens[after : min(after + 3, spot.end)]):
            after += 2
            yield _named(text, tokens, (after - 1, after), entry, acronym)


def _is_short_form(words: list[Token]) -> bool:
    """True if the three tokens are a short form in parentheses: "(DDV)"."""
    if len(words) < 3 or words[0].surface != "(" or words[2].surface != ")":
        return False
    return words[1].surface.isupper() and 2 <= len(words[1].surface) <= 8


def _candidates(view: TextView, names: Gazetteer, places: Places, acronyms: Acronyms) -> list[int]:
    """Where a rule may find a name: a quick test for the many nouns of German that name nothing."""
    tokens, lexicon = view.tokens, view.lexicon
    may_begin, is_compound, is_class = names.longest_from, lexicon.is_organisation_compound, lexicon.is_class_noun
    return [
        at
        for at in view.capitals
        if may_begin(tokens[at].surface)
        or is_compound(tokens[at].lower)
        or (at and is_class(tokens[at - 1].lower))
        or has_more_words(view, at, view.end)
        or (places and may_be_place(tokens[at].surface, places))
        or tokens[at].surface in acronyms.names
        or at in acronyms.ends
    ]


def _first_found(spot: Spot, rules: tuple[Rule[FindName], ...]) -> tuple[Range, GazetteerEntry, AnyRule] | None:
    for each in rules:
        found = each.finder(spot)
        if found is not None:
            return *found, each
    return None


def _named(text: str, tokens: list[Token], name: Range, entry: GazetteerEntry, told_by: AnyRule) -> Mention:
    start, end = tokens[name[0]].start, tokens[name[1] - 1].end
    return Mention(
        kind=entry.kind,
        surface=text[start:end],
        name=entry.name,
        start=start,
        end=end,
        country=entry.country,
        rule=told_by.id,
        confidence=told_by.confidence,
    )


def _in_gazetteer(s: Spot) -> Found | None:
    """The known name here. "Grünes Forum" does not name the party "Die Grünen", but "die Grünen Abgeordneten" does."""
    assert s.known is not None
    end, entry = s.known
    if end > s.end:
        return None
    follower = s.at + 1
    is_adjective = (
        s.is_german
        and end == follower < s.end
        and entry.kind is MentionKind.ORGANISATION
        and s.tokens[s.at].lower.endswith(("e", "en", "es"))
        and s.tokens[follower].is_capitalised
        and not s.lexicon.is_role(s.tokens[follower].surface)
    )
    is_part = entry.kind is MentionKind.PLACE and is_part_of_name(s, end)
    return None if is_adjective or is_part else ((s.at, end), entry)


def _spelled(words: list[Token]) -> str:
    return " ".join(word.surface for word in words).removesuffix("'s").removesuffix("’s")
