"""Read the names of persons in a byline, and leave out what else it tells: roles, places, departments, photographers.

A byline is divided into parts at commas, semicolons, `und` and the like. In each part, the name is the words with
capitals, and particles such as `von` between them. After a full name, a part that is no full name tells who this person
is or where they write from. `authors` chooses the byline, `byline` finds it on the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from pipeline.extract.metadata.agencies import AGENCY_LINE
from pipeline.extract.page.text import CAPITALS, plain, words_of

_AND = rf"(?:und|UND|sowie|and|AND|og|och|&|(?:et|en|y|e|with)(?=\s[{CAPITALS}]\S+\s[{CAPITALS}]))"
"""Between two names. Some of these words are also parts of names, so a first and a last name must follow."""
_NAME_SEPARATOR = re.compile(rf"\s*(?:[;|•·+]|\s/\s|,(?:\s*{_AND}\s)?|\s{_AND}\s)\s*")
"""Mark or word between two names, but no slash without spaces: it separates `Anna Berg/Bo Carls`, but not `dpa/abe`."""
_PICTURES = r"(?:fotos?|bild(?:er)?|photos?|photographs|pictures|videos?|kamera|grafik(?:en)?|illustration(?:en)?)"
NAME_PREFIX = re.compile(
    r"^(?:(?:text|interview|protokoll|aufgezeichnet|reportage|bericht|analyse|kommentar|gastbeitrag|exklusiv|essay|glosse)"
    rf"(?:\s*(?:und|and|&|\+)\s*{_PICTURES})?\s*(?::|\bvon\b)"
    r"|(?:[\w’'-]+\s){0,3}by\b\s*:?|(?:aus|in) \S+(?: berichte(?:n|t))?|(?:das|dieses) (?:gespräch|interview) führten?"
    r"|(?:die )?fragen stellten?|(?:par|por|door|te[kx]st|текст|автор|írta|(?:gast)?autor(?:in)?(?:/autor(?:in)?)?"
    r"|author|interview|story|words|reporter(?:in)?(?=\s*:)|eine? \w+ von)\b\s*:?)"
    r"\s+",
    re.IGNORECASE,
)
_OUR = re.compile(
    r"^(?:unser(?:em|er|en)?|onze|de (?:notre|nuestro|nuestra)|d(?:al|alla|ai|alle) nostr[aeio]|vår|vores)\s+"
    r"(?:\w+\s+)?\w*(?:[ck]orr?[ei]spond|redakteur|redacteur|reporter|mitarbeiter|autor|verslaggever|envoyé|inviat|enviad)\w*"
    r"(?: (?:spécial|especial|permanent)e?)?\s+|^der\s+(?=\S*redaktion\b)",
    re.IGNORECASE,
)
"""`Von unserem Korrespondenten Bo Carls`, `Von der Sportredaktion`."""
_PARTICLE = re.compile(r"^(?:von|di|af|av)\b\s*:?\s+(?P<rest>.+)$", re.IGNORECASE)
"""Begins a byline (`Von Anna Berg`), but also a family name (`Von Trapp`)."""
_PICTURES_BY = re.compile(rf"[\s,;|/]*\b{_PICTURES}\s*(?::|\b(?:by|von)\b).*?(?=\s\w+\s*:|[;|]|$)", re.IGNORECASE)
"""`, Fotos: Bo Carls`: photographers are not authors."""
_PICTURES_AFTER = re.compile(rf"\({_PICTURES}\)\s*$", re.IGNORECASE)
"""`Bo Carls (Fotos)`."""
_PHOTOGRAPHER = re.compile(r"(?:foto|photo)(?:gra(?:ph|f)\w*|journalist\w*)?$", re.IGNORECASE)
"""The role of a photographer, who is named before it."""
_WITH_AGENCY = re.compile(
    r"\s\(?(?:mit|with|avec|con|met|med)\s+(?:(?:material|informationen|files|reporting)\s+(?:von|der|from|by)\s+)?"
    r"(?P<agency>[^\s()]+)\)?$",
    re.IGNORECASE,
)
_NOT_WRITTEN_BY = re.compile(
    r"(?:edit(?:ed|ing)|translat(?:ed|ion)|compiled|produced|photograph(?:s|ed|y)|(?:additional|further) reporting)"
    r"\sby\b.*?(?=;|$)"
    r"|\b(?:übersetzung|aus dem \w+ (?:übersetzt )?von|redaktion:).*?(?=;|$)",
    re.IGNORECASE,
)
"""Who is named after these words did something else than write: `Editing by Bo Carls`."""
_NAME_REST = re.compile(
    r"^[–—]\s+|\s*\([^()]{1,40}\)|\s@\w+$|\s?(?:기자|記者|记者)\b.*$|\sSpecial to\s.*$|\s/.*$"
    rf"|\s[-–—]\s[{CAPITALS}].*$"
)
"""Text around a name that is no part of it: a dash, initials `(obe)`, an account `@aberg`, an agency `/ritzau/`, an
outlet or place `- Holmbote`."""
_PARTICLES = frozenset(
    words_of(
        "af al ap av bin d da das de del della den der di do dos du e el et i ibn l la le of ten ter the van vom von"
    )
)
"""Words in lower case that names may have."""
_BETWEEN_NAMES = frozenset(words_of("and aus et from in mit och og sowie und with"))
"""Words in lower case between the names of a signature."""
_ENDS_LOUD_NAME = frozenset(("AUS", "FOR", "FROM", "FÜR", "IN"))
"""Words that end a name in capitals: `ANNA BERG FOR HOLMBOTE`."""
_ORGANISATION = re.compile(
    r"\b(?:agency|alliance|association|bureau|campaign|cent(?:er|re)|college|committee|council|desk|foundation|fund"
    r"|institute|network|news|office|project|school|service|society|staff|team|times|union|university)$",
    re.IGNORECASE,
)
"""Last words of an organisation's name, which may have words in lower case: `Harbour Institute for Peace`. After a
person's name, it is where this person works."""
_ROLE_WORD = (
    r"(?:(?:editor|correspondent|reporter|columnist|writer|producer|critic|analyst|commentator)s?|editor-in-chief"
    r"|[\w-]*(?:reporter|redakteur|korrespondent|journalist|autor|kolumnist)(?:in|en|innen)?)"
)
_ROLE = re.compile(rf"(?:^|\s){_ROLE_WORD}$|^head of\s", re.IGNORECASE)
"""The role of the person named before it."""
_AFFILIATION = re.compile(
    rf"(?:in|at|for|für|from|aus|{_ROLE_WORD}|ressort|redaktion\w*|(?:\w+-)?studio|\w*büro|(?:stv\.|stellvertretende[rs]?|\w*leiter(?:in)?"
    rf"|(?-i:[A-Z]{{3,5}}))(?=\s[{CAPITALS}]|$))\b",
    re.IGNORECASE,
)
"""Begins the department, place or outlet of the person named before it: `Ressort Politik`, `ARD Berlin`, `in Kiel`."""
_NAME_WITH_ROLE = re.compile(
    rf"^(?P<name>[{CAPITALS}]\S+(?:\s\S+){{1,2}}?)\s(?i:(?:(?:chief|senior|deputy|assistant|associate|political|health|science"
    r"|sports?|crime|education|business|economics|environment|foreign|home|news|digital|staff|special|world|local|culture)\s)*"
    rf"{_ROLE_WORD})(?:\s.*)?$"
)
_NAME_WITH_OUTLET = re.compile(
    rf"^(?P<name>[{CAPITALS}]\S*[a-zß-ÿ]\S*(?:\s[{CAPITALS}]\S+){{1,2}}?)\s(?!III\b)(?-i:[A-Z]{{3,5}})(?:\s(?:News|Sport))?$"
)
"""A name with the network they work for: `Anna Berg BBC News`."""
_SUFFIX = re.compile(r",\s*(?=(?:Jr|Sr|M\.?D|Ph\.?D|II|III|IV)\b)")
"""A comma before a suffix does not end the name: `King, Jr.`"""
_KEPT_DOT = re.compile(r"\b(?:Jr|Sr|M\.D|Ph\.D)\.$")
_INVERTED = re.compile(
    rf"^(?P<family>(?:(?i:af|av|de[nr]?|di|la|le|van|von|zu)\s){{0,2}}[{CAPITALS}][\w'’-]+),\s*"
    rf"(?P<given>[{CAPITALS}][\w'’.-]*(?:\s[{CAPITALS}][\w.]*)?)$"
)
"""A name with the family name first: `Berg, Anna`."""
NEWSROOM_WORDS = frozenset(
    words_of(
        "contributor desk editor editorial editors news newsroom online reporter reporters staff team the web writer"
        " writers der nachrichten onlineredaktion redaktion von gmbh ag kg mbh ltd inc llc verlag"
    )
)
"""Words in the signature of a newsroom rather than a person: `Guardian staff reporter`, `Online-Redaktion`."""
_FILLER_WORDS = "admin administrator author autor by n/a none null text undefined unknown user von webmaster"
"""Words that systems write if no author was entered."""
_FILLERS = frozenset(_FILLER_WORDS.split())
_NOT_A_NAME = re.compile(
    r"https?://|www\.|@\S+\.|^@|[<>{}\[\]=]|\d{3}|^\(|^(?:quelle|source|foto|image|stand|lesezeit)\b|\b(?:uhr|image|foto|getty|min(?:uten)?|read)\b:?$",
    re.IGNORECASE,
)
_AGENCIES = re.compile(
    r"(?:(?:die|the|news|mit|with) )*"
    r"(?:material|(?:nachrichten)?agentur(?:en|material)?|agenc(?:y|ies)|agences|wires?)$",
    re.IGNORECASE,
)
_MAX_NAME_CHARS = 60
_REMEMBERED = 32
"""The names of one page are declared and shown in several places."""
_MAX_CHARS = 2_000
"""Only this much of a byline or an author value is read."""


