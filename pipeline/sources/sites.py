"""What a web address says about its outlet: the registered domain, a name, a country, a language.

Names, countries and languages are guesses for `newsledger sources add`, which shows them and lets options overrule
them. Recorded events depend on `http_address`, `registrable_host` and `is_on` only.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

from tld import get_fld

from pipeline.canonical_urls import canonical_url
from pipeline.countries import home_of_language
from pipeline.ids import article_id

_PLATFORMS = """
beehiiv.com blogger.de ghost.io livejournal.com medium.com over-blog.com squarespace.com substack.com tumblr.com
twoday.net typepad.com wordpress.com
"""
PLATFORMS = frozenset(_PLATFORMS.split())
"""Domains whose subdomains belong to different people, and which the public suffix list does not name."""
_SHARED_HOSTS = """
feedburner.com feedproxy.google.com feeds.feedburner.com feeds2.feedburner.com medium.com news.google.com reddit.com
rss.app youtube.com
"""
SHARED_HOSTS = frozenset(_SHARED_HOSTS.split())
"""Hosts (without `www.`) that serve the feeds of many outlets, each at its own address."""
_NOT_COUNTRIES = "ac ai cc co eu fm gg io ly me sh su to tv ws"
NOT_COUNTRIES = frozenset(_NOT_COUNTRIES.split())
"""Two-letter domains that say nothing about a country: they are sold to everybody, or belong to no country."""
COUNTRY_OF_DOMAIN = {
    "amsterdam": "NL",
    "barcelona": "ES",
    "bayern": "DE",
    "berlin": "DE",
    "brussels": "BE",
    "cat": "ES",
    "cologne": "DE",
    "cymru": "GB",
    "edu": "US",
    "gov": "US",
    "hamburg": "DE",
    "koeln": "DE",
    "london": "GB",
    "mil": "US",
    "nrw": "DE",
    "nyc": "US",
    "paris": "FR",
    "ruhr": "DE",
    "saarland": "DE",
    "scot": "GB",
    "swiss": "CH",
    "tirol": "AT",
    "uk": "GB",
    "vlaanderen": "BE",
    "wales": "GB",
    "wien": "AT",
    "zuerich": "CH",
}
"""Country (ISO 3166) of domains that are not country codes themselves."""
UNKNOWN_COUNTRY = "ZZ"
"""ISO 3166 reserves this code for its users. Dates of such a source that name no zone are read as UTC."""
MAX_ID_CHARS = 64
MAX_NAME_CHARS = 200
LEAST_NAME_CHARS = 3
"""A shorter common beginning of titles is not used as a name."""

_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z]{4})?(?:[-_]([a-z]{2}))?(?:[-_.@].*)?", re.IGNORECASE)
_NO_LANGUAGES = frozenset({"mul", "und", "zxx"})
_HTTP = re.compile(r"https?://[^\s/?%]+(?:[/?]\S*)?")
_UNREADABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "đ": "d", "ł": "l"})


def http_address(text: str | None) -> str | None:
    """The address as it can be requested, without its fragment; None if it is not http(s).

    A leading `feed:` is removed, and `feed://` becomes `http://`, as in browsers that knew this scheme.
    """
    url = (text or "").strip()
    if url[:7].lower() == "feed://":
        url = f"http://{url[7:]}"
    elif url[:5].lower() == "feed:":
        url = url[5:]
    scheme, colon, rest = url.partition("#")[0].partition(":")
    url = scheme.lower() + colon + rest.replace(" ", "%20")
    try:
        canonical_url(url)
    except ValueError:
        return None
    return url if _HTTP.fullmatch(url) and not _UNREADABLE.search(url) else None


def is_address(host: str) -> bool:
    """True if the host is an IP address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def address_key(url: str) -> str:
    """A key that is equal for addresses that differ only in scheme, `www.`, tracking parameters or a final slash."""
    return str(article_id(url))


def outlet_of(url: str) -> str:
    """A key of the outlet: the registrable host, or `address_key` on SHARED_HOSTS."""
    return address_key(url) if _is_shared(url) else registrable_host(_host(url))


def front_page(url: str) -> str:
    """The root of the host; on SHARED_HOSTS the address itself."""
    return url if _is_shared(url) else urljoin(url, "/")


