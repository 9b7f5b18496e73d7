"""Where redirects from an article's address lead: to the article under another name, or to something else."""

from __future__ import annotations

import pytest

from pipeline.collect.pages.redirections import Redirection, judge_redirection

SITE = "https://www.bote.example"
ASKED = f"{SITE}/politik/der-hafen-bleibt-zu-48213"


def judge(final_url: str, *known_as: str, head: str = "") -> Redirection:
    body = f"<html><head><title>Page</title>{head}</head><body><p>Text.</p></body></html>".encode()
    return judge_redirection(known_as or (ASKED,), final_url, body, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("known_as", "final_url"),
    [
        (ASKED, "http://m.bote.example/politik/der-hafen-bleibt-zu-48213/?utm_source=x#top"),
        (ASKED, f"{SITE}/politik/der-hafen-bleibt-zu-48213?page=1"),
        (ASKED, f"{SITE}/politik/hafen-oeffnet-wieder-48213"),
        (ASKED, f"{SITE}/48213.html"),
        (ASKED, f"{SITE}/artikel/48213/hafen-oeffnet-wieder"),
        (f"{SITE}/48213/bahn-faehrt-wieder", f"{SITE}/48213/bahn-steht-still.html"),
        (ASKED, f"{SITE}/wirtschaft/der-hafen-bleibt-zu"),
        (ASKED, f"{SITE}/wirtschaft/der-hafen-bleibt-zu-900001"),
        (ASKED, "https://archiv.bote.example/der_hafen_bleibt_zu"),
        (f"{SITE}/2026/03/14/hafen", f"{SITE}/politik/hafen.html"),
        (f"{SITE}/ferry-adrift-off-orla", f"{SITE}/ferry-saved-off-orla"),
        (f"{SITE}/story.php?id=48213", f"{SITE}/politik/hafen-48213"),
        (f"{SITE}/story.php?id=7", f"{SITE}/story.php?lang=de&id=7"),
        (f"{SITE}/login/der-hafen", f"{SITE}/login/der-hafen/index.html?x=1"),
        (f"{SITE}/", f"{SITE}/"),
    ],
)
def test_the_article_under_another_name(known_as: str, final_url: str) -> None:
    assert judge(final_url, known_as) is Redirection.TO_ARTICLE


@pytest.mark.parametrize(
    ("final_url", "expected"),
    [
        (f"{SITE}/", Redirection.TO_FRONT_PAGE),
        ("https://elsewhere.example", Redirection.TO_FRONT_PAGE),
        ("https://elsewhere.example/politik/der-hafen-bleibt-zu-48213", Redirection.TO_OTHER_SITE),
        ("https://elsewhere.example/we-value-your-privacy", Redirection.TO_OTHER_SITE),
        ("https://consent.bote.example/", Redirection.TO_WALL),
        (f"{SITE}/consent/tcf/politik/der-hafen-bleibt-zu-48213", Redirection.TO_WALL),
        (f"{SITE}/login.php", Redirection.TO_WALL),
        (f"{SITE}/login/schritt-1", Redirection.TO_WALL),
        (f"{SITE}/wartung/der-hafen-bleibt-zu-48213", Redirection.TO_ARTICLE),
        (f"{SITE}/abo", Redirection.TO_WALL),
        (f"{SITE}/pruefung?ziel=%2Fpolitik%2Fder-hafen-bleibt-zu-48213", Redirection.TO_WALL),
        (f"{SITE}/politik/die-bahn-faehrt-nicht-48999", Redirection.TO_OTHER_ARTICLE),
        (f"{SITE}/politik/die-bahn-bleibt-zu-48999", Redirection.TO_OTHER_ARTICLE),
        (f"{SITE}/politik/", Redirection.TO_OTHER_PAGE),
        (f"{SITE}/politik/index.html", Redirection.TO_OTHER_PAGE),
        (f"{SITE}/suche?q=hafen", Redirection.TO_OTHER_PAGE),
        (f"{SITE}/404", Redirection.TO_OTHER_PAGE),
    ],
)
def test_other_targets_are_distinguished(final_url: str, expected: Redirection) -> None:
    assert judge(final_url) is expected


