"""The office, party and country of a person where they are named, and the person that "der Kanzler" is."""

from __future__ import annotations

import math

import msgspec

from pipeline.annotate.grammar.phrases import is_adjective_de, noun_phrase
from pipeline.annotate.grammar.tokens import Range, Token, View
from pipeline.annotate.lexicon import Lexicon
from pipeline.annotate.people.gazetteer import Gazetteer

LONGEST_HEAD_CHARS = 60
"""This many characters at the end of an office's noun are compared with "der Kanzler"."""
ANY_COUNTRY = "*"
_POLITICIAN = "-politiker"
"""The office under which members of a party are kept, with the party in place of a country: "der CDU-Politiker"."""
LONGEST_OFFICE = 12
"""Maximum number of tokens of an office with what belongs to it: "Chefin des Bundesamtes für Migration"."""


class Office(msgspec.Struct, frozen=True, gc=False):
    """What one mention says about a person; None for what it does not say."""

    role: str | None = None
    party: str | None = None
    country: str | None = None


class Holder(msgspec.Struct, gc=False):
    """The first person named with an office, and where in the text that was (in characters)."""

    person: str
    at: int
    ambiguous_at: float = math.inf
    """Where a second person is first named with this office; after that it identifies nobody."""


class Offices(msgspec.Struct, frozen=True):
    """The holders of offices in a text. Add them in the text's order before asking for one."""

    lexicon: Lexicon
    gazetteer: Gazetteer
    holders: dict[tuple[str, str | None], Holder]
    """The key is an ending of the office's noun, and its country. The country is None if the text named none. Each
    holder is also kept under `ANY_COUNTRY`."""

    def add(self, person: str, office: Office, at: int) -> None:
        if office.party is not None:
            self._hold((_POLITICIAN, office.party), person, at)
        if office.role is None:
            return
        head = _head(office.role, self.lexicon)[-LONGEST_HEAD_CHARS:]
        for cut in range(len(head) - self.lexicon.shortest_role + 1):
            for country in (office.country, ANY_COUNTRY):
                self._hold((head[cut:], country), person, at)

    def _hold(self, key: tuple[str, str | None], person: str, at: int) -> None:
        holder = self.holders.setdefault(key, Holder(person, at))
        if holder.person != person:
            holder.ambiguous_at = min(holder.ambiguous_at, at)

    def holder(self, view: View, phrase: Range) -> str | None:
        """The person that "der Kanzler" or "the French president" is: the only one named with that office before."""
        tokens = view.tokens
        first, last = phrase
        if tokens[first].lower not in self.lexicon.definite_articles or last - first < 2:
            return None
        words = tokens[first + 1 : last]
        head = words[-1]
        country = next((c for token in words if (c := self.gazetteer.country_of(token.surface))), None)
        kept = [token.lower for token in words if self.gazetteer.adjectives.get(token.lower) is None]
        wanted = " ".join(kept)
        if self.lexicon.is_german and len(kept) > 1:
            return None
        place = tokens[first].start
        party = self.gazetteer.parties.get(head.surface.partition("-")[0])
        if party is not None and head.lower.endswith(("-politiker", "-politikerin")):
            member = self.holders.get((_POLITICIAN, party))
            return member.person if member is not None and member.at < place <= member.ambiguous_at else None
        if country is not None and (own := self.holders.get((wanted, country))) is not None and own.at < place:
            return own.person if own.ambiguous_at >= place else None
        other = self.holders.get((wanted, ANY_COUNTRY if country is None else None))
        return other.person if other is not None and other.at < place <= other.ambiguous_at else None


def _head(role: str, lexicon: Lexicon) -> str:
    """The office's noun: "Chefin" of "Chefin des Amtes"."""
    words = role.lower().split()
    end = next((number for number, word in enumerate(words) if word in lexicon.office_joins), len(words))
    return words[end - 1] if lexicon.is_german else " ".join(words[:end])


