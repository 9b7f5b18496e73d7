"""No name, and no rule, can cost an article: what the guards keep, and what they let go."""

from __future__ import annotations

import pytest

from pipeline.errors import PageError
from tests.golden.made_up import DEICH, HARBOUR, extract, kinds, page, paragraphs

ALL = (*DEICH, *HARBOUR)
SHORT = tuple(f"Am Pegel {place} stieg das Wasser in der Nacht kaum noch." for place in ("Nord", "Süd", "West", "Ost"))
HEADLINE = "Deich hält in der Nacht"


def bare_page(inside: str) -> bytes:
    """Without an `article` element around it."""
    return f"<html><head><title>{HEADLINE}</title></head><body><h1>{HEADLINE}</h1>{inside}</body></html>".encode()


def text_of(body: bytes) -> str:
    return extract(body).text


MISLEADING = (
    *(
        "article-body has-newsletter",
        "related",
        "mehr",
        "comments",
        "promo",
        "more-on",
        "topics",
        "bio",
        "social",
        "ads",
    ),
    *("cta", "read-more", "media-text", "wp-block-media-text__content", "post tag-newsletter", "consent", "cookies"),
)


@pytest.mark.parametrize("name", MISLEADING)
@pytest.mark.parametrize(
    "body",
    [
        "".join(f"<div>{text}</div>" for text in ALL),
        "<br><br>".join(ALL),
        paragraphs(ALL),
        paragraphs(SHORT),
        "".join(f"<div>{text}</div>" for text in SHORT),
    ],
    ids=["divs", "breaks", "paragraphs", "short", "short_divs"],
)
def test_a_body_with_a_misleading_name_is_kept(name: str, body: str) -> None:
    for made in (bare_page, page):
        text = text_of(made(f'<div class="{name}">{body}</div>'))
        assert all(sentence in text for sentence in (ALL if ALL[0] in body else SHORT))


def test_a_body_with_a_misleading_name_loses_the_boxes_in_it() -> None:
    box = '<div class="newsletter-box"><p>Alles Wichtige am Morgen, in unserem Brief.</p></div>'
    inside = f'<div class="article-body has-newsletter">{paragraphs(DEICH)}{box}{paragraphs(HARBOUR)}</div>'
    extraction = extract(bare_page(inside))
    assert [block.text for block in extraction.blocks] == list(ALL)
    assert "newsletter" in kinds(extraction)


@pytest.mark.parametrize("names", [["cmp-text"], ["topics"], ["topics", "promo", "mehr", "bio"]], ids=len)
def test_the_pieces_of_a_body_are_kept(names: list[str]) -> None:
    pieces = "".join(
        f'<div class="{names[number * len(names) // len(ALL)]}"><p>{text} Unsere Partner zahlen.</p></div>'
        for number, text in enumerate(ALL)
    )
    text = text_of(page(pieces))
    assert all(sentence in text for sentence in ALL)


def test_a_short_article_outside_its_heading_is_kept() -> None:
    article = paragraphs(SHORT[:3]) + "<p>Das sagte <a href='/p/tamsen'>Anke Tamsen</a> am Montag im Rat.</p>"
    body = f"<header><h1>{HEADLINE}</h1></header><main><article>{article}</article></main>"
    extraction = extract(f"<html><head><title>{HEADLINE}</title></head><body>{body}</body></html>".encode())
    assert len(extraction.blocks) == 4


def test_a_box_that_is_nearly_half_of_a_short_page_is_stripped() -> None:
    box = f'<div class="newsletter-box"><h3>Der Deichbrief</h3><p>{HARBOUR[0]} Jeden Freitag.</p></div>'
    extraction = extract(page(f"<div>{paragraphs(DEICH[:2])}</div>{box}"))
    assert [block.text for block in extraction.blocks] == list(DEICH[:2])


def test_a_link_in_a_sentence_is_not_a_request_for_consent() -> None:
    told = "Die Cookies backen <a href='/partner'>unsere Partner</a>, wie der Bäcker in Altenruhn der Zeitung erklärte."
    text = text_of(bare_page(f"<div class='cookies'><div>{told}</div>{paragraphs(DEICH)}</div>"))
    assert all(sentence in text for sentence in DEICH)


def test_a_dialog_of_any_length_is_stripped() -> None:
    dialog = (
        f"<div role='dialog' class='k1'><div>{paragraphs(HARBOUR * 4)}</div><button>Alle akzeptieren</button></div>"
    )
    body = page(paragraphs(DEICH)).replace(b"</body>", f"{dialog}</body>".encode())
    extraction = extract(body)
    assert [block.text for block in extraction.blocks] == list(DEICH)
    assert "dialog" in kinds(extraction)


def test_a_page_that_only_asks_for_consent_gives_no_text() -> None:
    said = "<p>Der Holmbote speichert Cookies und Daten auf Ihrem Gerät.</p><button>Zustimmen</button>"
    with pytest.raises(PageError, match="no_text"):
        extract(f"<html><body><div class='cookie-wall'>{said}</div></body></html>".encode())


# Paywalls


