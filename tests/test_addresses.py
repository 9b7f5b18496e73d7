"""No private network is reached unless the settings name the host."""

from __future__ import annotations

import asyncio
import socket

import pytest

from pipeline.collect.addresses import AllowedHosts, BlockedAddress, GuardedResolver, is_public

PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "2002:7f00:1::",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "fec0::1",
    "::7f00:1",
]
REFUSED_URLS = [
    "http://127.0.0.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://news.example:8080/",
    "http://news.example:99999/",
    "ftp://news.example/",
    "file:///etc/passwd",
    "http:///nohost",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "193.99.144.80", "2606:4700:4700::1111"])
def test_public_addresses_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_refused_urls(url: str) -> None:
    with pytest.raises(BlockedAddress):
        GuardedResolver(AllowedHosts([])).check_url(url)


def test_allowed_hosts_are_exact_or_below() -> None:
    allowed = AllowedHosts(["127.0.0.1", ".localhost"])
    assert "127.0.0.1" in allowed
    assert "bote.localhost" in allowed
    assert "BOTE.localhost" in allowed
    assert "127.0.0.11" not in allowed
    assert "localhost.example" not in allowed
    assert "evil-localhost" not in allowed


def test_a_name_that_resolves_to_loopback_is_refused_unless_allowed() -> None:
    with pytest.raises(BlockedAddress, match=r"127\.0\.0\.1"):
        asyncio.run(GuardedResolver(AllowedHosts([])).resolve("bote.localhost", 80))
    found = asyncio.run(GuardedResolver(AllowedHosts([".localhost"])).resolve("bote.localhost", 80))
    assert [result["host"] for result in found] == ["127.0.0.1"]


def test_the_socket_has_the_last_word() -> None:
    target = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 80))
    guard = GuardedResolver(AllowedHosts(["127.0.0.1"]))
    with pytest.raises(BlockedAddress):
        guard.guarded_socket(target)
    guard.check_url("http://127.0.0.1/")
    guard.guarded_socket(target).close()
