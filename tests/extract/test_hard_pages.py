"""Difficult pages: each gives an article or a reason, in time linear in its size."""

from __future__ import annotations

import pytest

from pipeline.errors import PageError
from pipeline.events import Access
from tests.golden.made_up import BROADCASTER, DEICH, HARBOUR, extract, json_ld, kinds, page, paragraphs

BOX = "<div class='related'><a href='/x'>Wer bezahlt die neuen Deiche?</a></div>"


def texts(body: bytes) -> list[str]:
    return [block.text for block in extract(body).blocks]


def reason_of(body: bytes) -> str:
    with pytest.raises(PageError) as caught:
        extract(body)
    return caught.value.reason


def test_a_video_only_page_has_no_text() -> None:
    video = (
        "<figure><video src='/v.mp4'></video><figcaption>So war die Nacht. 02.03.2026 | 2:43 min</figcaption></figure>"
    )
    assert reason_of(page(video)) == "no_text"


def test_a_consent_wall_without_an_article_has_no_text() -> None:
    wall = (
        "<div id='cmp' class='consent'><h2>Ihre Privatsphäre</h2><p>Wir und unsere Partner verarbeiten Daten, um Ihnen "
        "Inhalte und Anzeigen zu zeigen.</p><p>Sie können Ihre Wahl jederzeit ändern.</p>"
        "<button>Alle akzeptieren</button></div>"
    )
    assert reason_of(f"<html><body>{wall}</body></html>".encode()) == "no_text"


@pytest.mark.parametrize(
    "wall",
    [
        "<div class='sp_message_container_1'><h1>Willkommen</h1><p>Lesen Sie den Holmboten mit Werbung und Cookies.</p>"
        "<button>Akzeptieren und weiter</button></div>",
        "<div><p>Wir und unsere 214 Partner verwenden Cookies, um Ihnen Inhalte zu zeigen und Daten zu verarbeiten.</p>"
        "<p>Besuchen Sie den Holmboten wie gewohnt mit Werbung und Tracking.</p>"
        "<p>Oder lesen Sie ohne Werbung und Tracking mit unserem Pur-Abo für 3,99 Euro im Monat.</p></div>",
    ],
    ids=["named", "unnamed"],
)
def test_a_consent_wall_is_recognised_by_name_or_wording(wall: str) -> None:
    assert reason_of(f"<html><body>{wall}</body></html>".encode()) == "no_text"


def test_a_consent_wall_before_an_article_is_removed() -> None:
    wall = "<div class='consent'><p>Wir und unsere Partner verarbeiten Daten, um Inhalte zu zeigen.</p></div>"
    extraction = extract(page(wall + paragraphs(DEICH)))
    assert [block.text for block in extraction.blocks] == list(DEICH)
    assert "consent" in kinds(extraction)


def test_the_captions_of_a_gallery_are_recorded_apart_from_the_text() -> None:
    pictures = "".join(
        f"<figure><img src='/{number}.jpg'><figcaption>Nr. {number} am Ufer. Foto: Nordpress</figcaption></figure>"
        for number in range(30)
    )
    extraction = extract(page(paragraphs(DEICH[:2]) + pictures + paragraphs(DEICH[2:])))
    assert [block.text for block in extraction.blocks] == list(DEICH)
    assert sum(stripped.kind == "image_caption" for stripped in extraction.stripped) == 30


def test_a_paywalled_page_gives_its_teaser() -> None:
    notice = "<div class='paywall'><p>Jetzt weiterlesen mit dem Abo für 9,99 Euro monatlich.</p></div>"
    extraction = extract(page(paragraphs(DEICH[:1]) + notice, head=json_ld(isAccessibleForFree=False)))
    assert (extraction.access, [block.text for block in extraction.blocks]) == (Access.PAYWALLED, [DEICH[0]])


def test_an_amp_page_gives_the_same_text() -> None:
    body = page(paragraphs(DEICH[:2]) + "<amp-ad><div>Anzeige</div></amp-ad>" + paragraphs(DEICH[2:]))
    assert texts(body.replace(b"<html ", b"<html amp ")) == list(DEICH)


AMP_PAGE = (
    "<amp-sidebar layout='nodisplay'><ul><li><a href='/'>Start</a></li><li>Politik</li></ul></amp-sidebar>"
    "<amp-consent id='c'><div><p>Wir und unsere Partner verarbeiten Daten.</p></div></amp-consent>"
    "<amp-img src='/d.jpg'></amp-img><p class='caption'>Helfer am Deich. Foto: Nordpress</p>"
    + paragraphs(DEICH[:2])
    + "<amp-video src='/v.mp4'><div fallback><p>Dieses Gerät spielt das Video nicht ab.</p></div></amp-video>"
    "<amp-iframe src='https://e.example/'><p placeholder>Die Karte wird geladen</p></amp-iframe>"
    "<amp-list src='/r.json'><div fallback>Weitere Artikel konnten nicht geladen werden.</div></amp-list>"
    + paragraphs(DEICH[2:])
    + f"<amp-next-page><article><h1>Pier</h1>{paragraphs(HARBOUR)}</article></amp-next-page>"
)


