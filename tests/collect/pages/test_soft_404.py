"""Pages with status 200 that say that the page does not exist."""

from __future__ import annotations

import pytest

from pipeline.collect.pages.soft_404 import is_soft_404

NOTHING = [
    "404 - Page Not Found",
    "404 – Seite nicht gefunden",
    "Fehler 404: Seite nicht gefunden",
    "Seite nicht gefunden (404)",
    "Ups! Seite nicht gefunden",
    "Seite nicht vorhanden",
    "Die gesuchte Seite wurde leider nicht gefunden.",
    "Die von Ihnen gesuchte Seite wurde nicht gefunden",
    "Leider wurde die Seite nicht gefunden",
    "Die angeforderte Seite konnte nicht gefunden werden",
    "Diese Seite gibt es nicht",
    "Diese Seite existiert nicht mehr",
    "Dieser Artikel steht nicht mehr zur Verfügung",
    "Der von Ihnen aufgerufene Artikel ist nicht mehr verfügbar",
    "Der Artikel wurde gelöscht",
    "Artikel nicht mehr verf&uuml;gbar",
    "Page not found (404)",
    "We're sorry, page not found",
    "Oops! That page can’t be found.",
    "This page could not be found",
    "This article has been removed",
    "This story is no longer available",
    "Sorry, this page isn't available.",
    "The page you were looking for doesn’t exist",
    "We can&#39;t find the page you requested",
]
PERHAPS = ["404", "HTTP 404", "404 Error", "404 Not Found", "Error 404", "Not found", "Nicht gefunden"]
SOMETHING = [
    "",
    "404 dead after earthquake",
    "404 Tote nach Erdbeben",
    "404 – Die Geschichte eines Peugeots",
    "Nicht gefunden – Suche nach vermisstem Landwirt geht weiter",
    "Not found - the missing millions of Port Ellery",
    "Document not available - inquiry told",
    "Täter nicht gefunden",
    "Seite an Seite durch den Hafen",
    "Seite nicht gefunden: Warum Links sterben",
    "Page not found: how the web forgets",
    "Ferry no longer available",
    "The page turns",
]


def says(markup: str, said: str) -> bool:
    return is_soft_404(markup.replace("{}", said).encode(), "text/html; charset=utf-8")


@pytest.mark.parametrize("said", NOTHING)
@pytest.mark.parametrize(
    "markup",
    [
        "<title>{}</title>",
        "<title>{} | Ferry Post</title>",
        "<title>Ferry Post – {}</title><h1>Ferry Post</h1>",
        "<title>{}</title><h1>Oops!</h1>",
        "<title>Ferry Post</title><h1 class='big'><b>{}</b></h1>",
    ],
)
def test_messages_that_a_page_does_not_exist(markup: str, said: str) -> None:
    assert says(markup, said)


@pytest.mark.parametrize("said", PERHAPS)
def test_short_messages_count_if_nothing_contradicts_them(said: str) -> None:
    assert says("<title>{}</title>", said)
    assert says("<title>{} – Ferry Post</title>", said)
    assert says("<title>Ferry Post</title><h1>{}</h1>", said)
    assert not says("<title>{} – How the harbour lost its ferries</title>", said)
    assert not says("<title>{} – How the harbour lost its ferries | Ferry Post</title><h1>{}</h1>", said)
    assert not says("<title>{} | Ferry Post</title><h1>How the harbour lost its ferries</h1>", said)


@pytest.mark.parametrize("said", SOMETHING)
def test_other_pages_are_not_taken_for_missing_ones(said: str) -> None:
    assert not says("<title>{}</title><h1>{}</h1>", said)
    assert not says("<title>{} | Ferry Post</title><h1>{}</h1>", said)
    assert not says("<!-- <h1>404</h1> --><title>Ferry Post</title><h1>{}</h1>", said)


@pytest.mark.parametrize("tag", ["<h1>", "<title>", "<h1>404<h1>", "<h1 ", "404 "])
def test_a_page_of_unclosed_tags_is_judged_in_linear_time(tag: str) -> None:
    assert isinstance(is_soft_404(tag.encode() * 2_000_000, None), bool), (
        "takes hours if the end of each tag is searched"
    )


@pytest.mark.parametrize(
    "dated",
    ['<meta property="article:published_time" content="2026-03-14">', '<script>{"datePublished": "2026"}</script>'],
)
def test_a_dated_article_with_such_a_headline_is_an_article(dated: str) -> None:
    assert not is_soft_404(f"<title>Page not found</title>{dated}".encode(), None)