@lru_cache(maxsize=_REMEMBERED)
def split_names(byline: str) -> tuple[str, ...]:
    """`Von Anna Berg und Bo Carls, Kiel` gives two names. Addresses, e-mails, roles and photographers are left out."""
    names: list[str] = []
    for part in parts_of(byline):
        name = bare_name(part)
        if names and _PHOTOGRAPHER.match(name):
            names.pop()
        elif _is_name(name) and not _PICTURES_AFTER.search(part) and not (names and _is_about(names[0], part, name)):
            names.append(name)
    return tuple(names)


def parts_of(byline: str) -> Iterator[str]:
    """The parts of a byline that may be names, without who did something else than write."""
    byline = plain(byline)[:_MAX_CHARS]
    if ";" in byline:
        byline = "; ".join(given_names_first(part.strip() for part in byline.split(";")))
    byline = _NOT_WRITTEN_BY.sub("", _SUFFIX.sub(" ", byline))
    byline = _WITH_AGENCY.sub(_split_off_agency, _PICTURES_BY.sub("", _without_prefix(byline)))
    for part in _NAME_SEPARATOR.split(byline):
        pieces = part.split("/")
        yield from pieces if " " in pieces[0].strip() or all(map(_is_whole, pieces)) else [part]


def _is_whole(piece: str) -> bool:
    """True for a name that stands alone: `AFP` in `dpa/AFP`, but not the initials in `dpa/abe`."""
    return piece[:1].isupper() or AGENCY_LINE.match(piece) is not None


