"""A writer for tests of several processes; `python -m tests.ledger.appending WRITER` appends until killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from pipeline.ledger import Ledger, Run
from pipeline.places import LedgerPlace
from pipeline.settings import load_settings
from tests.worlds.stories import item


def settings_of(place: LedgerPlace) -> Mapping[str, str]:
    """The environment of a process whose ledger lies there."""
    if isinstance(place, Path):
        return {"NEWSLEDGER_DATA": str(place.parent)}
    storage = str(place.s3).removesuffix("/ledger") if place.s3 else ""
    data = str(place.files.parent)
    return {"NEWSLEDGER_DATA": data, "NEWSLEDGER_CATALOG": place.conninfo, "NEWSLEDGER_STORAGE": storage}


def append_many(place: LedgerPlace, writer: int, appends: int) -> None:
    """Append batches of which a third are the same for all writers. Print `appending` after the first one."""
    with Ledger.open(place) as ledger:
        for n in range(appends):
            if n == 1:
                print("appending", flush=True)
            own = [item(f"{writer}-{n}-{k}") for k in range(4)]
            ledger.append([*own, item(f"shared-{n}"), item(f"shared-{n + 1}")], Run(f"writer-{writer}"))


def start_appending(place: LedgerPlace, writer: int) -> subprocess.Popen[bytes]:
    """A process that has begun to append and continues until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.ledger.appending", str(writer)],
        env=os.environ | settings_of(place),
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"appending\n"
    return process


if __name__ == "__main__":
    append_many(load_settings().ledger_catalog, int(sys.argv[1]), 10_000)
