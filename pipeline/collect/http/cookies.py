"""Cookies of one chain of redirects: what earlier answers of the chain have set for the site of the next request.

Some sites redirect to the page only those who send back a cookie. Nothing is kept beyond the chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import aiohttp

from pipeline.archive.exchange import Exchange
from pipeline.collect.http.addresses import as_sent
from pipeline.sources.sites import registrable_host


def cookie_header(url: str, chain: Sequence[Exchange]) -> str | None:
    """The Cookie header for a request to `url` after these exchanges; None without cookies for it (RFC 6265, 5.4).

    Cookies from other sites do not count, also if they name a domain that the sites share, such as `co.uk`.
    """
    site = registrable_host(urlsplit(url).hostname or "")
    jar = aiohttp.CookieJar(unsafe=True, quote_cookie=False)
    for exchange in chain:
        set_by = [value.decode("latin-1") for name, value in exchange.headers if name.lower() == b"set-cookie"]
        if set_by and registrable_host(urlsplit(exchange.url).hostname or "") == site:
            jar.update_cookies_from_headers(set_by, as_sent(exchange.url))
    cookies = jar.filter_cookies(as_sent(url))
    return "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items()) or None