def read_office(view: View, name: Range, gazetteer: Gazetteer) -> Office:
    """The office before the name, after the name and a comma, or in parentheses."""
    inside, end = _in_parentheses(view, name[1], gazetteer)
    before = _before(view, name[0], gazetteer)
    apposed = _apposed(view, end, gazetteer) if before.role is None else Office()
    return Office(
        role=before.role or inside.role or apposed.role,
        party=inside.party or before.party or apposed.party,
        country=before.country or inside.country or apposed.country,
    )


def _before(view: View, first: int, gazetteer: Gazetteer) -> Office:
    """The office before the name: "der frühere britische Premierminister Adam Pierce"."""
    tokens, lexicon = view.tokens, view.lexicon
    end = first
    while end and _is_title(view, end - 1) and first - end < 6:
        if lexicon.is_role(tokens[end - 1].surface) and tokens[end - 1].lower not in lexicon.no_offices:
            break
        end -= 1
    if end and tokens[end - 1].surface == ",":
        return _set_off(view, end - 1, gazetteer)
    if not end or not lexicon.is_role(tokens[end - 1].surface):
        return Office()
    return _office_ending_at(view, end, gazetteer)


def _is_title(view: View, at: int) -> bool:
    """True if the token is a title such as "Dr", or the full stop after one."""
    tokens = view.tokens
    if tokens[at].surface == ".":
        return at > 0 and tokens[at - 1].lower in view.lexicon.titles
    return tokens[at].lower in view.lexicon.titles


def _office_ending_at(view: View, end: int, gazetteer: Gazetteer) -> Office:
    tokens, lexicon = view.tokens, view.lexicon
    start = end - 1
    country = gazetteer.country_of(tokens[start].surface)
    party = gazetteer.parties.get(tokens[start].surface.partition("-")[0])
    modifiers: list[str] = []
    while start and end - start < 7 and tokens[start - 1].is_word:
        word = tokens[start - 1]
        nation = gazetteer.country_of(word.surface)
        if nation is not None:
            country = country or nation
        elif word.surface in gazetteer.parties:
            party = gazetteer.parties[word.surface]
        elif _modifies(word, lexicon):
            modifiers.insert(0, word.surface)
        else:
            break
        start -= 1
    head = tokens[end - 1]
    role = None if head.lower in lexicon.no_offices else _spell(modifiers, head, lexicon)
    return Office(role, party, country)


def _modifies(word: Token, lexicon: Lexicon) -> bool:
    """True if the word is part of the office: "stellvertretender", "foreign", "Deputy"."""
    if lexicon.is_german:
        return is_adjective_de(word, lexicon) and any(word.lower.startswith(stem) for stem in lexicon.office_adjectives)
    if word.lower in lexicon.function_words or word.lower in lexicon.verbs or word.lower in lexicon.weekdays:
        return False
    return not word.surface.endswith(("'s", "’s")) and word.segment < 0


def _spell(modifiers: list[str], head: Token, lexicon: Lexicon) -> str:
    """The office; a noun alone is put in the nominative: "Premierministers" ▶ "Premierminister"."""
    noun = head.surface
    if lexicon.is_german and not modifiers and not lexicon.ends_in_role(noun.lower()):
        endings = (ending for ending in ("s", "en", "n") if noun.endswith(ending))
        noun = next((noun[: -len(e)] for e in endings if lexicon.ends_in_role(noun[: -len(e)].lower())), noun)
    return " ".join([*modifiers, noun])


