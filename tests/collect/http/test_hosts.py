"""The budget of a host: requests are spaced and limited, 429 and 503 slow them, and no request waits forever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.collect.http.host_files import HostFiles, HostRecords
from pipeline.collect.http.host_rows import HostRows
from pipeline.collect.http.hosts import (
    CONNECTIONS,
    REFUSALS_UNTIL_REST,
    RETRY_AFTER_MAX,
    AskedToWait,
    Host,
    NoTurn,
    Patience,
    parse_retry_after,
)
from pipeline.errors import StorageError
from pipeline.ledger.log import utc_now
from tests.worlds.postgres import PostgresServer

pytestmark = pytest.mark.usefixtures("own_folder")

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PERIOD = timedelta(milliseconds=20)
NewClient = Callable[[], HostRecords]


def host(
    name: str = "news.example",
    *,
    requests_per_second: float = 1 / PERIOD.total_seconds(),
    hold: float = 1,
    queue: float = 60,
    records: HostRecords | None = None,
) -> Host:
    return Host(
        (records or HostFiles(Path("hosts"))).host(name, CONNECTIONS),
        requests_per_second,
        now=utc_now,
        permits=asyncio.Semaphore(100),
        patience=Patience(hold, queue),
    )


@pytest.fixture(params=["files", "postgres"])
def client(request: pytest.FixtureRequest) -> Iterator[NewClient]:
    """Makes what each of several clients, on one machine or on several, has to do with hosts."""
    with ExitStack() as stack:
        if request.param == "files":
            yield lambda: HostFiles(Path("hosts"))
        else:
            server: PostgresServer = request.getfixturevalue("postgres_server")
            conninfo = server.new_database()
            yield lambda: stack.enter_context(closing(HostRows(conninfo)))


async def starts(of: Host, requests: int, each: Callable[[], Awaitable[None]]) -> list[float]:
    """Seconds from the call until each of `requests` simultaneous requests was let through, in order."""
    clock = asyncio.get_running_loop().time
    began = clock()
    seen = []

    async def request() -> None:
        async with of.turn():
            seen.append(clock() - began)
            await each()

    await asyncio.gather(*(request() for _ in range(requests)))
    return sorted(seen)


async def at_once() -> None:
    return None


def test_requests_start_an_interval_apart() -> None:
    moments = asyncio.run(starts(host(), 8, at_once))
    assert moments[-1] >= 7 * PERIOD.total_seconds() * 0.99


async def most_at_once(of: Host) -> int:
    """The highest number of requests that run at the same time."""
    running = highest = 0

    async def linger() -> None:
        nonlocal running, highest
        running += 1
        highest = max(highest, running)
        await asyncio.sleep(0.05)
        running -= 1

    await starts(of, 3 * CONNECTIONS, linger)
    return highest


def test_the_number_of_simultaneous_requests_is_limited() -> None:
    async def run() -> int:
        return await most_at_once(host(requests_per_second=1000))

    assert asyncio.run(run()) == CONNECTIONS


def test_an_overloaded_host_gets_half_as_many_requests() -> None:
    async def run() -> float:
        one = host()
        one.note_refusal(0)
        return (await starts(one, 5, at_once))[-1]

    assert asyncio.run(run()) >= 4 * 2 * PERIOD.total_seconds() * 0.99


def test_an_overloaded_host_gets_one_request_at_a_time_until_it_has_answered_for_a_while() -> None:
    async def run() -> tuple[int, int]:
        one = host(requests_per_second=1000)
        one.note_refusal(0)
        slowed = await most_at_once(one)
        for _ in range(10):
            one.note_answer()
        return slowed, await most_at_once(one)

    assert asyncio.run(run()) == (1, CONNECTIONS)


def test_a_short_pause_is_waited_for() -> None:
    async def run() -> float:
        one = host()
        clock = asyncio.get_running_loop().time
        began = clock()
        one.note_refusal(0.1)
        await starts(one, 1, at_once)
        return clock() - began

    assert asyncio.run(run()) >= 0.1 * 0.99


def test_a_long_pause_is_not_waited_for() -> None:
    async def run() -> None:
        one = host(hold=1)
        one.note_refusal(3600)
        await starts(one, 1, at_once)

    with pytest.raises(AskedToWait) as caught:
        asyncio.run(run())
    assert 3590 < caught.value.seconds <= 3600


def test_a_request_does_not_wait_longer_than_the_longest_queue() -> None:
    async def run() -> list[list[float] | BaseException]:
        one = host(queue=0.5)
        one.respect_crawl_delay(0.4)
        return await asyncio.gather(*(starts(one, 1, at_once) for _ in range(4)), return_exceptions=True)

    outcomes = asyncio.run(run())
    assert sum(isinstance(outcome, NoTurn) for outcome in outcomes) == 2


def test_a_host_that_refuses_everything_gets_longer_and_longer_pauses() -> None:
    async def rest(one: Host) -> float:
        one.note_refusal(0)
        with pytest.raises(AskedToWait) as caught:
            await starts(one, 1, at_once)
        return caught.value.seconds

    async def run() -> list[float]:
        one = host()
        for _ in range(REFUSALS_UNTIL_REST - 1):
            one.note_refusal(0)
        await starts(one, 1, at_once)
        return [await rest(one) for _ in range(9)]

    minutes = [round(seconds / 60) for seconds in asyncio.run(run())]
    assert minutes == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]


def test_a_good_answer_ends_the_series_of_refusals() -> None:
    async def run() -> None:
        one = host()
        for _ in range(3):
            for _ in range(REFUSALS_UNTIL_REST - 1):
                one.note_refusal(0)
            await starts(one, 1, at_once)
            one.note_answer()

    asyncio.run(run())


def test_clients_share_what_they_learn_about_a_host(client: NewClient) -> None:
    async def run() -> tuple[float, int]:
        one, other = host(records=client()), host(records=client())
        one.note_refusal(0)
        return (await starts(other, 2, at_once))[-1], await most_at_once(other)

    assert asyncio.run(run()) >= (2 * PERIOD.total_seconds() * 0.99, 1)


def test_clients_share_the_connections_and_the_rate(client: NewClient) -> None:
    async def run() -> tuple[int, list[float]]:
        running = highest = 0

        async def linger() -> None:
            nonlocal running, highest
            running += 1
            highest = max(highest, running)
            await asyncio.sleep(0.1)
            running -= 1

        moments = await asyncio.gather(*(starts(host(records=client()), 4, linger) for _ in range(3)))
        return highest, sorted(moment for of_one in moments for moment in of_one)

    highest, moments = asyncio.run(run())
    assert (highest, len(moments)) == (CONNECTIONS, 12)
    assert all(moment >= number * PERIOD.total_seconds() * 0.99 for number, moment in enumerate(moments))


def test_a_truncated_file_counts_as_empty() -> None:
    Path("hosts").mkdir()
    Path("hosts/news.example.json").write_text('{"last_asked_at": 17')
    assert len(asyncio.run(starts(host(), 1, at_once))) == 1


def test_a_clock_that_was_set_back_does_not_stop_requests() -> None:
    Path("hosts").mkdir()
    Path("hosts/news.example.json").write_text('{"last_asked_at": 99999999999}')
    assert len(asyncio.run(starts(host(), 1, at_once))) == 1


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    Path("hosts").write_text("in the way")
    with pytest.raises(StorageError, match="hosts"):
        asyncio.run(starts(host(), 1, at_once))


def test_a_lost_server_fails_the_requests_that_wait_instead_of_letting_them_wait(
    postgres_server: PostgresServer,
) -> None:
    with closing(HostRows(postgres_server.new_database())) as rows:
        shared, to_cut = host(records=rows), [rows.session]

        async def request() -> None:
            async with shared.turn():
                await asyncio.sleep(PERIOD.total_seconds() * 4)
                while to_cut:
                    to_cut.pop().close()

        async def run() -> list[BaseException | None]:
            async with asyncio.timeout(10):
                return await asyncio.gather(*(request() for _ in range(2 * CONNECTIONS)), return_exceptions=True)

        assert {type(outcome) for outcome in asyncio.run(run())} == {StorageError}


def test_a_host_name_that_is_too_long_for_a_file_name_works() -> None:
    async def run() -> None:
        for name in (f"{'a.' * 120}example", f"{'a.' * 120}other"):
            await starts(host(name), 1, at_once)

    asyncio.run(run())
    assert len(list(Path("hosts").glob("*.json"))) == 2


def test_a_host_name_is_never_a_path(tmp_path: Path) -> None:
    asyncio.run(starts(host("../../evil"), 1, at_once))
    assert {path.parent for path in tmp_path.rglob("*.json")} == {tmp_path / "hosts"}


RETRY_AFTER = {
    "120": NOW + timedelta(seconds=120),
    " 5 ": NOW + timedelta(seconds=5),
    "0": NOW,
    "Mon, 02 Mar 2026 12:05:00 GMT": NOW + timedelta(minutes=5),
    "Mon, 02 Mar 2026 12:05:00": NOW + timedelta(minutes=5),
    "Sun, 01 Mar 2026 12:00:00 GMT": NOW,
    "99999999999999999999": NOW + RETRY_AFTER_MAX,
    "Fri, 31 Dec 9999 23:59:59 GMT": NOW + RETRY_AFTER_MAX,
    "-5": None,
    "1.5": None,
    "²": None,
    "soon": None,
    "": None,
}


@pytest.mark.parametrize(("value", "moment"), RETRY_AFTER.items())
def test_retry_after(value: str, moment: datetime | None) -> None:
    assert parse_retry_after(value, NOW) == moment


def test_no_retry_after() -> None:
    assert parse_retry_after(None, NOW) is None