def _is_name(text: str) -> bool:
    """False for what systems write if no author was entered, for addresses, numbers and `the agencies`."""
    is_word = 1 < len(text) <= _MAX_NAME_CHARS and any(map(str.isalpha, text)) and text.lower() not in _FILLERS
    return is_word and not _AGENCIES.match(text) and not _NOT_A_NAME.search(text)


def given_names_first(names: Iterable[str]) -> list[str]:
    """The names with given names first: `Berg, Anna` becomes `Anna Berg`."""
    return [_INVERTED.sub(_reorder, plain(name)) for name in names]


def _reorder(name: re.Match[str]) -> str:
    is_person = not any(AGENCY_LINE.match(part) or _ROLE.search(part) for part in name.group("family", "given"))
    return f"{name['given']} {name['family']}" if is_person and not _SUFFIX.search(name[0]) else name[0]


def begins_with_name(byline: str) -> bool:
    """True if a byline begins with an agency, or with a name without words in lower case, which is no sentence."""
    first = next(iter(split_names(byline)), "")
    is_name = bool(first) and all(_is_capitalised(word) or _is_particle(word) for word in first.split())
    return is_name or AGENCY_LINE.match(first) is not None


def may_sign(word: str) -> bool:
    return _is_capitalised(word) or _is_particle(word) or word in _BETWEEN_NAMES or AGENCY_LINE.match(word) is not None


