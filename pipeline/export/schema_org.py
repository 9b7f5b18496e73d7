"""Articles with the names of https://schema.org/NewsArticle, as JSON-LD."""

from __future__ import annotations

from typing import Any

from pipeline.export.export_choice import ExportedArticle


def news_article(article: ExportedArticle) -> dict[str, Any]:
    """The article as one JSON-LD object, without what it does not have."""
    whole = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": f"urn:uuid:{article.article_id}",
        "url": article.url,
        "headline": article.headline,
        "abstract": article.lead,
        "articleBody": article.text,
        "articleSection": article.section,
        "author": [{"@type": "Person", "name": name} for name in article.authors],
        "publisher": {"@type": "NewsMediaOrganization", "name": article.source_id},
        "inLanguage": article.language,
        "datePublished": article.published_at,
        "dateModified": article.modified_at,
        "isAccessibleForFree": article.access == "open",
        "correction": article.correction,
        "wordCount": article.word_count,
    }
    return {name: value for name, value in whole.items() if value not in (None, [])}