def test_amp_components_are_not_text() -> None:
    assert texts(page(AMP_PAGE).replace(b"<html ", "<html ⚡ ".encode())) == list(DEICH)


@pytest.mark.parametrize("share", [0.55, 0.7, 0.85, 0.95])
def test_a_truncated_page_gives_the_article_up_to_there(share: float) -> None:
    body = page(paragraphs(DEICH * 6))
    extraction = extract(body[: int(len(body) * share)])
    assert extraction.blocks[0].text == DEICH[0]
    assert extraction.headline == "Deich hält in der Nacht"


@pytest.mark.parametrize("charset", ["cp1252", "utf-8", "utf-16", "iso-8859-15"])
@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "us-ascii", "no-such-charset"])
def test_a_wrong_charset_declaration_does_no_harm(charset: str, declared: str) -> None:
    body = page(paragraphs(DEICH)).decode().replace('charset="utf-8"', f'charset="{declared}"')
    assert texts(body.encode(charset)) == list(DEICH)


@pytest.mark.parametrize(
    "opening", ["<div>", "<div class='related'>", "<figure>", "<article>", "<ul><li>", "<blockquote>"]
)
def test_twenty_thousand_nested_elements(opening: str) -> None:
    body = page(paragraphs(DEICH) + opening * 20_000 + "<p>Ganz innen.</p>")
    assert texts(body)[: len(DEICH)] == list(DEICH)


@pytest.mark.parametrize(
    "filling",
    [
        BOX * 8_000,
        "<h2>Zwischenstand</h2>" * 20_000,
        "<h1>Zwischenstand</h1>" * 20_000,
        "<div>" + "<input type='email'>" * 20_000 + "</div>",
        "<p>" + "<a href='/x'>Wer bezahlt die neuen Deiche?</a> " * 8_000 + "</p>",
        "<ul>" + "<li><a href='/x'>Wer bezahlt die neuen Deiche?</a></li>" * 8_000 + "</ul>",
        "<i> </i>" * 20_000,
        "<blockquote>" + "<p>— Wort</p> " * 15_000 + "</blockquote>",
        "<blockquote><p>Wort</p>— A B (@c)</blockquote>" * 8_000,
        "<h2 class='sr-only'>Wort</h2>" * 20_000,
        " " * 4_000_000,
        f"<div class='{'a-' * 400_000}'></div>",
        f"<p>{'Wort ' * 400_000}</p>",
        f"<script>{'x=1;' * 2_000_000}</script>",
        "<script type='application/ld+json'>" + "[" * 1_000_000 + "</script>",
    ],
    ids=lambda filling: filling[:24],
)
def test_one_element_repeated_many_times_does_no_harm(filling: str) -> None:
    extraction = extract(page(paragraphs(DEICH[:2]) + filling + paragraphs(DEICH[2:])))
    assert extraction.blocks[0].text == DEICH[0]


@pytest.mark.slow
def test_ten_megabytes_of_text_are_extracted() -> None:
    sentence = f"{DEICH[0]} " * 100
    body = page("".join(f"<p>{number}. {sentence}</p>" for number in range(1_000)))
    assert len(body) > 10_000_000
    assert len(extract(body).blocks) == 1_000


def test_a_page_without_a_heading_gives_its_text() -> None:
    body = f"<html><body><div>{paragraphs(DEICH)}</div></body></html>".encode()
    extraction = extract(body)
    assert (extraction.headline, [block.text for block in extraction.blocks]) == (None, list(DEICH))


def test_a_page_cut_anywhere_gives_an_article_or_a_reason() -> None:
    body = BROADCASTER.encode()
    reasons = set()
    for end in range(0, len(body), 97):
        try:
            assert extract(body[:end]).text
        except PageError as refused:
            reasons.add(refused.reason)
    assert reasons == {"empty", "no_text"}


@pytest.mark.parametrize("junk", ["\x0c", "&#12;", "&#xC;", "&#11", "&#x1f;", "&#0;", "\ufffe", "&#xFFFF;", "&#xD800;"])
def test_characters_forbidden_in_xml_do_no_harm(junk: str) -> None:
    body = page(f"{junk}<script>x</script>{junk}<figure>a</figure>{junk}" + paragraphs(DEICH))
    assert texts(body) == list(DEICH)
