"""Who wrote an article: bylines, declarations, and names beside them that are no authors."""

from __future__ import annotations

import json

import pytest

from pipeline.extract.metadata.person_names import split_names
from tests.golden.made_up import DEICH, extract, json_ld, page, paragraphs


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("Von Anna Berg und Bo Carls", ["Anna Berg", "Bo Carls"]),
        ("By Ada Thorne, Will Penrose and Mary O'Neil", ["Ada Thorne", "Will Penrose", "Mary O'Neil"]),
        ("Elena Oberhof (obe)", ["Elena Oberhof"]),
        ("Anna Berg und Bo Carls, Wiekstadt", ["Anna Berg", "Bo Carls"]),
        ("Anna Berg, Wiekstadt (obe)", ["Anna Berg"]),
        ("Ada Thorne in Harbour Bay", ["Ada Thorne"]),
        ("Anna Berg, dpa", ["Anna Berg", "dpa"]),
        ("Anna Berg, Reuters", ["Anna Berg", "Reuters"]),
        ("Anna, Bo", ["Anna", "Bo"]),
        ("Anna Berg/Bo Carls", ["Anna Berg", "Bo Carls"]),
        ("dpa/AFP", ["dpa", "AFP"]),
        ("Berg, Anna; Carls, Bo", ["Anna Berg", "Bo Carls"]),
        ("By Ada Thorne, Political Editor", ["Ada Thorne"]),
        ("By Ada Thorne, Political Editor and Will Penrose", ["Ada Thorne", "Will Penrose"]),
        ("Anna Berg, Chefredakteurin", ["Anna Berg"]),
        ("Text: Anna Berg, Fotos: Bo Carls", ["Anna Berg"]),
        ("Fotos: Bo Carls, Text: Anna Berg", ["Anna Berg"]),
        ("Text und Fotos: Anna Berg", ["Anna Berg"]),
        ("Foto: Bo Carls", []),
        ("Protokoll: Anna Berg", ["Anna Berg"]),
        ("Anna Berg mit dpa", ["Anna Berg", "dpa"]),
        ("Anna Berg mit Material von dpa", ["Anna Berg", "dpa"]),
        ("Anna Berg mit Agenturen", ["Anna Berg"]),
        ("Ada Thorne for the Castlemoor Times", ["Ada Thorne"]),
        ("Institute for Harbours", ["Institute for Harbours"]),
        ("Anna Berg - Tagblatt", ["Anna Berg"]),
        ("Anna-Lena Berg-Ahrens", ["Anna-Lena Berg-Ahrens"]),
        ("Milo Lodge King, Jr.", ["Milo Lodge King Jr."]),
        ("Di Maria", ["Di Maria"]),
        ("Von Trapp", ["Von Trapp"]),
        ("Von dpa", ["dpa"]),
        ("admin", []),
        ("By", []),
        ("von", []),
        ("https://social.example/anna", []),
        ("redaktion@holmbote.example", []),
    ],
)
def test_bylines(byline: str, names: list[str]) -> None:
    assert split_names(byline) == tuple(names)


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("Written by Anna Berg", ["Anna Berg"]),
        ("Gastbeitrag von Anna Berg", ["Anna Berg"]),
        ("Von unserem Korrespondenten Bo Carls", ["Bo Carls"]),
        ("Par Anna Berg avec AFP", ["Anna Berg", "AFP"]),
        ("Reporting by Anna Berg in Wiekstadt; Editing by Bo Carls", ["Anna Berg"]),
        ("Anna Berg BBC News", ["Anna Berg"]),
        ("Anna Berg Chief Political Correspondent", ["Anna Berg"]),
        ("Anna Berg Redakteurin Politik", ["Anna Berg"]),
        ("By Anna Berg and Bo Carls / Holm Daily Staff Writers", ["Anna Berg", "Bo Carls"]),
        ("Von Anna Berg, ARD-Studio Wiekstadt", ["Anna Berg"]),
        ("Anna Berg, Ressort Politik", ["Anna Berg"]),
        ("By Anna Berg, in Wiekstadt", ["Anna Berg"]),
        ("By Anna Berg Special to the Holm Times", ["Anna Berg"]),
        ("Von Anna von der Heide und Bo Carls", ["Anna von der Heide", "Bo Carls"]),
        ("Anna Berg, Bo Carls, Cara Dorn", ["Anna Berg", "Bo Carls", "Cara Dorn"]),
        ("Anna Berg, Wiekstadt; Bo Carls, Holm", ["Anna Berg", "Bo Carls"]),
        ("Anna Berg (Text), Bo Carls (Bilder)", ["Anna Berg"]),
        ("Anna Berg, Journalist, Bo Carls, Fotograf", ["Anna Berg"]),
        ("Par Anna Berg (avec AFP)", ["Anna Berg", "AFP"]),
        ("Anna Berg/dpa", ["Anna Berg", "dpa"]),
        ("Af Anna Berg /ritzau/", ["Anna Berg", "ritzau"]),
        ("di Anna Berg, inviata a Kiev", ["Anna Berg"]),
        ("dal nostro inviato Anna Berg", ["Anna Berg"]),
        ("Onze redacteur Anna Berg", ["Anna Berg"]),
        ("oprac. Anna Berg", ["Anna Berg"]),
        ("Anna Berg, redacteur economie", ["Anna Berg"]),
        ("Anna Berg, Special to the Holm Times", ["Anna Berg"]),
        ("By Anna Berg, Holm Bureau | Edited by Bo Carls", ["Anna Berg"]),
        ("By ANNA BERG, POLITICAL EDITOR and BO CARLS", ["ANNA BERG", "BO CARLS"]),
        ("BY ANNA BERG AND BO CARLS FOR HOLMBOTE", ["ANNA BERG", "BO CARLS"]),
        ("Anna Berg + Bo Carls", ["Anna Berg", "Bo Carls"]),
        ("By Anna Berg with additional reporting by Bo Carls", ["Anna Berg"]),
        ("Von Anna Berg mit Agenturmaterial", ["Anna Berg"]),
        ("By Ahmed al-Sayed and Noor bin Rashid", ["Ahmed al-Sayed", "Noor bin Rashid"]),
        ("Анна Берг, Бо Карлс", ["Анна Берг", "Бо Карлс"]),
        ("김지우 기자", ["김지우"]),
        ("Harbour Institute for Peace", ["Harbour Institute for Peace"]),
    ],
)
def test_roles_places_and_networks_are_no_part_of_a_name(byline: str, names: list[str]) -> None:
    assert split_names(byline) == tuple(names)


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("Berg, Anna", ("Anna Berg",)),
        ("von Berg, Anna Maria", ("Anna Maria von Berg",)),
        ("Anna Berg, Bo Carls", ("Anna Berg", "Bo Carls")),
        ("dpa, AFP", ("dpa", "AFP")),
        ("King, Jr.", ("King Jr.",)),
        ("Anna Berg | Holmbote", ("Anna Berg",)),
        ("admin", ()),
    ],
)
def test_declared_authors(author: str, names: tuple[str, ...]) -> None:
    head = json_ld(author={"@type": "Person", "name": author})
    assert extract(page(paragraphs(DEICH), head=head)).authors == names


