"""Choice of the headline among the titles of a page, and its kicker."""

from __future__ import annotations

import pytest

from pipeline.extract.metadata.titles import repeats_title, without_site
from tests.golden.made_up import DEICH, URL, extract, json_ld, paragraphs

SHOWN = "Deich hält in der Nacht"
SEARCHED = "Ruhntal-Hochwasser: Hält der Deich an der Ruhn in der Nacht?"
SHARED_AS = "So knapp war es in dieser Nacht am Deich"


def page(*, h1: str = "", h2: str = "", og: str = "", title: str = "", declared: str = "", before: str = "") -> bytes:
    head = f"<title>{title}</title>" if title else ""
    head += f'<meta property="og:title" content="{og}">' if og else ""
    head += json_ld(headline=declared) if declared else ""
    headings = (f"<h1>{h1}</h1>" if h1 else "") + (f"<h2>{h2}</h2>" if h2 else "")
    article = f"<article>{headings}{paragraphs(DEICH)}</article>"
    return f"<html><head>{head}</head><body>{before}{article}</body></html>".encode()


@pytest.mark.parametrize(
    ("body", "headline"),
    [
        (page(h1=SHOWN), SHOWN),
        (page(og=SHOWN), SHOWN),
        (page(title=f"{SHOWN} | holmbote.example"), SHOWN),
        (page(title=f"{SHOWN} - Holmbote"), SHOWN),
        (page(declared=SHOWN, og=SHARED_AS), SHOWN),
        (page(h1=SHOWN, og=SHARED_AS, title=SEARCHED), SHOWN),
        (page(h1=SHOWN, og=SHARED_AS, title=f"{SHOWN} | Holmbote", declared=SHOWN), SHOWN),
        (page(h1="Der Holmbote", og=SHOWN, title=f"{SHOWN} | Holmbote", declared=SHOWN), SHOWN),
        (page(h1=SEARCHED, h2=SHOWN, og=SEARCHED, title=SEARCHED, declared=SHOWN), SHOWN),
        (page(h1=SEARCHED, h2=SHOWN, og=SHOWN, title=f"{SEARCHED} - Holmbote", declared=SEARCHED), SHOWN),
        (page(h1=SHOWN, h2="Streit um das Geld", og=SHOWN, title=SHOWN), SHOWN),
        (page(h1="Ein langer Montag", og=SEARCHED, declared=SEARCHED), "Ein langer Montag"),
        (page(h2="Ein langer Montag am Deich", og=SHARED_AS, declared=SEARCHED), "Ein langer Montag am Deich"),
        (page(h1=SHOWN, before="<h1><a href='/b'>Der Hafen wächst nach Norden</a></h1>", title=SHOWN), SHOWN),
        (page(before=f"<nav><h1>{SEARCHED}</h1></nav>", h2=SHOWN, og=SEARCHED, declared=SHOWN), SHOWN),
        (
            page(
                before=f"<nav><h1>{SEARCHED}</h1></nav>",
                h2=f"<i>Lange Hochwassernacht: Tamsen dankt allen</i> {SHOWN}",
                og=SHOWN,
                declared=SEARCHED,
                title=SEARCHED,
            ),
            SHOWN,
        ),
    ],
)
def test_the_headline(body: bytes, headline: str) -> None:
    extraction = extract(body, url=URL)
    assert extraction.headline == headline
    assert [block.text for block in extraction.blocks if block.text in (SHOWN, SEARCHED)] == []


@pytest.mark.parametrize(
    ("heading", "declared"),
    [
        ("<span>Hochwasser</span><span>:</span><span>Deich hält in der Nacht</span>", SHOWN),
        ("<span class='kicker'>Hochwasser</span> <span>Deich hält in der Nacht</span>", f"{SHOWN}!"),
        ("<span>Hochwasser</span> <span>Deich hält in der Nacht</span>", f"Hochwasser: {SHOWN}"),
        ("<span>Hochwasser</span> <span>Deich hält in der Nacht</span>", SHOWN),
        ("Hochwasser: Deich hält in der Nacht", SHOWN),
    ],
)
def test_kicker_and_headline_in_one_heading(heading: str, declared: str) -> None:
    extraction = extract(page(h2=heading, declared=declared))
    assert (extraction.kicker, extraction.headline) == ("Hochwasser", SHOWN)


