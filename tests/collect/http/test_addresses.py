"""No private network can be reached unless the settings name the host. More attempts are in test_address_tricks."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.collect.http.addresses import (
    PUBLIC_PORTS,
    AllowedHosts,
    BlockedAddress,
    GuardedResolver,
    as_sent,
    canonical_host,
    is_public,
)

NOBODY = AllowedHosts([])

PRIVATE_NETWORKS = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "168.63.129.16/32",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/96",
    "::ffff:0:0/96",
    "::ffff:0:0:0/96",
    "64:ff9b:1::/48",
    "64:ff9b::/104",
    "64:ff9b::a00:0/104",
    "64:ff9b::7f00:0/104",
    "64:ff9b::a9fe:0/112",
    "64:ff9b::c0a8:0/112",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "4000::/3",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
]
JUST_OUTSIDE = [
    "1.0.0.0",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2000::",
    "2001:200::",
    "2001:db7:ffff::",
    "2001:db9::",
    "2003::",
    "3ffe:ffff::",
    "3fff:1000::",
    "64:ff9b::808:808",
]

private_addresses = st.sampled_from(PRIVATE_NETWORKS).flatmap(lambda network: st.ip_addresses(network=network))
urls = st.lists(
    st.sampled_from(
        ["http:", "https:", "//", "/", "\\", "@", ":", "[", "]", "%25", "%", ".", "。", "#", "?", " ", "\t", "\n", "\0"]
        + ["127", "0", "1", "0x7f", "2130706433", "127.0.0.1", "１", "①", "::1", "::ffff:7f00:1", "fe80::1", "v1."]
        + ["localhost", "news.example", "xn--", "-", "80", "443", "22", "\u00ad", "\u202e", "\ud800", "℀", "é", "ſ"]
    )
    | st.text(max_size=3),
    max_size=12,
).map("".join)


def spellings(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[str]:
    """An address as it can be written in a URL."""
    if isinstance(address, ipaddress.IPv6Address):
        ipv4 = ipaddress.IPv4Address(address.packed[-4:])
        with_ipv4 = f"{address.exploded[:29]}:{ipv4}"
        texts = [str(address), address.exploded, address.exploded.upper(), with_ipv4, f"{address}%25eth0"]
        return [f"[{text}]" for text in texts]
    number, parts = int(address), list(address.packed)
    a, b, c, d = parts
    numbers = [f"{number}", f"{number:#x}", f"{number:#X}", f"0{number:o}", f"{number + 2**32}"]
    shortened = [f"{a}.{number % 2**24}", f"{a}.{b}.{number % 2**16}", f"{a:#x}.{number % 2**24:#x}"]
    dotted = [form.join(map(joined, parts)) for form in ".。．｡" for joined in (str, "{:#x}".format, "0{:o}".format)]
    padded = [f"{a:03}.{b:03}.{c:03}.{d:03}", f"0{a}.0{b}.0{c}.0{d}", f"{address}.", f"{address}..", f"{address}。"]
    wide = [
        str(address).translate({ord("0") + n: start + n for n in range(10)}) for start in (0xFF10, 0x1D7CE, 0x1D7E2)
    ]
    quoted = [str(address).replace(".", "%2e"), "".join(f"%{ord(char):02x}" for char in str(address))]
    users = [f"news.example@{address}", f"news.example:80@{address}", f"news.example\\@{address}", f"@{address}"]
    return numbers + shortened + dotted + padded + wide + quoted + users


def embedded(address: ipaddress.IPv4Address) -> list[str]:
    """IPv6 addresses that contain an IPv4 address in a form that some network translates."""
    high, low = f"{int(address) >> 16:x}", f"{int(address) & 0xFFFF:x}"
    inverted = f"{(int(address) >> 16) ^ 0xFFFF:x}:{(int(address) & 0xFFFF) ^ 0xFFFF:x}"
    mapped = [
        f"::ffff:{address}",
        f"::ffff:0:{address}",
        f"::{address}",
        f"64:ff9b::{address}",
        f"64:ff9b:1::{address}",
    ]
    return [*mapped, f"2002:{high}:{low}::", f"2001:0:{high}:{low}::{inverted}", f"fe80::5efe:{address}"]


@pytest.mark.parametrize("network", PRIVATE_NETWORKS)
def test_both_ends_of_a_private_network_are_not_public(network: str) -> None:
    span = ipaddress.ip_network(network)
    assert not is_public(str(span[0]))
    assert not is_public(str(span[-1]))


@pytest.mark.parametrize("address", JUST_OUTSIDE)
def test_addresses_next_to_a_private_network_are_public(address: str) -> None:
    assert is_public(address)
    GuardedResolver(NOBODY).check_url(f"http://[{address}]/" if ":" in address else f"http://{address}/")


@settings(deadline=None)
@given(private_addresses)
def test_a_private_address_is_refused_in_every_spelling(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert not is_public(str(address))
    for spelling in spellings(address):
        assert not is_public(spelling)
        with pytest.raises(BlockedAddress):
            GuardedResolver(NOBODY).check_url(f"http://{spelling}/")


@settings(deadline=None)
@given(private_addresses.filter(lambda address: address.version == 4))
def test_a_private_ipv4_address_is_refused_inside_ipv6(address: ipaddress.IPv4Address) -> None:
    for text in embedded(address):
        assert not is_public(text)
        with pytest.raises(BlockedAddress):
            GuardedResolver(NOBODY).check_url(f"http://[{text}]/")


@settings(deadline=None)
@given(st.ip_addresses())
def test_nothing_is_public_that_python_calls_private(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert address.is_global or not is_public(str(address))


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "0x7f.1", "2130706433", "1.1.1.1.", "１.1.1.1", "[::1]"])
def test_invalid_addresses_are_not_public(text: str) -> None:
    assert not is_public(text)


@settings(deadline=None, max_examples=500)
@given(urls)
def test_only_names_and_public_addresses_on_public_ports_pass(url: str) -> None:
    try:
        GuardedResolver(NOBODY).check_url(url)
    except BlockedAddress:
        return
    sent = as_sent(url)
    assert sent.scheme in {"http", "https"}
    assert sent.port in PUBLIC_PORTS
    assert is_public(sent.raw_host or "") or not _reads_as_address(sent.raw_host or "")


def _reads_as_address(host: str) -> bool:
    """True if the resolver of the system would read the host as a numeric address."""
    try:
        socket.inet_aton(host.rstrip("."))
    except OSError:
        return ":" in host
    return True


@settings(deadline=None)
@given(st.text())
def test_only_blocked_address_is_raised(url: str) -> None:
    for text in (url, f"http://{url}", f"http://{url}/", f"http://news.example:{url}/", f"http://[{url}]/"):
        try:
            GuardedResolver(NOBODY).check_url(text)
        except BlockedAddress:
            continue


@pytest.mark.parametrize(
    "url",
    [
        "http://news.example/",
        "https://NEWS.example./a b?c=d#e",
        "http://news.example:80/",
        "http://news.example:443/",
        "https://news.example:/",
        "http://reader:secret@news.example/feed",
        "http://münchen.example/straße",
        "http://xn--mnchen-3ya.example/",
        "http://my_site.example/",
        "http://3.news.example/",
        "http://127.0.0.1.news.example/",
        "http://0x7f.example/",
        "http://localhost.example/",
        "http://1.1.1.1/",
        "https://[2606:4700:4700::1111]/",
        "https://[2606:4700:4700:0:0:0:0:1111]:443/",
    ],
)
def test_public_urls_pass(url: str) -> None:
    GuardedResolver(NOBODY).check_url(url)


@settings(deadline=None)
@given(urls | st.ip_addresses().map(str))
def test_a_canonical_host_stays_unchanged(text: str) -> None:
    try:
        host = canonical_host(text)
    except ValueError:
        return
    assert canonical_host(host) == canonical_host(f"{host}.".upper() if ":" not in host else f"[{host}]") == host


@pytest.mark.parametrize("url", ["http://[::1]:8000/", "http://[0:0:0:0:0:0:0:1]:8000/", "http://[::0.0.0.1]:8000/"])
def test_an_allowed_literal_address_reaches_the_socket_in_every_spelling(url: str) -> None:
    guard = GuardedResolver(AllowedHosts(["::1"]))
    guard.check_url(url)
    guard.guarded_socket(_target("::1", 8000)).close()
    guard.guarded_socket(_target("0:0:0:0:0:0:0:1", 8000)).close()


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST.", "bote.localhost", "bote.localhost."])
def test_localhost_is_loopback_and_refused_unless_allowed(name: str) -> None:
    with pytest.raises(BlockedAddress, match=r"127\.0\.0\.1"):
        asyncio.run(GuardedResolver(NOBODY).resolve(name, 80))
    allowing = GuardedResolver(AllowedHosts([".localhost", "localhost"]))
    for family, addresses in (
        (socket.AF_INET, ["127.0.0.1"]),
        (socket.AF_INET6, ["::1"]),
        (socket.AF_UNSPEC, ["127.0.0.1", "::1"]),
    ):
        found = asyncio.run(allowing.resolve(name, 80, family))
        assert [result["host"] for result in found] == addresses


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "a..b", "", "%6cocalhost", "[::1]x"])
def test_an_invalid_host_is_not_looked_up(host: str) -> None:
    with pytest.raises(BlockedAddress, match="is not a valid host"):
        asyncio.run(GuardedResolver(NOBODY).resolve(host, 80))


def test_the_socket_factory_checks_the_endpoint_again() -> None:
    guard = GuardedResolver(AllowedHosts(["127.0.0.1"]))
    with pytest.raises(BlockedAddress):
        guard.guarded_socket(_target("127.0.0.1", 8000))
    guard.check_url("http://127.0.0.1:8000/")
    guard.guarded_socket(_target("127.0.0.1", 8000)).close()
    for address, port in (("127.0.0.1", 80), ("127.0.0.2", 8000), ("::1", 8000), ("::ffff:127.0.0.1", 8000)):
        with pytest.raises(BlockedAddress):
            guard.guarded_socket(_target(address, port))


@pytest.mark.parametrize("port", [0, 22, 8080])
def test_a_public_address_is_connected_to_on_public_ports_only(port: int) -> None:
    guard = GuardedResolver(NOBODY)
    guard.guarded_socket(_target("1.1.1.1", 443)).close()
    with pytest.raises(BlockedAddress, match=f"port {port}"):
        guard.guarded_socket(_target("1.1.1.1", port))


def _target(
    address: str, port: int
) -> tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int] | tuple[str, int, int, int]]:
    if ":" in address:
        return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)
