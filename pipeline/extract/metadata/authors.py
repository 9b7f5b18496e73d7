"""Choose an article's authors from JSON-LD, the meta elements and the visible byline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

import msgspec

from pipeline.extract.metadata.agencies import AGENCY_LINE
from pipeline.extract.metadata.declared import Declared, names_of, types_of
from pipeline.extract.page.quotations import NAME
from pipeline.extract.page.text import CAPITALS, normal, plain, words_of

_AUTHOR_METAS = (
    "cxenseparse:author",
    "mrf:authors",
    "parsely-author",
    "sailthru.author",
    "articleauthor",
    "article:author_name",
)
"""Filled by the newsroom's system, so tried before the visible byline."""
LOOSE_AUTHOR_METAS = ("itemprop=author", "author", "article:author", "byl", "dcsext.author")
"""Often name the outlet, so tried after the visible byline."""
_INVERTED_METAS = ("dc.creator", "dcterms.creator", "citation_author")
"""Tried last. Dublin Core recommends `Berg, Anna`, so a comma does not separate two authors."""

_AND = rf"(?:und|sowie|and|og|och|&|(?:et|en|y|e)(?=\s[{CAPITALS}]\S+\s[{CAPITALS}]))"
"""Between two names. Some of these words are also parts of names, so a first and a last name must follow."""
_NAME_SEPARATOR = re.compile(
    rf"\s*(?:[;|•·]|\s/\s|,(?:\s*{_AND}\s)?|\s{_AND}\s)\s*|(?<=[^\W\d_]{{2}})/(?=[{CAPITALS}][\w.-]*\s)"
)
"""What separates two names. A slash separates `Anna Berg/Bo Carls` but not `dpa/AFP`."""
_PICTURES = r"(?:fotos?|bild(?:er)?|photos?|photographs|pictures|videos?|kamera|grafik(?:en)?|illustration(?:en)?)"
NAME_PREFIX = re.compile(
    r"^(?:(?:text|interview|protokoll|aufgezeichnet|reportage|bericht|analyse|kommentar|gastbeitrag|exklusiv|essay|glosse)"
    rf"(?:\s*(?:und|and|&|\+)\s*{_PICTURES})?\s*(?::|\bvon\b)"
    r"|(?:[\w’'-]+\s){0,3}by\b|(?:aus|in) \S+ berichte(?:n|t)|(?:das|dieses) (?:gespräch|interview) führten?"
    r"|(?:die )?fragen stellten?|(?:par|por|door|text|autor(?:in)?(?:/autor(?:in)?)?|author|interview|story|words"
    r"|eine? \w+ von)\b\s*:?)"
    r"\s+",
    re.IGNORECASE,
)
_OUR = re.compile(
    r"^unser(?:em|er|en)?\s+(?:\w+\s+)?\w*(?:korrespondent|redakteur|reporter|mitarbeiter|autor)(?:in|en)?\s+",
    re.IGNORECASE,
)
"""`Von unserem Korrespondenten Bo Carls`."""
_PARTICLE = re.compile(r"^(?:von|di|af|av)\b\s*:?\s+(?P<rest>.+)$", re.IGNORECASE)
"""Begins a byline (`Von Anna Berg`), but also a family name (`Von Trapp`)."""
_PICTURES_BY = re.compile(rf"[\s,;|/]*\b{_PICTURES}\s*(?::|\b(?:by|von)\b).*?(?=\s\w+\s*:|[;|]|$)", re.IGNORECASE)
"""`, Fotos: Bo Carls`: photographers are not authors."""
_WITH_AGENCY = re.compile(
    r"\s(?:mit|with|avec|con|met|med)\s+(?:(?:material|informationen|files|reporting)\s+(?:von|der|from|by)\s+)?(?P<agency>\S+)$",
    re.IGNORECASE,
)
_NOT_WRITTEN_BY = re.compile(
    r"(?:edit(?:ed|ing)|translat(?:ed|ion)|compiled|produced|photograph(?:s|ed|y)|(?:additional|further) reporting)"
    r"\sby\b.*?(?=;|$)"
    r"|\b(?:übersetzung|aus dem \w+ (?:übersetzt )?von|redaktion:).*?(?=;|$)",
    re.IGNORECASE,
)
"""Who is named after these words did something else than write: `Editing by Bo Carls`."""
_SOME_AGENCY = re.compile(r"^(?:material|agentur(?:en|material)?|agenc(?:y|ies)|wires?)$", re.IGNORECASE)
_NAME_REST = re.compile(
    rf"\s*\([^()]{{1,40}}\)\s*$|\s+/\s+\w+$|\s*\|.*$|\sSpecial to\s.*$|\s(?:in|aus|from)\s(?=[{CAPITALS}]).{{2,30}}$"
)
"""What follows a name: initials `(obe)`, a job `/ Reporter`, a place `in Kiel`."""
_OUTLET_AFTER = re.compile(
    rf"^(?P<name>[{CAPITALS}]\S*(?:\s(?!-)\S+){{1,3}}?)\s(?:[-–—]|(?:for|für)(?:\s(?:the|den|die|das))?)\s[{CAPITALS}]"
)
"""A name with its outlet: `Anna Berg - Holmbote`, `Anna Berg for the Holm Times`."""
_ORGANISATION = re.compile(
    r"(?:agency|alliance|association|campaign|cent(?:er|re)|committee|council|foundation|fund|institute|network|office"
    r"|project|school|society|union)$",
    re.IGNORECASE,
)
"""Last words of an organisation's name: `Institute for Harbours` is not a person who writes for Harbours."""
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
_PLACE = re.compile(rf",\s*(?P<word>[{CAPITALS}](?:[^\W\d_]|-){{2,}})\s*(?:\([^()]{{1,40}}\))?\s*$")
_NEWSROOM_WORDS = frozenset(
    words_of(
        "contributor desk editor editorial editors news newsroom online reporter reporters staff team the web writer"
        " writers der nachrichten onlineredaktion redaktion von gmbh ag kg mbh ltd inc llc verlag"
    )
)
"""Words in the signature of a newsroom rather than a person: `Guardian staff reporter`, `Online-Redaktion`."""
_WRITTEN = re.compile(
    r"^(?:written|geschrieben|verfasst|auteur|autor|author|escrito|écrit|scritto|von|by)\b", re.IGNORECASE
)
_NEWSROOM = re.compile(
    r"(?:redaktion|redaksjon|redactie|redakcja|redazione|redacción|redação|rédaction|news ?room|news ?desk)\b"
    r"|\bstaff (?:reporter|writer)",
    re.IGNORECASE,
)
"""A part of a newsroom: `Politik-Redaktion`, `Harbour news desk`."""
_FILLER_WORDS = "admin administrator author autor by n/a none null text undefined unknown user von webmaster"
"""What systems write if no author was entered."""
_FILLERS = frozenset(_FILLER_WORDS.split())
_NOT_A_NAME = re.compile(
    r"https?://|www\.|@\S+\.|^@|[<>{}\[\]=]|\d{3}|^\(|^(?:quelle|source|foto|image|stand|lesezeit)\b|\b(?:uhr|image|foto|getty|min(?:uten)?|read)\b:?$",
    re.IGNORECASE,
)
_FULL_NAME = re.compile(rf"[{CAPITALS}]\S*\s(?:\S+\s)*[{CAPITALS}]\S*$")
_ACCOUNTS = frozenset({"json-ld", *_AUTHOR_METAS, *LOOSE_AUTHOR_METAS})
"""Places in which a single word may be the account of the newsroom system; a visible name is preferred to it."""
_AGENCIES = re.compile(r"(?:(?:die|the|news) )*(?:(?:nachrichten)?agenturen|agencies|wires|agences)$", re.IGNORECASE)
_MAX_SIGNATURE_CHARS = 140
_MAX_CHARS = 2_000
"""Only this much of a byline or an author value is read."""


