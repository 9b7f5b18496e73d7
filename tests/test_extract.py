"""What extraction promises, on small made-up pages. The rules' own examples are tested from their tables."""

from __future__ import annotations

import contextlib
import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import PageError
from pipeline.events import Access, BlockKind
from pipeline.extract import Extraction, Video, extract_page, repair_text
from pipeline.extract.dates import parse_moment
from pipeline.extract.declared import parse_json_ld
from pipeline.extract.lines import is_bio
from pipeline.extract.metadata import split_names
from pipeline.extract.page import decode
from pipeline.extract.rules import BOX_RULES, CORRECTIONS, CREDIT, LINE_RULES, VIDEO_TIME, BoxRule, LineRule

CAPTURED_AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SHARED_PAGES = Path(__file__).resolve().parents[2] / "shared" / "data" / "pages"

DEICH = (
    "Der Deich an der Ruhn hat in der Nacht zum Montag gehalten, obwohl das Wasser höher stand als je zuvor.",
    "Die Bürgermeisterin Anke Tamsen sprach am Morgen vor dem Rathaus von einer langen Nacht für die ganze Stadt.",
    "Rund zweihundert Helferinnen und Helfer hatten bis in die frühen Stunden Sandsäcke gefüllt und verbaut.",
    "Im Landtag von Holmland soll am Mittwoch darüber beraten werden, wer für die Schäden aufkommen wird.",
)
HARBOUR = (
    "The harbour council voted on Tuesday to rebuild the northern pier, which was damaged in the winter storms.",
    "Work is expected to begin in early summer and to take at least eighteen months, the council's engineer said.",
    "Fishing boats will use the old basin until then, although its entrance is too narrow for the larger vessels.",
    "The cost of the rebuilding is put at four million, half of which the regional government has agreed to pay.",
)


def paragraphs(texts: tuple[str, ...]) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def page(inside: str, *, head: str = "", headline: str = "Deich hält in der Nacht", lang: str = "de") -> bytes:
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{headline} | Holmbote</title>'
        f'<meta property="og:title" content="{headline}"><meta property="og:site_name" content="Holmbote">{head}</head>'
        f"<body><nav><ul><li><a href='/a'>Region</a></li></ul></nav><main><article><h1>{headline}</h1>{inside}"
        "</article></main><footer>Impressum</footer></body></html>"
    ).encode()


def extract(body: bytes) -> Extraction:
    return extract_page(body, url="https://holmbote.example/region/deich-haelt", captured_at=CAPTURED_AT)


def json_ld(**fields: object) -> str:
    node = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Deich hält in der Nacht", **fields}
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


def kinds(extraction: Extraction) -> set[str]:
    return {stripped.kind for stripped in extraction.stripped}


# The anatomy of a public broadcaster's page: hashed class names, nested figures, videos between the paragraphs

