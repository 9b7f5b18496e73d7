"""JSON-LD for search engines, in a different style for each outlet."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from pipeline.demo.articles import Form
from pipeline.demo.editions import Edition
from pipeline.events import Access

_WriteTime = Callable[[Edition, datetime], str]


def graph_json_ld(edition: Edition) -> str:
    """One document with an @graph, as WordPress plugins write it."""
    publisher = {"@type": "NewsMediaOrganization", "@id": f"{_home(edition)}#verlag", "name": edition.outlet.name}
    page = {"@type": "WebPage", "@id": edition.url, "url": edition.url, "name": edition.article.headline}
    article = {**_article(edition, _local), "publisher": {"@id": f"{_home(edition)}#verlag"}}
    return _script({"@context": "https://schema.org", "@graph": [publisher, page, article, _breadcrumbs(edition)]})


def article_json_ld(edition: Edition) -> str:
    """One document with only the article; local times with milliseconds."""
    return _script({"@context": "https://schema.org", **_article(edition, _local_milliseconds), **_publisher(edition)})


def breadcrumb_json_ld(edition: Edition) -> str:
    """Only the breadcrumbs, which pages often put before the article."""
    return _script({"@context": "https://schema.org", **_breadcrumbs(edition)})


def listed_json_ld(edition: Edition) -> str:
    """A list of documents; times in UTC, written with a Z."""
    article = {"@context": "https://schema.org", **_article(edition, _utc), **_publisher(edition)}
    return _script([article, {"@context": "https://schema.org", **_breadcrumbs(edition)}])


def _article(edition: Edition, write_time: _WriteTime) -> dict[str, object]:
    article = edition.article
    node: dict[str, object] = {
        "@type": "LiveBlogPosting" if article.form is Form.LIVEBLOG else "NewsArticle",
        "mainEntityOfPage": edition.url,
        "headline": article.headline,
        "alternativeHeadline": article.kicker,
        "description": article.lead,
        "articleSection": article.section,
        "inLanguage": edition.outlet.language,
        "datePublished": write_time(edition, edition.published_at),
        "dateModified": write_time(edition, edition.modified_at),
        "isAccessibleForFree": article.access is Access.OPEN,
    }
    if article.authors:
        node["author"] = [{"@type": "Person", "name": name} for name in article.authors]
    if article.access is Access.PAYWALLED:
        node["hasPart"] = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".plus-text"}
    return node


def _publisher(edition: Edition) -> dict[str, object]:
    return {"publisher": {"@type": "NewsMediaOrganization", "name": edition.outlet.name, "url": _home(edition)}}


def _breadcrumbs(edition: Edition) -> dict[str, object]:
    steps = ((edition.outlet.name, _home(edition)), (edition.article.headline, edition.url))
    items = [
        {"@type": "ListItem", "position": place, "item": {"@id": url, "name": name}}
        for place, (name, url) in enumerate(steps, start=1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": items}


def _home(edition: Edition) -> str:
    return edition.url.removesuffix(edition.path) + "/"


def _local(edition: Edition, moment: datetime) -> str:
    return edition.outlet.local(moment).isoformat()


def _local_milliseconds(edition: Edition, moment: datetime) -> str:
    return edition.outlet.local(moment).isoformat(timespec="milliseconds")


def _utc(edition: Edition, moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _script(document: object) -> str:
    """The document as the text of a script element, with `</` escaped because it would end the element."""
    return json.dumps(document, ensure_ascii=False).replace("</", "<\\/")
