"""Which addresses may be connected to: decided after DNS and once more at the socket, so no redirect or rebinding
reaches a private network unless the settings name the host."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from aiohappyeyeballs import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NEVER_PUBLIC = tuple(ipaddress.ip_network(text) for text in ("64:ff9b:1::/48", "fec0::/10", "::/96", "192.88.99.0/24"))
"""Ranges that some Python releases still call global (RFC 8215, 3879, 4291, 7526)."""
PUBLIC_PORTS = frozenset({80, 443})


class BlockedAddress(OSError):
    """The host is, or resolves to, an address that must not be reached."""


class AllowedHosts:
    """The hosts that may be private and use any port: exact names, or `.example` for all names below it."""

    def __init__(self, names: Iterable[str]) -> None:
        names = tuple(name.lower() for name in names)
        self._exact = frozenset(name for name in names if not name.startswith("."))
        self._below = tuple(name for name in names if name.startswith("."))

    def __contains__(self, host: object) -> bool:
        return isinstance(host, str) and (host.lower() in self._exact or host.lower().endswith(self._below))


class GuardedResolver(AbstractResolver):
    """Resolves names, refusing private addresses for hosts that are not allowed.

    Names below `.localhost` are loopback by definition (RFC 6761, 6.3), whatever the system's resolver knows.
    """

    def __init__(self, allowed: AllowedHosts) -> None:
        self._allowed = allowed
        self._system: ThreadedResolver | None = None
        self.vetted: set[str] = set()
        """Private addresses that an allowed name has led to."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host.lower().endswith(".localhost"):
            found = [_loopback(host, port)]
        else:
            self._system = self._system or ThreadedResolver()
            found = await self._system.resolve(host, port, family)
        if host in self._allowed:
            self.vetted.update(result["host"] for result in found)
            return found
        public = [result for result in found if is_public(result["host"])]
        if not public:
            raise BlockedAddress(f"{host} resolves to {found[0]['host']}, which is not public")
        return public

    async def close(self) -> None:
        if self._system is not None:
            await self._system.close()

    def guarded_socket(self, address: AddrInfoType) -> socket.socket:
        """The socket factory: the last look at the very address that is about to be connected to."""
        family, kind, protocol, _, target = address
        if not is_public(str(target[0])) and str(target[0]) not in self.vetted:
            raise BlockedAddress(f"{target[0]} is not public")
        return socket.socket(family, kind, protocol)

    def check_url(self, url: str) -> None:
        """Refuse other schemes, other ports and literal private addresses. Raises BlockedAddress."""
        parts = urlsplit(url)
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as exc:
            raise BlockedAddress(f"{url}: bad port") from exc
        host = parts.hostname or ""
        if parts.scheme not in {"http", "https"} or not host:
            raise BlockedAddress(f"{url}: only http and https addresses are fetched")
        if host in self._allowed:
            if _literal(host):
                self.vetted.add(host)
            return
        if port not in PUBLIC_PORTS:
            raise BlockedAddress(f"{url}: port {port} is not allowed")
        if _literal(host) and not is_public(host):
            raise BlockedAddress(f"{host} is not public")


def is_public(address: str) -> bool:
    """May anybody's server have this address? IPv4 addresses mapped or tunnelled in IPv6 are judged as themselves."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(ip.packed[-4:])
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NEVER_PUBLIC)


def _literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _loopback(host: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host="127.0.0.1",
        port=port,
        family=socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST,
    )