VIDEO = (
    '<figure role="figure" class="c1"><div><figure class="c2"></figure></div><figcaption>'
    "<p>Das Wasser steigt weiter: So sah es am Sonntag in Brückfeld aus.</p>"
    "<small>26.10.2025 | 2:43 min</small></figcaption></figure>"
)
PICTURE = (
    '<figure role="figure" class="c1"><figcaption><p>Helfer füllen Sandsäcke am Ufer der Ruhn.</p>'
    "<small>Quelle: Nordpress</small></figcaption></figure>"
)
PULL_QUOTE = (
    '<div class="q"><figure><blockquote><p>Wir haben in dieser Nacht nur funktioniert und nicht mehr nachgedacht.</p>'
    "<span>„</span></blockquote><figcaption><p>Anke Tamsen, Bürgermeisterin</p></figcaption></figure></div>"
)
BROADCASTER = (
    '<!DOCTYPE html><html lang="de"><head><meta charset="utf-8"><title>Deich hält - Sender</title>'
    '<meta property="og:title" content="Hochwasser im Ruhntal: Deich hält in der Nacht">'
    + json_ld(description="In Brückfeld blieb es trocken. Doch das Wasser ist noch nicht abgelaufen.")
    + '</head><body><main><div><h1 class="x9 last">Deich hält in der Nacht</h1>'
    '<h2 class="h1"><span class="a">Hochwasser im Ruhntal</span><span class="b">:</span>'
    '<span class="c">Deich hält in der Nacht</span></h2><p class="n">von Manja Colberg</p>'
    '<p class="l">In Brückfeld blieb es trocken. Doch das Wasser ist noch nicht abgelaufen.</p></div>'
    f'<div data-testid="text-module">{PICTURE}<div class="m"><p class="r">{DEICH[0]}</p></div>'
    f'<div class="m"><p class="r">{DEICH[1]}</p></div>{PULL_QUOTE}{VIDEO}'
    '<div class="m"><h2><span>Streit um Geld</span></h2></div>'
    f'<div class="m"><p class="r">{DEICH[2]}</p></div><div class="m"><p class="r">{DEICH[3]}</p></div>'
    '<div class="m"><p class="r"><em>Manja Colberg ist Reporterin im Studio Holmland.</em></p></div>'
    '<div class="m"><p class="r"><em>Aktuelle Meldungen zum Hochwasser finden Sie jederzeit in unserem Liveblog:</em>'
    "</p></div></div></main></body></html>"
).replace('"headline": "Deich', '"author": {"@type": "Person", "name": "Manja Colberg"}, "headline": "Deich')


@pytest.fixture(scope="module")
def broadcast() -> Extraction:
    return extract(BROADCASTER.encode())


def test_kicker_and_headline_of_one_heading_are_parted(broadcast: Extraction) -> None:
    assert (broadcast.kicker, broadcast.headline) == ("Hochwasser im Ruhntal", "Deich hält in der Nacht")


def test_visible_lead_is_its_own_field(broadcast: Extraction) -> None:
    assert broadcast.lead == "In Brückfeld blieb es trocken. Doch das Wasser ist noch nicht abgelaufen."
    assert broadcast.lead not in broadcast.text


def test_video_captions_are_removed_and_recorded(broadcast: Extraction) -> None:
    teaser = "Das Wasser steigt weiter: So sah es am Sonntag in Brückfeld aus."
    assert broadcast.videos == (Video(teaser=teaser, published_on=date(2025, 10, 26), duration_seconds=163),)
    assert teaser not in broadcast.text
    assert "2:43" not in broadcast.text


def test_picture_caption_and_credit_are_removed_and_recorded(broadcast: Extraction) -> None:
    recorded = {(stripped.kind, stripped.text) for stripped in broadcast.stripped}
    assert ("image_caption", "Helfer füllen Sandsäcke am Ufer der Ruhn.") in recorded
    assert ("credit", "Quelle: Nordpress") in recorded
    assert "Sandsäcke am Ufer" not in broadcast.text


def test_pull_quote_stays_and_its_speaker_is_the_next_paragraph(broadcast: Extraction) -> None:
    numbers = [number for number, block in enumerate(broadcast.blocks) if block.kind is BlockKind.QUOTATION]
    assert len(numbers) == 1
    quotation, speaker = broadcast.blocks[numbers[0] : numbers[0] + 2]
    assert quotation.text == "Wir haben in dieser Nacht nur funktioniert und nicht mehr nachgedacht."
    assert (speaker.kind, speaker.text) == (BlockKind.PARAGRAPH, "Anke Tamsen, Bürgermeisterin")


def test_bio_and_liveblog_pointer_are_stripped(broadcast: Extraction) -> None:
    assert {"bio", "liveblog_pointer"} <= kinds(broadcast)
    assert broadcast.blocks[-1].text == DEICH[3]


def test_text_is_the_blocks_and_keeps_every_paragraph(broadcast: Extraction) -> None:
    assert broadcast.text == "\n".join(block.text for block in broadcast.blocks)
    assert [block.text for block in broadcast.blocks if block.text in DEICH] == list(DEICH)
    assert [block.text for block in broadcast.blocks if block.kind is BlockKind.SUBHEADING] == ["Streit um Geld"]