AUTHOR_PLACES = {
    "a label in a list": "<ul><li><b>Datum</b> 2.3.2026</li><li><b>Autorin/Autor</b> Anna Berg</li></ul>",
    "a label and a value": "<dl><dt>Autorin</dt><dd>Anna Berg</dd></dl>",
    "a link to the author": "<p>Verfasst von <a rel='author' href='/a/1'>Anna Berg</a> im März</p>",
    "the last sentence of an interview": "<p><i>Das Gespräch führte Anna Berg.</i></p>",
    "microdata": "<div itemprop='author' itemscope><meta itemprop='name' content='Anna Berg'></div>",
}


@pytest.mark.parametrize("place", AUTHOR_PLACES.values(), ids=AUTHOR_PLACES)
def test_an_author_is_named_below_the_text(place: str) -> None:
    teaser = "<div><h3><a href='/andere'>Der Hafen wächst weiter</a></h3><a rel='author' href='/a/2'>Bo Carls</a></div>"
    head = json_ld(author={"@type": "Organization", "name": "Holmbote"})
    long = paragraphs((" ".join(DEICH[:2]), " ".join(DEICH[2:])))
    assert extract(page(long + place + teaser, head=head)).authors == ("Anna Berg",)


@pytest.mark.parametrize(
    "head",
    [
        json_ld(author={"@type": "Person", "givenName": "Anna", "familyName": "Berg"}),
        json_ld(author=[{"@type": "Person", "name": "Anna Berg"}, {"@type": "Person", "name": "ANNA BERG"}]),
        '<meta name="twitter:label1" content="Verfasst von"><meta name="twitter:data1" content="Anna Berg">',
        '<meta name="byl" content="By Anna Berg">',
    ],
)
def test_other_declarations_of_an_author(head: str) -> None:
    assert extract(page(paragraphs(DEICH), head=head)).authors == ("Anna Berg",)


