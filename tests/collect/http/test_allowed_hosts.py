"""The settings may name private hosts and ports that are reached all the same, and only these."""

from __future__ import annotations

import asyncio

import pytest

from pipeline.collect.http.addresses import (
    AllowedHosts,
    BlockedAddress,
    GuardedResolver,
)
from pipeline.errors import SettingsError


@pytest.mark.parametrize(
    ("entry", "host"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1."),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("::1", "[0:0::0:1]"),
        ("FD00::A", "fd00::a"),
        ("localhost", "LOCALHOST"),
        ("Intranet.Example.", "intranet.example"),
        ("intranet.example", "INTRANET.example."),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("xn--mnchen-3ya.example", "MÜNCHEN.example"),
        (".localhost", "bote.localhost"),
        (".localhost", "BOTE.localhost."),
        (".localhost.", "der.bote.localhost"),
        (".Localhost", "bote.localhost"),
    ],
)
def test_allowed_hosts_are_exact_names_or_subdomains(entry: str, host: str) -> None:
    assert host in AllowedHosts([entry])


@pytest.mark.parametrize(
    ("entry", "host"),
    [
        ("127.0.0.1", "127.0.0.11"),
        ("127.0.0.1", "::ffff:127.0.0.1"),
        ("127.0.0.1", "127.1"),
        ("127.0.0.1", "2130706433"),
        ("127.0.0.1", "127.0.0.1.news.example"),
        (".localhost", "localhost"),
        (".localhost", ".localhost"),
        (".localhost", "evil-localhost"),
        (".localhost", "localhost.example"),
        (".localhost", ""),
        (".localhost", "."),
        (".localhost", "news.example."),
        ("intranet.example", "www.intranet.example"),
        ("intranet.example", "intranet.example.news.example"),
        ("intranet.example", "intranet.example@news.example"),
        ("intranet.example", "intranet.example:80"),
    ],
)
def test_other_hosts_are_not_allowed(entry: str, host: str) -> None:
    assert host not in AllowedHosts([entry])


@pytest.mark.parametrize(
    "entry",
    [
        "",
        ".",
        "..",
        " ",
        "*",
        "*.example",
        "127.0.0.1:0",
        "127.0.0.1:",
        "127.0.0.1:eighty",
        "127.0.0.1:65536",
        "http://127.0.0.1",
        "10.0.0.0/8",
        "127.1",
        ".1",
        "fe80::1%eth0",
    ],
)
def test_an_invalid_host_cannot_be_allowed(entry: str) -> None:
    with pytest.raises(SettingsError, match="NEWSLEDGER_ALLOW_HOSTS"):
        AllowedHosts([entry])


@pytest.mark.parametrize(
    ("entry", "host"),
    [
        ("127.0.0.1:8080", "127.0.0.1"),
        ("[::1]:8080", "::1"),
        ("intranet.example:8080", "INTRANET.example."),
        (".localhost:8080", "bote.localhost"),
    ],
)
def test_a_host_may_be_allowed_on_one_port_only(entry: str, host: str) -> None:
    allowed = AllowedHosts([entry])
    assert host in allowed
    assert [port for port in (80, 8080, 8081) if allowed.permit(host, port)] == [8080]
    assert AllowedHosts([entry, entry.rpartition(":")[0]]).permit(host, 80)


def test_an_allowed_port_is_the_only_one_that_is_reached() -> None:
    guard = GuardedResolver(AllowedHosts(["127.0.0.1:8000", "localhost:8000"]))
    guard.check_url("http://127.0.0.1:8000/")
    assert asyncio.run(guard.resolve("localhost", 8000))
    for url in ("http://127.0.0.1:8001/", "http://127.0.0.1/"):
        with pytest.raises(BlockedAddress):
            guard.check_url(url)
    with pytest.raises(BlockedAddress):
        asyncio.run(guard.resolve("localhost", 80))