def test_boxes_are_stripped_by_kind() -> None:
    inside = (
        '<ul class="teilen"><li><a href="#wa">WhatsApp</a></li><li><a href="#mail">E-Mail</a></li></ul>'
        + paragraphs(DEICH[:2])
        + '<aside class="newsletter-box"><h3>Newsletter</h3><p>Alles Wichtige am Morgen, jeden Tag neu.</p></aside>'
        + '<div class="anzeige"><span>Anzeige</span><a href="#k">Küchen bis 40 Prozent günstiger bei Harms</a></div>'
        + f"<p>{DEICH[2]}</p>"
        + '<div class="c-related-stories"><a href="/x">Nachtragswahl in Brückfeld verschoben</a></div>'
        + f"<p>{DEICH[3]}</p>"
        + '<div class="autoren-box"><p>Manja Colberg schreibt seit 2009 über die Küste und ihre Menschen.</p></div>'
    )
    extraction = extract(page(inside))
    assert {"share", "newsletter", "advertisement", "read_also", "bio"} <= kinds(extraction)
    assert [block.text for block in extraction.blocks] == list(DEICH)


def test_links_to_other_articles_between_paragraphs_are_stripped() -> None:
    link = '<p><a href="/andere">Wer bezahlt die neuen Deiche an der Ruhn?</a></p>'
    extraction = extract(page(paragraphs(DEICH[:2]) + link + paragraphs(DEICH[2:])))
    assert [block.text for block in extraction.blocks] == list(DEICH)
    assert "read_also" in kinds(extraction)


def test_consent_wall_and_paywall_notice_are_never_text() -> None:
    inside = (
        '<div id="consent" class="consent-layer" role="dialog"><p>Wir und unsere Partner verarbeiten Daten, um Ihnen '
        "Inhalte und Anzeigen zu zeigen. Sie können Ihre Wahl jederzeit ändern.</p></div>"
        + paragraphs(DEICH)
        + "<p>Dieser Artikel ist exklusiv für Abonnentinnen und Abonnenten.</p>"
    )
    extraction = extract(page(inside, head=json_ld(isAccessibleForFree="False")))
    assert [block.text for block in extraction.blocks] == list(DEICH)
    assert extraction.access is Access.PAYWALLED
    assert {"consent", "paywall"} <= kinds(extraction)


@pytest.mark.parametrize(
    ("head", "access"),
    [
        ("", Access.OPEN),
        (json_ld(isAccessibleForFree=True), Access.OPEN),
        (json_ld(isAccessibleForFree=False), Access.PAYWALLED),
        ('<meta property="article:content_tier" content="metered">', Access.METERED),
        ('<meta property="article:content_tier" content="locked">', Access.PAYWALLED),
    ],
)
def test_access(head: str, access: Access) -> None:
    assert extract(page(paragraphs(DEICH), head=head)).access is access


@pytest.mark.parametrize(
    "notice",
    [
        "In einer früheren Version dieses Artikels hieß es, der Deich sei 1962 gebaut worden. Es war 1964.",
        "Korrektur: Der Landtag berät am Mittwoch, nicht am Dienstag.",
        "This article was amended on 3 March 2026 to correct the height of the dam.",
    ],
)
def test_correction_notice_is_its_own_field(notice: str) -> None:
    extraction = extract(page(paragraphs(DEICH) + f"<p><em>{notice}</em></p>"))
    assert extraction.correction == notice
    assert notice not in extraction.text


def test_lists_and_tables_are_one_block_a_line() -> None:
    inside = (
        paragraphs(DEICH[:2])
        + "<ul><li>Erstens werden die Pumpen geprüft.</li><li>Zweitens wird der Deich vermessen.</li></ul>"
        + f"<p>{DEICH[2]}</p><table><tr><th>Ort</th><th>Pegel</th></tr>"
        + "<tr><td>Brückfeld</td><td>7,20 m</td></tr></table>"
    )
    blocks = extract(page(inside)).blocks
    assert [block.text for block in blocks if block.kind is BlockKind.LIST] == [
        "Erstens werden die Pumpen geprüft.",
        "Zweitens wird der Deich vermessen.",
    ]
    assert [block.text for block in blocks if block.kind is BlockKind.TABLE] == ["Ort | Pegel", "Brückfeld | 7,20 m"]
    assert not any("\n" in block.text for block in blocks)