@pytest.mark.parametrize(
    ("known_as", "final_url"),
    [
        (f"{SITE}/20260314/hafen", f"{SITE}/20260314/"),
        (f"{SITE}/politik/48213", f"{SITE}/politik/"),
        (f"{SITE}/48213/artikel", f"{SITE}/48999/artikel"),
        (f"{SITE}/politik/index.html", f"{SITE}/sport/index.html"),
        (f"{SITE}/liveblog-zum-hafen-tag-512", f"{SITE}/liveblog-zum-hafen-tag-513"),
        (f"{SITE}/wetter-in-der-stadt-am-montag-48213", f"{SITE}/wetter-in-der-stadt-am-dienstag-48999"),
        (f"{SITE}/das-wetter-am-montag-in-holmland", f"{SITE}/das-wetter-am-dienstag-in-holmland"),
        (f"{SITE}/las-cifras-del-lunes-en-el-norte", f"{SITE}/las-cifras-del-martes-en-el-norte"),
        (f"{SITE}/arbeitslose-im-norden-im-januar", f"{SITE}/arbeitslose-im-norden-im-februar"),
        (f"{SITE}/die-geschichte-des-hafens-teil-ii", f"{SITE}/die-geschichte-des-hafens-teil-iii"),
        (f"{SITE}/us-politics-today", f"{SITE}/us-politics"),
        (f"{SITE}/stadt-ort24825/bahn-faehrt-wieder-48213.html", f"{SITE}/stadt-ort24825/"),
        (f"{SITE}/stadt-ort24825/bahn-faehrt-wieder-48213.html", f"{SITE}/stadt-ort24825/etwas-anderes-48999.html"),
        (f"{SITE}/news/10017/bahn-faehrt-wieder-48213", f"{SITE}/news/10017/"),
        (f"{SITE}/14032026/bahn-faehrt-wieder-heute", f"{SITE}/14032026/ein-anderer-artikel-hier"),
        (f"{SITE}/story.php?id=7", f"{SITE}/story.php?id=8"),
        (f"{SITE}/story.php?id=7", f"{SITE}/story.php"),
    ],
)
def test_a_different_page_with_a_similar_address(known_as: str, final_url: str) -> None:
    assert judge(final_url, known_as) in {Redirection.TO_OTHER_PAGE, Redirection.TO_OTHER_ARTICLE}


@pytest.mark.parametrize(
    "head",
    [
        f'<link rel="canonical" href="{ASKED}">',
        '<link href="/politik/der-hafen-bleibt-zu-48213/" rel="Canonical nofollow">',
        f'<meta property="og:url" content=" {ASKED}?utm_source=x ">',
        f'<link rel="canonical" href="http://[broken"><meta property="og:url" content="{ASKED}">',
        f'<link rel="canonical" href="{SITE}/wirtschaft/hafen-48213">',
    ],
)
def test_a_page_may_say_that_it_is_the_article(head: str) -> None:
    assert judge(f"{SITE}/a?b=c", head=head) is Redirection.TO_ARTICLE


def test_on_another_site_only_the_article_s_exact_address_counts() -> None:
    assert judge("https://new.example/hafen", head=f'<link rel="canonical" href="{ASKED}">') is Redirection.TO_ARTICLE
    head = '<link rel="canonical" href="https://new.example/der-hafen-bleibt-zu-48213">'
    assert judge("https://new.example/hafen", head=head) is Redirection.TO_OTHER_SITE


def test_a_page_that_names_another_address_is_another_page() -> None:
    head = f'<link rel="canonical" href="{SITE}/politik/"><meta property="og:url" content="{SITE}/">'
    assert judge(f"{SITE}/politik/?seite=1", head=head) is Redirection.TO_OTHER_PAGE


@pytest.mark.parametrize(("others", "expected"), [(4, Redirection.TO_ARTICLE), (5, Redirection.TO_OTHER_PAGE)])
def test_a_page_is_judged_by_the_first_addresses_that_it_gives(others: int, expected: Redirection) -> None:
    head = f'<link rel="canonical" href="{SITE}/politik/">' * others + f'<link rel="canonical" href="{ASKED}">'
    assert judge(f"{SITE}/politik/?seite=1", head=head) is expected


def test_an_article_is_known_by_the_addresses_that_its_feed_address_led_to() -> None:
    link = "https://feeds.example/~r/bote/3x7"
    assert judge(ASKED, link, ASKED) is Redirection.TO_ARTICLE
    assert judge(f"{SITE}/politik/hafen-oeffnet-48213", link, ASKED) is Redirection.TO_ARTICLE
    assert judge(f"{SITE}/politik/", link, ASKED) is Redirection.TO_OTHER_PAGE


@pytest.mark.parametrize("body", [b"", b"\x00\xff\xfe", b"<", b"<html></html>"])
def test_a_page_that_cannot_be_parsed_names_no_address(body: bytes) -> None:
    assert judge_redirection([ASKED], f"{SITE}/politik/", body, None) is Redirection.TO_OTHER_PAGE
