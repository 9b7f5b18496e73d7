"""Builders and fixtures that several test modules share."""

from __future__ import annotations

import gc
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from filelock import FileLock

from pipeline.ledger import Ledger, Run
from pipeline.places import LedgerPlace, S3Place
from pipeline.settings import Settings
from pipeline.steps.processing import ALL_TASKS
from pipeline.workers import preload
from tests.worlds.ledgers import ClusterStores, NewData, empty_ledger, keep_in_memory, settings_at, use
from tests.worlds.loopback import WebServer
from tests.worlds.postgres import PostgresServer, binaries
from tests.worlds.running import Demo, free_port, newsledger
from tests.worlds.s3 import S3Server
from tests.worlds.stories import NOON
from tests.worlds.world import PARAGRAPHS, World

pytest.register_assert_rewrite("tests.worlds.street")

SHARED = Path(__file__).resolve().parents[2] / "shared"
"""Evaluation data that may lie beside the checkout; tests that need it skip without it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--stores",
        choices=["memory", "local", "cluster"],
        default="memory",
        help="where ledgers and archives are: in local files; in PostgreSQL and S3 (cluster); or in local files, but"
        " ledgers of tests that are not marked `ducklake` in memory",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip on a cluster what is about the files of one host. Run the longest modules first, then the others with slow
    tests, so that no process is left alone with one.
    """
    if config.getoption("stores") == "cluster":
        for item in items:
            if about := item.get_closest_marker("one_host"):
                item.add_marker(pytest.mark.skip(reason=f"one host only: {about.args[0]}"))

    def turn(item: pytest.Item) -> int:
        slow = item.get_closest_marker("slow")
        return 2 if slow is None else 0 if slow.kwargs.get("longest") else 1

    items.sort(key=turn)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before all fixtures, also those of a module, say where the ledgers are."""
    keep_in_memory(ledgers=item.config.getoption("stores") == "memory" and not item.get_closest_marker("ducklake"))


@pytest.fixture(scope="session", autouse=True)
def tasks() -> None:
    """What any test's worker processes need is imported once in each process of pytest."""
    preload(*ALL_TASKS)
    gc.freeze()  # modules are no garbage: to look through them again and again took a twentieth of the time


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all processes of pytest."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def ledgers_folder(config: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of installations that tests do not change. All processes of pytest share it, but on a cluster each
    process has its own, as it has servers of its own."""
    if config.getoption("stores") == "cluster":
        return tmp_path_factory.getbasetemp()
    return shared_folder(tmp_path_factory)


@pytest.fixture(scope="session", autouse=True)
def compiled_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """All processes of pytest, and all commands that they run, share the compiled models."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NEWSLEDGER_COMPILED_MODELS", str(shared_folder(tmp_path_factory) / "compiled"))
        yield


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Commands remember ledgers and queries for a user: not for the one who runs the tests."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session", autouse=True)
def stores(request: pytest.FixtureRequest) -> None:
    """The option --stores holds for all tests of this process."""
    if request.config.getoption("stores") == "cluster":
        use(ClusterStores(request.getfixturevalue("postgres_server"), request.getfixturevalue("s3_server")))


@pytest.fixture(scope="session")
def new_data(tmp_path_factory: pytest.TempPathFactory) -> NewData:
    def make(place: str | Path) -> Settings:
        if isinstance(place, Path):
            return settings_at(place)
        settings = settings_at(tmp_path_factory.mktemp(place) / "data")
        empty_ledger(settings)
        return settings

    return make


@pytest.fixture(scope="session")
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The sample newsroom after `newsledger demo`. Tests do not change it."""
    folder = ledgers_folder(request.config, tmp_path_factory)
    kept = folder / "demo.json"
    with FileLock(folder / "demo.lock"):
        if not kept.exists():
            data, port = folder / "demo-data", free_port()
            done = newsledger("demo", "--data", data, "--port", port)
            assert done.returncode == 0, done.stderr
            kept.write_bytes(msgspec.json.encode((str(data), port, done.stdout)))
    path, port, output = msgspec.json.decode(kept.read_bytes(), type=tuple[str, int, str])
    return Demo(Path(path), port, output)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server for all tests of this process; each test takes a database of its own."""
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed: apt-get install postgresql")
    with PostgresServer.running(programs) as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def aws_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file in which boto3 finds the server of the tests.

    Variables would not reach the worker processes: these have the environment of the first test that started one.
    """
    path = tmp_path_factory.mktemp("aws") / "config"
    path.touch()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_CONFIG_FILE", str(path))
        environment.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        yield path


@pytest.fixture(scope="session")
def s3_server(aws_settings: Path) -> Iterator[S3Server]:
    """A server for all tests of this process; each test takes a bucket of its own."""
    with S3Server.running() as server:
        aws_settings.write_text(server.aws_settings)
        yield server


@pytest.fixture
def s3_place(s3_server: S3Server) -> S3Place:
    return S3Place(s3_server.new_bucket(), "desk/")


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths are below a folder of the test's own."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def catalog(tmp_path: Path) -> LedgerPlace:
    return settings_at(tmp_path).ledger_catalog


@pytest.fixture
def ledger(catalog: LedgerPlace) -> Iterator[Ledger]:
    with Ledger.open(catalog) as opened:
        yield opened


@pytest.fixture
def run() -> Run:
    return Run("test-run", lambda: NOON)


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
def world(tmp_path: Path, web: WebServer) -> World:
    """A feed of two articles, /a and /b, and their pages."""
    web.feed("/feed.xml", ("/a", "Ferry adrift"), ("/b", "Harbour reopened"))
    web.page("/a", "Ferry adrift", *PARAGRAPHS)
    web.page("/b", "Harbour reopened", *reversed(PARAGRAPHS))
    return World(tmp_path, web)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB; mounting it needs root."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("file systems cannot be mounted here")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)  # a connection that failed may still be open
