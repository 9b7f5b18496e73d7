"""Machines: a process on one has its own network address, sees no process of another one, and only files given to it.

A machine is a network namespace, and bubblewrap around each process. The namespaces have a network of their own with no
way out, so nothing outside of them is changed, and they end with this process. This needs root.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, Self

from pipeline.settings import PROJECT_ROOT

GATEWAY = "10.99.0.1"
PROGRAMS = ("ip", "nsenter", "unshare", "bwrap")
_CLONE_NEWNET = 0x40000000
"""The flag of unshare(2) and setns(2) for network namespaces."""
_SYSTEM = ("bin", "etc", "lib", "lib64", "sbin", "usr")
"""Folders that all machines have in common, as containers have an image."""
_RESTART = 'while :; do "$@" && s=0 || s=$?; echo "ended with status $s, starts again" >&2; sleep 1; done'
"""Starts a command again whenever it ends, as Docker does."""
_LIBC = ctypes.CDLL(None, use_errno=True)


def missing_programs() -> list[str]:
    return [name for name in PROGRAMS if shutil.which(name) is None]


@dataclass(frozen=True)
class Files:
    """What a machine has besides the system and this checkout: by path there, the path here."""

    own: Mapping[str, Path] = field(default_factory=dict)
    """Folders that it may change."""
    given: Mapping[str, Path] = field(default_factory=dict)
    """Folders and files that it may only read."""


class Network:
    """A network in which this thread is the host `GATEWAY`."""

    def __init__(self, hosts: Path) -> None:
        self.hosts = hosts
        self._count = 1
        hosts.write_text("127.0.0.1 localhost\n")

    @classmethod
    @contextmanager
    def joined(cls, folder: Path) -> Iterator[Self]:
        """This thread, and the processes and threads that it starts, are in the network until the block ends."""
        with _own_namespace() as outside:
            _require(_LIBC.unshare(_CLONE_NEWNET))
            try:
                _ip("link set lo up")
                _ip("link add inside type bridge")
                _ip(f"addr add {GATEWAY}/24 dev inside")
                _ip("link set inside up")
                yield cls(folder / "hosts")
            finally:
                _enter(outside)

    def add(self, name: str) -> str:
        """The address of a new host, which all machines know by its name."""
        self._count += 1
        address = f"{GATEWAY.rpartition('.')[0]}.{self._count}"
        self.know(name, address)
        return address

    def know(self, name: str, address: str) -> None:
        with self.hosts.open("a") as hosts:
            hosts.write(f"{address} {name}\n")


class Machine:
    """A machine that is switched on and runs nothing yet."""

    def __init__(
        self, network: Network, name: str, files: Files, user: int, log: Path, kernel: Mapping[str, str]
    ) -> None:
        """`kernel` are settings of the kernel for its network, as `sysctl` names them."""
        self.name = name
        self._hosts, self._files, self._user, self._log = network.hosts, files, user, log
        self._users, self._groups = log.with_suffix(".passwd"), log.with_suffix(".group")
        self._users.write_text(f"{name}:x:{user}:{user}::/tmp:/bin/sh\n")
        self._groups.write_text(f"{name}:x:{user}:\n")
        self._running: list[subprocess.Popen[bytes]] = []
        # The namespace lives as long as this process, which says when it is there.
        self._namespace = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo; exec sleep infinity"], stdout=subprocess.PIPE
        )
        assert self._namespace.stdout is not None
        self._namespace.stdout.readline()
        self.address, pid = network.add(name), self._namespace.pid
        _ip(f"link add to-{pid} type veth peer name eth0 netns {pid}")
        _ip(f"link set to-{pid} master inside up")
        for line in ("link set lo up", f"addr add {self.address}/24 dev eth0", "link set eth0 up"):
            _run(*self._in_namespace(), "ip", *line.split())
        for setting, value in kernel.items():
            _run(*self._in_namespace(), "sh", "-c", 'echo "$1" > "$0"', f"/proc/sys/{setting.replace('.', '/')}", value)

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run a command until the machine is stopped; start it again whenever it ends."""
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [*self._inside(), "sh", "-c", _RESTART, "sh", *command],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._running.append(process)

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run one more command to its end."""
        return subprocess.run(
            [*self._inside(), *command], env=environment, capture_output=True, text=True, check=False, timeout=600
        )

    def stop(self) -> None:
        """End all of its processes as a power cut does. Its files and its address stay."""
        for process in self._running:
            process.kill()
            process.wait()
        self._running.clear()

    def switch_off(self) -> None:
        self.stop()
        self._namespace.kill()
        self._namespace.wait()

    def disconnect(self) -> None:
        """No packet reaches or leaves the machine from now on, and nobody is told."""
        _ip(f"link set to-{self._namespace.pid} down")

    def connect(self) -> None:
        """Packets pass again."""
        _ip(f"link set to-{self._namespace.pid} up")

    def listen(self, port: int) -> socket.socket:
        """A socket at a port of the machine's loopback, to be served from here."""
        with _own_namespace() as here, Path(f"/proc/{self._namespace.pid}/ns/net").open("rb") as there:
            _enter(there)
            try:
                return socket.create_server(("127.0.0.1", port), backlog=128)
            finally:
                _enter(here)

    def _in_namespace(self) -> list[str]:
        return ["nsenter", f"--net=/proc/{self._namespace.pid}/ns/net"]

    def _inside(self) -> list[str]:
        """What comes before a command, so that it runs on this machine."""
        system = [Path("/", name) for name in _SYSTEM]
        links = [
            word for path in system if path.is_symlink() for word in ("--symlink", str(path.readlink()), str(path))
        ]
        common = {str(path): path for path in system if path.is_dir() and not path.is_symlink()}
        # The programs of the virtual environment name the checkout's path, and Python may be anywhere.
        common |= {str(path): path for path in (PROJECT_ROOT, Path(sys.base_prefix)) if path.parts[1] not in _SYSTEM}
        accounts = {"/etc/passwd": self._users, "/etc/group": self._groups}
        given = {**common, "/etc/hosts": self._hosts, **accounts, **self._files.given}
        return [
            *(*self._in_namespace(), "bwrap", "--die-with-parent", "--new-session"),
            *("--unshare-user", "--uid", str(self._user), "--gid", str(self._user)),
            *("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", self.name),
            *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", *links),
            *(word for there, here in given.items() for word in ("--ro-bind", str(here), there)),
            *(word for there, here in self._files.own.items() for word in ("--bind", str(here), there)),
            *("--chdir", "/", "--"),
        ]


