"""Who wrote an article, as its text says: signatures, initials, and the agencies that it credits."""

from __future__ import annotations

import pytest

from tests.golden.made_up import DEICH, extract, json_ld, page, paragraphs


def test_a_newsroom_signs_only_if_nothing_else_names_an_author() -> None:
    signed = paragraphs(DEICH) + "<p>Harbour-Redaktion</p>"
    assert extract(page(signed)).authors == ("Harbour-Redaktion",)
    outlet = json_ld(author={"@type": "Organization", "name": "Holmbote"})
    assert extract(page(signed, head=outlet)).authors == ("Holmbote",)


@pytest.mark.parametrize(
    ("line", "authors", "agencies"),
    [
        ("Anna Berg", ("Anna Berg",), ()),
        ("(Anna Berg und Bo Carls)", ("Anna Berg", "Bo Carls"), ()),
        ("Text: Anna Berg", ("Anna Berg",), ()),
        ("Anna Berg/dpa", ("Anna Berg",), ("dpa",)),
        ("Holmbote / Anna Berg", ("Anna Berg",), ()),
        ("Reporting by Anna Berg in Wiekstadt; Editing by Bo Carls", ("Anna Berg",), ()),
        ("— Anna Berg", ("Anna Berg",), ()),
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


@pytest.mark.parametrize(
    ("first", "last", "authors"),
    [
        ("BRÜCKFELD (dpa) - Der Deich hielt.", "Die Stadt atmet auf.", ("dpa",)),
        ("Der Deich hielt.", "Die Stadt atmet auf. (dpa/AFP)", ("dpa", "AFP")),
        ("BRÜCKFELD (dpa) - Der Deich hielt.", "(abe/boc)", ("abe", "boc")),
        ("Der Deich hielt.", "abe; Foto: Nordpress", ("abe",)),
        ("Der Deich hielt.", "ja, aber nass", ("Holmbote",)),
        ("BRÜCKFELD (dpa) - Der Deich hielt.", "Anna Berg", ("Anna Berg",)),
    ],
)
def test_an_agency_or_initials_in_the_text_go_before_the_outlet(
    first: str, last: str, authors: tuple[str, ...]
) -> None:
    outlet = json_ld(author={"@type": "Organization", "name": "Holmbote"})
    assert extract(page(paragraphs((first, *DEICH, last)), head=outlet)).authors == authors


def test_an_agency_in_the_text_does_not_go_before_a_person() -> None:
    person = json_ld(author={"@type": "Person", "name": "Anna Berg"})
    assert extract(page(paragraphs(("BRÜCKFELD (dpa) - Der Deich hielt.", *DEICH)), head=person)).authors == (
        "Anna Berg",
    )


def test_the_name_of_an_agency_in_an_author_element_counts() -> None:
    assert extract(page("<div class='author-name'>dpa</div>" + paragraphs(DEICH))).authors == ("dpa",)


def test_a_last_line_in_another_alphabet_names_the_authors() -> None:
    assert extract(page(paragraphs((*DEICH, "Анна Берг")))).authors == ("Анна Берг",)
