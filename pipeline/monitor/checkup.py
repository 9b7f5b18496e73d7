"""Checks that an installation is set up so that it can work: one result for each thing that often is not."""

from __future__ import annotations

import os
import platform
import resource
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb
import msgspec

from pipeline.annotate.annotators import load_annotator
from pipeline.errors import LedgerMissing, NewsledgerError, SettingsError, StorageDenied
from pipeline.interval import utc_minute
from pipeline.ledger import Ledger
from pipeline.places import PostgresPlace, S3Place
from pipeline.settings import Settings, unknown_settings
from pipeline.sources import load_sources

LEAST_FREE_BYTES = 2_000_000_000
"""A build writes a second copy of news.duckdb, and a run of 500 sources archives about 500 MB."""
LEAST_OPEN_FILES = 1_024
"""A run keeps up to 100 connections open, besides the files of the ledger."""
NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs"}
)
"""Their locks are not reliable, and SQLite says so, too."""
CLOCK_SLACK = timedelta(minutes=5)


class Checked(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    name: str
    found: str
    advice: str | None = None
    """What to do; None if all is well."""
    is_wrong: bool = True
    """True if the advice is about something that does not work; other advice makes a good set-up better."""


def check_up(settings: Settings, now: datetime) -> Iterator[Checked]:
    """Look at everything. Nothing is written except an empty file, and an empty object if there is a store, which are
    removed at once."""
    yield Checked("Python", platform.python_version())
    yield Checked("DuckDB", duckdb.__version__)
    yield _airflow()
    yield from _data(settings.data)
    yield _open_files()
    yield _sources(settings.sources)
    yield _contact(settings)
    yield from _settings()
    yield from _annotators(settings)
    if settings.s3 is not None:
        yield from _store(settings.s3, now)
    yield from _ledger(settings, now)


def _airflow() -> Checked:
    try:
        return Checked("Airflow", version("apache-airflow-core"))
    except PackageNotFoundError:
        return Checked(
            "Airflow", "not installed", "only `newsledger airflow` needs it; install requirements.lock", False
        )


def _data(data: Path) -> Iterator[Checked]:
    place = next(path for path in (data, *data.parents) if path.exists())
    probe = place / f".newsledger-{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as exc:
        yield Checked(
            "data directory", f"{place}: {exc.strerror}", "let this user write there, or choose another --data"
        )
    else:
        yield Checked("data directory", str(data) if place == data else f"{data}, to be made")
    kind = _file_system(place)
    advice = f"locks are not reliable on {kind}: use a local disk" if kind in NETWORK_FILE_SYSTEMS else None
    yield Checked("file system", kind, advice)
    free = shutil.disk_usage(place).free
    wanted = LEAST_FREE_BYTES + sum(path.stat().st_size for path in data.glob("*.duckdb"))
    advice = None if free >= wanted else f"a build needs about {wanted / 1e9:.1f} GB: free some space"
    yield Checked("free space", f"{free / 1e9:.1f} GB", advice)
    foreign = next((path for path in data.rglob("*") if not os.access(path, os.W_OK)), None) if data.exists() else None
    if foreign is not None:
        yield Checked("files", f"{foreign} cannot be written", f"chown -R {os.getuid()} {data}")


def _file_system(path: Path) -> str:
    """The type of the file system that holds the path, as the kernel names it; `unknown` elsewhere than on Linux."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text("utf-8", "surrogateescape").splitlines()]
    except OSError:
        return "unknown"
    holding = [(len(point), kind) for _, point, kind, *_ in mounts if path.resolve().is_relative_to(point)]
    return max(holding)[1] if holding else "unknown"


def _open_files() -> Checked:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Checked("open files", str(soft), None if soft >= LEAST_OPEN_FILES else f"ulimit -n {LEAST_OPEN_FILES}")


def _sources(path: Path) -> Checked:
    return _attempt(
        "sources", lambda: f"{len(load_sources(path))} in {path}", "correct it, or make one: `newsledger sources add`"
    )


def _contact(settings: Settings) -> Checked:
    advice = "set NEWSLEDGER_CONTACT, so that a site's operator can reach you instead of blocking you"
    return Checked("contact", settings.contact or "none", None if settings.contact else advice, is_wrong=False)


def _settings() -> Iterator[Checked]:
    for name, nearest in unknown_settings().items():
        yield Checked("settings", f"{name} is no setting and is ignored", f"remove it, or did you mean {nearest}?")


def _annotators(settings: Settings) -> Iterator[Checked]:
    for name in settings.annotators:
        advice = "install it, or change NEWSLEDGER_ANNOTATORS"
        yield _attempt("annotator", partial(_producer, name), advice)


def _producer(annotator: str) -> str:
    return load_annotator(annotator).producer


def _store(place: S3Place, now: datetime) -> Iterator[Checked]:
    """Check that this machine may read, write and delete objects as runs do, and that its clock is the store's."""
    from pipeline.object_store import ObjectStore  # what it imports is installed for a cluster only

    try:
        store_time = ObjectStore(place).probe()
    except NewsledgerError as exc:
        advice = "see that the store answers, and that these credentials may list, read, write and delete there"
        yield Checked("S3", str(exc), f"{advice} (docs/cluster.md)")
        return
    yield Checked("S3", f"{place}: objects can be written, listed, read and deleted")
    if abs(store_time - now) > CLOCK_SLACK:
        found = f"it is {utc_minute(now)} here, and {utc_minute(store_time)} in the store"
        yield Checked("clock of S3", found, "set the clock (NTP): a store refuses requests that are 15 minutes off")


class _LastRecorded(msgspec.Struct, frozen=True):
    recorded_at: datetime | None


def _ledger(settings: Settings, now: datetime) -> Iterator[Checked]:
    if settings.unfinished_restore_file.exists():
        advice = "run `newsledger restore` again, or empty the data directory"
        yield Checked("ledger", f"a restore into {settings.data} was interrupted", advice)
        return
    try:
        if isinstance(settings.ledger_catalog, PostgresPlace):
            from pipeline.postgres import require_rights  # what it imports is installed for a cluster only

            require_rights(settings.ledger_catalog.conninfo)
        with Ledger.open_existing(settings.ledger_catalog, lock_timeout_seconds=5) as ledger:
            head = ledger.head()
            (last,) = ledger.select(_LastRecorded, "last_recorded")
    except LedgerMissing:
        yield Checked("ledger", "none yet; `newsledger ingest` makes one")
        return
    except NewsledgerError as exc:
        is_setup = isinstance(exc, StorageDenied | SettingsError)
        page = "docs/cluster.md" if is_setup and settings.catalog else "docs/operations.md, When verify fails"
        yield Checked("ledger", str(exc), f"see {page}")
        return
    yield Checked("ledger", f"{head.position} events")
    if last.recorded_at is not None and last.recorded_at > now + CLOCK_SLACK:
        found = f"it is {utc_minute(now)}, and the last event was recorded at {utc_minute(last.recorded_at)}"
        yield Checked("clock", found, "set the clock, and see that it stays right (NTP)")
    else:
        yield Checked("clock", utc_minute(now))


def _attempt(name: str, look: Callable[[], str], advice: str) -> Checked:
    try:
        return Checked(name, look())
    except NewsledgerError as exc:
        return Checked(name, str(exc), advice)
