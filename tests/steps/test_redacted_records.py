"""The records of the archive that an erasure takes: a feed may name an article in many ways."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.archive.archive import Archive
from pipeline.archive.exchange import Exchange
from pipeline.archive.storage import Folder
from pipeline.ledger import Ledger
from pipeline.steps.redacted_records import records_about
from tests.worlds.stories import NOON, discovered

ITEM = discovered("https://alpha.example/s-41ab/report?id=7", NOON, title="Orla & the roof leak", guid="tag:77")


def is_found(body: bytes, ledger: Ledger, folder: Path) -> bool:
    exchange = Exchange(
        url="https://alpha.example/feed",
        request_headers=(),
        status=200,
        reason="",
        headers=((b"Content-Type", b"application/xml"),),
        body_sent=body,
        fetched_at=NOON,
    )
    with Archive(Folder(folder), rotate_bytes=10**6, now=lambda: NOON) as archive:
        place = archive.write(exchange).location
    return place.warc_offset in [found.warc_offset for found in records_about(ledger, Folder(folder), [ITEM], None, 1)]


@pytest.mark.parametrize(
    "feed",
    [
        "<link>https://alpha.example/s-41ab/report?id=7</link>",
        "<link>https://alpha.example/s-41ab/report?id=7&amp;utm_source=rss</link>",
        "<link>\n  /s-41ab/report?id=7#top\n</link>",
        "<link href='s-41ab/report?id=7'/>",
        "<link>HTTP://Alpha.example/s-41ab/report?id=7</link>",
        '{"url": "https:\\/\\/alpha.example\\/s-41ab\\/report?id=7"}',
        "<link>/s-93cd/report?id=7</link><title>Orla &amp; the\n roof leak</title>",
        "<title><![CDATA[Orla & the roof leak]]></title>",
        "<guid>tag:77</guid>",
        "<?xml version='1.0' encoding='utf-16'?><title>Orla &amp; the roof leak</title>".encode("utf-16"),
        "<?xml version='1.0' encoding='iso-8859-1'?><p>Köln</p><guid>tag:77</guid>".encode("latin-1"),
    ],
)
def test_a_feed_that_names_the_article_is_found(feed: str | bytes, ledger: Ledger, tmp_path: Path) -> None:
    assert is_found(feed if isinstance(feed, bytes) else feed.encode(), ledger, tmp_path / "archive")


@pytest.mark.parametrize(
    "feed",
    [
        "<link>https://alpha.example/s-41ab/report?id=8</link><guid>tag:771</guid>",
        "<link>https://alpha.example/s-41ab/report</link><title>The roof leak</title>",
    ],
)
def test_other_feeds_stay(feed: str, ledger: Ledger, tmp_path: Path) -> None:
    assert not is_found(feed.encode(), ledger, tmp_path / "archive")