@pytest.mark.parametrize("opening", ["<h1", "<div><h1"])
def test_a_byline_above_the_headline_counts(opening: str) -> None:
    html = page(paragraphs(DEICH)).replace(b"<h1", f"<p>Von Anna Berg | 2. März 2026</p>{opening}".encode())
    html = html.replace(b"</h1>", b"</h1></div>") if opening != "<h1" else html
    assert extract(html).authors == ("Anna Berg",)


def test_dublin_core_puts_the_family_name_first() -> None:
    head = '<meta name="dc.creator" content="Berg, Anna">'
    assert extract(page(paragraphs(DEICH), head=head)).authors == ("Anna Berg",)


def test_an_author_referenced_by_id_is_resolved() -> None:
    graph = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "NewsArticle", "headline": "Deich hält in der Nacht", "author": [{"@id": "#anna"}]},
            {"@type": "Person", "@id": "#anna", "name": "Anna Berg"},
        ],
    }
    head = f'<script type="application/ld+json">{json.dumps(graph)}</script>'
    assert extract(page(paragraphs(DEICH), head=head)).authors == ("Anna Berg",)


def test_a_person_in_the_byline_is_preferred_to_the_outlet_in_json_ld() -> None:
    head = json_ld(author={"@type": "Organization", "name": "Holmbote"})
    assert extract(page("<p>Von Anna Berg</p>" + paragraphs(DEICH), head=head)).authors == ("Anna Berg",)


@pytest.mark.parametrize(
    "name",
    [
        "Holmbote Online-Redaktion",
        "Redaktion",
        "Holmbote staff reporter",
        "The Holmbote",
        "Politik-Redaktion",
        "Holmbote GmbH",
    ],
)
def test_a_newsroom_is_not_an_author_if_the_byline_names_one(name: str) -> None:
    head = json_ld(author={"@type": "Person", "name": name})
    assert extract(page("<p>Von Anna Berg</p>" + paragraphs(DEICH), head=head)).authors == ("Anna Berg",)


@pytest.mark.parametrize(
    "byline",
    [
        "Von <a href='/autoren/berg'>Anna Berg</a> 20.10.2025",
        "Von Anna Berg | Stand: 02.03.2026, 18:30 Uhr",
        "By Anna Berg Updated March 2, 2026",
        "Par Anna Berg Publié le 02/03/2026 - 10:15",
    ],
)
def test_a_byline_ends_where_the_date_begins(byline: str) -> None:
    assert extract(page(f"<div>{byline}</div>" + paragraphs(DEICH))).authors == ("Anna Berg",)


