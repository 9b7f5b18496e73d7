"""What an article is built of: quotations and their speakers, entries of a liveblog, tables, credits, its address."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.events import BlockKind, BlockSpeaker, LiveEntry
from tests.golden.made_up import BROADCASTER, DEICH, HARBOUR, extract, json_ld, page, paragraphs

WORDS = "Dazu kann auch gehören, dass wir die Anträge ohne lange Prüfung bewilligen."


@pytest.mark.parametrize(
    ("inside", "role"),
    [
        (f"<blockquote><p>{WORDS}</p><cite>Anke Tamsen</cite></blockquote>", None),
        (f"<blockquote><p>{WORDS}</p><footer>Anke Tamsen, Bürgermeisterin</footer></blockquote>", "Bürgermeisterin"),
        (
            f"<figure><blockquote>{WORDS}</blockquote><figcaption>Anke Tamsen, Bürgermeisterin</figcaption></figure>",
            "Bürgermeisterin",
        ),
        (f"<p>Nach dem Treffen sagte sie:</p><p>{WORDS}</p><p>Anke Tamsen</p>", None),
        (f"<blockquote><p>{WORDS}</p><p>— Anke Tamsen, Bürgermeisterin</p></blockquote>", "Bürgermeisterin"),
        (
            f"<blockquote><div>{WORDS}</div>"
            "<div class='q-source'><div>Anke Tamsen</div><div>Bürgermeisterin</div></div></blockquote>",
            "Bürgermeisterin",
        ),
        (
            f"<div><blockquote>{WORDS}</blockquote><div class='credentials'><p class='author'><span>Anke Tamsen</span>"
            "<span>,&nbsp;Bürgermeisterin</span></p></div></div>",
            "Bürgermeisterin",
        ),
        (f"<figure><q>{WORDS}</q><figcaption>Anke Tamsen, Bürgermeisterin</figcaption></figure>", "Bürgermeisterin"),
        (
            f"<figure class='zitat'><p>{WORDS}</p><figcaption>Anke Tamsen, Bürgermeisterin</figcaption></figure>",
            "Bürgermeisterin",
        ),
        (
            f"<blockquote class='post'><p>{WORDS}</p>&mdash; Anke Tamsen (@tamsen) <a href='/p'>2. März 2026</a>"
            "</blockquote>",
            "@tamsen",
        ),
    ],
)
def test_a_quotation_has_its_speaker(inside: str, role: str | None) -> None:
    extraction = extract(page(paragraphs(DEICH[:2]) + inside + paragraphs(DEICH[2:])))
    (attribution,) = extraction.attributions
    quoted = extraction.blocks[attribution.block_no - 1]
    assert (quoted.kind, quoted.text.strip('"')) == (BlockKind.QUOTATION, WORDS)
    assert attribution == BlockSpeaker(attribution.block_no, "Anke Tamsen", role)
    assert "Anke Tamsen" in extraction.blocks[attribution.block_no].text


@pytest.mark.parametrize("speaker", ["Élise Marchetti", "Łukasz Nowak", "Ingrid Solvang", "Mary O'Neil"])
def test_a_speaker_is_known_in_any_latin_script(speaker: str) -> None:
    quote = f"<figure><blockquote>{WORDS}</blockquote><figcaption>{speaker}, Kommissarin</figcaption></figure>"
    (attribution,) = extract(page(paragraphs(DEICH[:2]) + quote + paragraphs(DEICH[2:]))).attributions
    assert (attribution.speaker, attribution.role) == (speaker, "Kommissarin")


def test_a_picture_caption_in_quotation_marks_is_not_a_quotation() -> None:
    picture = f"<figure><img src='/d.jpg'><p>„{WORDS}“</p><figcaption>Anke Tamsen am Deich</figcaption></figure>"
    extraction = extract(page(paragraphs(DEICH[:2]) + picture + paragraphs(DEICH[2:])))
    assert [block.text for block in extraction.blocks] == list(DEICH)


def test_a_pull_quote_that_repeats_the_text_goes_with_its_speaker() -> None:
    quote = f"<figure><blockquote>{DEICH[1][:60]}</blockquote><figcaption>Bo Carls, Ingenieur</figcaption></figure>"
    extraction = extract(page(paragraphs(DEICH[:2]) + quote + paragraphs(DEICH[2:])))
    assert [block.text for block in extraction.blocks] == list(DEICH)
    assert "Bo Carls, Ingenieur" in [stripped.text for stripped in extraction.stripped]


def test_a_pull_quote_in_a_figure_has_its_speaker() -> None:
    extraction = extract(BROADCASTER.encode())
    (attribution,) = extraction.attributions
    assert (attribution.speaker, attribution.role) == ("Anke Tamsen", "Bürgermeisterin")


def test_a_name_without_a_quotation_before_it_is_not_a_speaker() -> None:
    inside = paragraphs(DEICH[:2]) + "<p>Die Gewählten sind:</p>" + paragraphs(DEICH[2:]) + "<p>Anke Tamsen</p>"
    extraction = extract(page(inside))
    assert extraction.attributions == ()
    assert all(block.kind is BlockKind.PARAGRAPH for block in extraction.blocks)


def _entry(time: str, heading: str, text: str) -> str:
    return f'<article class="entry"><time datetime="{time}">Uhr</time><h3>{heading}</h3><p>{text}</p></article>'


LIVEBLOG = (
    _entry("2026-03-02T11:40:00+01:00", "<a href='/lage'>Wasser sinkt wieder</a>", DEICH[0])
    + _entry("2026-03-02T09:15:00+01:00", "Tamsen dankt den Helfern", DEICH[1])
    + _entry("2026-03-01T23:05:00+01:00", "Sandsäcke werden knapp", DEICH[2])
)


@pytest.mark.parametrize(
    "head", [json_ld(**{"@type": "LiveBlogPosting"}), "<meta name='keywords' content='x'>"], ids=["declared", "named"]
)
def test_entries_of_a_liveblog_have_their_times(head: str) -> None:
    extraction = extract(page(LIVEBLOG, head=head, headline="Liveblog: Hochwasser im Ruhntal"))
    assert extraction.entries == (
        LiveEntry(1, datetime(2026, 3, 2, 10, 40, tzinfo=UTC)),
        LiveEntry(3, datetime(2026, 3, 2, 8, 15, tzinfo=UTC)),
        LiveEntry(5, datetime(2026, 3, 1, 22, 5, tzinfo=UTC)),
    )
    assert [block.text for block in extraction.blocks][1::2] == list(DEICH[:3])


def test_entries_that_only_json_ld_dates() -> None:
    updates = [
        {"@type": "BlogPosting", "datePublished": "2026-03-02T11:40:00+01:00", "articleBody": f"<p>{DEICH[0]}</p>"},
        {"@type": "BlogPosting", "datePublished": "2026-03-02T09:15:00+01:00", "articleBody": DEICH[1]},
        {"@type": "BlogPosting", "datePublished": "2027-03-02T09:15:00+01:00", "articleBody": DEICH[2]},
    ]
    head = json_ld(**{"@type": "LiveBlogPosting", "liveBlogUpdate": updates})
    extraction = extract(page(paragraphs(DEICH), head=head))
    assert [entry.block_no for entry in extraction.entries] == [1, 2]


def test_an_entry_that_json_ld_declares_without_its_heading_is_one_entry() -> None:
    update = {"@type": "BlogPosting", "datePublished": "2026-03-02T11:40:00+01:00", "articleBody": DEICH[0]}
    head = json_ld(**{"@type": "LiveBlogPosting", "liveBlogUpdate": [update]})
    extraction = extract(page(LIVEBLOG, head=head))
    assert [entry.block_no for entry in extraction.entries] == [1, 3, 5]


def test_an_entry_whose_heading_is_not_shown_begins_with_its_text() -> None:
    entries = LIVEBLOG.replace("<h3>", "<h3 hidden><i>").replace("</h3>", "</i></h3>")
    extraction = extract(page(entries.replace("<h3", "<svg").replace("</h3", "</svg"), headline="Newsblog: Hochwasser"))
    assert [entry.block_no for entry in extraction.entries] == [1, 2, 3]


def test_a_page_that_is_not_a_liveblog_has_no_entries() -> None:
    assert extract(page(LIVEBLOG)).entries == ()


def test_agencies_are_a_field() -> None:
    inside = (
        "<p>Von Anna Berg</p><p>Brückfeld (dpa) - " + DEICH[0] + "</p>" + paragraphs(DEICH[1:]) + "<p>(nnp/AFP)</p>"
    )
    extraction = extract(page(inside))
    assert extraction.agencies == ("dpa", "AFP")
    assert extraction.blocks[-1].text == DEICH[3]


@pytest.mark.parametrize("agency", ["dpa", "AFP", "Reuters", "AP", "epd", "KNA", "sid", "APA"])
@pytest.mark.parametrize(
    "credit", ["<p>Quelle: {}</p>", "<p>(abe/{})</p>", "<p>Mit Material der {}</p>", "<small>{}</small>"]
)
def test_an_agency_below_the_text_is_credited(agency: str, credit: str) -> None:
    extraction = extract(page(paragraphs(DEICH) + credit.format(agency)))
    assert extraction.agencies == (agency,)
    assert [block.text for block in extraction.blocks] == list(DEICH)


def test_a_picture_credit_does_not_credit_the_text() -> None:
    picture = "<figure><img src='/d.jpg'><figcaption>Der Deich am Morgen. Foto: Anna Berg/dpa</figcaption></figure>"
    assert extract(page(paragraphs(DEICH[:2]) + picture + paragraphs(DEICH[2:]))).agencies == ()


@pytest.mark.parametrize(
    ("head", "canonical"),
    [
        ('<link rel="canonical" href="/region/deich">', "https://holmbote.example/region/deich"),
        (
            '<meta property="og:url" content="https://holmbote.example/r/deich-1">',
            "https://holmbote.example/r/deich-1",
        ),
        ('<link rel="canonical" href="https://holmbote.example/">', None),
        ('<link rel="canonical" href="javascript:alert(1)">', None),
        ('<link rel="canonical" href="http://[">', None),
        ("", None),
    ],
)
def test_the_canonical_address(head: str, canonical: str | None) -> None:
    assert extract(page(paragraphs(DEICH), head=head)).canonical_url == canonical


def test_text_shown_only_by_script_is_read_from_its_declaration() -> None:
    extraction = extract(page("<div id='root'></div>", head=json_ld(articleBody="\n\n".join(HARBOUR))))
    assert [block.text for block in extraction.blocks] == list(HARBOUR)


def test_a_paywall_is_not_bypassed() -> None:
    head = json_ld(articleBody="\n\n".join(HARBOUR), isAccessibleForFree=False)
    teaser = f"<p>{DEICH[0]}</p><div class='paywall'>Jetzt abonnieren und weiterlesen</div>"
    extraction = extract(page(teaser, head=head))
    assert [block.text for block in extraction.blocks] == [DEICH[0]]


def test_origins_name_the_chosen_candidates() -> None:
    head = json_ld(author={"@type": "Person", "name": "Anna Berg"}, datePublished="2026-03-01T20:15:30+01:00")
    assert extract(page(paragraphs(DEICH), head=head)).origins == {
        "headline": "heading",
        "published_at": "json-ld",
        "authors": "json-ld",
    }