class Gate:
    """Leads connections to ports of a machine's loopback to the same ports here, until it is shut."""

    def __init__(self, machine: Machine, ports: Sequence[int]) -> None:
        self._listeners = {port: machine.listen(port) for port in ports}
        self._left: int | None = None
        self._loop = asyncio.new_event_loop()
        self._open, self._shut = asyncio.Event(), threading.Event()
        self._open.set()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)
        self._thread.start()

    def shut_after(self, requests: int) -> None:
        """Let so many more requests pass; the others wait until the gate is opened."""
        self._shut.clear()
        self._loop.call_soon_threadsafe(setattr, self, "_left", requests)

    @property
    def is_shut(self) -> bool:
        """True if a request waits."""
        return self._shut.is_set()

    def open(self) -> None:
        def let_through() -> None:
            self._left = None
            self._shut.clear()
            self._open.set()

        self._loop.call_soon_threadsafe(let_through)

    async def _serve(self) -> None:
        for port, listener in self._listeners.items():
            await asyncio.start_server(partial(self._connect, port), sock=listener)
        await asyncio.Event().wait()

    async def _connect(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(self._carry(reader, there[1], self._pass), self._carry(there[0], writer, _at_once))
        except OSError:
            writer.close()  # one of the two has gone; the other one learns it

    async def _pass(self) -> None:
        if self._left == 0:
            self._open.clear()
            self._shut.set()
        elif self._left is not None:
            self._left -= 1
        await self._open.wait()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, before: Callable[[], Awaitable[None]]
    ) -> None:
        try:
            while data := await reader.read(1 << 16):
                await before()
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


async def _at_once() -> None:
    pass


@contextmanager
def _own_namespace() -> Iterator[BinaryIO]:
    with Path(f"/proc/self/task/{threading.get_native_id()}/ns/net").open("rb") as file:
        yield file


def _enter(namespace: BinaryIO) -> None:
    _require(_LIBC.setns(namespace.fileno(), _CLONE_NEWNET))


def _require(status: int) -> None:
    if status:
        number = ctypes.get_errno()
        raise OSError(number, f"{os.strerror(number)}: network namespaces need root")


def _ip(line: str) -> None:
    _run("ip", *line.split())


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
