"""The records of the archive that an erasure takes: a feed may name an article in many ways."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.archive.archive import Archive
from pipeline.archive.exchange import Exchange
from pipeline.archive.storage import archive_storage
from pipeline.events import ItemDiscovered
from pipeline.ledger import Ledger, Run
from pipeline.steps.redacted_records import records_about
from tests.worlds.ledgers import settings_at
from tests.worlds.stories import NOON, discovered

ITEM = discovered("https://alpha.example/s-41ab/report?id=7", NOON, title="Orla & the roof leak", guid="tag:77")


def is_found(
    body: bytes,
    ledger: Ledger,
    data: Path,
    item: ItemDiscovered = ITEM,
    url: str = "https://alpha.example/feed",
) -> bool:
    exchange = Exchange(
        url=url,
        request_headers=(),
        status=200,
        reason="",
        headers=((b"Content-Type", b"application/xml"),),
        body_sent=body,
        fetched_at=NOON,
    )
    storage = archive_storage(settings_at(data))
    with Archive(storage, rotate_bytes=10**6, now=lambda: NOON) as archive:
        place = archive.write(exchange).location
    return place.warc_offset in [
        found.warc_offset for found in records_about(ledger, storage, [item], {item.article_id}, None, 1)
    ]


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
        "<link>https://web.archive.org/web/2026id_/http://alpha.example/s-41ab/report?id=7</link>",
        "<a href='https://alpha.example/s-41ab/report?utm_medium=a&amp;amp;id=7'>",
        "<?xml version='1.0' encoding='utf-16'?><title>Orla &amp; the roof leak</title>".encode("utf-16"),
        "<?xml version='1.0' encoding='iso-8859-1'?><p>Köln</p><guid>tag:77</guid>".encode("latin-1"),
    ],
)
def test_a_feed_that_names_the_article_is_found(feed: str | bytes, ledger: Ledger, tmp_path: Path) -> None:
    assert is_found(feed if isinstance(feed, bytes) else feed.encode(), ledger, tmp_path / "data")


@pytest.mark.parametrize(
    "feed",
    [
        "<link>https://alpha.example/s-41ab/report?id=8</link><guid>tag:771</guid>",
        "<link>https://alpha.example/s-41ab/report</link><title>The roof leak</title>",
        "<link>https://alpha.example/s-41ab/report?id=77</link>",
        "<link>https://beta.example/s-41ab/report?id=7</link><category>s-41ab</category>",
    ],
)
def test_other_feeds_stay(feed: str, ledger: Ledger, tmp_path: Path) -> None:
    assert not is_found(feed.encode(), ledger, tmp_path / "data")


FEED = "<rss><channel><title>Alpha</title><link>https://alpha.example/</link><ttl>1</ttl>{}</channel></rss>"
SAID = "<item><title>{}</title><link>https://alpha.example/{}</link><guid>{}</guid></item>"


@pytest.mark.parametrize(
    ("title", "path", "guid", "url", "found"),
    [
        ("News", "other", "2", "https://alpha.example/feed", False),
        ("Something else", "other", "1", "https://alpha.example/feed", True),
        ("Something else", "other", "1", "https://alpha.example/sport", False),
        ("Something else", "1", "2", "https://alpha.example/sport", True),
    ],
)
def test_a_short_guid_counts_in_its_own_feed_and_a_short_title_nowhere(
    title: str, path: str, guid: str, url: str, found: bool, ledger: Ledger, tmp_path: Path
) -> None:
    item = discovered("https://alpha.example/1", NOON, title="News", guid="1")
    feed = FEED.format(SAID.format(title, path, guid))
    assert is_found(feed.encode(), ledger, tmp_path / "data", item, url) is found


def test_a_guid_of_another_article_and_a_title_of_others_are_no_evidence(
    ledger: Ledger, run: Run, tmp_path: Path
) -> None:
    item = discovered("https://alpha.example/bridge", NOON, title="News of the day", guid="place-1")
    feed = FEED.format(SAID.format("News of the day", "other", "place-1")).encode()
    assert is_found(feed, ledger, tmp_path / "before", item)
    other = discovered("https://alpha.example/other", NOON, title="News of the Day", guid="place-1")
    ledger.append([item, other], run)
    assert not is_found(feed, ledger, tmp_path / "data", item)
    assert is_found(FEED.format(SAID.format("", "bridge", "2")).encode(), ledger, tmp_path / "own", item)