BYLINES = {
    "a link to a network": (
        "<div>Von&nbsp;<a href='/p/1'>Anna Berg</a><a href='https://x.example/ab'><span>Twitter</span></a></div>",
        ["Anna Berg"],
    ),
    "a date in an element": (
        "<p>Von <a href='/autor/1'>Anna Berg</a> und Bo Carls <span>Zuerst veröffentlicht am 02.03.2026</span></p>",
        ["Anna Berg", "Bo Carls"],
    ),
    "a name in two elements": (
        "<div class='byline'><span>Anna</span> <span>Berg</span><time>02.03.2026</time><span>Kiel</span></div>",
        ["Anna Berg"],
    ),
    "agencies": ("<p>Von Anna Berg und Agenturen</p>", ["Anna Berg"]),
    "a place and a verb": ("<p>Aus Kiel berichten Anna Berg und Bo Carls</p>", ["Anna Berg", "Bo Carls"]),
    "a form of article": ("<div>Ein Gastbeitrag von <a href='/autor/1'>Anna Berg</a></div>", ["Anna Berg"]),
    "text and pictures": ("<p>Text und Fotos: Anna Berg</p>", ["Anna Berg"]),
    "departments": (
        "<p>Von Anna Berg, Leiterin Wirtschaftsressort, und Bo Carls, Reporter in Kiel</p>",
        ["Anna Berg", "Bo Carls"],
    ),
    "another language": ("<p>Par <a href='/p/1'>Anna Berg</a> et Bo Carls</p>", ["Anna Berg", "Bo Carls"]),
    "an element after a link": (
        "<div>By <a href='/profiles/1'>Anna Berg</a> and <span>Bo Carls</span>, HNN</div>",
        ["Anna Berg", "Bo Carls"],
    ),
    "roles, places and links": (
        "<div class='authorCard'><div><span>Anna Berg</span><span>Reporting from</span><span>Holm</span></div>"
        "<a href='/kontakt'>Kontakt</a></div>",
        ["Anna Berg"],
    ),
    "one box for each": (
        "<div class='byline'><a href='/k/1'>Anna Berg</a></div><div class='byline'><a href='/k/2'>Bo Carls</a></div>",
        ["Anna Berg", "Bo Carls"],
    ),
    "an element that leads to the names": (
        "<span>Ein Kommentar von </span><a href='/k/1'>Anna Berg</a>",
        ["Anna Berg"],
    ),
    "an editor": (
        "<div class='auth'>Reported by: <a href='/a/1'>Anna Berg</a>, Edited by: <a href='/a/2'>Bo Carls</a></div>",
        ["Anna Berg"],
    ),
    "a name for screen readers": (
        "<address><a rel='author'><span>Anna Berg</span> <span>Anna</span> <span>Berg</span></a></address>",
        ["Anna Berg"],
    ),
    "who published it": ("<div>Published by Anna Berg on March 2, 2026</div>", ["Anna Berg"]),
    "a badge beside the names": (
        "<div class='by-line'><a href='/news/'>News</a><div class='authors'><b>Anna Berg</b> Deputy Head</div></div>",
        ["Anna Berg"],
    ),
    "a linked name and a date": (
        f"<p>{DEICH[0]} {DEICH[1]}</p><p><a>Anna Berg</a><br>2.3.2026 | 09:36</p>",
        ["Anna Berg"],
    ),
    "a bold first line": ("<p><strong>Anna Berg/Bo Carls</strong></p>", ["Anna Berg", "Bo Carls"]),
}


@pytest.mark.parametrize(("byline", "authors"), BYLINES.values(), ids=BYLINES)
def test_a_byline_is_read_by_its_elements(byline: str, authors: list[str]) -> None:
    account = json_ld(author={"@type": "Organization", "name": "Holmbote"}, publisher={"name": "Holmbote"})
    extraction = extract(page(byline + paragraphs(DEICH), head=account))
    assert list(extraction.authors) == authors
    assert "Berg" not in extraction.text


def test_a_byline_that_names_more_persons_goes_before_json_ld() -> None:
    head = json_ld(author={"@type": "Person", "name": "Bo Carls"})
    extraction = extract(page("<p>Von Anna Berg und Bo Carls, Kiel</p>" + paragraphs(DEICH), head=head))
    assert extraction.authors == ("Anna Berg", "Bo Carls")


def test_links_beside_a_byline_name_no_more_persons() -> None:
    head = json_ld(author={"@type": "Person", "name": "Anna Berg"})
    byline = "<div>By <a href='/a/1'>Anna Berg</a> <a>Holm News</a> <a>Harbour Guide</a> <a>Play</a></div>"
    assert extract(page(byline + paragraphs(DEICH), head=head)).authors == ("Anna Berg",)


@pytest.mark.parametrize(
    "line",
    [
        "Von Anfang an war Anke Tamsen dabei.",
        "By Monday morning, Anke Tamsen was back.",
        "In Brückfeld sprach Anke Tamsen.",
        "Im Landtag von Holmland soll am Mittwoch darüber beraten werden.",
    ],
)
def test_a_sentence_is_no_byline(line: str) -> None:
    outlet = json_ld(author={"@type": "Organization", "name": "Holmbote"})
    for inside in (f"<p>{line}</p>{paragraphs(DEICH)}", f"{paragraphs(DEICH)}<p>{line}</p>"):
        assert extract(page(inside, head=outlet)).authors == ("Holmbote",)


def test_a_name_in_a_script_without_capitals_is_no_account() -> None:
    head = json_ld(author={"@type": "Person", "name": "新井"})
    assert extract(page("<p>By Anna Berg and Bo Carls</p>" + paragraphs(DEICH), head=head)).authors == ("新井",)
