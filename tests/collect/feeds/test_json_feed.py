"""JSON Feed 1.0 and 1.1, also with small errors, and other JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.collect.feeds import Feed, FeedItem, FeedKind, NotAFeed
from pipeline.events import Enclosure
from tests.collect.feeds.sample_feeds import URL, read

PAGE = "https://bote.example/pegel"
PARAGRAPH = "<p>Das Wasser der Ruhna ist in der Nacht um zwei Meter gefallen, teilte der Landkreis mit.</p>"
ITEM = {
    "id": "p-1",
    "url": PAGE,
    "title": "Pegel fällt",
    "summary": "Das Wasser geht zurück.",
    "content_html": PARAGRAPH * 4 + "<script>x()</script>",
    "date_published": "2026-03-02T08:15:00+01:00",
    "date_modified": "2026-03-02T10:00:00+01:00",
}


def feed_of(*items: object, **fields: Any) -> Feed:
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Bote", "items": list(items), **fields}
    return read(json.dumps(feed), "application/feed+json")


def item_of(**fields: object) -> FeedItem:
    (only,) = feed_of(fields).items
    return only


@pytest.mark.parametrize("url", ["/1.jpg", "/1.mp3", "https://bote.example/", "mailto:a@bote.example"])
def test_the_id_is_the_page_if_the_url_is_none(url: str) -> None:
    assert item_of(id=PAGE, url=url).url == PAGE
    assert item_of(id="https://bote.example/1.jpg", url=PAGE).url == PAGE
    assert feed_of({"id": "https://bote.example/1.jpg", "title": "Pegel"}).dropped == 1


def test_an_item_as_the_feed_gave_it() -> None:
    feed = feed_of(ITEM)
    (only,) = feed.items
    assert (feed.kind, feed.warnings, feed.dropped) == (FeedKind.JSON_FEED, (), 0)
    assert (only.url, only.guid, only.title, only.summary) == (PAGE, "p-1", "Pegel fällt", "Das Wasser geht zurück.")
    assert only.content == PARAGRAPH * 4
    assert only.published_at == datetime(2026, 3, 2, 7, 15, tzinfo=UTC)
    assert only.updated_at == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert feed_of(ITEM, version="https://jsonfeed.org/version/1").items == feed.items


LINKS: dict[str, tuple[dict[str, object], str, str]] = {
    "url": ({"id": "1", "url": PAGE, "external_url": "https://a.example/"}, PAGE, "1"),
    "external_url": ({"id": "1", "external_url": PAGE}, PAGE, "1"),
    "an id that is an address": ({"id": PAGE}, PAGE, PAGE),
    "an id that is a number": ({"id": 12, "url": PAGE}, PAGE, "12"),
    "a relative url": ({"url": "/pegel"}, PAGE, PAGE),
    "an attachment": ({"id": "1", "attachments": [{"url": "/1.mp3"}]}, "https://bote.example/1.mp3", "1"),
}


@pytest.mark.parametrize(("fields", "url", "guid"), LINKS.values(), ids=LINKS)
def test_links(fields: dict[str, object], url: str, guid: str) -> None:
    only = item_of(**fields)
    assert (only.url, only.guid) == (url, guid)


def test_a_title_is_plain_text_on_one_line() -> None:
    """JSON Feed 1.1: "content_html: This is the only place HTML is used"."""
    assert item_of(url=PAGE, title="Mit <b> und &amp;\n  Zeile 2").title == "Mit <b> und &amp; Zeile 2"


def test_authors_tags_and_attachments() -> None:
    files: list[object] = [
        {"url": "/1.png", "mime_type": "image/png", "size_in_bytes": 99},
        {"url": "/1.mp3", "size_in_bytes": "?"}, "x", {"url": None},
    ]  # fmt: skip
    found = item_of(
        authors=[{"name": "Karin Holm"}, "Al Ott", None],
        author={"name": "Jens Aal"},
        tags=["Rat", {}],
        attachments=files,
    )
    assert (found.authors, found.categories) == (("Karin Holm", "Al Ott", "Jens Aal"), ("Rat",))
    assert found.enclosures == (
        Enclosure("https://bote.example/1.png", "image/png", 99),
        Enclosure("https://bote.example/1.mp3"),
    )
    assert found.url == "https://bote.example/1.mp3"
    assert feed_of({"attachments": files[:1]}).dropped == 1


TEXTS: dict[str, tuple[dict[str, object], tuple[str | None, str | None]]] = {
    "only HTML": ({"content_html": PARAGRAPH}, (None, PARAGRAPH)),
    "only text": ({"content_text": "Pegel\n\nfällt < 2 m"}, ("Pegel\n\nfällt < 2 m", None)),
    "a summary and text": (
        {"summary": "Pegel", "content_text": "Pegel\n\nfällt < 2 m"},
        ("Pegel", "<p>Pegel</p>\n<p>fällt &lt; 2 m</p>"),
    ),
    "of other types": ({"summary": ["Pegel"], "content_html": {"a": 1}, "content_text": None}, (None, None)),
    "unpaired surrogates and NUL": ({"summary": "Pegel\ud83d \u0000fällt"}, ("Pegel fällt", None)),
}


@pytest.mark.parametrize(("fields", "texts"), TEXTS.values(), ids=TEXTS)
def test_texts(fields: dict[str, object], texts: tuple[str | None, str | None]) -> None:
    only = item_of(url=PAGE, **fields)
    assert (only.summary, only.content) == texts


def test_a_comma_after_the_last_value_is_ignored() -> None:
    feed = read('{"items": [{"url": "https://bote.example/a", "title": "A, ]",}, ]}', "application/feed+json")
    assert [(item.url, item.title) for item in feed.items] == [("https://bote.example/a", "A, ]")]


def test_dates_that_are_numbers() -> None:
    for written in (1772435700, "1772435700", 1772435700000, 1772435700.5):
        assert item_of(url=PAGE, date_published=written).published_at == datetime(2026, 3, 2, 7, 15, tzinfo=UTC)
    feed = feed_of({"url": PAGE, "date_published": 17}, {"url": "/2", "date_published": "2026-03-11T00:00:00Z"})
    assert feed.warnings == ("bad_date", "future_date")


def test_items_without_a_page_or_beyond_the_maximum_are_counted() -> None:
    feed = feed_of({"id": "1"}, "Pegel", None, ITEM)
    assert (len(feed.items), feed.dropped, feed.warnings) == (1, 3, ("item_without_link",))
    many = feed_of(*({"url": f"/{no}"} for no in range(10_500)))
    assert (len(many.items), many.dropped, many.warnings) == (10_000, 500, ("too_many_items",))


def test_links_are_relative_to_the_home_page_if_the_address_is_unknown() -> None:
    body = json.dumps({"version": "https://jsonfeed.org/version/1", "home_page_url": PAGE, "items": [{"url": "x"}]})
    assert read(body, url="").items[0].url == "https://bote.example/x"


ODD = {
    "not a number": f'{{"x": NaN, "items": [{{"url": "{PAGE}", "x": -Infinity}}]}}',
    "a number of a million digits": f'{{"items": [{{"url": "{PAGE}", "id": {"9" * 1_000_000}}}], "x": 1e999999999}}',
    "a key twice": f'{{"items": [], "items": [{{"url": "/x", "url": "{PAGE}"}}]}}',
    "control characters in a text": f'{{"items": [{{"url": "{PAGE}", "title": "a\tb\n\x07c"}}]}}',
    "a byte order mark": f'\ufeff{{"items": [{{"url": "{PAGE}"}}]}}',
    "no version": f'  {{"items": [{{"url": "{PAGE}"}}]}}',
}  # fmt: skip


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_odd_json_is_read(body: str) -> None:
    assert [only.url for only in read(body, "application/json").items] == [PAGE]


NOT_FEEDS = {
    "nothing": ("{}", "JSON without items"),
    "items of no kind": ('{"items": 5}', "JSON without items"),
    "an answer of some interface": ('{"items": [{"price": 5}]}', "JSON that is not a JSON Feed"),
    "cut": ('{"version": "https://jsonfeed.org/version/1", "items": [{"url": "https:', "broken JSON"),
    "nested deep": ('{"items": ' + "[" * 100_000, "JSON that is nested too deep"),
    "nested deep in objects": ('{"a":' * 100_000, "JSON that is nested too deep"),
    "millions of values": ('{"items": [' + "{}," * 1_500_000, "JSON of more than"),
}


@pytest.mark.parametrize(("body", "reason"), NOT_FEEDS.values(), ids=NOT_FEEDS)
def test_the_error_says_why_it_is_not_a_json_feed(body: str, reason: str) -> None:
    with pytest.raises(NotAFeed) as caught:
        read(body, "application/json")
    assert str(caught.value).startswith(f"{URL}: not a feed: {reason}")
