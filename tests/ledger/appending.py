"""A writer for tests of several processes; `python -m tests.ledger.appending CATALOG WRITER` appends until killed."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.ledger import Ledger, Run
from tests.worlds.stories import item


def append_many(path: Path, writer: int, appends: int) -> None:
    """Append batches of which a third are the same for all writers. Print `appending` after the first one."""
    with Ledger.open(path) as ledger:
        for n in range(appends):
            if n == 1:
                print("appending", flush=True)
            own = [item(f"{writer}-{n}-{k}") for k in range(4)]
            ledger.append([*own, item(f"shared-{n}"), item(f"shared-{n + 1}")], Run(f"writer-{writer}"))


if __name__ == "__main__":
    append_many(Path(sys.argv[1]), int(sys.argv[2]), 10_000)