class Authors(msgspec.Struct, frozen=True):
    """The authors of an article, and the place they were read from."""

    names: tuple[str, ...] = ()
    origin: str = ""
    are_persons: bool = False
    """False if only the outlet, its newsroom or an agency is named."""


def choose_authors(declared: Declared, byline: str | None, url: str) -> Authors:
    """The authors from the first place, in the order below, that names a person.

    If every place names only the outlet, its newsroom or an agency, the first of these is the author.
    """
    outlet = _outlet_names(declared)
    organisations = Authors()
    for origin, names in _named_authors(declared, byline):
        authors = _distinct(names)
        persons = _distinct(name for name in authors if not _is_outlet(name, outlet, url))
        named = [name for name in persons if not AGENCY_LINE.match(name)]
        if any(" " in name for name in named) or (named and origin not in _ACCOUNTS):
            shown = _distinct(name for name in split_names(byline or "") if not _is_outlet(name, outlet, url))
            names_more = {*map(normal, persons)} < {*map(normal, shown)} and all(map(_FULL_NAME.match, shown))
            return Authors(shown, "byline", True) if names_more else Authors(persons, origin, True)
        if authors and not organisations.names:
            organisations = Authors(authors, origin)
    return organisations


def _named_authors(declared: Declared, byline: str | None) -> Iterator[tuple[str, list[str]]]:
    """The places that name authors, the most trusted first, with their names. A place is read only when it is asked."""
    yield "json-ld", _json_ld_authors(declared)
    for name in _AUTHOR_METAS:
        yield name, _split_all(declared.metas.get(name, ()))
    yield "byline", _split_all((byline,) if byline else ())
    for name in LOOSE_AUTHOR_METAS:
        yield name, _split_all(declared.metas.get(name, ()))
    for name in _INVERTED_METAS:
        yield name, _split_all(_given_names_first(declared.metas.get(name, ())))
    yield "twitter:data", _split_all(_labelled(declared))


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """The names without those that differ only in capitals or marks."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(normal(name), name)
    return tuple(found.values())


def _is_outlet(name: str, outlet: frozenset[str], url: str) -> bool:
    """True if the name is the outlet's (a declared one, or its host) or has only newsroom words."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return _NEWSROOM.search(name) is not None or _key(name) in {"", _key(host), _key(host.rsplit(".", 1)[0]), *outlet}


