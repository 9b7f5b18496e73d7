"""Where the tests' ledgers and files are: in a data directory, or with `pytest --stores cluster` in PostgreSQL and S3.

All settings of the tests' worlds come from `settings_at`. Each data directory has a ledger of its own, on a cluster
in a database and a bucket of its own.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from pipeline.events import EVENT_TYPES, event_type
from pipeline.ledger import Ledger
from pipeline.places import LedgerPlace
from pipeline.settings import Settings
from tests.worlds.postgres import PostgresServer
from tests.worlds.s3 import S3Server

PREFIX = "desk"
NewData = Callable[[str | Path], Settings]
"""Settings for a data directory of this name, or at this path."""


@dataclass(frozen=True)
class ClusterPlace:
    """The shared part of an installation on a cluster."""

    catalog: str
    bucket: str

    @property
    def storage(self) -> str:
        return f"s3://{self.bucket}/{PREFIX}"


@dataclass
class ClusterStores:
    """A PostgreSQL server and an S3 server, and what they have for each data directory."""

    postgres: PostgresServer
    s3: S3Server
    places: dict[Path, ClusterPlace] = field(default_factory=dict)

    def place(self, data: Path) -> ClusterPlace:
        """The place of this data directory's ledger; at first it is empty."""
        if data not in self.places:
            self.places[data] = ClusterPlace(self.postgres.new_database(), self.s3.new_bucket())
        return self.places[data]

    def copy(self, source: Path, target: Path, below: str = "") -> None:
        """Replace database and objects, those below this folder, of another data directory by copies."""
        old, new = self.place(source), self.place(target)
        self.postgres.copy_database(old.catalog, new.catalog)
        self.s3.copy_objects(old.bucket, new.bucket, f"{PREFIX}/{below}")


_cluster: ClusterStores | None = None
"""None for local files."""


def use(cluster: ClusterStores) -> None:
    """From now on, ledgers are on this cluster."""
    global _cluster
    _cluster = cluster


_in_memory = False


def keep_in_memory(*, ledgers: bool) -> None:
    """From now on, each new `World` has its ledger in memory, or else on these stores."""
    global _in_memory
    _in_memory = ledgers


def is_in_memory() -> bool:
    """True if a new `World` has its ledger in memory."""
    return _in_memory


def settings_at(data: Path, **options: Any) -> Settings:
    """The settings of an installation with this data directory. A catalog among the options takes precedence."""
    if _cluster and "catalog" not in options:
        place = _cluster.place(data)
        options |= {"catalog": SecretStr(place.catalog), "storage": place.storage}
    return Settings.model_validate({"data": data, **options})


def environment_of(data: Path | str) -> dict[str, str]:
    """The settings of an installation with this data directory, for another process."""
    found = {"NEWSLEDGER_DATA": str(data)}
    if _cluster:
        place = _cluster.place(Path(data))
        found |= {"NEWSLEDGER_CATALOG": place.catalog, "NEWSLEDGER_STORAGE": place.storage}
    return found


def store_ports() -> set[int]:
    """The ports at which the cluster's stores are reached, besides Unix sockets."""
    return {_cluster.s3.port} if _cluster else set()


def copy_installation(source: Path, target: Path) -> None:
    """Copy a data directory with all that belongs to it. What the target had is gone."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    if _cluster:
        _cluster.copy(source, target)


def empty_ledger(settings: Settings) -> None:
    """Make an empty ledger, in the place of one that may be there, as a copy of one that is made once in a process.

    Archive, builds and what verifications remember stay.
    """
    template = _template()
    shutil.rmtree(settings.local_catalog.with_suffix(""), ignore_errors=True)
    for path in settings.data.glob(f"{settings.local_catalog.name}*"):
        path.unlink()
    shutil.copytree(template, settings.data, dirs_exist_ok=True)
    if _cluster:
        _cluster.copy(template, settings.data, "ledger/")


def contents(data: Path) -> dict[str, list[dict[str, object]]]:
    """All rows of a ledger on local files."""
    return rows_of(data / "ledger.sqlite")


def rows_of(place: LedgerPlace) -> dict[str, list[dict[str, object]]]:
    with Ledger.open_existing(place) as ledger:
        names = [*map(event_type, EVENT_TYPES), "appends", "log_head"]
        return {name: ledger.table(f"from ledger.{name} order by all").to_pylist() for name in names}


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="newsledger-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Ledger.open(settings_at(folder).ledger_catalog).close()
    return folder
