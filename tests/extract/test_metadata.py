"""Choice of dates, authors, section, language and access."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from pipeline.events import Access
from pipeline.extract.metadata.authors import split_names
from pipeline.extract.metadata.declared import parse_json_ld
from pipeline.extract.page.dates import parse_moment
from tests.golden.made_up import DEICH, extract, json_ld, page, paragraphs


def test_dates_are_exact_to_the_second_and_utc() -> None:
    head = json_ld(datePublished="2026-03-01T20:15:30+01:00", dateModified="2026-03-02T07:05:00.123Z")
    extraction = extract(page(paragraphs(DEICH), head=head))
    assert extraction.published_at == datetime(2026, 3, 1, 19, 15, 30, tzinfo=UTC)
    assert extraction.modified_at == datetime(2026, 3, 2, 7, 5, tzinfo=UTC)


def test_a_date_after_the_capture_is_refused() -> None:
    head = json_ld(datePublished="2027-01-01T00:00:00Z") + (
        '<meta property="article:published_time" content="2026-03-01T18:00:00Z">'
    )
    assert extract(page(paragraphs(DEICH), head=head)).published_at == datetime(2026, 3, 1, 18, tzinfo=UTC)


def test_a_modification_after_the_capture_is_refused() -> None:
    head = json_ld(datePublished="2026-03-01T18:00:00Z", dateModified="2026-03-03T00:00:00Z")
    assert extract(page(paragraphs(DEICH), head=head)).modified_at is None


def test_a_date_with_a_time_is_preferred_on_the_same_day() -> None:
    head = json_ld(datePublished="2026-03-01") + '<meta name="date" content="2026-03-01T18:20:00+01:00">'
    assert extract(page(paragraphs(DEICH), head=head)).published_at == datetime(2026, 3, 1, 17, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T20:15:30+01:00", datetime(2026, 3, 1, 19, 15, 30, tzinfo=UTC)),
        ("2026-03-01T20:15:30.500+0100", datetime(2026, 3, 1, 19, 15, 30, tzinfo=UTC)),
        ("2026-03-01 20:15:30 +01:00", datetime(2026, 3, 1, 19, 15, 30, tzinfo=UTC)),
        ("2026-03-01T20:15Z", datetime(2026, 3, 1, 20, 15, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("Sun, 01 Mar 2026 20:15:30 GMT", datetime(2026, 3, 1, 20, 15, 30, tzinfo=UTC)),
        ("Sun Mar 01 20:15:30 CET 2026", datetime(2026, 3, 1, 19, 15, 30, tzinfo=UTC)),
        ("1. März 2026, 20:15 Uhr", datetime(2026, 3, 1, 20, 15, tzinfo=UTC)),
        ("1772396130", datetime(2026, 3, 1, 20, 15, 30, tzinfo=UTC)),
        ("2026-02-30T10:00:00Z", None),
        ("2026-02-01T10:00:00+99:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_declared_dates(text: str, expected: datetime | None) -> None:
    moment = parse_moment(text)
    assert (moment.at if moment else None) == expected


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
        ("dpa/AFP", ["dpa/AFP"]),
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
    assert split_names(byline) == names


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
    ],
)
def test_roles_places_and_networks_are_no_part_of_a_name(byline: str, names: list[str]) -> None:
    assert split_names(byline) == names


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


def test_a_byline_above_the_headline_counts() -> None:
    html = page(paragraphs(DEICH)).replace(b"<h1", "<p>Von Anna Berg | 2. März 2026</p><h1".encode())
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


@pytest.mark.parametrize(
    "script",
    [
        '{"a": "it\\\'s"}',
        '{"a": "line\nbreak"}',
        '{"a": 1,}',
        '<!-- {"a": 1} -->',
        '//<![CDATA[\n{"a": 1}\n//]]>',
        '{"a": 1};',
        "{&quot;a&quot;: 1}",
        '{"a": 1}{"b": 2}',
    ],
)
def test_broken_json_ld_is_repaired(script: str) -> None:
    values = parse_json_ld(script)
    assert values
    assert isinstance(values[0], dict)
    assert "a" in values[0]


def test_section_and_language() -> None:
    extraction = extract(page(paragraphs(DEICH), head=json_ld(articleSection=["Region", "Wetter"])))
    assert (extraction.section, extraction.language) == ("Region", "de")


@pytest.mark.parametrize(
    ("head", "access"),
    [
        ("", Access.OPEN),
        (json_ld(isAccessibleForFree=True), Access.OPEN),
        (json_ld(isAccessibleForFree=False), Access.PAYWALLED),
        (json_ld(hasPart={"@type": "WebPageElement", "isAccessibleForFree": False}), Access.PAYWALLED),
        (json_ld(hasPart=[{"@type": "WebPageElement", "isAccessibleForFree": "True"}]), Access.OPEN),
        ('<meta property="article:content_tier" content="metered">', Access.METERED),
        ('<meta property="article:content_tier" content="locked">', Access.PAYWALLED),
    ],
)
def test_access(head: str, access: Access) -> None:
    assert extract(page(paragraphs(DEICH), head=head)).access is access


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
    extraction = extract(page("<p>Von Anna Berg und Bo Carls</p>" + paragraphs(DEICH), head=head))
    assert extraction.authors == ("Anna Berg", "Bo Carls")


@pytest.mark.parametrize(
    ("line", "authors", "agencies"),
    [
        ("Anna Berg", ("Anna Berg",), ()),
        ("(Anna Berg und Bo Carls)", ("Anna Berg", "Bo Carls"), ()),
        ("Text: Anna Berg", ("Anna Berg",), ()),
        ("Anna Berg/dpa", ("Anna Berg",), ("dpa",)),
        ("Reporting by Anna Berg in Wiekstadt; Editing by Bo Carls", ("Anna Berg",), ()),
        ("Und das Wasser steigt", (), ()),
    ],
)
def test_the_last_line_names_the_authors(line: str, authors: tuple[str, ...], agencies: tuple[str, ...]) -> None:
    outlet = json_ld(author={"@type": "Organization", "name": "Holmbote"})
    extraction = extract(page(paragraphs(DEICH) + f"<p>{line}</p>", head=outlet))
    authors = authors or ("Holmbote",)
    assert (extraction.authors, extraction.agencies) == (authors, agencies)
    assert (line in extraction.text) == (authors == ("Holmbote",))


def test_a_name_after_a_quotation_is_its_speaker() -> None:
    extraction = extract(page(paragraphs(DEICH) + "<blockquote>Wir bauen neu.</blockquote><p>Anke Tamsen</p>"))
    assert extraction.authors == ()
    assert extraction.text.endswith("Anke Tamsen")


@pytest.mark.parametrize(
    "line", ["12. März 2026, 10:12 Uhr, von Anna Berg", "Stand: 12.03.2026 | Anna Berg", "<address>Anna Berg</address>"]
)
def test_a_name_after_the_date_is_a_byline(line: str) -> None:
    assert extract(page(f"<div>{line}</div>" + paragraphs(DEICH))).authors == ("Anna Berg",)


def test_an_account_of_the_newsroom_system_is_no_author_if_a_name_is_shown() -> None:
    account = json_ld(author={"@type": "Person", "name": "aberg2"})
    assert extract(page("<p>Von Anna Berg</p>" + paragraphs(DEICH), head=account)).authors == ("Anna Berg",)


def test_a_badge_is_no_part_of_the_lead_but_a_drop_cap_is() -> None:
    lead = "<div class='lead'><span class='flag'>Anzeige</span><span>Elf Millionen kostet der neue Deich.</span></div>"
    assert extract(page(lead + paragraphs(DEICH))).lead == "Elf Millionen kostet der neue Deich."
    lead = "<div class='lead'><span class='cap'>E</span>lf Millionen kostet der neue Deich an der Ruhn.</div>"
    assert extract(page(lead + paragraphs(DEICH))).lead == "Elf Millionen kostet der neue Deich an der Ruhn."