def _key(name: str) -> str:
    """The name without newsroom words, for comparison: `Guardian staff reporter` equals `The Guardian`."""
    return "".join(word for word in words_of(name) if word not in _NEWSROOM_WORDS)


def _outlet_names(declared: Declared) -> frozenset[str]:
    names = [declared.meta("og:site_name"), declared.meta("application-name")]
    for node in (declared.article, declared.page):
        names += names_of(node.get("publisher"), declared)
        author_nodes = node.get("author")
        for author in author_nodes if isinstance(author_nodes, list) else [author_nodes]:
            if isinstance(author, Mapping) and types_of(author) & {"Organization", "NewsMediaOrganization"}:
                names += names_of(author, declared)
    return frozenset(_key(plain(name)) for name in names if name and not AGENCY_LINE.match(name))


def _labelled(declared: Declared) -> list[str]:
    """The values that cards for X label as the author: `twitter:label1` "Written by", `twitter:data1` "Anna Berg"."""
    labels = {number: declared.meta(f"twitter:label{number}") for number in (1, 2)}
    values = [
        declared.meta(f"twitter:data{number}") for number, label in labels.items() if _WRITTEN.search(label or "")
    ]
    return [value for value in values if value]


def _json_ld_authors(declared: Declared) -> list[str]:
    names: list[str] = []
    for node in (declared.article, declared.page):
        for key in ("author", "creator"):
            names = _split_all(_given_names_first(names_of(node.get(key), declared)))
            if names:
                return names
    return names


def _split_all(values: Iterable[str]) -> list[str]:
    return [name for value in values for name in split_names(value)]


