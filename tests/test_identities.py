"""Identities are the same wherever and whenever they are computed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.canonical_urls import IgnoredParameter, ParameterValue, canonical_url, changed_session, ignored_parameters
from pipeline.ids import article_id, digest, feed_stream, name_uuid, time_uuid

SAME = [
    ("https://www.tagblatt.example/a?utm_source=x&utm_medium=y", "https://www.tagblatt.example/a"),
    ("https://www.tagblatt.example/a#comments", "https://www.tagblatt.example/a"),
    ("https://www.tagblatt.example/a?wt_mc=rss&id=7", "https://www.tagblatt.example/a?id=7"),
    ("https://www.tagblatt.example/a?b=2&a=1", "https://www.tagblatt.example/a?a=1&b=2"),
    ("HTTPS://WWW.Tagblatt.example:443/a", "https://www.tagblatt.example/a"),
    ("https://m.tagblatt.example/a", "https://www.tagblatt.example/a"),
    ("https://amp.tagblatt.example/a", "https://www.tagblatt.example/a"),
    ("https://www.tagblatt.example/a;jsessionid=A1B2C3?PHPSESSID=0f1e", "https://www.tagblatt.example/a"),
    ("https://www.tagblatt.example/a;sid=0f1e0f1e0f1e0f1e", "https://www.tagblatt.example/a"),
    ("https://m.tagblatt.co.uk/a", "https://www.tagblatt.co.uk/a"),
    ("https://www.tagblatt.example/(S(lit3py55t21z5v55vlm25s55))/a", "https://www.tagblatt.example/a"),
    ("https://www.tagblatt.example/b/../a/./c", "https://www.tagblatt.example/a/c"),
    ("https://www.tagblatt.example/a?titel=%c4rger", "https://www.tagblatt.example/a?titel=%C4rger"),
    ("https://www.tagblatt.example/a?partner=rss&emc=rss", "https://www.tagblatt.example/a"),
    ("https://www.tagblatt.example/a?src=rss2", "https://www.tagblatt.example/a"),
    ("https://www.tagblatt.example/a.amp.html", "https://www.tagblatt.example/a.html"),
    ("https://www.tagblatt.example/a?outputType=amp", "https://www.tagblatt.example/a"),
    ("https://www.tagblatt.example/%7eanna/%c3%a4", "https://www.tagblatt.example/~anna/ä"),
    ("https://www.münz.example/a", "https://www.xn--mnz-hoa.example/a"),
]
DIFFERENT = [
    ("https://tagblatt.example/gear/amp", "https://tagblatt.example/gear"),
    ("https://tagblatt.example/amp/gear", "https://tagblatt.example/gear"),
    ("https://tagblatt.example/ticker#!/report/1", "https://tagblatt.example/ticker#!/report/2"),
    ("https://tagblatt.example/ticker#/report/1", "https://tagblatt.example/ticker"),
    ("https://tagblatt.example/a?titel=%C4rger", "https://tagblatt.example/a?titel=%D6rger"),
    ("https://tagblatt.example/M%FCnchen", "https://tagblatt.example/M%E4nchen"),
    ("https://tagblatt.example/a?ns_id=7", "https://tagblatt.example/a?ns_id=8"),
    ("https://tagblatt.example/a?source=harbour", "https://tagblatt.example/a"),
    ("https://tagblatt.example/a?s=storm", "https://tagblatt.example/a"),
    ("https://tagblatt.example/a?tag=b&tag=a", "https://tagblatt.example/a?tag=a&tag=b"),
    ("https://tagblatt.example/a?77&12", "https://tagblatt.example/a?12&77"),
    ("https://tagblatt.example/a?n=1;p=2", "https://tagblatt.example/a?n=1%3Bp=2"),
    ("https://tagblatt.example/a", "https://tagblatt.example/b"),
    ("https://tagblatt.example/a?id=1", "https://tagblatt.example/a?id=2"),
    ("https://tagblatt.example/a%2Fb", "https://tagblatt.example/a/b"),
    ("https://www.straße.example/a", "https://www.strasse.example/a"),
    ("https://tagblatt.example/A", "https://tagblatt.example/a"),
    ("https://tagblatt.example:8080/a", "https://tagblatt.example/a"),
    ("http://tagblatt.example:443/a", "http://tagblatt.example/a"),
    ("https://tagblatt.example/a;sid=12", "https://tagblatt.example/a;sid=13"),
    ("https://tagblatt.example/a?s=12345678901234567890", "https://tagblatt.example/a?s=12345678901234567891"),
    ("https://tagblatt.example/a?src=feed1", "https://tagblatt.example/a?src=feed2"),
    ("https://tagblatt.example/a?taid=5", "https://tagblatt.example/a?taid=6"),
    ("https://tagblatt.example/a?pk_id=12", "https://tagblatt.example/a?pk_id=13"),
    ("https://amp.com.au/a", "https://m.com.au/a"),
    ("https://politik.tagblatt.example/a", "https://tagblatt.example/a"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_address_are_one_article(one: str, other: str) -> None:
    assert canonical_url(one) == canonical_url(other)
    assert article_id(one) == article_id(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_addresses_are_other_articles(one: str, other: str) -> None:
    assert article_id(one) != article_id(other)


def test_scheme_www_and_trailing_slash_make_no_difference() -> None:
    assert article_id("http://www.tagblatt.example/a/") == article_id("https://tagblatt.example/a")


@pytest.mark.parametrize(
    ("old", "new", "is_session"),
    [
        ("/(S(abc12345))/a", "/(S(zz99x1kk))/a", True),
        ("/7d444840-9dc0-11d1-b245-5ffdce74fad2/a", "/3f2504e0-4f89-11d3-9a0c-0305e82c3301/a", True),
        ("/a?utm_source=x", "/a?utm_source=y#top", True),
        ("/2026/03/01/a", "/2026/03/02/a", False),
        ("/v1/a", "/v2/a", False),
        ("/politik/a", "/kultur/a", False),
        ("/hafen-oeffnet-2026/a", "/faehre-bleibt-2027/a", False),
        ("/4711234/a", "/9982310/a", False),
        ("/a/8f3a2c1b", "/a/99zz1x2y", False),
        ("/8f3a2c1b/a?id=1", "/99zz1x2y/a?id=2", False),
    ],
)
def test_only_what_was_drawn_by_lot_may_be_a_session(old: str, new: str, is_session: bool) -> None:
    site = "https://tagblatt.example"
    assert (changed_session(site + old, site + new) is not None) is is_session


PINNED = {
    "https://www.tagblatt.example/politik/gipfel-100.html": "3c9c8d90-97f3-843f-8223-2d6b02e98acc",
    "https://m.tagblatt.example/a%20b/%c3%a4?z=1&a=x+y&leer&utm_source=rss#top": "353d9954-775c-86f5-83cc-32edb6c0c5df",
    "https://www.tagblatt.example:8443/suche?q=c%2B%2B%3Bd": "a5770088-e864-821c-92d4-6541d314a608",
}
"""Ids as version 0.1 made them."""


@pytest.mark.parametrize(("url", "article"), PINNED.items())
def test_the_id_of_an_address_never_changes(url: str, article: str) -> None:
    assert str(article_id(url)) == article


@pytest.mark.parametrize("parameter", ignored_parameters(), ids=lambda parameter: parameter.name)
def test_each_ignored_parameter_is_ignored_as_in_its_example(parameter: IgnoredParameter) -> None:
    article = "https://tagblatt.example/a?id=7"
    assert canonical_url(f"{article}&{parameter.example}") == article
    name = parameter.name.removesuffix("*")
    assert parameter.example.lower().startswith(name)
    if parameter.value is not ParameterValue.ANY:
        assert canonical_url(f"{article}&{name}=harbour") != article


@pytest.mark.parametrize(
    "url", ["", "ftp://x.example/a", "/relative", "https://", "javascript:alert(1)", "http://x:99999999/"]
)
def test_a_string_that_is_not_an_http_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical_url(url)


@given(st.text(max_size=60), st.text(max_size=30))
def test_a_canonical_url_is_its_own_canonical_url(path: str, query: str) -> None:
    url = canonical_url(f"https://tagblatt.example/{path.replace('?', '').replace('#', '')}?{query.replace('#', '')}")
    assert canonical_url(url) == url


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_name_uuids_are_equal_only_for_equal_parts(one: list[str], other: list[str]) -> None:
    assert (name_uuid(*one) == name_uuid(*other)) == (one == other)


def test_uuids_carry_version_and_variant() -> None:
    assert name_uuid("a").version == 8
    made = time_uuid(datetime(2026, 3, 2, tzinfo=UTC))
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"


def test_time_uuids_are_ordered_by_time() -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    made = [str(time_uuid(start + timedelta(milliseconds=n))) for n in range(50)]
    assert made == sorted(made)


def test_digest_names_its_algorithm() -> None:
    assert digest(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_stream_of_a_feed_is_pinned() -> None:
    assert feed_stream("harbour", "https://harbour.example/feed.xml") == "feed:harbour/273b8e06"