def _is_about(person: str, part: str, name: str) -> bool:
    """True if the part tells the role, department, place or outlet of the person named before it.

    `name` is the part's own name. After a full name, only another full name or an agency names an author.
    """
    if AGENCY_LINE.match(name):
        return False
    texts = (part.strip(), name)
    if any(map(_ROLE.search, texts)) or (not person.isupper() and any(map(_AFFILIATION.match, texts))):
        return True
    words = name.split()
    is_full = len(words) > 1 and all(_is_capitalised(word) or _is_particle(word) for word in words)
    return " " in person and (not is_full or _ORGANISATION.search(name) is not None)


def _is_capitalised(word: str) -> bool:
    """True for a word without a capital, too, if its script has none."""
    return not word[:1].islower()


def _is_particle(word: str) -> bool:
    return re.split("[-'’]", word, maxsplit=1)[0] in _PARTICLES


def bare_name(part: str) -> str:
    name = _person_in(_NAME_REST.sub("", _without_prefix(part.strip())))
    for shape in (_NAME_WITH_ROLE, _NAME_WITH_OUTLET):
        found = shape.match(name)
        if found and not _ORGANISATION.search(found["name"]) and NEWSROOM_WORDS.isdisjoint(words_of(found["name"])):
            name = found["name"]
    words = name.strip(" ,:-–").split()
    half = len(words) // 2
    is_twice = half > 1 and words[:half] == words[half:]  # once for readers and once for screen readers
    name = " ".join(words[:half] if is_twice else words)
    return name if _KEPT_DOT.search(name) else name.strip(" ,.:-–")


def _person_in(text: str) -> str:
    """The full name in the text, without words in lower case before and after it: `our editor Anna Berg in Kiel`."""
    words = text.split()
    start = 0
    while start < len(words) - 2 and words[start].strip(".").isalpha() and words[start].islower():
        if _is_particle(words[start]) or AGENCY_LINE.match(words[start]):
            break
        start += 1
    if start and not all(map(_is_capitalised, words[start : start + 2])):
        start = 0
    ends = _ENDS_LOUD_NAME if text.isupper() else frozenset()
    for end in range(start + 2, len(words)):
        word = words[end]
        if word in ends or not (_is_capitalised(word) or _is_particle(word)):
            name = " ".join(words[start:end])
            is_person = sum(map(_is_capitalised, words[start:end])) > 1 and not _ORGANISATION.search(name)
            return name if is_person else text
    return " ".join(words[start:])


def _without_prefix(byline: str) -> str:
    prefix = NAME_PREFIX.match(byline)
    byline = byline[prefix.end() :] if prefix else byline
    particle = _PARTICLE.match(byline)
    if particle is None:
        return _OUR.sub("", byline)
    is_family_name = re.fullmatch(rf"[{CAPITALS}][\w'’-]+", particle["rest"]) and not (
        AGENCY_LINE.match(particle["rest"]) or particle["rest"].lower() in NEWSROOM_WORDS
    )
    return byline if is_family_name else _OUR.sub("", particle["rest"])


def _split_off_agency(ending: re.Match[str]) -> str:
    """`Anna Berg mit dpa` gives two names, `Anna Berg mit Agenturen` one."""
    agency = ending["agency"]
    if AGENCY_LINE.match(agency):
        return f", {agency}"
    return "" if _AGENCIES.match(agency) else ending[0]