def registrable_host(host: str) -> str:
    """The part of a host name that somebody registered, by the public suffix list: `news.bote.co.uk` ▶ `bote.co.uk`.

    An IP address is returned unchanged. Domains that the list does not know, such as `.example`, count as suffixes.
    """
    if is_address(host):
        return host
    labels = host.split(".")
    if ".".join(labels[-2:]) in PLATFORMS:
        return ".".join(labels[-3:])
    registered = get_fld(f"http://{host}", fail_silently=True, search_private=True)
    return registered if isinstance(registered, str) else ".".join(labels[-2:])


def is_on(url: str, hosts: Iterable[str]) -> bool:
    """True if the page is on one of the hosts or a subdomain, ignoring `www.`. False for what is not an address."""
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return False
    names = [name.removeprefix("www.") for name in hosts]
    return any(host == name or host.endswith(f".{name}") for name in names)


def suggest_id(url: str) -> str:
    """A source id from the name of the host, or from the path on SHARED_HOSTS."""
    host = _host(url)
    name = registrable_host(host) if is_address(host) else registrable_host(host).partition(".")[0]
    if _is_shared(url):
        parts = urlsplit(url)
        name = next((part for part in reversed(re.split(r"[/=]", f"{parts.path}={parts.query}")) if slug(part)), name)
    return slug(_readable(name)) or slug(name) or "source"


def slug(text: str) -> str:
    """The text as a source id, "" if none of its characters is allowed there."""
    return re.sub(r"[^a-z0-9_]+", "-", latin(text)).strip("-_")[:MAX_ID_CHARS].rstrip("-_")


def latin(text: str) -> str:
    """The text in small letters of ASCII, as addresses have it: `Über` ▶ `ueber`."""
    return unicodedata.normalize("NFKD", text.lower().translate(_LETTERS)).encode("ascii", "ignore").decode()


def language_of(tag: str | None) -> str | None:
    """The language of a tag (BCP 47, also with underscores): `de-AT` ▶ `de`. None if it names no language."""
    match = _TAG.fullmatch((tag or "").strip())
    return match[1].lower() if match and match[1].lower() not in _NO_LANGUAGES else None


def country_of(host: str, tag: str | None) -> str:
    """ISO 3166: the country of the host's domain, else of the tag's region, else of most outlets in this language."""
    domain = host.rpartition(".")[2]
    if domain in COUNTRY_OF_DOMAIN:
        return COUNTRY_OF_DOMAIN[domain]
    if re.fullmatch(r"[a-z]{2}", domain) and domain not in NOT_COUNTRIES:
        return domain.upper()
    match = _TAG.fullmatch((tag or "").strip())
    if match and match[2]:
        return COUNTRY_OF_DOMAIN.get(match[2].lower(), match[2].upper())
    home = home_of_language(match[1].lower()) if match else None
    return home.code if home else UNKNOWN_COUNTRY


def tidy_name(text: str | None) -> str | None:
    """The name on one line, without control characters; None if nothing is left."""
    return _UNREADABLE.sub("", " ".join((text or "").split()))[:MAX_NAME_CHARS].strip() or None


def shared_name(titles: Sequence[str]) -> str | None:
    """The common beginning of the titles of an outlet's feeds: `Bote - Politik`, `Bote - Sport` ▶ `Bote`."""
    common = os.path.commonprefix(titles)  # noqa: RUF071  # of characters is what is meant
    if not titles or not common:
        return None
    if any(len(title) > len(common) and title[len(common)].isalnum() for title in titles) and common[-1].isalnum():
        common = common.rpartition(" ")[0]
    name = common.strip(" -–—|:·,/»>(")
    return name if len(name) >= LEAST_NAME_CHARS else None


def _host(url: str) -> str:
    return urlsplit(canonical_url(url)).hostname or ""


def _is_shared(url: str) -> bool:
    return _host(url).removeprefix("www.") in SHARED_HOSTS


def _readable(name: str) -> str:
    """The Unicode form of an internationalised name (RFC 5891)."""
    try:
        return name.encode("ascii").decode("idna")
    except UnicodeError:
        return name
