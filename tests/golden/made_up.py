"""Made-up pages of made-up outlets, for the tests of extraction."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from pipeline.extract.article import extract_page
from pipeline.extract.extraction import Extraction

CAPTURED_AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

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


URL = "https://holmbote.example/region/deich-haelt"


def extract(body: bytes, *, url: str = URL, captured_at: datetime = CAPTURED_AT) -> Extraction:
    return extract_page(body, url=url, captured_at=captured_at)


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
