"""Counts the connections that this process opens, whichever code opens them.

Python raises the audit event `socket.connect` before any connection (PEP 578), so nothing needs to be replaced to count
them. What would leave loopback is counted and then refused here: a guard that fails in a test does no harm.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

Endpoint = tuple[str, int]


class Counter:
    """The endpoints connected to, in order, since it was last asked to count."""

    def __init__(self) -> None:
        self.opened: list[Endpoint] | None = None

    def audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if event != "socket.connect" or self.opened is None:
            return
        address = arguments[1]
        if not isinstance(address, tuple):
            return  # a Unix socket's path
        host, port = address[:2]
        self.opened.append((host, port))
        if not ipaddress.ip_address(host).is_loopback:
            raise ConnectionRefusedError(f"{host} port {port}: tests connect to loopback only")


@cache
def counter() -> Counter:
    """The only one: an audit hook cannot be removed."""
    only = Counter()
    sys.addaudithook(only.audit)
    return only


@contextmanager
def counted_connections() -> Iterator[list[Endpoint]]:
    """The list grows with every connection that is tried until the block ends."""
    opened: list[Endpoint] = []
    counter().opened = opened
    try:
        yield opened
    finally:
        counter().opened = None