def test_speaker_inside_of_the_quotation_is_parted_from_its_words() -> None:
    quotation = (
        "<blockquote><p>Das Wasser war schneller als wir es erwartet hatten.</p><cite>Bo Carls</cite></blockquote>"
    )
    blocks = extract(page(paragraphs(DEICH[:2]) + quotation + paragraphs(DEICH[2:]))).blocks
    assert "Das Wasser war schneller als wir es erwartet hatten." in [block.text for block in blocks]


def test_english_page() -> None:
    inside = (
        '<p class="standfirst">Council votes to spend four million after the storms of last winter.</p>'
        '<p class="byline">By Ada Thorne and Will Penrose</p>'
        + paragraphs(HARBOUR)
        + "<p>Read more: How the pier was built</p><p>Sign up for our morning briefing</p><p>Advertisement</p>"
    )
    extraction = extract(page(inside, headline="Pier to be rebuilt by autumn next year", lang="en-GB"))
    assert extraction.lead == "Council votes to spend four million after the storms of last winter."
    assert extraction.authors == ("Ada Thorne", "Will Penrose")
    assert extraction.language == "en"
    assert [block.text for block in extraction.blocks] == list(HARBOUR)


def test_next_article_of_an_endless_page_is_not_this_one() -> None:
    following = f"</article><article><h1>Handball: Wiekstadt steigt auf</h1>{paragraphs(HARBOUR)}"
    extraction = extract(page(paragraphs(DEICH) + following))
    assert [block.text for block in extraction.blocks] == list(DEICH)
    assert "other_article" in kinds(extraction)


def test_teaser_cards_among_the_paragraphs_are_stripped() -> None:
    card = '<article><h3>Wahl:<a href="/wahl">Brückfeld wählt nach</a></h3><div>Erst im Mai.</div></article>'
    extraction = extract(page(paragraphs(DEICH[:2]) + card + paragraphs(DEICH[2:])))
    assert [block.text for block in extraction.blocks] == list(DEICH)


def test_sign_up_box_without_a_telling_name_is_stripped() -> None:
    box = '<div class="k7"><h3>Hafenwache</h3><p>Unser Brief am Freitag.</p><label><input type="email"></label></div>'
    extraction = extract(page(paragraphs(DEICH[:2]) + box + paragraphs(DEICH[2:])))
    assert [block.text for block in extraction.blocks] == list(DEICH)
    assert "newsletter" in kinds(extraction)


def test_folding_box_is_stripped() -> None:
    box = (
        '<div><h2><button aria-expanded="true" aria-controls="f"><span>Bo Carls ...</span></button></h2>'
        '<div id="f"><p>... leitet das Institut für Wasserbau an der Hochschule in Wiekstadt seit 2011.</p></div></div>'
    )
    extraction = extract(page(paragraphs(DEICH[:2]) + box + paragraphs(DEICH[2:])))
    assert [block.text for block in extraction.blocks] == list(DEICH)
    assert "bio" in kinds(extraction)


def test_pull_quote_that_repeats_a_paragraph_is_stripped() -> None:
    words = "We have waited long enough for this pier and we will not wait any longer"
    told = f'"{words}," said the harbour master, who has held the office for more than twenty years.'
    quote = f'<aside class="pullquote"><blockquote><p>{words}</p></blockquote></aside>'
    extraction = extract(page(paragraphs(HARBOUR[:2]) + quote + paragraphs((told, *HARBOUR[2:])), lang="en"))
    assert [block.text for block in extraction.blocks] == [*HARBOUR[:2], told, *HARBOUR[2:]]


