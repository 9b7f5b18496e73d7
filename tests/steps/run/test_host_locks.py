"""One run at a time collects from a host, across processes; runs and erasures exclude each other."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import LedgerLocked
from pipeline.settings import Settings, load_settings
from pipeline.shared_locks import FileLocks, SharedLocks, shared_locks
from pipeline.steps.run.erasure_locks import while_nothing_is_erased, while_nothing_runs
from pipeline.steps.run.host_locks import HeldByAnotherRun, HostLocks
from tests.worlds.postgres import PostgresServer

HOLD = """
import asyncio, sys
from pipeline.settings import load_settings
from pipeline.shared_locks import shared_locks
from pipeline.steps.run.host_locks import HostLocks

async def hold(locks: HostLocks) -> None:
    async with locks.of(sys.argv[1:]):
        print("held", flush=True)
        await asyncio.to_thread(sys.stdin.read)

settings = load_settings()
with shared_locks(settings, settings.host_folder) as shared:
    asyncio.run(hold(HostLocks(shared)))
"""


@pytest.fixture(params=["files", "postgres"])
def settings(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """One machine, or a machine of a cluster; processes that are started have the same settings."""
    monkeypatch.setenv("NEWSLEDGER_DATA", str(tmp_path))
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        monkeypatch.setenv("NEWSLEDGER_CATALOG", server.new_database())
    return load_settings()


@pytest.fixture
def shared(settings: Settings) -> Iterator[SharedLocks]:
    with shared_locks(settings, settings.host_folder) as locks:
        yield locks


def holder(*hosts: str) -> subprocess.Popen[str]:
    """Another process that holds the hosts until its input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, *hosts], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def release(process: subprocess.Popen[str]) -> None:
    process.communicate("")


def test_another_process_waits_for_a_shared_host_only(shared: SharedLocks) -> None:
    async def run(other: subprocess.Popen[str]) -> None:
        locks = HostLocks(shared)
        async with asyncio.timeout(10):
            async with locks.of(["c.example"]):
                pass

        async def both_hosts() -> None:
            async with locks.of(["a.example", "b.example"]):
                pass

        waiting = asyncio.create_task(both_hosts())
        done, _ = await asyncio.wait([waiting], timeout=1)
        assert not done
        release(other)
        async with asyncio.timeout(30):
            await waiting

    asyncio.run(run(holder("b.example")))


def test_locks_of_a_killed_process_are_free(shared: SharedLocks) -> None:
    other = holder("a.example")
    other.kill()
    other.communicate()

    async def run() -> None:
        async with asyncio.timeout(10), HostLocks(shared).of(["a.example"]):
            pass

    asyncio.run(run())


def test_waiting_for_a_host_has_a_limit(shared: SharedLocks) -> None:
    other = holder("a.example")

    async def run() -> None:
        async with asyncio.timeout(10), HostLocks(shared, longest_wait_seconds=0.1).of(["a.example"]):
            pass

    with pytest.raises(HeldByAnotherRun, match=r"a\.example"):
        asyncio.run(run())
    release(other)


def test_sources_of_one_process_share_a_host(shared: SharedLocks) -> None:
    async def run() -> None:
        locks = HostLocks(shared)
        both = asyncio.Barrier(2)

        async def source() -> None:
            async with locks.of(["a.example"]):
                await both.wait()

        async with asyncio.timeout(10):
            await asyncio.gather(source(), source())

    asyncio.run(run())


def test_a_host_name_is_never_a_path(tmp_path: Path) -> None:
    async def run() -> None:
        async with HostLocks(FileLocks(tmp_path / "locks")).of(["../../evil", "::1"]):
            assert {path.parent for path in tmp_path.rglob("*.lock")} == {tmp_path / "locks"}

    asyncio.run(run())


def test_an_erasure_waits_for_runs_and_later_runs_wait_for_it(settings: Settings) -> None:
    order = list[str]()

    def erase() -> None:
        with while_nothing_runs(settings, longest_wait_seconds=60):
            order.append("erasure")

    def begin_late() -> None:
        with while_nothing_is_erased(settings):
            order.append("late run")

    with ThreadPoolExecutor() as pool, while_nothing_is_erased(settings):
        with while_nothing_is_erased(settings):
            order.append("second run")
        too_short = while_nothing_runs(settings, longest_wait_seconds=0.1)
        with pytest.raises(LedgerLocked, match=r"other runs have not ended within 0.1 s"), too_short:
            raise AssertionError("a run lasts")
        pool.submit(erase)
        with shared_locks(settings, settings.data) as locks:
            while (lock := locks.share("erasure")).try_acquire():
                lock.release()
        late = pool.submit(begin_late)
        with pytest.raises(TimeoutError):
            late.result(timeout=0.5)
        assert order == ["second run"]
    assert order == ["second run", "erasure", "late run"]