def _without_place(byline: str) -> str:
    """Remove the place they write from: a single word after full names that is not an agency."""
    place = _PLACE.search(byline)
    if place is None or AGENCY_LINE.match(place["word"]):
        return byline
    before = _NAME_SEPARATOR.split(byline[: place.start()])
    return byline[: place.start()] if all(" " in name for name in before) else byline


def _given_names_first(names: Iterable[str]) -> list[str]:
    """The names with given names first: `Berg, Anna` becomes `Anna Berg`."""
    return [_INVERTED.sub(_reorder, plain(name)) for name in names]


def _reorder(name: re.Match[str]) -> str:
    is_person = not any(AGENCY_LINE.match(part) or _ROLE.search(part) for part in name.group("family", "given"))
    return f"{name['given']} {name['family']}" if is_person and not _SUFFIX.search(name[0]) else name[0]


def split_names(byline: str) -> list[str]:
    """`Von Anna Berg und Bo Carls, Kiel` gives two names. Addresses, e-mails, roles and photographers are left out."""
    byline = plain(byline)[:_MAX_CHARS]
    if ";" in byline:
        byline = "; ".join(_given_names_first(part.strip() for part in byline.split(";")))
    byline = _NOT_WRITTEN_BY.sub("", _SUFFIX.sub(" ", byline))
    byline = _WITH_AGENCY.sub(_split_off_agency, _PICTURES_BY.sub("", _without_prefix(byline)))
    names: list[str] = []
    for part in _NAME_SEPARATOR.split(_without_place(byline)):
        name = _bare_name(part)
        is_name = (
            1 < len(name) <= 60
            and not _AGENCIES.match(name)
            and name.lower() not in _FILLERS
            and any(map(str.isalpha, name))
        )
        if (
            is_name
            and not _NOT_A_NAME.search(name)
            and not (names and any(_is_role(text, names[0]) for text in (part.strip(), name)))
        ):
            names.append(name)
    return names


def signed_by(line: str) -> tuple[str, ...]:
    """The persons that a line names, if it holds nothing but their names: `(Anna Berg)`, `Reporting by Anna Berg`."""
    names = split_names(line.strip(" ()").replace("/", " / ")) if len(line) <= _MAX_SIGNATURE_CHARS else []
    persons = tuple(name for name in names if not AGENCY_LINE.match(name))
    return persons if persons and all(map(NAME.match, persons)) else ()


def _is_role(text: str, name: str) -> bool:
    """True if the text tells the role, department or place of the person named before it."""
    if AGENCY_LINE.match(text) or name.isupper():
        return False
    return (_ROLE.search(text) or _AFFILIATION.match(text)) is not None


def _bare_name(part: str) -> str:
    name = _NAME_REST.sub("", _without_prefix(part.strip()))
    for shape in (_OUTLET_AFTER, _NAME_WITH_ROLE, _NAME_WITH_OUTLET):
        found = shape.match(name)
        if found and not _ORGANISATION.search(found["name"]) and _NEWSROOM_WORDS.isdisjoint(words_of(found["name"])):
            name = found["name"]
    name = name.strip(" ,:-–")
    return name if _KEPT_DOT.search(name) else name.strip(" ,.:-–")


def _without_prefix(byline: str) -> str:
    byline = NAME_PREFIX.sub("", byline)
    particle = _PARTICLE.match(byline)
    if particle is None:
        return _OUR.sub("", byline)
    is_family_name = re.fullmatch(rf"[{CAPITALS}][\w'’-]+", particle["rest"]) and not (
        AGENCY_LINE.match(particle["rest"]) or particle["rest"].lower() in _NEWSROOM_WORDS
    )
    return byline if is_family_name else _OUR.sub("", particle["rest"])


def _split_off_agency(ending: re.Match[str]) -> str:
    """`Anna Berg mit dpa` gives two names, `Anna Berg mit Agenturen` one."""
    agency = ending["agency"]
    if AGENCY_LINE.match(agency):
        return f", {agency}"
    return "" if _SOME_AGENCY.match(agency) else ending[0]
