"""Pages that say under a good status that there is no such page."""

from __future__ import annotations

import pytest

from pipeline.collect.soft_404 import is_soft_404

NOTHING = [
    "404",
    "HTTP 404",
    "404 Error",
    "404 Not Found",
    "404 - Page Not Found",
    "404 – Seite nicht gefunden – Ferry Post",
    "Fehler 404: Seite nicht gefunden",
    "Error 404 (Not Found)",
    "Ferry Post – 404",
    "Seite nicht gefunden | Ferry Post",
    "Seite nicht vorhanden",
    "Die gesuchte Seite wurde leider nicht gefunden.",
    "Die angeforderte Seite konnte nicht gefunden werden",
    "Diese Seite existiert nicht mehr",
    "Artikel nicht mehr verf&uuml;gbar",
    "Page not found :: Ferry Post",
    "This page could not be found",
    "This story is no longer available",
    "Sorry, this page isn't available.",
    "The page you were looking for doesn’t exist",
    "We can&#39;t find the page you requested",
]
SOMETHING = [
    "",
    "404 dead after earthquake",
    "404 Tote nach Erdbeben",
    "Täter nicht gefunden",
    "Seite an Seite durch den Hafen",
    "Seite nicht gefunden: Warum Links sterben",
    "Page not found: how the web forgets",
    "Ferry no longer available",
    "The page turns",
]


@pytest.mark.parametrize("said", NOTHING)
@pytest.mark.parametrize("markup", ["<title>{}</title>", "<title>Ferry Post</title><h1 class='big'><b>{}</b></h1>"])
def test_a_page_says_that_there_is_none(said: str, markup: str) -> None:
    assert is_soft_404(markup.format(said).encode(), "text/html; charset=utf-8")


@pytest.mark.parametrize("said", SOMETHING)
def test_a_page_says_something(said: str) -> None:
    assert not is_soft_404(f"<title>{said}</title><h1>{said}</h1>".encode(), None)


@pytest.mark.parametrize(
    "dated",
    ['<meta property="article:published_time" content="2026-03-14">', '<script>{"datePublished": "2026"}</script>'],
)
def test_an_article_called_so_is_one(dated: str) -> None:
    assert not is_soft_404(f"<title>Page not found</title>{dated}".encode(), None)
