"""Lines that name authors below the headline, beside what the page declares."""

from __future__ import annotations

import pytest

from tests.golden.made_up import DEICH, extract, json_ld, page, paragraphs

LINES = [
    # the date stands before or after the names, or is told in words
    ("Veröffentlicht am 2. März 2026 von Anna Berg", ["Anna Berg"]),
    ("2. März 2026 von Anna Berg und Bo Carls", ["Anna Berg", "Bo Carls"]),
    ("Stand: 02.03.2026 10:15 Uhr | Von Anna Berg", ["Anna Berg"]),
    ("Anna Berg | 2. März 2026, 10:15 Uhr", ["Anna Berg"]),
    ("Von Anna Berg, Mo., 2.3.2026", ["Anna Berg"]),
    ("Von Anna Maier 02.03.2026", ["Anna Maier"]),
    ("Von Dinh Dittmar 02.03.2026 | 09:36 Uhr", ["Dinh Dittmar"]),
    ("March 2, 2026 By Ada Thorne", ["Ada Thorne"]),
    ("Posted on March 2, 2026 by Ada Thorne", ["Ada Thorne"]),
    ("Published March 2, 2026 | By Ada Thorne and Will Penrose", ["Ada Thorne", "Will Penrose"]),
    ("Ada Thorne • March 2, 2026", ["Ada Thorne"]),
    ("Submitted by Ada Thorne on Mon, 03/02/2026 - 12:00", ["Ada Thorne"]),
    ("By Ada Decker 2 March 2026", ["Ada Decker"]),
    ("By Ada Thorne Mon., Mar. 2, 2026", ["Ada Thorne"]),
    ("Montag | 2. März 2026", ["Holmbote"]),
    # several persons are several
    ("By Ada Thorne with Will Penrose", ["Ada Thorne", "Will Penrose"]),
    ("By Ada Thorne, Will Penrose, Mary Lodge & Tom Lee", ["Ada Thorne", "Will Penrose", "Mary Lodge", "Tom Lee"]),
    ("By Ada Thorne in Holm and Will Penrose in Wiek", ["Ada Thorne", "Will Penrose"]),
    ("Von Anna Berg, Holm, und Bo Carls, Wiek", ["Anna Berg", "Bo Carls"]),
    ("VON ANNA BERG UND BO CARLS", ["ANNA BERG", "BO CARLS"]),
    ("By Dr. Ada Thorne and J. W. Penrose", ["Dr. Ada Thorne", "J. W. Penrose"]),
    # agencies, accounts, roles and newsrooms
    ("Von Anna Berg, Bo Carls und dpa", ["Anna Berg", "Bo Carls", "dpa"]),
    ("Von dpa/AFP", ["dpa", "AFP"]),
    ("Von Holmbote/dpa", ["Holmbote", "dpa"]),
    ("By Associated Press", ["Associated Press"]),
    ("By Ada Thorne and Reuters", ["Ada Thorne", "Reuters"]),
    ("By Ada Thorne @adathorne", ["Ada Thorne"]),
    ("Gastautor Bo Carls", ["Bo Carls"]),
    ("Reporter: Ada Thorne", ["Ada Thorne"]),
    ("Von der Wirtschaftsredaktion", ["Wirtschaftsredaktion"]),
    ("By Holmbote and agencies", ["Holmbote"]),
    ("Von Redaktion", ["Holmbote"]),
]


@pytest.mark.parametrize(("line", "authors"), LINES, ids=[line for line, _ in LINES])
def test_a_line_below_the_headline_goes_before_the_outlet_in_json_ld(line: str, authors: list[str]) -> None:
    outlet = json_ld(author={"@type": "Organization", "name": "Holmbote"})
    assert list(extract(page(f"<p>{line}</p>{paragraphs(DEICH)}", head=outlet)).authors) == authors


@pytest.mark.parametrize(
    ("author", "more", "authors"),
    [
        ("Organization", '<meta name="articleAuthor" content="Nordic Press Agency">', ("Nordic Press Agency",)),
        ("Organization", '<meta name="articleAuthor" content="holmbote.example">', ("holmbote.example",)),
        ("Person", '<meta name="articleAuthor" content="holmbote.example">', ("Holmbote",)),
        ("Organization", '<meta name="author" content="dpa">', ("Holmbote",)),
    ],
)
def test_an_organisation_is_the_default_author_of_a_system(author: str, more: str, authors: tuple[str, ...]) -> None:
    head = json_ld(author={"@type": author, "name": "Holmbote"})
    assert extract(page(paragraphs(DEICH), head=head + more)).authors == authors


def test_the_creator_is_the_author_if_only_the_outlet_is_declared_as_author() -> None:
    head = json_ld(author={"@type": "Organization", "name": "Holmbote"}, creator=["Anna Berg"])
    assert extract(page(paragraphs(DEICH), head=head)).authors == ("Anna Berg",)