def test_a_body_in_several_pieces_is_read_whole() -> None:
    pieces = "".join(f'<div class="article-body"><p>{text}</p><p>{text[::-1]}</p></div>' for text in (*DEICH, *HARBOUR))
    assert len(extract(page(pieces)).blocks) == 16


# No rule can take an article


def test_a_rule_cannot_take_most_of_an_article() -> None:
    wrapped = f'<div class="newsletter">{paragraphs(DEICH)}</div>'
    assert [block.text for block in extract(page(wrapped)).blocks] == list(DEICH)


def test_a_rule_cannot_take_an_article_piece_by_piece() -> None:
    pieces = "".join(f'<div class="related"><p>{text}</p></div>' for text in DEICH)
    assert [block.text for block in extract(page(pieces)).blocks] == list(DEICH)


def test_a_line_rule_cannot_take_most_of_an_article() -> None:
    lines = tuple(
        f"Lesen Sie auch, wie es in der Straße Nummer {number} weitergeht und wer dort wohnt." for number in range(9)
    )
    assert len(extract(page(paragraphs(lines))).blocks) == 9


# Metadata


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


def test_a_date_with_time_beats_the_same_day_without() -> None:
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
        ("https://social.example/anna", []),
        ("redaktion@holmbote.example", []),
    ],
)
def test_bylines(byline: str, names: list[str]) -> None:
    assert split_names(byline) == names


def test_authors_by_reference_in_a_graph() -> None:
    graph = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "NewsArticle", "headline": "Deich hält in der Nacht", "author": [{"@id": "#anna"}]},
            {"@type": "Person", "@id": "#anna", "name": "Anna Berg"},
        ],
    }
    head = f'<script type="application/ld+json">{json.dumps(graph)}</script>'
    assert extract(page(paragraphs(DEICH), head=head)).authors == ("Anna Berg",)


def test_a_person_in_the_byline_beats_the_outlet_in_the_metadata() -> None:
    head = json_ld(author={"@type": "Organization", "name": "Holmbote"})
    assert extract(page("<p>Von Anna Berg</p>" + paragraphs(DEICH), head=head)).authors == ("Anna Berg",)


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
def test_broken_json_ld_is_read(script: str) -> None:
    values = parse_json_ld(script)
    assert values
    assert isinstance(values[0], dict)
    assert "a" in values[0]


def test_section_and_language() -> None:
    extraction = extract(page(paragraphs(DEICH), head=json_ld(articleSection=["Region", "Wetter"])))
    assert (extraction.section, extraction.language) == ("Region", "de")


# Pages as bytes


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("Brückfeld".encode(), None),
        ("Brückfeld".encode(), "text/html; charset=iso-8859-1"),
        ("Brückfeld".encode("cp1252"), "text/html; charset=ISO-8859-1"),
        ("Brückfeld".encode("cp1252"), None),
        ('<meta charset="windows-1252">Brückfeld'.encode("cp1252"), None),
        ("Brückfeld".encode("utf-16"), None),
        (b"\xef\xbb\xbf" + "Brückfeld".encode(), "text/html; charset=latin1"),
        ("Brückfeld".encode() * 3 + b"\xc3", None),
        ("Brückfeld".encode(), "text/html; charset=base64"),
        ("Brückfeld".encode(), "text/html; charset=no-such"),
    ],
)
def test_charsets(body: bytes, content_type: str | None) -> None:
    assert "Brückfeld" in decode(body, content_type)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"%PDF-1.7 something", "not_html"),
        (b"\x00\x01\x02\x03" * 500, "not_html"),
        (b'{"json": true}', "not_html"),
        (b"just some words", "not_html"),
        (b"<html><body></body></html>", "no_text"),
        (b"<html><body>" + b"<div>" * 20_000 + b"<p>deep</p>" + b"</div>" * 20_000, "no_text"),
        (b"<p>" + b"x" * 17_000_000, "too_large"),
        (b"<html><body>" + b"<b></b>" * 100_000, "too_large"),
    ],
)
def test_pages_that_are_no_article_say_why(body: bytes, reason: str) -> None:
    with pytest.raises(PageError) as caught:
        extract(body)
    assert caught.value.reason == reason


