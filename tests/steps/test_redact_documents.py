"""redact: feeds that list the article are found however they spell its address, and chains of redirects are."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from pipeline.archive.archive import Archive
from pipeline.archive.exchange import Exchange
from pipeline.archive.storage import Folder
from pipeline.ids import article_id
from pipeline.ledger.log import utc_now
from pipeline.steps.listing import Sought, lists, name_in_path
from pipeline.steps.name_mask import NameMask
from pipeline.steps.redact import RedactionRequest, redact
from tests.worlds.loopback import Answer
from tests.worlds.stored import archived_with
from tests.worlds.world import PARAGRAPHS, World

ADDRESS = "https://courier.example/away/orla-quillfeather"
RSS = """<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel><title>Courier</title>
<link>https://courier.example/</link><item><title>Orla Quillfeather is away</title><link>{link}</link></item>
</channel></rss>"""
UTF_8 = RSS.format(encoding="utf-8", link=ADDRESS).encode()
JSON = r"""{"version": "https://jsonfeed.org/version/1.1", "title": "Courier", "items": [{"id": "1", "title": "Away",
"url": "https:\u002f\u002fcourier.example\u002faway\u002forla-quillfeather"}]}"""
FEEDS = {
    "as it is": UTF_8,
    "relative link": RSS.format(encoding="utf-8", link="orla-quillfeather").encode(),
    "UTF-16": RSS.format(encoding="utf-16", link=ADDRESS).encode("utf-16"),
    "gzip without a header that says so": gzip.compress(UTF_8),
    "capitals": RSS.format(encoding="utf-8", link=ADDRESS.replace("https://c", "HTTPS://C")).encode(),
    "escapes of JSON": JSON.encode(),
    "percent escapes": RSS.format(encoding="utf-8", link=ADDRESS.replace("-", "%2D")).encode(),
    "with tracking parameters and relative": RSS.format(
        encoding="utf-8", link="orla-quillfeather?utm_source=rss"
    ).encode(),
    "no text at all": b"\x1f\x8b damaged",
}
OTHER = RSS.format(encoding="utf-8", link="https://courier.example/other").encode()


def is_listed(folder: Path, body: bytes, mask: NameMask | None = None) -> bool:
    storage = Folder(folder)
    exchange = Exchange(
        url="https://courier.example/away/feed.xml",
        request_headers=(),
        status=200,
        reason="OK",
        headers=((b"Content-Type", b"application/xml"),),
        body_sent=body,
        fetched_at=utc_now(),
    )
    with Archive(storage, rotate_bytes=1_000_000, now=utc_now) as archive:
        location = archive.write(exchange).location
    sought = Sought([article_id(ADDRESS)], [name_in_path(ADDRESS)], re.compile("(?!)"), [], [], mask)
    return lists(location, storage=storage, sought=sought)


@pytest.mark.parametrize("body", FEEDS.values(), ids=FEEDS)
def test_a_feed_that_lists_the_article_is_found(body: bytes, tmp_path: Path) -> None:
    assert is_listed(tmp_path, body)
    assert is_listed(tmp_path, body, NameMask("Orla Quillfeather"))


@pytest.mark.parametrize(
    "said",
    [
        "Jürgen Müller",
        r"M\u00fcller",
        "&lt;p&gt;Herr M&amp;uuml;ller&lt;/p&gt;",
        "M&amp;#252;ller",
        "Mül\u00adler",
        "<b>M</b>üller",
    ],
)
def test_a_name_in_a_document_is_found_however_it_is_written(said: str, tmp_path: Path) -> None:
    body = UTF_8.replace(b"Orla Quillfeather is away", said.encode())
    assert is_listed(tmp_path, body, NameMask("Jürgen Müller"))


def test_a_feed_of_other_articles_stays(tmp_path: Path) -> None:
    assert not is_listed(tmp_path, OTHER)
    assert not is_listed(tmp_path, UTF_8, NameMask("Ada Lindqvist"))


@pytest.mark.slow
def test_every_hop_of_a_redirect_is_erased_and_those_of_others_stay(world: World) -> None:
    web = world.web
    web.feed("/feed.xml", ("/a", "Away"), ("/b", "Harbour reopened"))
    for path, target in {
        "/a": "/hop-quillfeather",
        "/hop-quillfeather": "/via",
        "/via": "/final",
        "/b": "/hop-harbour",
        "/hop-harbour": "/reopened",
    }.items():
        web.answers[path] = Answer(status=302, headers={"Location": target})
    web.page("/final", "Orla Quillfeather is away", *PARAGRAPHS)
    web.page("/reopened", "Harbour reopened", *PARAGRAPHS)
    web.answers["/feed.xml"] = Answer(
        web.answers["/feed.xml"].body.replace(f"{web.base}/a".encode(), b"/a").decode().encode("utf-16"),
        content_type="application/rss+xml",
    )
    world.ingest()
    assert archived_with(world.settings, "/hop-quillfeather")
    (feed,) = world.rows("select warc_offset from ledger.feed_polled")
    with world.stores() as stores:
        redaction = redact(stores, RedactionRequest(f"{web.base}/a", "asked"))
    assert archived_with(world.settings, "hop-quillfeather") == archived_with(world.settings, "/via") == set()
    assert archived_with(world.settings, "hop-harbour") != set()
    assert feed["warc_offset"] in {record.warc_offset for record in redaction.records}
