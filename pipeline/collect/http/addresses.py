"""Which addresses the client may connect to: public ones, and the hosts that the settings allow by name.

Each request is checked three times, so that no spelling, redirect, DNS answer or DNS rebinding reaches a private
network: the URL as it will be sent (`check_url`), the addresses of its host (`resolve`), and the endpoint just before
the connection (`guarded_socket`). An ambiguous URL is refused.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from aiohappyeyeballs import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from pipeline.errors import SettingsError
from pipeline.sources.sites import is_address

PUBLIC_PORTS = frozenset({80, 443})
"""The only ports of hosts that are not allowed by name."""

_NOT_PUBLIC_IPV4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",  # this network, and the host itself (RFC 1122)
            "10.0.0.0/8",  # private use (RFC 1918)
            "100.64.0.0/10",  # NAT of carriers (RFC 6598); 100.100.100.200 is Alibaba's metadata service
            "127.0.0.0/8",  # loopback (RFC 1122)
            "168.63.129.16/32",  # Azure's host agent, from within a virtual machine
            "169.254.0.0/16",  # link-local (RFC 3927); 169.254.169.254 is most clouds' metadata service
            "172.16.0.0/12",  # private use (RFC 1918)
            "192.0.0.0/24",  # protocol assignments (RFC 6890); 192.0.0.192 is Oracle's metadata service
            "192.0.2.0/24",  # documentation (RFC 5737)
            "192.88.99.0/24",  # 6to4 relays, withdrawn (RFC 7526)
            "192.168.0.0/16",  # private use (RFC 1918)
            "198.18.0.0/15",  # benchmarking (RFC 2544)
            "198.51.100.0/24",  # documentation (RFC 5737)
            "203.0.113.0/24",  # documentation (RFC 5737)
            "224.0.0.0/4",  # multicast (RFC 5771)
            "240.0.0.0/4",  # reserved (RFC 1112), and broadcast (RFC 919)
        ),
    )
)
"""IANA's special-purpose registry, and addresses that clouds use. Python's own list differs between its releases
(decision 19)."""
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""The range that all public IPv6 addresses are assigned from (IANA). It has no mapped IPv4, loopback, link-local,
private or multicast addresses."""
_NOT_PUBLIC_IPV6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocol assignments (RFC 2928): Teredo, benchmarking, ORCHID
            "2001:db8::/32",  # documentation (RFC 3849)
            "2002::/16",  # 6to4: can contain any IPv4 address (RFC 3056)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 addresses as a network without IPv4 writes them (RFC 6052). They are judged by the IPv4 address."""

_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}")
"""A host name (RFC 1123, 2.1); some have underscores, too."""
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")

LOOKUPS = 32
"""Maximum number of names that are looked up at the same time."""
LOOKUP_SECONDS = 15.0
"""Timeout of a lookup."""
FOUND_SECONDS = 30.0
"""How long the result of a lookup is reused, for the connection that it was made for and those right after it."""


class BlockedAddress(OSError):
    """The host is, or resolves to, an address that must not be connected to."""