@pytest.mark.parametrize(
    ("heading", "declared"),
    [
        ("<p class='kicker'>Hochwasser</p><h1>Deich hält in der Nacht</h1>", "Hochwasser: Deich hält in der Nacht"),
        ("<p class='kicker'>Hochwasser</p><h1>Deich hält in der Nacht</h1>", "Hochwasser - Deich hält in der Nacht"),
        ("<h1>Deich hält in der Nacht</h1>", "Hochwasser: Deich hält in der Nacht"),
        (
            "<div class='kicker'><p>Ausgabe vom 02.03.2026</p><p>Hochwasser</p></div><h1>Deich hält in der Nacht</h1>",
            "Hochwasser: Deich hält in der Nacht",
        ),
    ],
)
def test_the_kicker_is_removed_from_declared_titles(heading: str, declared: str) -> None:
    head = f"<title>{declared}</title>{json_ld(headline=declared)}<meta property='og:title' content='{declared}'>"
    body = f"<html><head>{head}</head><body><article>{heading}{paragraphs(DEICH)}</article></body></html>"
    extraction = extract(body.encode())
    assert (extraction.kicker, extraction.headline) == ("Hochwasser", SHOWN)


@pytest.mark.parametrize("badge", ["M+", "Plus", "Live", "Video", "Exklusiv für Abonnenten"])
def test_a_badge_is_no_kicker(badge: str) -> None:
    extraction = extract(page(h1=f"<span class='label'>{badge}</span> {SHOWN}", og=SHOWN))
    assert (extraction.headline, extraction.kicker) == (SHOWN, None)


def test_the_first_part_of_a_compound_word_is_not_a_kicker() -> None:
    head = json_ld(headline="Jahrhundert-Deich hält in der Nacht")
    body = f"<html><head>{head}</head><body><h1>Deich hält in der Nacht</h1>{paragraphs(DEICH)}</body></html>"
    assert extract(body.encode()).kicker is None


def test_the_heading_inside_main_is_preferred_to_its_copy_above() -> None:
    declared = "Hochwasser an der Ruhn: Deich hält in der Nacht"
    heading = "<h2><span>Hochwasser an der Ruhn</span><span>:</span><span>Deich hält auch in dieser Nacht</span></h2>"
    inside = f"<main><div>Fragen und Antworten</div>{heading}{paragraphs(DEICH)}</main>"
    head = f"<title>{declared}</title>{json_ld(headline=declared)}"
    extraction = extract(f"<html><head>{head}</head><body><h1>{declared}</h1>{inside}</body></html>".encode())
    assert (extraction.kicker, extraction.headline) == ("Hochwasser an der Ruhn", "Deich hält auch in dieser Nacht")
    assert [block.text for block in extraction.blocks] == list(DEICH)


def test_the_visible_heading_is_the_headline_although_all_titles_say_it_otherwise() -> None:
    declared = "Hochwasser in Brückfeld: So stark ist der Ruhn-Deich"
    head = f"<title>{declared}</title>{json_ld(headline=declared)}<meta property='og:title' content='{declared}'>"
    body = f"<html><head>{head}</head><body><article><h1>Der Deich hält</h1>{paragraphs(DEICH)}</article></body></html>"
    assert extract(body.encode()).headline == "Der Deich hält"


@pytest.mark.parametrize(
    ("tag", "headline"), [("h2", "Trocken geblieben"), ("h4", "Hochwasser: Deich hält in der Nacht")]
)
def test_a_heading_in_breadcrumbs_is_not_the_headline_if_the_article_has_its_own(tag: str, headline: str) -> None:
    declared = "Hochwasser: Deich hält in der Nacht"
    breadcrumbs = f"<nav><ol><li><h1>{declared}</h1></li></ol></nav>"
    inside = f"<article><header><{tag}>Trocken geblieben</{tag}></header>{paragraphs(DEICH)}</article>"
    head = f"<title>{declared}</title>{json_ld(headline=declared)}"
    assert extract(f"<html><head>{head}</head><body>{breadcrumbs}{inside}</body></html>".encode()).headline == headline


def test_one_shared_word_after_a_dash_is_not_the_outlet() -> None:
    title = "Lohnstreit - Holmbote streikt heute"
    head = f"<title>{title}</title><meta property='og:site_name' content='Holmbote am Abend'>"
    body = f"<html><head>{head}</head><body><article><h1>{title}</h1>{paragraphs(DEICH)}</article></body></html>"
    assert extract(body.encode()).headline == title


