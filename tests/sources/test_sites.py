"""What addresses say about their outlet: the registered domain, an id, a name, a country, a language."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources import HttpUrl, SourceId
from pipeline.sources.sites import (
    address_key,
    country_of,
    http_address,
    language_of,
    outlet_of,
    registrable_host,
    shared_name,
    slug,
    suggest_id,
    tidy_name,
)

COUNTRIES = {
    ("bote.de", None): "DE",
    ("bote.at", "de-DE"): "AT",
    ("www.bote.ch", "fr"): "CH",
    ("bote.co.uk", "en"): "GB",
    ("bote.scot", None): "GB",
    ("bote.com.au", "en"): "AU",
    ("bote.wien", "de"): "AT",
    ("bote.berlin", "en"): "DE",
    ("bote.zuerich", None): "CH",
    ("bote.com", "de"): "DE",
    ("bote.com", "de-AT"): "AT",
    ("bote.com", "en_GB"): "GB",
    ("bote.com", "en-UK"): "GB",
    ("bote.com", "en"): "US",
    ("bote.org", "zh-Hant-TW"): "TW",
    ("bote.net", "es-419"): "ES",
    ("bote.io", "de"): "DE",
    ("bote.tv", "fr-FR"): "FR",
    ("bote.eu", "sv"): "SE",
    ("bote.com", None): "ZZ",
    ("bote.com", "sw"): "ZZ",
    ("127.0.0.1", "de"): "DE",
}
LANGUAGES = {
    "de": "de", "DE-at": "de", "de_CH.UTF-8": "de", "en-GB": "en", "zh-Hans-CN": "zh", "gsw": "gsw", " fr ": "fr",
    "german": None, "": None, "x-default": None, "und": None, "d": None, None: None,
}  # fmt: skip
HOSTS = {
    "www.bote.de": "bote.de",
    "bote.de": "bote.de",
    "news.bote.co.uk": "bote.co.uk",
    "bote.co.uk": "bote.co.uk",
    "a.b.bote.or.at": "bote.or.at",
    "www.bote.com.au": "bote.com.au",
    "www.bote.in.ua": "bote.in.ua",
    "berita.bote.web.id": "bote.web.id",
    "stadt.kawasaki.jp": "stadt.kawasaki.jp",
    "www.xn--mnchner-bote-dlb.de": "xn--mnchner-bote-dlb.de",
    "stadtblog.github.io": "stadtblog.github.io",
    "stadtblog.blogspot.com": "stadtblog.blogspot.com",
    "www.stadtblog.wordpress.com": "stadtblog.wordpress.com",
    "localhost": "localhost",
    "bote.localhost": "bote.localhost",
    "127.0.0.1": "127.0.0.1",
}
IDS = {
    "https://www.tagblatt.de/": "tagblatt",
    "https://news.tag-blatt.co.uk/x": "tag-blatt",
    "https://münchner-bote.de/": "muenchner-bote",
    "https://xn--mnchner-bote-dlb.de/": "muenchner-bote",
    "https://stadtblog.substack.com/": "stadtblog",
    "https://feeds.feedburner.com/StadtBlog": "stadtblog",
    "https://www.youtube.com/feeds/videos.xml?channel_id=UCx1": "ucx1",
    "http://127.0.0.1:8000/": "127-0-0-1",
    "https://почта.рф/": "xn-80a1acny",
}


@pytest.mark.parametrize(("given", "country"), COUNTRIES.items())
def test_country_of_host_and_tag(given: tuple[str, str | None], country: str) -> None:
    assert country_of(*given) == country


@pytest.mark.parametrize(("tag", "language"), LANGUAGES.items())
def test_language_of_a_tag(tag: str | None, language: str | None) -> None:
    assert language_of(tag) == language


@pytest.mark.parametrize(("host", "registrable"), HOSTS.items())
def test_registrable_host(host: str, registrable: str) -> None:
    assert registrable_host(host) == registrable


@pytest.mark.parametrize(("url", "source_id"), IDS.items())
def test_a_suggested_id(url: str, source_id: str) -> None:
    assert suggest_id(url) == source_id


def test_outlets_on_shared_hosts_are_distinguished() -> None:
    assert outlet_of("https://feeds.feedburner.com/a") != outlet_of("https://feeds.feedburner.com/b")
    assert outlet_of("https://a.substack.com/feed") != outlet_of("https://b.substack.com/feed")
    assert outlet_of("https://rss.bote.de/alles") == outlet_of("https://www.bote.de/")


def test_addresses_without_a_relevant_difference() -> None:
    assert address_key("http://bote.example/feed/?utm_source=rss") == address_key("https://www.bote.example/feed")
    assert address_key("https://bote.example/feed?c=1") != address_key("https://bote.example/feed?c=2")


ADDRESSES = {
    "https://bote.example/feed#top": "https://bote.example/feed",
    "HTTPS://bote.example/Feed": "https://bote.example/Feed",
    " feed:https://bote.example/a b ": "https://bote.example/a%20b",
    "feed://bote.example/rss": "http://bote.example/rss",
    "Feed://bote.example/rss": "http://bote.example/rss",
    "https://münchner-bote.de/ü": "https://münchner-bote.de/ü",
    "https://bote.example/\x1b[2J": None,
    "ftp://bote.example/": None,
    "bote.example": None,
    "https://": None,
    "https://[::1": None,
    "https://bote.example:port/": None,
    "": None,
    None: None,
}


@pytest.mark.parametrize(("text", "address"), ADDRESSES.items())
def test_addresses_are_made_requestable(text: str | None, address: str | None) -> None:
    assert http_address(text) == address


NAMES = [
    (["Bote - Politik", "Bote - Sport"], "Bote"),
    (["Bote: Politik", "Bote"], "Bote"),
    (["Der Bote | Wien", "Der Bote | Wirtschaft"], "Der Bote"),
    (["Tagblatt Nord", "Tagblatt Ost"], "Tagblatt"),
    (["Botenstoff", "Botschaft"], None),
    (["Politik", "Sport"], None),
    (["Bote – Aktuelle Nachrichten"], "Bote – Aktuelle Nachrichten"),
    ([], None),
]


@pytest.mark.parametrize(("titles", "name"), NAMES)
def test_common_beginning_of_titles(titles: list[str], name: str | None) -> None:
    assert shared_name(titles) == name


def test_names_are_one_line_and_slugs_are_valid_ids() -> None:
    assert tidy_name(" Der\n\t Bote\x00\x1b[0m ") == "Der Bote[0m"
    assert tidy_name("\x07 \n") is None
    assert slug("Žurnál & Straße!") == "zurnal-strasse"
    assert slug("日本") == ""
    assert len(slug("x" * 99)) == 64


@given(st.text() | st.text().map("https://bote.example/{}".format) | st.text().map("http://{}.example/".format))
def test_any_text_is_a_valid_address_or_none(text: str) -> None:
    url = http_address(text)
    if url is not None:
        msgspec.convert(url, HttpUrl)
        msgspec.convert(suggest_id(url), SourceId)
        outlet_of(url)
