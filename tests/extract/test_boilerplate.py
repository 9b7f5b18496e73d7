"""What is stripped from a page, as data, and what no rule may take."""

from __future__ import annotations

import pytest

from pipeline.events import Access, BlockKind
from tests.golden.made_up import DEICH, HARBOUR, extract, json_ld, kinds, page, paragraphs


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


def test_the_notice_of_a_short_article_may_be_as_long_as_a_part_of_it() -> None:
    notice = (
        "In einer früheren Version dieses Artikels hieß es, der Deich sei 1962 gebaut worden. " + "Es war 1964. " * 5
    )
    extraction = extract(page(paragraphs(DEICH[:2]) + f"<p>{notice}</p>"))
    assert len(notice) > 0.25 * len(extraction.text)
    assert extraction.correction == notice.strip()
    assert [block.text for block in extraction.blocks] == list(DEICH[:2])


@pytest.mark.parametrize("place", ["<footer>{}</footer>", "<aside><h4>Transparenz</h4>{}</aside>"])
def test_a_correction_in_a_box_is_kept(place: str) -> None:
    notice = "In einer früheren Version hieß es, der Deich sei 1962 gebaut worden."
    extraction = extract(page(paragraphs(DEICH) + place.format(f"<p>{notice}</p>")))
    assert extraction.correction == notice
    assert [block.text for block in extraction.blocks] == list(DEICH)


def test_a_correction_of_another_article_is_ignored() -> None:
    other = "<article><h1>Handball</h1><p>Kurz.</p><footer><p>Korrektur: Es stand 2:1.</p></footer></article>"
    body = page(paragraphs(DEICH)).replace(b"</article>", f"</article>{other}".encode())
    assert extract(body).correction is None


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


def test_a_speaker_inside_the_quotation_is_separated_from_its_words() -> None:
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


def test_the_next_article_of_an_endless_page_is_stripped() -> None:
    following = f"</article><article><h1>Handball: Wiekstadt steigt auf</h1>{paragraphs(HARBOUR)}"
    extraction = extract(page(paragraphs(DEICH) + following))
    assert [block.text for block in extraction.blocks] == list(DEICH)
    assert "other_article" in kinds(extraction)


def test_teaser_cards_among_the_paragraphs_are_stripped() -> None:
    card = '<article><h3>Wahl:<a href="/wahl">Brückfeld wählt nach</a></h3><div>Erst im Mai.</div></article>'
    extraction = extract(page(paragraphs(DEICH[:2]) + card + paragraphs(DEICH[2:])))
    assert [block.text for block in extraction.blocks] == list(DEICH)


def test_videos_of_other_articles_are_ignored() -> None:
    teaser = (
        "<article><a href='/w'><figure><img src='/w.jpg'><figcaption>01:40 min</figcaption></figure>"
        "<h3>Wiekstadt wählt nach</h3></a></article>"
    )
    body = page(paragraphs(DEICH)).replace(b"</main>", f"<section>{teaser}</section></main>".encode())
    extraction = extract(body)
    assert extraction.videos == ()
    assert "read_also" in kinds(extraction)


def test_text_for_screen_readers_only_is_stripped() -> None:
    label = "<h2 class='visually-hidden'>Inhalt des Artikels</h2>"
    note = "<span class='k7'> (öffnet im neuen Fenster)</span>"
    link = f"<p>Mehr steht im <a href='https://e.example/'>Bericht{note}</a>.</p>"
    inside = "".join(f"{label}<p>{text}</p>" for text in DEICH) + link
    extraction = extract(page(inside))
    assert [block.text for block in extraction.blocks] == [*DEICH, "Mehr steht im Bericht."]
    assert [stripped.text for stripped in extraction.stripped].count("Inhalt des Artikels") == 1


def test_a_footer_of_any_length_is_stripped() -> None:
    data = (
        "Datum 02.03.2026",
        "Themenseiten Hochwasser, Deiche",
        "Schlagwörter Ruhn, Deich",
        "Permalink https://e.example",
    )
    foot = "".join(f"<li>{text}</li>" for text in (*data, "Feedback: Schreiben Sie uns!", "Drucken Seite drucken"))
    extraction = extract(page(paragraphs((*HARBOUR, *DEICH)) + f"<ul>{foot}</ul><p>(abe)</p>"))
    assert [block.text for block in extraction.blocks] == [*HARBOUR, *DEICH]


def test_the_authors_name_above_the_text_is_stripped() -> None:
    head = json_ld(author={"@type": "Person", "name": "Anna Berg"})
    extraction = extract(page("<p>Anna Berg</p>" + paragraphs((*DEICH, *HARBOUR)), head=head))
    assert [block.text for block in extraction.blocks] == [*DEICH, *HARBOUR]


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
    assert "info_box" in kinds(extraction)


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


def test_a_rule_cannot_remove_most_of_an_article() -> None:
    wrapped = f'<div class="newsletter">{paragraphs(DEICH)}</div>'
    assert [block.text for block in extract(page(wrapped)).blocks] == list(DEICH)


def test_a_rule_cannot_remove_an_article_piece_by_piece() -> None:
    pieces = "".join(f'<div class="related"><p>{text}</p></div>' for text in DEICH)
    assert [block.text for block in extract(page(pieces)).blocks] == list(DEICH)


def test_a_line_rule_cannot_remove_most_of_an_article() -> None:
    lines = tuple(
        f"Lesen Sie auch: Wie es in der Straße Nummer {number} weitergeht und wer dort wohnt." for number in range(9)
    )
    assert len(extract(page(paragraphs(lines))).blocks) == 9
