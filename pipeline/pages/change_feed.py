"""What outlets changed, and what vanished, as an Atom feed: the entries lead to the pages of the articles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urljoin
from uuid import NAMESPACE_URL, uuid5

import msgspec
from msgspec.structs import replace

from pipeline.export.export_choice import ExportedChange
from pipeline.export.news_feeds import NewsFeed, NewsFeedEntry, atom, change_entry
from pipeline.pages.published_file import PublishedFile
from pipeline.pages.rendering import PageLinks
from pipeline.pages.selection import Period
from pipeline.pages.wording import translations
from pipeline.translatable import Phrase, phrase

ENTRIES = 100
"""Maximum number of entries: the newest ones."""
MEDIA_TYPE = "application/atom+xml"


def change_feed(file: PublishedFile, period: Period, language: str, links: PageLinks, base: str = "") -> bytes:
    """The feed of the period's changes, its words in the language. `base` is its own address; without one, its links
    are relative to it."""
    chosen = period.selection

    def said(phrase: Phrase) -> str:
        return phrase.said(translations(language), str, str)

    values = {
        "since": datetime.combine(period.from_on, time(), UTC),
        "until": datetime.combine(period.to_on + timedelta(days=1), time(), UTC),
        "sources": (chosen.source_id,) if chosen.source_id else (),
        "language": chosen.language,
        "words": chosen.words,
        "most": ENTRIES,
    }
    changes = [_change(row) for row in file.answer("changes", values, "pipeline.export").rows]
    vanished = file.answer("vanished", {**period.values, "row_limit": ENTRIES}).rows
    entries = [
        *(replace(change_entry(each, said), url=_revision(links, each, base)) for each in changes),
        *(_vanished(row, urljoin(base, links.to("article", row.article_id)), said) for row in vanished),
    ]
    entries.sort(key=lambda entry: (entry.updated_at, entry.id), reverse=True)
    names = ", ".join(row.source_id for row in file.sources.rows)
    whole = f"changes of {names} in {language}: {chosen.query}"
    return atom(
        NewsFeed(
            id=f"{base}#{language}" if base else f"urn:uuid:{uuid5(NAMESPACE_URL, whole)}",
            language=language,
            title=": ".join(filter(None, [said(phrase("Changes after publication")), chosen.source_id])),
            link=base or "changes.atom",
            page=urljoin(base, links.to("changes")),
            entries=entries[:ENTRIES],
            updated_at=max((entry.updated_at for entry in entries), default=file.build.built_at),
        )
    )


def _change(row: Any) -> ExportedChange:
    return msgspec.convert({**row._asdict(), "article_id": str(row.article_id)}, ExportedChange)


def _revision(links: PageLinks, change: ExportedChange, base: str) -> str:
    return urljoin(base, f"{links.to('article', change.article_id)}#revision-{change.revision_no}")


def _vanished(row: Any, page: str, said: Callable[[Phrase], str]) -> NewsFeedEntry:
    last_seen = f"{row.last_seen_at:%Y-%m-%d %H:%M} UTC"
    return NewsFeedEntry(
        id=f"urn:uuid:{row.article_id}#vanished-{row.gone_at:%Y-%m-%dT%H:%M:%SZ}",
        url=page,
        title=said(phrase("%(headline)s (vanished)", headline=row.headline or row.url)),
        summary=said(phrase("The page was last there at %(time)s: %(url)s", time=last_seen, url=row.url)),
        authors=(),
        categories=[row.source_id, "vanished"],
        published_at=row.gone_at,
        updated_at=row.gone_at,
    )
