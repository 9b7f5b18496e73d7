"""One run at a time collects from a host, across processes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.steps.run.host_locks import HeldByAnotherRun, HostLocks

HOLD = """
import asyncio, sys
from pathlib import Path
from pipeline.steps.run.host_locks import HostLocks

async def hold() -> None:
    async with HostLocks(Path(sys.argv[1])).of(sys.argv[2:]):
        print("held", flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(hold())
"""


def holder(folder: Path, *hosts: str) -> subprocess.Popen[str]:
    """Another process that holds the hosts until its input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder, *hosts], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def release(process: subprocess.Popen[str]) -> None:
    process.communicate("")


def test_another_process_waits_for_a_shared_host_only(tmp_path: Path) -> None:
    async def run(other: subprocess.Popen[str]) -> None:
        locks = HostLocks(tmp_path)
        async with asyncio.timeout(10):
            async with locks.of(["c.example"]):
                pass

        async def shared() -> None:
            async with locks.of(["a.example", "b.example"]):
                pass

        waiting = asyncio.create_task(shared())
        done, _ = await asyncio.wait([waiting], timeout=1)
        assert not done
        release(other)
        async with asyncio.timeout(30):
            await waiting

    asyncio.run(run(holder(tmp_path, "b.example")))


def test_locks_of_a_killed_process_are_free(tmp_path: Path) -> None:
    other = holder(tmp_path, "a.example")
    other.kill()
    other.communicate()

    async def run() -> None:
        async with asyncio.timeout(10), HostLocks(tmp_path).of(["a.example"]):
            pass

    asyncio.run(run())


def test_waiting_for_a_host_has_a_limit(tmp_path: Path) -> None:
    other = holder(tmp_path, "a.example")

    async def run() -> None:
        async with asyncio.timeout(10), HostLocks(tmp_path, longest_wait_seconds=0.1).of(["a.example"]):
            pass

    with pytest.raises(HeldByAnotherRun, match=r"a\.example"):
        asyncio.run(run())
    release(other)


def test_sources_of_one_process_share_a_host(tmp_path: Path) -> None:
    async def run() -> None:
        locks = HostLocks(tmp_path)
        both = asyncio.Barrier(2)

        async def source() -> None:
            async with locks.of(["a.example"]):
                await both.wait()

        async with asyncio.timeout(10):
            await asyncio.gather(source(), source())

    asyncio.run(run())


def test_a_host_name_is_never_a_path(tmp_path: Path) -> None:
    async def run() -> None:
        async with HostLocks(tmp_path / "locks").of(["../../evil", "::1"]):
            assert {path.parent for path in tmp_path.rglob("*.lock")} == {tmp_path / "locks"}

    asyncio.run(run())
