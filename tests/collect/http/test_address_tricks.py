"""Tricks to reach private addresses. None opens a connection; connections are counted at the socket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.collect.http.client import Client, Limits, Timeouts
from pipeline.collect.http.responses import FetchFailed, Response
from pipeline.ledger.log import utc_now
from tests.worlds.loopback import Answer, WebServer, counted_connections

pytestmark = pytest.mark.usefixtures("own_folder")

HOSTS = Path("hosts")
AT_ONCE = Timeouts(retry_wait=0.01)
REFUSALS = {"blocked_address", "bad_url", "bad_redirect"}
PUBLIC = "193.99.144.80"
PUBLIC_IPV6 = "2606:4700:4700::1111"


def reached(opened: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
    """The endpoints. IPv4 and IPv6 loopback count as one, because on a busy machine the client may try either."""
    return {("127.0.0.1" if host == "::1" else host, port) for host, port in opened}


NUMBERS = {
    "decimal": "http://2130706433/",
    "decimal, 2^32 too large": "http://6425673729/",
    "octal": "http://017700000001/",
    "hexadecimal": "http://0x7f000001/",
    "hexadecimal, 2^32 too large": "http://0x17f000001/",
    "octal parts": "http://0177.0.0.1/",
    "octal parts, more zeros": "http://0000177.0.0.01/",
    "hexadecimal parts": "http://0x7f.0x0.0x0.0x1/",
    "hexadecimal parts in capitals": "http://0X7F.0X0.0X0.0X1/",
    "decimal, octal and hexadecimal parts": "http://127.0x0.00.1/",
    "leading zeros": "http://127.000.000.001/",
    "one part short": "http://127.0.1/",
    "two parts short": "http://127.1/",
    "two parts short, hexadecimal": "http://0x7f.1/",
    "nothing but zero": "http://0/",
    "nothing but hexadecimal zero": "http://0x0/",
    "an empty hexadecimal number": "http://0x/",
    "a part too large": "http://127.0.0.257/",
    "five parts": "http://127.0.0.1.1/",
    "trailing dot": "http://127.0.0.1./",
    "two trailing dots": "http://127.0.0.1../",
    "leading dot": "http://.127.0.0.1/",
    "two dots within": "http://127..0.0.1/",
    "metadata, decimal": "http://2852039166/latest/meta-data/",
    "metadata, octal parts": "http://0251.0376.0251.0376/latest/meta-data/",
    "metadata, hexadecimal": "http://0xa9fea9fe/latest/meta-data/",
    "metadata, one part short": "http://169.254.43518/latest/meta-data/",
}
IPV4 = {
    "loopback": "http://127.0.0.1/",
    "loopback, another": "http://127.127.127.127/",
    "loopback, over TLS": "https://127.0.0.1/",
    "this host": "http://0.0.0.0/",
    "this network": "http://0.1.2.3/",
    "private, 10": "http://10.0.0.1/",
    "private, 172.16": "http://172.31.255.254/",
    "private, 192.168": "http://192.168.1.1/",
    "carriers' NAT": "http://100.64.0.1/",
    "link-local": "http://169.254.1.1/",
    "metadata of most clouds": "http://169.254.169.254/latest/meta-data/",
    "metadata of Alibaba": "http://100.100.100.200/latest/meta-data/",
    "metadata of Oracle": "http://192.0.0.192/opc/v1/instance/",
    "host agent of Azure": "http://168.63.129.16/machine/?comp=goalstate",
    "benchmarking": "http://198.19.0.1/",
    "documentation": "http://192.0.2.1/",
    "6to4 relay": "http://192.88.99.1/",
    "multicast": "http://224.0.0.251/",
    "reserved": "http://240.0.0.1/",
    "broadcast": "http://255.255.255.255/",
}
IPV6 = {
    "loopback": "http://[::1]/",
    "loopback in full": "http://[0000:0000:0000:0000:0000:0000:0000:0001]/",
    "loopback, half in full": "http://[0:0:0::0:1]/",
    "loopback, last part as IPv4": "http://[::0.0.0.1]/",
    "unspecified": "http://[::]/",
    "mapped IPv4": "http://[::ffff:127.0.0.1]/",
    "mapped IPv4, hexadecimal": "http://[::ffff:7f00:1]/",
    "mapped IPv4, in full and capitals": "http://[0:0:0:0:0:FFFF:7F00:0001]/",
    "mapped IPv4, metadata": "http://[::ffff:169.254.169.254]/",
    "mapped IPv4, public": f"http://[::ffff:{PUBLIC}]/",
    "mapped IPv4 with octal parts": "http://[::ffff:0177.0.0.1]/",
    "compatible IPv4": "http://[::127.0.0.1]/",
    "translated IPv4": "http://[::ffff:0:127.0.0.1]/",
    "IPv4 in 6to4": "http://[2002:7f00:1::]/",
    "IPv4 in 6to4, metadata": "http://[2002:a9fe:a9fe::]/",
    "IPv4 in Teredo": "http://[2001:0:7f00:1:0:0:80ff:fffe]/",
    "IPv4 behind NAT64": "http://[64:ff9b::127.0.0.1]/",
    "IPv4 behind NAT64, metadata": "http://[64:ff9b::a9fe:a9fe]/",
    "IPv4 behind a local NAT64": "http://[64:ff9b:1::7f00:1]/",
    "IPv4 in ISATAP": "http://[fe80::5efe:127.0.0.1]/",
    "link-local": "http://[fe80::1]/",
    "link-local with a zone": "http://[fe80::1%25eth0]/",
    "link-local with a bare zone": "http://[fe80::1%eth0]/",
    "loopback with a zone": "http://[::1%25lo]/",
    "loopback with an empty zone": "http://[::1%25]/",
    "mapped IPv4 with a zone": "http://[::ffff:127.0.0.1%251]/",
    "public with a zone": f"http://[{PUBLIC_IPV6}%251]/",
    "site-local": "http://[fec0::1]/",
    "unique local": "http://[fc00::1]/",
    "metadata of Amazon": "http://[fd00:ec2::254]/latest/meta-data/",
    "metadata of Google": "http://[fd20:ce::254]/computeMetadata/v1/",
    "multicast": "http://[ff02::1]/",
    "documentation": "http://[2001:db8::1]/",
    "documentation, the newer": "http://[3fff::1]/",
    "benchmarking": "http://[2001:2::1]/",
    "identifiers (ORCHID)": "http://[2001:20::1]/",
    "discard": "http://[100::1]/",
    "segment routing": "http://[5f00::1]/",
    "assigned to nobody": "http://[4000::1]/",
    "IPv4 in brackets": "http://[127.0.0.1]/",
    "an address of the future": "http://[v1.127.0.0.1]/",
    "brackets left open": "http://[::1/",
    "brackets left open, port after": "http://[::1:80/",
    "text after brackets": f"http://[{PUBLIC_IPV6}]127.0.0.1/",
    "text before brackets": "http://127.0.0.1[::1]/",
    "brackets twice": "http://[::1][::1]/",
    "brackets as user": "http://[::1]@127.0.0.1/",
    "brackets and no host": "http://[::1]@/",
}
NAMES = {
    "localhost": "http://localhost/",
    "localhost in capitals": "http://LOCALHOST/",
    "localhost with a dot": "http://localhost./",
    "localhost with two dots": "http://localhost../",
    "below localhost": "http://news.localhost/",
    "below localhost, with a dot": "http://news.Localhost./",
    "percent-encoded digits": "http://%31%32%37.0.0.1/",
    "percent-encoded dots": "http://127%2e0%2e0%2e1/",
    "percent-encoded twice": "http://127%252e0%252e0%252e1/",
    "percent-encoded letters": "http://%6c%6f%63%61%6c%68%6f%73%74/",
    "percent-encoded port": "http://127.0.0.1%3a80/",
    "percent-encoded end": "http://127.0.0.1%2f.news.example/",
    "percent-encoded NUL": "http://127.0.0.1%00.news.example/",
    "fullwidth digits": "http://１２７.０.０.１/",
    "fullwidth digits, decimal": "http://２１３０７０６４３３/",
    "fullwidth letters": "http://ｌｏｃａｌｈｏｓｔ/",
    "ideographic full stops": "http://127。0。0。1/",
    "fullwidth full stops": "http://127．0．0．1/",
    "halfwidth full stops": "http://127｡0｡0｡1/",
    "ideographic full stop at the end": "http://127.0.0.1。/",
    "one dot leaders": "http://127․0․0․1/",
    "circled digits": "http://①②⑦.⓪.⓪.①/",
    "superscript digits": "http://¹²⁷.⁰.⁰.¹/",
    "mathematical digits": "http://𝟏𝟐𝟕.𝟎.𝟎.𝟏/",
    "circled letters": "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "long s": "http://localhoſt/",
    "soft hyphen": "http://local\u00adhost/",
    "zero width space": "http://local\u200bhost/",
    "right to left override": "http://\u202e127.0.0.1/",
    "fullwidth colons in brackets": "http://[：：1]/",
    "fullwidth solidus": "http://127.0.0.1／.news.example/",
    "a character that unfolds to one with a solidus": "http://127.0.0.1℀.news.example/",
    "space before": "http:// 127.0.0.1/",
    "space after": "http://127.0.0.1 /",
    "space at the start": " http://127.0.0.1/",
    "tab within": "http://127.0\t.0.1/",
    "line feed within": "http://127.0\n.0.1/",
    "carriage return within": "http://127.0\r.0.1/",
    "NUL after": "http://127.0.0.1\0.news.example/",
    "tab within, beside another script": "http://１27.0\t.0.1/",
    "tab in the scheme": "ht\ttp://127.0.0.1/",
    "vertical tab after": "http://127.0.0.1\x0b/",
    "half a character": "http://127.0.0.1\ud800/",
    "wildcard": "http://*/",
    "nothing": "http:///latest/meta-data/",
    "nothing but a dot": "http://./",
    "nothing but a port": "http://:80/",
    "too long": f"http://{'a.' * 200}example/",
}
AUTHORITIES = {
    "a news site as user": "http://news.example@127.0.0.1/",
    "a news site as user and a port as password": "http://news.example:80@127.0.0.1/",
    "an address as user": "http://127.0.0.1:80@169.254.169.254/latest/meta-data/",
    "two users": "http://news.example@news.example@127.0.0.1/",
    "an encoded at sign in the user": "http://news.example%40news.example@127.0.0.1/",
    "an empty user": "http://@127.0.0.1/",
    "an empty user and password": "http://:@127.0.0.1/",
    "a user and no host": "http://127.0.0.1@/",
    "a backslash before the user's end": "http://news.example\\@127.0.0.1/",
    "a backslash for a slash": "http://127.0.0.1\\.news.example/",
    "backslashes for slashes": "http:\\\\127.0.0.1\\",
    "a fragment after the user": "http://127.0.0.1#@news.example/",
    "a query after the user": "http://127.0.0.1?@news.example/",
    "a semicolon in the user": "http://news.example;@127.0.0.1/",
    "a semicolon in the host": "http://127.0.0.1;news.example/",
    "a comma in the host": "http://127.0.0.1,news.example/",
    "three slashes": "http:///127.0.0.1/",
    "four slashes": "http:////127.0.0.1/",
    "one slash": "http:/127.0.0.1/",
    "no slash": "http:127.0.0.1/",
    "no colon": "http//127.0.0.1/",
}
SCHEMES = {
    "file": "file:///etc/passwd",
    "file with a host": "file://127.0.0.1/etc/passwd",
    "ftp": "ftp://127.0.0.1/",
    "gopher": "gopher://127.0.0.1:80/_GET%20/",
    "dict": "dict://127.0.0.1:80/info",
    "ldap": "ldap://127.0.0.1/",
    "data": "data:text/html,hello",
    "javascript": "javascript:alert(1)",
    "web socket": "ws://127.0.0.1/",
    "web socket over TLS": "wss://127.0.0.1/",
    "jar": "jar:http://127.0.0.1/!/",
    "view-source": "view-source:http://127.0.0.1/",
    "url": "url:http://127.0.0.1/",
    "blob": "blob:http://127.0.0.1/1",
    "unix socket": "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
    "named pipe": "npipe://127.0.0.1/pipe/docker_engine",
    "in capitals": "HTTP://127.0.0.1/",
}
RELATIVE = {
    "no scheme": "//127.0.0.1/",
    "no scheme and no slashes": "127.0.0.1/",
    "an empty scheme": "://127.0.0.1/",
    "a path": "/latest/meta-data/",
    "nothing at all": "",
}
PORTS = {
    "ssh": f"http://{PUBLIC}:22/",
    "mail": f"http://{PUBLIC}:25/",
    "a database": f"http://{PUBLIC}:6379/",
    "a second web server": f"http://{PUBLIC}:8080/",
    "on IPv6": f"http://[{PUBLIC_IPV6}]:8080/",
    "on a name": "http://news.example:8080/",
    "zero": f"http://{PUBLIC}:0/",
    "zeros": f"http://{PUBLIC}:000/",
    "one too many": f"http://{PUBLIC}:65536/",
    "80, 2^16 too large": f"http://{PUBLIC}:65616/",
    "negative": f"http://{PUBLIC}:-80/",
    "with a plus": f"http://{PUBLIC}:+80/",
    "with a space": f"http://{PUBLIC}: 80/",
    "with an underscore": f"http://{PUBLIC}:8_0/",
    "fullwidth digits": f"http://{PUBLIC}:８０/",
    "hexadecimal": f"http://{PUBLIC}:0x50/",
    "two": f"http://{PUBLIC}:80:22/",
    "empty, on loopback": "http://127.0.0.1:/",
    "leading zeros, on loopback": "http://127.0.0.1:00080/",
}
TRICKS = {
    f"{group}: {name}": url
    for group, tricks in (
        ("number", NUMBERS),
        ("IPv4", IPV4),
        ("IPv6", IPV6),
        ("name", NAMES),
        ("authority", AUTHORITIES),
        ("scheme", SCHEMES),
        ("port", PORTS),
    )
    for name, url in tricks.items()
}
REDIRECTS = {
    "301": (301, "{trap}/secret"),
    "302": (302, "{trap}/secret"),
    "303": (303, "{trap}/secret"),
    "307": (307, "{trap}/secret"),
    "308": (308, "{trap}/secret"),
    "to the same server by its address": (302, "{base}/secret"),
    "to the same server by another name": (302, "http://other.localhost:{port}/secret"),
    "to the same server by a longer name": (302, "http://not.hop.localhost:{port}/secret"),
    "to the same server by the name as user": (302, "http://hop.localhost@127.0.0.1:{port}/secret"),
    "to the same server by its IPv6 address": (302, "http://[::ffff:127.0.0.1]:{port}/secret"),
    "to the same server in fullwidth digits": (302, "http://１２７.０.０.１:{port}/secret"),
    "without a scheme": (302, "//127.0.0.1:{port}/secret"),
    "without a scheme, to metadata": (302, "//169.254.169.254/secret"),
    "over a public port": (302, "http://127.0.0.1/secret"),
    "to TLS": (302, "https://127.0.0.1/secret"),
    "to a file": (302, "file:///secret"),
    "to a file of the host": (302, "file://hop.localhost/secret"),
    "to ftp": (302, "ftp://hop.localhost:{port}/secret"),
    "to a web socket": (302, "ws://hop.localhost:{port}/secret"),
    "to data": (302, "data:text/plain,secret"),
    "to another port of a public address": (302, f"http://{PUBLIC}:22/secret"),
    "to a backslash after the name": (302, "http://hop.localhost\\@127.0.0.1:{port}/secret"),
    "over a step": (302, "/go?to=trap"),
    "over three steps": (302, "/go?to=step"),
}
"""Status and Location; `hop.localhost` may be connected to, and no other name of the same server."""
HARMLESS = {
    "slash and backslash": (302, {"Location": "/\\127.0.0.1/secret"}),
    "two backslashes": (302, {"Location": "\\\\127.0.0.1/secret"}),
    "a scheme and no slashes": (302, {"Location": "http:127.0.0.1/secret"}),
    "a scheme and three slashes": (302, {"Location": "http:///127.0.0.1/secret"}),
    "a redirect that is none": (200, {"Location": "http://127.0.0.1/secret"}),
    "a choice": (300, {"Location": "http://127.0.0.1/secret"}),
    "a proxy to use": (305, {"Location": "http://127.0.0.1/"}),
    "a refresh": (200, {"Refresh": "0; url=http://127.0.0.1/secret"}),
    "another service": (200, {"Alt-Svc": 'http/1.1="127.0.0.1:80"; ma=60'}),
    "a link": (200, {"Link": "<http://127.0.0.1/secret>; rel=preload"}),
    "a content location": (200, {"Content-Location": "http://127.0.0.1/secret"}),
}


@pytest.fixture(scope="module")
def hop() -> Iterator[WebServer]:
    """A server that is allowed as `hop.localhost`."""
    with WebServer() as server:
        yield server


@pytest.fixture(scope="module")
def trap() -> Iterator[WebServer]:
    """A server that is not allowed."""
    with WebServer() as server:
        yield server


def port(server: WebServer) -> int:
    return int(server.base.rpartition(":")[2])


def fetch(*urls: str, allow: tuple[str, ...] = ()) -> Response:
    """The result for the last URL, with one client for all."""

    async def run() -> Response:
        async with Client(
            allow_hosts=allow, limits=Limits(50), contact="", now=utc_now, hosts=HOSTS, timeouts=AT_ONCE
        ) as client:
            for url in urls[:-1]:
                await client.fetch(url)
            return await client.fetch(urls[-1])

    return asyncio.run(run())


def outcome(url: str, *, allow: tuple[str, ...]) -> str:
    """The final URL, or the reason of the failure."""
    try:
        return fetch(url, allow=allow).final_url
    except FetchFailed as failure:
        return failure.reason


def test_the_counter_sees_allowed_connections(hop: WebServer) -> None:
    hop.answers["/seen"] = Answer(b"here")
    with counted_connections() as opened:
        assert fetch(f"http://hop.localhost:{port(hop)}/seen", allow=("hop.localhost",)).decoded() == b"here"
    assert reached(opened) == {("127.0.0.1", port(hop))}
    assert hop.asked["/seen"] == 1


def test_the_counter_sees_public_connections_and_prevents_them() -> None:
    with counted_connections() as opened, pytest.raises(FetchFailed, match="loopback only"):
        fetch(f"http://{PUBLIC}/")
    assert set(opened) == {(PUBLIC, 80)}


@pytest.mark.parametrize("url", [pytest.param(url, id=name) for name, url in (TRICKS | RELATIVE).items()])
def test_no_trick_opens_a_connection(url: str) -> None:
    with counted_connections() as opened, pytest.raises(FetchFailed) as caught:
        fetch(url)
    assert opened == []
    assert caught.value.reason in REFUSALS


@pytest.mark.parametrize("url", [pytest.param(url, id=name) for name, url in TRICKS.items() if url.isprintable()])
def test_no_trick_opens_a_connection_after_a_redirect(hop: WebServer, url: str) -> None:
    """Some of the tricks are relative references, which stay at their host (RFC 3986)."""
    hop.answers["/go"] = Answer(status=302, headers={"Location": url.encode().decode("latin-1")})
    base = f"http://hop.localhost:{port(hop)}/"
    with counted_connections() as opened:
        end = outcome(f"{base}go", allow=("hop.localhost",))
    assert end in REFUSALS or end.startswith(base)
    assert reached(opened) == {("127.0.0.1", port(hop))}


@pytest.mark.parametrize(("status", "location"), REDIRECTS.values(), ids=REDIRECTS)
def test_no_redirect_leads_to_a_forbidden_target(hop: WebServer, trap: WebServer, status: int, location: str) -> None:
    location = location.format(trap=trap.base, base=hop.base, port=port(hop))
    hop.answers["/go?to=step"] = Answer(status=301, headers={"Location": "/go?to=trap"})
    hop.answers["/go?to=trap"] = Answer(status=307, headers={"Location": f"{trap.base}/secret"})
    hop.answers["/go"] = Answer(status=status, headers={"Location": location.encode().decode("latin-1")})
    with counted_connections() as opened, pytest.raises(FetchFailed) as caught:
        fetch(f"http://hop.localhost:{port(hop)}/go", allow=("hop.localhost",))
    assert caught.value.reason in REFUSALS
    assert reached(opened) == {("127.0.0.1", port(hop))}
    assert hop.asked["/secret"] == trap.asked.total() == 0


@pytest.mark.parametrize(("status", "headers"), HARMLESS.values(), ids=HARMLESS)
def test_a_response_that_only_looks_like_a_redirect_stays_at_its_host(
    hop: WebServer, status: int, headers: dict[str, str]
) -> None:
    hop.answers["/go"] = Answer(status=status, headers=headers)
    base = f"http://hop.localhost:{port(hop)}/"
    with counted_connections() as opened:
        assert fetch(f"{base}go", allow=("hop.localhost",)).final_url.startswith(base)
    assert reached(opened) == {("127.0.0.1", port(hop))}


def test_a_redirect_of_robots_txt_is_checked_too(trap: WebServer) -> None:
    with WebServer() as web, counted_connections() as opened:
        web.answers["/robots.txt"] = Answer(status=302, headers={"Location": f"{trap.base}/secret"})
        with pytest.raises(FetchFailed, match="blocked_address"):
            fetch(f"http://hop.localhost:{port(web)}/a", allow=("hop.localhost",))
        assert reached(opened) == {("127.0.0.1", port(web))}
    assert trap.asked.total() == 0


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1.", "127.1", "127。0。0。1", "[::ffff:127.0.0.1]", "other.localhost", "localhost"]
)
def test_an_allowed_name_does_not_allow_other_names_of_its_server(hop: WebServer, host: str) -> None:
    hop.answers["/a"] = Answer(b"here")
    allowed = f"http://hop.localhost:{port(hop)}/a"
    with pytest.raises(FetchFailed) as caught:
        fetch(allowed, f"http://{host}:{port(hop)}/secret", allow=("hop.localhost",))
    assert caught.value.reason in REFUSALS
    assert hop.asked["/secret"] == 0


def test_proxies_of_the_environment_are_ignored(
    hop: WebServer, trap: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hop.answers["/a"] = Answer(b"here")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, trap.base)
    with counted_connections() as opened:
        assert fetch(f"http://hop.localhost:{port(hop)}/a", allow=("hop.localhost",)).decoded() == b"here"
    assert reached(opened) == {("127.0.0.1", port(hop))}
