"""The text of the body: every line of the region, and which of them are the article."""

from __future__ import annotations

import json

import pytest
from lxml.html import document_fromstring

from pipeline.events import BlockKind
from pipeline.extract.page.flow import lines_in
from tests.golden.made_up import DEICH, extract, json_ld, page, paragraphs


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


def test_paragraphs_in_boxes_of_their_own_are_one_family() -> None:
    boxes = "".join(f"<div><p>{text}</p></div>" for text in DEICH)
    extraction = extract(page(f"{boxes}<div>Niemand wurde dabei verletzt.</div><div><p>{DEICH[0]} Wirklich.</p></div>"))
    assert [block.text for block in extraction.blocks][-2:] == [
        "Niemand wurde dabei verletzt.",
        f"{DEICH[0]} Wirklich.",
    ]


def test_a_last_part_with_fewer_names_continues_the_text() -> None:
    first = f"<div><div class='text space-below'>{paragraphs(DEICH[:3])}</div></div>"
    last = f"<div><div class='text'><p>{DEICH[3]}</p></div></div>"

    extraction = extract(page(f"{first}{last}"))
    assert [block.text for block in extraction.blocks] == list(DEICH)


def test_an_interview_in_a_list_of_definitions_is_read_whole() -> None:
    asked = "".join(
        f"<dt>Und dann, Frau Tamsen ({number})?</dt><dd>{text}</dd>" for number, text in enumerate(DEICH[:2])
    )
    rest = f"<div class='qa'><div>Und morgen?</div><div>{DEICH[2]}</div></div><p>{DEICH[3]}</p>"
    html = page(f"<dl>{asked}</dl>{rest}").replace(b"main>", b"div>").replace(b"article>", b"div>")
    assert [text for text in DEICH if text not in extract(html).text] == []


def test_lists_in_a_table_are_words_of_their_cells() -> None:
    table = (
        "<table><tr><th>Tag</th><th>Fähre</th></tr>"
        "<tr><td>Montag</td><td><ul><li>8 bis 12 Uhr</li><li>13 bis 17 Uhr</li></ul></td></tr></table>"
    )
    extraction = extract(page(f"{paragraphs(DEICH[:2])}{table}{paragraphs(DEICH[2:])}"))
    rows = [block.text for block in extraction.blocks if block.kind is BlockKind.TABLE]
    assert rows == ["Tag | Fähre", "Montag | 8 bis 12 Uhr 13 bis 17 Uhr"]


def test_text_that_is_only_in_the_state_of_a_framework_is_read() -> None:
    html = paragraphs(DEICH)
    states = (
        f'<script id="__NEXT_DATA__" type="application/json">{json.dumps({"props": {"body": html}})}</script>',
        f"<script>self.__next_f.push([1,{json.dumps('5:' + json.dumps(['$', {'parts': list(DEICH)}]))}])</script>",
        f"<script>window.__STATE__ = {json.dumps({'page': {'blocks': [{'text': text} for text in DEICH]}})};</script>",
    )
    for state in states:
        extraction = extract(page("<div class='spinner'></div>" + state))
        assert [block.text for block in extraction.blocks] == list(DEICH)


def test_a_menu_and_a_copyright_notice_are_no_text_beside_that_in_the_data() -> None:
    menu = "<div><ul><li><a href='/p'>Politik</a></li><li><a href='/r'>Region und Land</a></li></ul></div>"
    foot = "<div><p>© 2026 Holmbote Verlag GmbH. Alle Rechte vorbehalten.</p></div>"
    state = json.dumps({"article": {"body": paragraphs(DEICH)}})
    html = f"<html><body>{menu}<div id='app'></div>{foot}<script type='application/json'>{state}</script></body></html>"
    assert [block.text for block in extract(html.encode()).blocks] == list(DEICH)


def test_an_offer_to_read_on_ends_a_teaser() -> None:
    head = json_ld(isAccessibleForFree=False)
    offer = "<div class='x1'><p>Diesen Artikel weiterlesen mit Holmbote plus. Jetzt vier Wochen testen.</p></div>"
    assert extract(page(f"<p>{DEICH[0]} {DEICH[1]}</p>{offer}", head=head)).text == f"{DEICH[0]} {DEICH[1]}"


def test_text_in_a_stream_of_several_scripts_is_read_without_the_heads_of_its_rows() -> None:
    html = paragraphs(DEICH) + "<p>Das „Deichtor\\“ heißt jetzt ‚Tor‘.</p>"
    stream = '1:I[7,["a"]]\n2:{"kind":"it\'s"}\n4:' + f"T{len(html.encode()):x},{html}" + '5:["$","div",null]\n'
    literal = json.dumps(stream, ensure_ascii=False).replace("'", "\\'").replace('\\"', "\\x22")[1:-1]
    half = literal.index("Deichtor")
    scripts = "".join(f'<script>self.__next_f.push([1,"{part}"])</script>' for part in (literal[:half], literal[half:]))
    broken = '<script>self.__next_f.push([1,"\\u12"])</script>'
    extraction = extract(page("<div class='spinner'></div>" + broken + scripts))
    assert [block.text for block in extraction.blocks] == [*DEICH, "Das „Deichtor\\“ heißt jetzt ‚Tor‘."]


def test_the_declared_text_continues_the_teaser_of_an_open_page() -> None:
    head = json_ld(articleBody="\n\n".join(DEICH))
    assert [block.text for block in extract(page(paragraphs(DEICH[:1]), head=head)).blocks] == list(DEICH)