def test_words_before_a_colon_are_not_always_a_kicker() -> None:
    extraction = extract(page(h1="Tamsen: Das war knapp in dieser Nacht", og="Tamsen: Das war knapp in dieser Nacht"))
    assert (extraction.kicker, extraction.headline) == (None, "Tamsen: Das war knapp in dieser Nacht")


@pytest.mark.parametrize(
    "heading",
    ["Deich hält<br>in der Nacht", "<div>Deich hält</div><div>in der Nacht</div>", "Deich hält<br/> in der Nacht"],
)
def test_a_line_break_in_a_headline_separates_words(heading: str) -> None:
    assert extract(page(h1=heading, title="Holmbote")).headline == SHOWN
    assert extract(page(h1=heading, og=SHOWN)).headline == SHOWN


@pytest.mark.parametrize(
    "heading",
    [
        f"Hochwasser<br>{SHOWN}",
        f"<small>Hochwasser</small><br>{SHOWN}",
        f"<div>Hochwasser</div><div>{SHOWN}</div>",
        f"<span>Hochwasser</span><span>{SHOWN}</span>",
    ],
)
@pytest.mark.parametrize("said", [{"og": SHOWN}, {"title": f"{SHOWN} | Holmbote"}], ids=["og", "title"])
def test_a_kicker_on_its_own_line_of_the_heading(heading: str, said: dict[str, str]) -> None:
    body = page(h1=heading, **said).replace(b"<head>", b"<head><meta property='og:site_name' content='Holmbote'>")
    extraction = extract(body)
    assert (extraction.kicker, extraction.headline) == ("Hochwasser", SHOWN)


@pytest.mark.parametrize(
    "lead",
    [
        "<p class='lead'>Nach der Flut gibt das Land<br>vier Millionen für die Deiche.</p>",
        "<div class='lead'><p>Nach der Flut gibt das Land</p><p>vier Millionen für die Deiche.</p></div>",
    ],
)
def test_a_line_break_in_a_lead_separates_words(lead: str) -> None:
    body = page(h1=SHOWN).replace(b"</h1>", f"</h1>{lead}".encode())
    assert extract(body).lead == "Nach der Flut gibt das Land vier Millionen für die Deiche."


@pytest.mark.parametrize(
    ("title", "bare"),
    [
        ("Deich hält | Holmbote", "Deich hält"),
        ("Deich hält – Der Holmbote", "Deich hält"),
        ("Deich hält - holmbote.example", "Deich hält"),
        ("Holmbote: Deich hält", "Deich hält"),
        ("Deich hält – Ruhntal atmet auf", "Deich hält – Ruhntal atmet auf"),
        ("Hochwasser: Deich hält", "Hochwasser: Deich hält"),
        ("Deich hält", "Deich hält"),
    ],
)
def test_the_outlets_name_is_removed_from_a_title(title: str, bare: str) -> None:
    assert without_site(title, ("Holmbote", "holmbote.example")) == bare


@pytest.mark.parametrize(
    ("line", "repeated"),
    [
        ("Deich hält in der Nacht", True),
        ("DEICH HÄLT IN DER NACHT", True),
        ("Hochwasser im Ruhntal Deich hält in der Nacht", True),
        ("In der Nacht", False),
        ("Deich hält in der Nacht, obwohl das Wasser höher stand als je zuvor.", False),
    ],
)
def test_a_line_that_repeats_the_title(line: str, repeated: bool) -> None:
    assert repeats_title(line, [SHOWN]) is repeated


def test_mark_up_that_a_headline_talks_about_is_part_of_it() -> None:
    assert extract(page(h1="Das Element &lt;video&gt; wird ersetzt")).headline == "Das Element <video> wird ersetzt"


@pytest.mark.parametrize(
    "frame",
    [
        "<dialog><h1>Diesen Deich merken</h1></dialog>",
        "<a href='/'><h1>Der Bote vom Deich</h1></a>",
        "<h1 class='visually-hidden'>Artikel vom Deich</h1>",
        "<h1 aria-roledescription='Beitrag 3 von 3'>Meldungen vom Deich</h1>",
    ],
)
def test_a_heading_that_readers_do_not_see_as_such_is_no_headline(frame: str) -> None:
    shown = "Ein langer Montag am Deich"
    assert extract(page(h2=shown, og=SHARED_AS, declared=SEARCHED, before=frame)).headline == shown
