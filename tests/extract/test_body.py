"""The text of the body: every line of the region, and which of them are the article."""

from __future__ import annotations

from lxml.html import document_fromstring

from pipeline.events import BlockKind
from pipeline.extract.page.flow import lines_in
from tests.golden.made_up import DEICH, extract, page, paragraphs


def test_every_visible_text_is_in_exactly_one_line() -> None:
    html = """<div>Vorn<p>Ein <b>fettes</b> Wort<br>und mehr</p>Dazwischen<ul><li>Eins<ul><li>Eins a</li></ul></li>
    <li>Zwei</li></ul><x-box>Fremd <i>und</i> schief</x-box> danach<blockquote><p>Wir</p><p>auch</p></blockquote>
    <table><tr><th>Ort</th><td>Pegel</td></tr><tr><td>Ruhn</td><td>7 m</td></tr></table>Ende</div>"""
    lines = lines_in(document_fromstring(html))
    assert [(line.kind.value, line.text) for line in lines] == [
        ("paragraph", "Vorn"),
        ("paragraph", "Ein fettes Wort und mehr"),
        ("paragraph", "Dazwischen"),
        ("list", "Eins"),
        ("list", "Eins a"),
        ("list", "Zwei"),
        ("paragraph", "Fremd und schief danach"),
        ("quotation", "Wir auch"),
        ("table", "Ort | Pegel"),
        ("table", "Ruhn | 7 m"),
        ("paragraph", "Ende"),
    ]


def test_two_line_breaks_separate_paragraphs() -> None:
    extraction = extract(page(f"<div>{'<br><br>'.join(DEICH)}</div>"))
    assert [block.text for block in extraction.blocks] == list(DEICH)


def test_a_sentence_in_a_div_between_paragraphs_is_kept() -> None:
    extraction = extract(page(f"<p>{DEICH[0]}</p><div>Niemand wurde dabei verletzt.</div>{paragraphs(DEICH[1:])}"))
    assert extraction.blocks[1].text == "Niemand wurde dabei verletzt."


def test_a_body_in_several_pieces_is_read_whole() -> None:
    pieces = "".join(
        f"<div class='chunk-{number}'><p>{text}</p></div><div class='slot'>Anzeige</div>"
        for number, text in enumerate(DEICH)
    )
    assert [block.text for block in extract(page(pieces)).blocks] == list(DEICH)


def test_a_page_without_paragraphs_keeps_its_blocks() -> None:
    lines = "".join(f"<div><span>{text}</span></div>" for text in DEICH)
    assert [block.text for block in extract(page(f"<div>{lines}</div>")).blocks] == list(DEICH)


def test_lists_in_a_table_are_words_of_their_cells() -> None:
    table = (
        "<table><tr><th>Tag</th><th>Fähre</th></tr>"
        "<tr><td>Montag</td><td><ul><li>8 bis 12 Uhr</li><li>13 bis 17 Uhr</li></ul></td></tr></table>"
    )
    extraction = extract(page(f"{paragraphs(DEICH[:2])}{table}{paragraphs(DEICH[2:])}"))
    rows = [block.text for block in extraction.blocks if block.kind is BlockKind.TABLE]
    assert rows == ["Tag | Fähre", "Montag | 8 bis 12 Uhr 13 bis 17 Uhr"]