@pytest.mark.parametrize("tag", ["div", "blockquote", "ul><li", "table><tr><td", "span", "figure", "section"])
def test_deep_nesting_is_survived(tag: str) -> None:
    nested = "".join(f"<{tag}>" for _ in range(900)) + paragraphs(DEICH)
    try:
        extraction = extract(page(nested))
    except PageError:
        return
    assert "Brückfeld" not in extraction.text


def test_a_large_page_is_read() -> None:
    many = tuple(f"{DEICH[number % 4]} Das war die Meldung Nummer {number} dieser Nacht." for number in range(4_000))
    extraction = extract(page(paragraphs(many) + f"<script>{'x=1;' * 1_000_000}</script>"))
    assert extraction.word_count > 50_000


def test_text_has_no_surrogates_and_no_nuls() -> None:
    text = extract(page(f"<p>{DEICH[0]} &#xD800;&#0;&#1;\x00 {DEICH[1]}</p>" + paragraphs(DEICH[2:]))).text
    text.encode()
    assert "\x00" not in text


def test_digest_tells_headline_lead_and_text_apart() -> None:
    one = extract(page(paragraphs(DEICH)))
    assert one.text_digest == extract(page(paragraphs(DEICH) + "<script>1</script>")).text_digest
    assert one.text_digest != extract(page(paragraphs(DEICH), headline="Deich hält in dieser Nacht")).text_digest
    assert one.text_digest != extract(page(paragraphs(DEICH[:3]))).text_digest


@given(st.binary(max_size=2_000))
@settings(deadline=None, max_examples=80)
def test_any_bytes_give_an_answer(body: bytes) -> None:
    with contextlib.suppress(PageError):
        assert extract(b"<html><body>" + body).text


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_mangled_pages_give_the_same_answer_twice(data: st.DataObject) -> None:
    body = bytearray(BROADCASTER.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(body) - 1))
        body[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=12))
    answers: list[object] = []
    for _ in range(2):
        try:
            answers.append(extract(bytes(body)))
        except PageError as refused:
            answers.append((refused.reason, refused.detail))
    assert answers[0] == answers[1]


# Rules


@pytest.mark.parametrize("rule", BOX_RULES, ids=lambda rule: rule.id)
def test_box_rules_match_their_examples(rule: BoxRule) -> None:
    assert rule.names.search(rule.example)


@pytest.mark.parametrize("rule", [*LINE_RULES, *CORRECTIONS], ids=lambda rule: rule.id)
def test_line_rules_match_their_examples(rule: LineRule) -> None:
    assert rule.pattern.search(rule.example)
    assert len(rule.example) <= rule.max_chars


@pytest.mark.parametrize("rule", [*LINE_RULES, *CORRECTIONS], ids=lambda rule: rule.id)
def test_line_rules_leave_sentences_alone(rule: LineRule) -> None:
    assert not [text for text in (*DEICH, *HARBOUR) if rule.pattern.search(text)]


def test_rule_ids_are_unique() -> None:
    ids = [rule.id for rule in (*BOX_RULES, *LINE_RULES, *CORRECTIONS)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("caption", "holder"),
    [
        ("Helfer am Deich. Quelle: Nordpress", "Nordpress"),
        ("The pier after the storm. Photograph: Ada Thorne/Harbour Post", "Ada Thorne/Harbour Post"),
        ("Blick auf die Ruhn © Holmbote", "Holmbote"),
    ],
)
def test_credits(caption: str, holder: str) -> None:
    credit = CREDIT.search(caption)
    assert credit is not None
    assert credit["holder"] == holder


def test_a_bio_speaks_of_the_author() -> None:
    assert is_bio("Anna Berg ist Reporterin im Studio Ruhntal.", ("Anna Berg",))
    assert not is_bio("Anke Tamsen ist Bürgermeisterin.", ("Anna Berg",))


# Text that another extractor left