def _set_off(view: View, comma: int, gazetteer: Gazetteer) -> Office:
    """The office before a comma and the name: "der Schwiegersohn des Königs, Emil Voss"."""
    tokens, lexicon = view.tokens, view.lexicon
    joins = lexicon.office_joins
    for start in range(comma - 1, max(-1, comma - LONGEST_OFFICE), -1):
        token = tokens[start]
        if not token.is_word or token.lower in lexicon.verbs or token.lower in lexicon.auxiliaries:
            return Office()
        if not lexicon.is_role(token.surface) or not _opens_office(view, start, gazetteer):
            continue
        own = _office_ending_at(view, start + 1, gazetteer)
        if start + 1 == comma:
            return own
        if tokens[start + 1].lower in joins:
            rest = tokens[start + 1 : comma]
            role = " ".join([own.role or token.surface, *(word.surface for word in rest)])
            return Office(role, own.party, own.country or _country_in(rest, gazetteer))
    return Office()


def _opens_office(view: View, at: int, gazetteer: Gazetteer) -> bool:
    """True if an article or a genitive begins the phrase, unlike "Präsident" in a list of names."""
    lexicon = view.lexicon
    for before in range(at - 1, max(-1, at - 6), -1):
        token = view.tokens[before]
        if token.lower in lexicon.determiners:
            return True
        if token.surface.endswith(("'s", "’s")) or (token.is_capitalised and gazetteer.country_of(token.surface)):
            return True
        if not token.is_word or token.lower in lexicon.prepositions:
            return False
    return False


def _country_in(words: list[Token], gazetteer: Gazetteer) -> str | None:
    return next((c for word in words if word.is_capitalised and (c := gazetteer.country_of(word.surface))), None)


def _in_parentheses(view: View, at: int, gazetteer: Gazetteer) -> tuple[Office, int]:
    """What parentheses after the name say, and where they end: "(CDU, Bundeskanzler)", "(Präsident Frankreich)"."""
    tokens = view.tokens
    if at >= len(tokens) or tokens[at].surface != "(":
        return Office(), at
    closing = next((i for i in range(at + 1, min(len(tokens), at + LONGEST_OFFICE)) if tokens[i].surface == ")"), None)
    if closing is None:
        return Office(), at
    role = party = None
    part: list[Token] = []
    for token in [*tokens[at + 1 : closing], tokens[closing]]:
        if token.surface not in {",", ")", "/", ";"}:
            part.append(token)
            continue
        spelled = " ".join(word.surface for word in part)
        party = party or gazetteer.parties.get(spelled)
        if role is None and part and view.lexicon.is_role(part[0].surface):
            role = part[0].surface
        elif role is None and part and view.lexicon.is_role(part[-1].surface):
            role = spelled
        part = []
    return Office(role, party, _country_in(tokens[at + 1 : closing], gazetteer) if role else None), closing + 1


def _may_end_apposition(token: Token, lexicon: Lexicon) -> bool:
    """True if the token is a mark or a preposition: "Professor für Wasserbau in Castlemoor"."""
    return token.surface in {",", ".", ")", "(", ";", "\n", "–"} or token.lower in lexicon.prepositions


def _apposed(view: View, comma: int, gazetteer: Gazetteer) -> Office:
    """The office after the name and a comma: ", die Leiterin des Amtes,", ", a professor at Leeds,"."""
    tokens, lexicon = view.tokens, view.lexicon
    start = comma + 1
    if start >= len(tokens) or tokens[comma].surface != ",":
        return Office()
    stop = min(len(tokens), start + LONGEST_OFFICE)
    end = noun_phrase(view, start, stop)
    if end is None or (end < len(tokens) and not _may_end_apposition(tokens[end], lexicon)):
        return Office()
    words = tokens[start:end]
    joins = lexicon.office_joins
    head_end = next((number for number, word in enumerate(words) if number and word.lower in joins), len(words))
    if not lexicon.is_role(words[head_end - 1].surface):
        return Office()
    own = _office_ending_at(view, start + head_end, gazetteer)
    rest = words[head_end:]
    role = " ".join([own.role or words[head_end - 1].surface, *(word.surface for word in rest)])
    return Office(role, own.party, own.country or _country_in(rest, gazetteer))