@pytest.mark.parametrize(
    "sentence",
    [
        "The trial against the former harbour master began on Tuesday under heavy guard in Wiekstadt.",
        "Die Miete wird monatlich fällig, wie der Besitzer des Hauses am Deich dem Rat erklärte.",
        "Wer helfen will, kann sich bei der Feuerwehr anmelden, die am Montag Sandsäcke füllt.",
    ],
)
def test_a_paragraph_named_for_the_paywall_is_text(sentence: str) -> None:
    inside = "".join(f'<p class="paywall">{text}</p>' for text in (*DEICH, sentence))
    assert sentence in text_of(page(inside))


@pytest.mark.parametrize(
    "notice",
    [
        "<p>Jetzt weiterlesen mit dem Abo für 9,99 Euro monatlich.</p>",
        "<p>Lesen Sie alle Texte des Holmboten.</p><button>Anmelden</button>",
        "<h3>Nur für Mitglieder</h3><p>Vier Wochen lang für einen Euro.</p><a href='/abo'>Zum Probeabo</a>",
    ],
)
def test_a_notice_of_a_paywall_is_stripped(notice: str) -> None:
    extraction = extract(page(paragraphs(DEICH) + f'<div class="paywall">{notice}</div>'))
    assert [block.text for block in extraction.blocks] == list(DEICH)
    assert "paywall" in kinds(extraction)


# Nothing goes unrecorded


@pytest.mark.parametrize(
    "following",
    [
        '<div class="content-2"><p>{}</p></div>',
        '<div class="k8"></div><div class="content-2"><p>{}</p></div>',
        '<div class="k9">Anzeige</div><div class="content-2"><p>{}</p></div>',
        "<p>{}</p>",
    ],
)
def test_the_next_part_of_a_text_in_pieces_is_kept(following: str) -> None:
    last = "Am Abend fuhren die letzten Wagen der Feuerwehr zurück nach Altenruhn, und der Regen hörte endlich auf."
    first = paragraphs(tuple(f"{text} {number}." for number in range(2) for text in ALL))
    body = f'<div id="p"><div class="content-1"><h1>{HEADLINE}</h1>{first}</div>{following.format(last)}</div>'
    html = f"<html><head><title>{HEADLINE}</title></head><body>{body}</body></html>"
    assert last in text_of(html.encode())


def test_text_around_the_article_is_recorded() -> None:
    frame = f"<section><h3>Aus dem Archiv</h3><ul><li>{HARBOUR[0]}</li></ul></section>"
    body = page(paragraphs(DEICH * 4)).replace(b"</main>", f"</main>{frame}".encode())
    recorded = {stripped.text: stripped.rule for stripped in extract(body).stripped}
    assert recorded[f"Aus dem Archiv {HARBOUR[0]}"] == "outside_the_article"


def test_prose_in_the_articles_footer_is_recorded() -> None:
    extraction = extract(page(paragraphs(DEICH) + f"<footer><p>{HARBOUR[0]}</p></footer>"))
    assert (HARBOUR[0], "footer") in {(stripped.text, stripped.rule) for stripped in extraction.stripped}


def test_a_repeated_paragraph_is_recorded() -> None:
    extraction = extract(page(paragraphs((*DEICH, DEICH[1], *HARBOUR))))
    assert [block.text for block in extraction.blocks] == list(ALL)
    assert (DEICH[1], "repeated_paragraph") in {(stripped.text, stripped.rule) for stripped in extraction.stripped}


def test_an_unselected_line_outside_paragraphs_is_recorded() -> None:
    extraction = extract(page(paragraphs((*DEICH, *DEICH)) + f"<div><div><i>1</i></div><div>{HARBOUR[0]}</div></div>"))
    assert HARBOUR[0] in extraction.text or HARBOUR[0] in {stripped.text for stripped in extraction.stripped}


def test_entries_that_look_like_comments_are_kept_if_there_is_no_other_text() -> None:
    entries = tuple(f"Pegel Nord {day}.03.2026 {text}" for day, text in enumerate(DEICH, start=10))
    assert text_of(page(f"<div>{paragraphs(entries)}</div>")) == "\n".join(entries)
    assert text_of(page(f"{paragraphs(ALL)}<div>{paragraphs(entries)}</div>")) == "\n".join(ALL)


# Shapes that only look like boxes


@pytest.mark.parametrize(
    "shape",
    [
        "<figure>" + paragraphs(HARBOUR) + "</figure>",
        "".join(
            f"<div><h3><button aria-expanded='false'>Was tun bei Stufe {number}?</button></h3><p>{text}</p></div>"
            for number, text in enumerate(HARBOUR)
        ),
        "".join(
            f"<h2><a href='/m/{number}'>{number}. Das Haus am Deich</a></h2><p>{text}</p>"
            for number, text in enumerate(HARBOUR)
        ),
        "".join(
            f"<h2><a href='https://m{n}.example/'>Das Haus am Deich</a></h2><p>{text}</p>"
            for n, text in enumerate(HARBOUR)
        ),
    ],
    ids=["figure", "questions", "numbered", "elsewhere"],
)
def test_parts_of_an_article_are_not_boxes(shape: str) -> None:
    extraction = extract(page(paragraphs((*DEICH, *DEICH[::-1])) + shape))
    text = extraction.text
    assert all(sentence in text for sentence in HARBOUR)
    assert text.count("Das Haus am Deich") == shape.count("Das Haus am Deich")
    assert all(f"Stufe {number}?" in text for number in range(4)) or "Stufe" not in shape