def test_hidden_text_of_a_paywalled_page_is_not_read() -> None:
    part = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".paid"}
    head = json_ld(isAccessibleForFree=False, hasPart=part, articleBody="\n".join(DEICH))
    offer = "<div class='paywall-offer'><p>Weiterlesen mit Holmbote plus.</p></div>"
    for paid in ("<div class='paid'>", "<div style='display: none'>", "<section hidden>"):
        extraction = extract(
            page(f"{paragraphs(DEICH[:2])}{paid}{paragraphs(DEICH[2:])}</div></section>{offer}", head=head)
        )
        assert [block.text for block in extraction.blocks] == list(DEICH[:2])
        assert extraction.access == "paywalled"


def test_declared_parts_that_readers_see_are_read() -> None:
    part = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".paid"}
    body = f"{paragraphs(DEICH[:2])}<div class='paid'>{paragraphs(DEICH[2:])}</div>"
    extraction = extract(page(body, head=json_ld(isAccessibleForFree=False, hasPart=part)))
    assert [block.text for block in extraction.blocks] == list(DEICH)


def test_a_page_with_nothing_but_a_lead_is_an_article() -> None:
    extraction = extract(page(f"<p class='lead'>{DEICH[0]}</p><div class='player'></div>"))
    assert extraction.text == DEICH[0]


def test_a_short_box_with_a_picture_and_a_credit_is_a_caption() -> None:
    caption = "Der Deich am Morgen, wie ihn Helfer sahen."
    box = f"<div class='x1'><div><img src='/a.jpg'></div><h4>{caption}</h4><p>Foto: Nordpress</p></div>"
    extraction = extract(page(paragraphs(DEICH[:2]) + box + paragraphs(DEICH[2:])))
    assert [block.text for block in extraction.blocks] == list(DEICH)
    assert caption in [stripped.text for stripped in extraction.stripped if stripped.kind == "image_caption"]


def test_siblings_of_name_time_and_text_are_comments() -> None:
    comments = "".join(
        f"<div class='b'><b>Leserin{number}</b> <span>vor {number} Stunden</span><p>{text}</p></div>"
        for number, text in enumerate(DEICH * 2, start=2)
    )
    extraction = extract(page(paragraphs(DEICH[:3]) + f"<div class='disk'>{comments}</div>"))
    assert [block.text for block in extraction.blocks] == list(DEICH[:3])


def test_a_charset_that_is_declared_late_is_obeyed() -> None:
    name = "Starostka Jiřina Čapková"
    style = "<style>" + ".a{color:red}" * 800 + "</style><meta charset='windows-1250'>"
    body = page(f"<p>{name} {DEICH[0]}</p>" + paragraphs(DEICH)).decode().replace('<meta charset="utf-8">', style)
    assert name in extract(body.encode("cp1250", "replace")).text


def test_a_box_between_paragraphs_is_no_text_but_what_is_in_the_flow_is() -> None:
    box = "<div class='k3'><b>Hafen</b><p>Alles über den Hafen, jeden Freitag in einem langen Brief an alle.</p></div>"
    listed = "<div><ul><li>Neue Pumpen</li></ul></div>"
    blocks = extract(page(f"<p>{DEICH[0]}</p>{box}<p>Zwei Folgen</p>{listed}{paragraphs(DEICH[1:])}")).blocks
    assert [block.text for block in blocks] == [DEICH[0], "Zwei Folgen", "Neue Pumpen", *DEICH[1:]]


def test_answers_below_questions_after_the_text_are_kept() -> None:
    questions = [
        f"<div><h3>Was heißt Stufe {number}?</h3><div><p>{text}</p></div></div>" for number, text in enumerate(DEICH)
    ]
    text = extract(page(paragraphs(DEICH[::-1]) + "".join(questions[:2]).replace("Ruhn", "Ahne"))).text
    assert "Was heißt Stufe 1?" in text
    assert DEICH[1].replace("Ruhn", "Ahne") in text


def test_a_line_with_a_picture_among_paragraphs_is_a_caption() -> None:
    box = "<div class='k7'><div><img src='/d.jpg'></div><span>Der Deich bei Brückfeld am frühen Morgen.</span></div>"
    extraction = extract(page(f"<p>{DEICH[0]}</p>{box}{paragraphs(DEICH[1:])}"))
    assert [block.text for block in extraction.blocks] == list(DEICH)
    assert "Der Deich bei Brückfeld am frühen Morgen." in [
        one.text for one in extraction.stripped if one.kind == "image_caption"
    ]


@pytest.mark.parametrize("names", ["", "fig--lead"])
@pytest.mark.parametrize("credit", ["<p>Foto: Nordpress</p>", "<span> © Nordpress</span>"])
def test_a_caption_that_is_declared_as_the_description_or_in_a_box_named_for_a_lead_is_no_lead(
    credit: str, names: str
) -> None:
    caption = "Der Deich bei Brückfeld am frühen Morgen, kurz vor dem Hochwasser."
    box = f"<div class='{names}'><picture><img src='/d.jpg'></picture><span>{caption}</span>{credit}</div>"
    head = "" if names else f"<meta name='description' content='{caption}'>"
    extraction = extract(page(box + paragraphs(DEICH), head=head))
    assert extraction.lead is None
    assert caption not in extraction.text


def test_a_caption_outside_of_a_figure_is_one_but_not_below_a_quotation() -> None:
    caption = "<img src='/d.jpg'><figcaption>Nordpress<br>Der Deich bei Brückfeld am frühen Morgen</figcaption>"
    quotation = "<blockquote>Wir haben nur noch funktioniert.</blockquote><figcaption>Anke Tamsen</figcaption>"
    boxes = f"<div>{caption}</div>{paragraphs(DEICH[:2])}<div>{quotation}</div>"
    texts = [block.text for block in extract(page(boxes + paragraphs(DEICH[2:]))).blocks]
    assert texts == [*DEICH[:2], "Wir haben nur noch funktioniert.", "Anke Tamsen", *DEICH[2:]]