GLUED = (
    "Nach der Flut im Ruhntal:Land und Bund wollen gemeinsam zahlen\n"
    "Die Schäden sind groß, das Geld soll schnell fließen. Doch Fragen bleiben.\n"
    "Pressekonferenz mit Anke Tamsen (Bürgermeisterin) zur Lage im Ruhntal\n"
    f"06.01.2026 | 59:00 min{DEICH[0]}\n"
    "Das Wasser geht zurück, die Sorgen bleiben: Unterwegs mit Helfern in Brückfeld.\n"
    "07.01.2026 | 2:30 minTamsen stellt schnelle Hilfe in Aussicht\n"
    "Nach dem Treffen in Altenruhn sagte sie:\n"
    "Dazu kann auch gehören, dass wir die Anträge ohne lange Prüfung bewilligen.\n"
    "Anke Tamsen\n"
    f"{DEICH[3]}\n"
    "Aktuelle Meldungen zum Hochwasser finden Sie jederzeit in unserem Liveblog:\n"
)


def test_repair_parts_kicker_and_headline() -> None:
    repaired = repair_text(GLUED)
    assert (repaired.kicker, repaired.headline) == ("Nach der Flut im Ruhntal", "Land und Bund wollen gemeinsam zahlen")


def test_repair_takes_glued_video_captions_out() -> None:
    repaired = repair_text(GLUED)
    assert [(video.published_on, video.duration_seconds) for video in repaired.videos] == [
        (date(2026, 1, 6), 3540),
        (date(2026, 1, 7), 150),
    ]
    assert repaired.videos[0].teaser == "Pressekonferenz mit Anke Tamsen (Bürgermeisterin) zur Lage im Ruhntal"
    assert not VIDEO_TIME.search(repaired.text)
    assert "Pressekonferenz" not in repaired.text


def test_repair_keeps_the_article() -> None:
    repaired = repair_text(GLUED)
    assert [(block.kind, block.text) for block in repaired.blocks] == [
        (BlockKind.PARAGRAPH, "Die Schäden sind groß, das Geld soll schnell fließen. Doch Fragen bleiben."),
        (BlockKind.PARAGRAPH, DEICH[0]),
        (BlockKind.SUBHEADING, "Tamsen stellt schnelle Hilfe in Aussicht"),
        (BlockKind.PARAGRAPH, "Nach dem Treffen in Altenruhn sagte sie:"),
        (BlockKind.QUOTATION, "Dazu kann auch gehören, dass wir die Anträge ohne lange Prüfung bewilligen."),
        (BlockKind.PARAGRAPH, "Anke Tamsen"),
        (BlockKind.PARAGRAPH, DEICH[3]),
    ]
    assert "liveblog_pointer" in kinds(repaired)


def test_repair_of_nothing_says_why() -> None:
    with pytest.raises(PageError, match="no_text"):
        repair_text(" \n ")


@given(st.text(max_size=500))
@settings(deadline=None)
def test_any_text_can_be_repaired_or_refused(text: str) -> None:
    try:
        repaired = repair_text(text)
    except PageError:
        return
    assert repaired == repair_text(text)
    repaired.text.encode()


# Real pages, where they are at hand


@pytest.mark.skipif(not SHARED_PAGES.is_dir(), reason="no collection of real pages beside the checkout")
def test_real_pages_give_articles() -> None:
    articles = 0
    folders = sorted(SHARED_PAGES.iterdir())
    for folder in folders:
        gold = json.loads((folder / "gold.json").read_text(encoding="utf-8"))
        body = gzip.decompress((folder / "page.html.gz").read_bytes())
        captured_at = datetime.fromisoformat(gold["crawl_date"]).replace(tzinfo=UTC)
        try:
            extraction = extract_page(body, url=gold["url"] or "https://example.org/", captured_at=captured_at)
        except PageError:
            continue
        articles += 1
        extraction.text.encode()
        assert extraction.text == "\n".join(block.text for block in extraction.blocks)
        assert not any("\n" in block.text for block in extraction.blocks)
    assert articles >= len(folders) - 2