class AllowedHosts:
    """The hosts that may be private and use other ports: names and addresses, or `.example` for all its subdomains;
    with a port, `news.example:8080`, on this port only.

    Upper case, a trailing dot and the brackets of IPv6 make no difference. Raises SettingsError for an invalid host.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._ports: dict[str, set[int | None]] = {}
        """The ports of each host, None for all of them. A host whose subdomains are meant begins with a dot."""
        for name in names:
            host, port = _with_port(name)
            dot = "." if host.startswith(".") else ""
            try:
                known = self._ports.setdefault(dot + canonical_host(host.removeprefix(".")), set())
                known.add(None if port is None else _port(port))
            except ValueError as exc:
                raise SettingsError(f"NEWSLEDGER_ALLOW_HOSTS: {name!r} is not a valid host: {exc}") from None

    def __contains__(self, host: object) -> bool:
        """True if the host is allowed on at least one port."""
        return isinstance(host, str) and bool(self._ports_of(host))

    def permit(self, host: str, port: int) -> bool:
        """True if the host is allowed on this port."""
        return not self._ports_of(host).isdisjoint({None, port})

    def _ports_of(self, host: str) -> set[int | None]:
        try:
            name = canonical_host(host)
        except ValueError:
            return set()
        return {
            port
            for allowed, ports in self._ports.items()
            if name == allowed or (allowed.startswith(".") and name.endswith(allowed))
            for port in ports
        }


def _with_port(name: str) -> tuple[str, str | None]:
    """The host and the port that follows it. An IPv6 address has brackets if a port follows."""
    host, colon, port = name.rpartition(":")
    if not colon or (":" in host and not host.endswith("]")) or name.endswith("]"):
        return name, None
    return host, port


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise ValueError("what follows the colon is no port")
    return int(text)


class GuardedResolver(AbstractResolver):
    """Resolves names, and refuses private addresses for hosts that are not allowed.

    `names` looks up addresses, by default the resolver of the system. `localhost` and its subdomains are never looked
    up: they are loopback by definition (RFC 6761, 6.3).
    """

    def __init__(
        self, allowed: AllowedHosts, names: AbstractResolver | None = None, *, found_seconds: float = FOUND_SECONDS
    ) -> None:
        self._allowed = allowed
        self._names = names
        self._found_seconds = found_seconds
        self._lookups = asyncio.Semaphore(LOOKUPS)
        self._found: dict[tuple[str, int, int], tuple[float, list[ResolveResult]]] = {}
        self.vetted: set[tuple[str, int]] = set()
        """Endpoints (address, port) of allowed hosts.

        The socket factory knows the endpoint, not the host. That is enough, because no other host can reach one of
        these endpoints: `resolve` gives it public addresses only, and `check_url` refuses literal private addresses and
        other ports.
        """

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of `host` that may be connected to. Raises BlockedAddress, or OSError if the host has no
        address."""
        found = await self._look_up(host, port, family)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, f"{host} has no address")
        if self._allowed.permit(host, port):
            self.vetted.update((_compressed(result["host"]), result["port"]) for result in found)
            return found
        public = [result for result in found if is_public(result["host"])]
        if not public:
            raise BlockedAddress(f"{host} resolves to {found[0]['host']}, which is not public")
        return public

    async def _look_up(self, host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
        try:
            name = canonical_host(host)
        except ValueError as exc:
            raise BlockedAddress(f"{host!r} is not a valid host: {exc}") from None
        if f".{name}".endswith(".localhost"):
            return _loopback(host, port, family)
        key = (name, port, family)
        found_at, found = self._found.get(key, (float("-inf"), []))
        clock = asyncio.get_running_loop().time
        if clock() - found_at >= self._found_seconds:
            found = await self._ask(host, port, family)
            self._found[key] = (clock(), found)
        return found

    async def _ask(self, host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
        """Look the name up in a thread, because the resolver blocks. LOOKUPS keeps dead names from taking all
        threads."""
        self._names = self._names or ThreadedResolver()
        async with self._lookups:
            try:
                async with asyncio.timeout(LOOKUP_SECONDS):
                    return await self._names.resolve(host, port, family)
            except TimeoutError as exc:
                raise socket.gaierror(socket.EAI_AGAIN, f"no answer within {LOOKUP_SECONDS:g} seconds") from exc

    async def close(self) -> None:
        if self._names is not None:
            await self._names.close()

    def guarded_socket(self, address: AddrInfoType) -> socket.socket:
        """The socket factory: the last check, of the very endpoint that the connection goes to. Raises
        BlockedAddress."""
        family, kind, protocol, _, target = address
        host, port = _compressed(str(target[0])), target[1]
        if (host, port) not in self.vetted and not (is_public(host) and port in PUBLIC_PORTS):
            raise BlockedAddress(f"{host} port {port!r} is not public")
        return socket.socket(family, kind, protocol)

    def check_url(self, url: str) -> None:
        """Raises BlockedAddress for other schemes, other ports, literal private addresses and ambiguous hosts."""
        try:
            host, port = _endpoint(url)
        except (ValueError, IndexError) as exc:  # yarl raises IndexError for `http://[::1]@/`
            raise BlockedAddress(f"{url!r} cannot be fetched: {exc}") from exc
        if self._allowed.permit(host, port):
            if is_address(host):
                self.vetted.add((host, port))
            return
        if port not in PUBLIC_PORTS:
            raise BlockedAddress(f"{url}: port {port} is not allowed")
        if is_address(host) and not is_public(host):
            raise BlockedAddress(f"{host} is not public")


def as_sent(url: str) -> URL:
    """The URL unchanged, so that the server gets the address that was given; only characters that no request may have
    are quoted. Escapes of other charsets than UTF-8, such as `%FC`, are kept.

    Host names in other scripts become ASCII (IDNA). Raises ValueError or IndexError for an invalid URL.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host.isascii():
        before, _, after = parts.netloc.rpartition("@")[2].lower().partition(host)
        user = parts.netloc.rpartition("@")[0]
        ascii_host = URL.build(scheme="http", host=host).raw_host or ""
        url = parts._replace(netloc=f"{user and user + '@'}{before}{ascii_host}{after}").geturl()
    return URL(quote(url, safe="%:/?#[]@!$&'()*+,;=~"), encoded=True)


def canonical_host(host: str) -> str:
    """The canonical spelling of a host: lower case, IDNA, no brackets, no trailing dot, IPv6 compressed.

    A host that ends in a number is an IPv4 address (WHATWG URL, 3.5) and must have four decimal parts: the resolver of
    the system takes `127.1`, `0x7f.1` and `2130706433` for addresses, other software for names. IPv6 zones are refused.
    Raises ValueError.
    """
    bracketed = host.startswith("[") and host.endswith("]")
    name = (URL.build(scheme="http", host=host[1:-1] if bracketed else host).raw_host or "").removesuffix(".")
    if bracketed or ":" in name:
        ipv6 = ipaddress.IPv6Address(name)
        if ipv6.scope_id is not None:
            raise ValueError(f"{name} has a zone")
        return ipv6.compressed
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return str(ipaddress.IPv4Address(name))
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a host name")
    return name


def is_public(address: str) -> bool:
    """True if a public server can have this address. False for an invalid address and for one with a zone."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _NOT_PUBLIC_IPV4)
    if ip.scope_id is not None:
        return False
    if ip in _NAT64:
        return is_public(str(ipaddress.IPv4Address(ip.packed[-4:])))
    return ip in _GLOBAL_UNICAST and not any(ip in network for network in _NOT_PUBLIC_IPV6)


def _endpoint(url: str) -> tuple[str, int]:
    """Host and port that a request for the URL connects to. Raises ValueError or IndexError.

    yarl, which sends the request, and urlsplit, which budgets and robots.txt rely on, must agree about them.
    """
    sent, read = as_sent(url), urlsplit(url)
    if sent.scheme not in {"http", "https"} or sent.port is None:
        raise ValueError("only http and https are fetched")
    host = canonical_host(sent.raw_host or "")
    if (canonical_host(read.hostname or ""), read.port) != (host, sent.explicit_port):
        raise ValueError("it is ambiguous")
    return host, sent.port


def _compressed(address: str) -> str:
    return ipaddress.ip_address(address).compressed if is_address(address) else address


def _loopback(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    return [
        ResolveResult(
            hostname=host,
            host=address,
            port=port,
            family=kind,
            proto=socket.IPPROTO_TCP,
            flags=socket.AI_NUMERICHOST,
        )
        for kind, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
        if family in {socket.AF_UNSPEC, kind}
    ]
