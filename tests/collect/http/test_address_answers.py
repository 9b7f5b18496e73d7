"""DNS answers with private addresses never lead to a connection. Connections are counted at the socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from pipeline.collect.http.addresses import AllowedHosts, BlockedAddress, GuardedResolver, as_sent
from pipeline.collect.http.client import Client, Limits, Timeouts
from pipeline.collect.http.responses import FetchFailed
from pipeline.ledger.log import utc_now
from tests.worlds.loopback import counted_connections

pytestmark = pytest.mark.usefixtures("own_folder")

HOSTS = Path("hosts")
PUBLIC = "193.99.144.80"
PUBLIC_IPV6 = "2606:4700:4700::1111"

PRIVATE_ANSWERS = {
    "loopback": ["127.0.0.1"],
    "loopback of IPv6": ["::1"],
    "loopback of both": ["127.0.0.1", "::1"],
    "private": ["10.0.0.5"],
    "metadata": ["169.254.169.254"],
    "metadata of Amazon over IPv6": ["fd00:ec2::254"],
    "this host": ["0.0.0.0"],
    "this host of IPv6": ["::"],
    "mapped IPv4": ["::ffff:10.0.0.5"],
    "translated IPv4": ["::ffff:0:10.0.0.5"],
    "compatible IPv4": ["::10.0.0.5"],
    "IPv4 in 6to4": ["2002:a00:5::"],
    "IPv4 in Teredo": ["2001:0:a00:5:0:0:f5ff:fffa"],
    "IPv4 behind NAT64": ["64:ff9b::a00:5"],
    "link-local with a zone": ["fe80::1%eth0"],
    "public with a zone": [f"{PUBLIC_IPV6}%1"],
    "many": [f"10.0.{n // 256}.{n % 256}" for n in range(1000)],
    "one part short": ["127.1"],
    "octal parts": ["0177.0.0.1"],
    "decimal": ["2130706433"],
    "trailing dot": ["127.0.0.1."],
    "a name": ["localhost"],
    "nothing but text": [""],
}
MIXED_ANSWERS = {
    "public first": [PUBLIC, "10.0.0.5"],
    "private first": ["10.0.0.5", PUBLIC],
    "private around": ["127.0.0.1", PUBLIC, "169.254.169.254"],
    "of both families": ["::1", PUBLIC, "::ffff:127.0.0.1", PUBLIC_IPV6, "127.0.0.1"],
    "one among many": [*PRIVATE_ANSWERS["many"], PUBLIC],
}


class Answers(AbstractResolver):
    """A name server that gives one answer after the other, and then repeats the last one."""

    def __init__(self, *answers: Sequence[str], port: int | None = None) -> None:
        self._answers = list(answers)
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=self._port or port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in answer
        ]

    async def close(self) -> None:
        pass


def guard(names: AbstractResolver, *allow: str) -> GuardedResolver:
    return GuardedResolver(AllowedHosts(allow), names, found_seconds=0)


async def ask(guard: GuardedResolver, url: str, *, names: AbstractResolver | None = None) -> None:
    """Check, resolve and connect as the client does, without earlier answers. Raises BlockedAddress or another
    OSError."""
    guard.check_url(url)
    connector = aiohttp.TCPConnector(resolver=names or guard, socket_factory=guard.guarded_socket)
    try:
        async with aiohttp.ClientSession(connector=connector) as session, session.get(as_sent(url)):
            raise AssertionError(f"{url} was answered")
    except aiohttp.ClientConnectorError as exc:
        raise exc.os_error from exc


@pytest.mark.parametrize("answer", PRIVATE_ANSWERS.values(), ids=PRIVATE_ANSWERS)
@pytest.mark.parametrize("host", ["news.example", "metadata.google.internal.", "2130706433.news.example"])
def test_no_private_answer_opens_a_connection(host: str, answer: list[str]) -> None:
    with counted_connections() as opened, pytest.raises(BlockedAddress, match="not public"):
        asyncio.run(ask(guard(Answers(answer)), f"http://{host}/"))
    assert opened == []


@pytest.mark.parametrize("answer", MIXED_ANSWERS.values(), ids=MIXED_ANSWERS)
def test_only_the_public_addresses_of_an_answer_are_tried(answer: list[str]) -> None:
    with counted_connections() as opened, pytest.raises(OSError, match="loopback only"):
        asyncio.run(ask(guard(Answers(answer)), "http://news.example/"))
    assert set(opened) == {(address, 80) for address in answer if address in {PUBLIC, PUBLIC_IPV6}}


@pytest.mark.parametrize("allow", [(), ("news.example",)])
def test_an_empty_answer_is_a_dns_failure(allow: tuple[str, ...]) -> None:
    with counted_connections() as opened, pytest.raises(socket.gaierror, match=r"news\.example has no address"):
        asyncio.run(ask(guard(Answers([]), *allow), "http://news.example/"))
    assert opened == []


def test_an_answer_that_turns_private_is_refused() -> None:
    rebinding = guard(Answers([PUBLIC], ["10.0.0.5"], ["169.254.169.254"]))
    with counted_connections() as opened:
        with pytest.raises(OSError, match="loopback only"):
            asyncio.run(ask(rebinding, "http://news.example/"))
        for _ in range(2):
            with pytest.raises(BlockedAddress):
                asyncio.run(ask(rebinding, "http://news.example/"))
    assert opened == [(PUBLIC, 80)]


def test_an_answer_is_reused_for_a_while() -> None:
    """The connection must not repeat the lookup that was made for it, and must not get another answer."""
    names = Answers([PUBLIC], ["10.0.0.5"])
    resolver = GuardedResolver(AllowedHosts(()), names)

    async def run() -> list[str]:
        return [(await resolver.resolve("news.example", 80))[0]["host"] for _ in range(2)]

    assert asyncio.run(run()) == [PUBLIC, PUBLIC]


def test_names_that_are_never_found_do_not_delay_other_hosts() -> None:
    """A feed may name hundreds of hosts whose name servers do not answer."""

    class Dead(Answers):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            if host.endswith(".dead.example"):
                await asyncio.sleep(0.2)
                raise socket.gaierror(socket.EAI_AGAIN, "no answer")
            return await super().resolve(host, port, family)

    async def run() -> Sequence[object]:
        haste = Timeouts(total=0.5, retry_wait=0.01)
        async with Client(
            allow_hosts=(),
            limits=Limits(50),
            contact="",
            now=utc_now,
            hosts=HOSTS,
            names=Dead([PUBLIC]),
            timeouts=haste,
        ) as client:
            urls = [f"http://{n}.dead.example/" for n in range(200)] + ["http://news.example/"]
            return await asyncio.gather(*(client.fetch(url) for url in urls), return_exceptions=True)

    with counted_connections() as opened:
        *dead, found = asyncio.run(run())
    assert {failure.reason for failure in dead if isinstance(failure, FetchFailed)} == {"dns_timeout"}
    assert isinstance(found, FetchFailed)
    assert (found.reason, opened[0]) == ("connection", (PUBLIC, 80)), "it got as far as the socket"


def test_an_earlier_private_answer_does_not_open_its_endpoint_later() -> None:
    rebinding = guard(Answers(["10.0.0.5"], [PUBLIC, "10.0.0.5"]))
    with counted_connections() as opened:
        with pytest.raises(BlockedAddress):
            asyncio.run(ask(rebinding, "http://news.example/"))
        with pytest.raises(OSError, match="loopback only"):
            asyncio.run(ask(rebinding, "http://news.example/"))
    assert opened == [(PUBLIC, 80)]


@pytest.mark.parametrize("answer", PRIVATE_ANSWERS.values(), ids=PRIVATE_ANSWERS)
def test_an_address_that_changes_after_the_check_is_refused_at_the_socket(answer: list[str]) -> None:
    """The connector gets other addresses than the guard has checked."""
    with counted_connections() as opened, pytest.raises(OSError, match="not public"):
        asyncio.run(ask(guard(Answers([PUBLIC])), "http://news.example/", names=Answers(answer[:1])))
    assert opened == []


def test_another_port_than_requested_is_refused_at_the_socket() -> None:
    with counted_connections() as opened, pytest.raises(BlockedAddress, match="port 22"):
        asyncio.run(ask(guard(Answers([PUBLIC], port=22)), "http://news.example/"))
    assert opened == []


@pytest.mark.parametrize(
    ("url", "names", "endpoint"),
    [
        ("http://intranet.example/", Answers(["10.0.0.5"]), ("10.0.0.5", 80)),
        ("http://INTRANET.example./", Answers(["10.0.0.5"]), ("10.0.0.5", 80)),
        ("http://intranet.example:9000/", Answers(["10.0.0.5"]), ("10.0.0.5", 9000)),
        ("http://intranet.example/", Answers(["10.0.0.5"], port=9000), ("10.0.0.5", 9000)),
        ("http://intranet.example/", Answers(["FD00:0:0::5"]), ("FD00:0:0::5", 80)),
        ("http://intranet.example:9000/", Answers([PUBLIC]), (PUBLIC, 9000)),
    ],
)
def test_an_allowed_name_leads_to_its_private_server(url: str, names: Answers, endpoint: tuple[str, int]) -> None:
    with counted_connections() as opened, pytest.raises(OSError, match="loopback only"):
        asyncio.run(ask(guard(names, "intranet.example"), url))
    assert opened == [endpoint]


@pytest.mark.parametrize(
    "url",
    [
        "http://news.example/",
        "http://intranet.example.news.example/",
        "http://10.0.0.5/",
        "http://10.0.0.5./",
        "http://167772165/",
        "http://１0.0.0.5/",
        "http://10。0。0。5/",
        "http://[::ffff:10.0.0.5]/",
    ],
)
def test_the_server_of_an_allowed_name_is_closed_to_other_names(url: str) -> None:
    intranet = guard(Answers(["10.0.0.5"]), "intranet.example")
    with counted_connections() as opened:
        with pytest.raises(OSError, match="loopback only"):
            asyncio.run(ask(intranet, "http://intranet.example/"))
        with pytest.raises(BlockedAddress):
            asyncio.run(ask(intranet, url))
    assert opened == [("10.0.0.5", 80)]


def test_an_endpoint_is_allowed_for_the_requested_port_only() -> None:
    intranet = guard(Answers(["10.0.0.5"]), "intranet.example")
    with counted_connections() as opened:
        with pytest.raises(OSError, match="loopback only"):
            asyncio.run(ask(intranet, "http://intranet.example:9000/"))
        with pytest.raises(BlockedAddress):
            asyncio.run(ask(intranet, "http://news.example/", names=Answers(["10.0.0.5"])))
    assert opened == [("10.0.0.5", 9000)]


@pytest.mark.parametrize("answer", PRIVATE_ANSWERS.values(), ids=PRIVATE_ANSWERS)
def test_the_client_opens_no_connection_to_a_private_answer(answer: list[str]) -> None:
    async def fetch() -> None:
        async with Client(
            allow_hosts=(), limits=Limits(50), contact="", now=utc_now, hosts=HOSTS, names=Answers(answer)
        ) as client:
            await client.fetch("http://news.example/")

    with counted_connections() as opened, pytest.raises(FetchFailed) as caught:
        asyncio.run(fetch())
    assert caught.value.reason == "blocked_address"
    assert opened == []
