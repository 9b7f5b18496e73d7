"""Which addresses may be connected to.

Judged three times, so that no spelling, redirect, DNS answer or rebinding reaches a private network unless the settings
name the host: the URL as it will be sent (`check_url`), what its name resolves to (`resolve`), and the endpoint that is
about to be connected to (`guarded_socket`). What cannot be read with certainty is refused.
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

PUBLIC_PORTS = frozenset({80, 443})

_NOT_PUBLIC_IPV4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",  # this network, and the host itself (RFC 1122)
            "10.0.0.0/8",  # private use (RFC 1918)
            "100.64.0.0/10",  # carriers' NAT (RFC 6598); 100.100.100.200 is Alibaba's metadata service
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
"""IANA's special-purpose registry, and what clouds use besides; Python's own list differs between its releases."""
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that networks are given addresses from (IANA): no mapped IPv4, loopback, link-local, private or multicast."""
_NOT_PUBLIC_IPV6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocol assignments (RFC 2928): Teredo, benchmarking, ORCHID
            "2001:db8::/32",  # documentation (RFC 3849)
            "2002::/16",  # 6to4: any IPv4 address may be inside (RFC 3056)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""How a network without IPv4 writes IPv4 addresses (RFC 6052); these are judged by what they hold."""

_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}")
"""Host names (RFC 1123, 2.1), and the underscore that some have."""
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")


LOOKUPS = 32
"""Names that are looked up at once."""
LOOKUP_SECONDS = 15.0
FOUND_SECONDS = 30.0
"""So long is an answer used again: for the connection that it was looked up for, and those right after it."""


class BlockedAddress(OSError):
    """The host is, or resolves to, an address that must not be reached."""


class AllowedHosts:
    """The hosts that may be private and use any port: names and addresses, or `.example` for all names below it.

    Neither case, a trailing dot nor the brackets of IPv6 matter. Raises SettingsError for what is no host.
    """

    def __init__(self, names: Iterable[str]) -> None:
        exact: set[str] = set()
        below: set[str] = set()
        for name in names:
            try:
                (below if name.startswith(".") else exact).add(canonical_host(name.removeprefix(".")))
            except ValueError as exc:
                raise SettingsError(f"NEWSLEDGER_ALLOW_HOSTS: {name!r} is no host: {exc}") from exc
        self._exact = frozenset(exact)
        self._below = tuple(f".{name}" for name in below)

    def __contains__(self, host: object) -> bool:
        if not isinstance(host, str):
            return False
        try:
            name = canonical_host(host)
        except ValueError:
            return False
        return name in self._exact or name.endswith(self._below)


class GuardedResolver(AbstractResolver):
    """Resolves names, refusing private addresses for hosts that are not allowed.

    `names` is asked for addresses, None is the system's resolver. `localhost` and names below it are loopback by
    definition (RFC 6761, 6.3), whatever it knows.
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
        """Endpoints (address, port) that allowed hosts have led to.

        A socket factory is told the endpoint and not the host. That is enough: no other host gets as far as the socket
        with one of these, because `resolve` leaves it public addresses only and `check_url` refuses a literal one and
        other ports.
        """

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of `host` that may be connected to. Raises BlockedAddress, or OSError where it has none."""
        found = await self._look_up(host, port, family)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, f"{host} has no address")
        if host in self._allowed:
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
            raise BlockedAddress(f"{host!r} is no host: {exc}") from exc
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
        """In a thread, because the system's resolver waits; not in so many that a feed of dead names takes them all."""
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
        """The socket factory: the last look at the very endpoint that is about to be connected to."""
        family, kind, protocol, _, target = address
        host, port = _compressed(str(target[0])), target[1]
        if (host, port) not in self.vetted and not (is_public(host) and port in PUBLIC_PORTS):
            raise BlockedAddress(f"{host} port {port!r} is not public")
        return socket.socket(family, kind, protocol)

    def check_url(self, url: str) -> None:
        """Refuse other schemes, other ports, literal private addresses and unclear hosts. Raises BlockedAddress."""
        try:
            host, port = _endpoint(url)
        except (ValueError, IndexError) as exc:  # an IndexError is what yarl has for `http://[::1]@/`
            raise BlockedAddress(f"{url!r} is no address to fetch from: {exc}") from exc
        if host in self._allowed:
            if is_address(host):
                self.vetted.add((host, port))
            return
        if port not in PUBLIC_PORTS:
            raise BlockedAddress(f"{url}: port {port} is not allowed")
        if is_address(host) and not is_public(host):
            raise BlockedAddress(f"{host} is not public")


def as_sent(url: str) -> URL:
    """The URL as it stands, so that what is archived is what was asked for; only what no request may hold is quoted.

    Names in other scripts become ASCII (IDNA). Raises ValueError, or IndexError, where there is no sense in it.
    """
    if not (urlsplit(url).hostname or "").isascii():
        return URL(url)
    return URL(quote(url, safe="%:/?#[]@!$&'()*+,;=~"), encoded=True)


def canonical_host(host: str) -> str:
    """The one spelling of a host: lower case, IDNA, no brackets, no trailing dot, IPv6 compressed. Raises ValueError.

    What ends in a number is an IPv4 address (WHATWG URL, 3.5) and must be four decimals: `127.1`, `0x7f.1` and
    `2130706433` are addresses to the system's resolver, and names to most who read them. Zones are refused.
    """
    bracketed = host.startswith("[") and host.endswith("]")
    name = (URL.build(scheme="http", host=host[1:-1] if bracketed else host).raw_host or "").removesuffix(".")
    if bracketed or ":" in name:
        ipv6 = ipaddress.IPv6Address(name)
        if ipv6.scope_id is not None:
            raise ValueError(f"{name} is of one link only")
        return ipv6.compressed
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return str(ipaddress.IPv4Address(name))
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no host name")
    return name


def is_public(address: str) -> bool:
    """May anybody's server have this address? Not so what is no address, or has a zone and so is of one link."""
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

    The client's library and Python's own reader must agree on them: budgets and robots.txt go by the latter.
    """
    sent, read = as_sent(url), urlsplit(url)
    if sent.scheme not in {"http", "https"} or sent.port is None:
        raise ValueError("only http and https are fetched")
    host = canonical_host(sent.raw_host or "")
    if (canonical_host(read.hostname or ""), read.port) != (host, sent.explicit_port):
        raise ValueError("it can be read in two ways")
    return host, sent.port


def _compressed(address: str) -> str:
    return ipaddress.ip_address(address).compressed if is_address(address) else address


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


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
